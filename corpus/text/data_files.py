"""Reads the data files of the language: tables of TOML, typed, and every mistake told with the entry.

Who reads a file makes its own values of `read(package, name)`, once.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

from corpus.errors import LanguageDataError

_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A table of a data file.

    Attributes:
        where: File and place in it, for messages.
        values: Its keys and values, as TOML gives them.
    """

    where: str
    values: Mapping[str, object]

    def error(self, reason: str) -> LanguageDataError:
        """Return the error to raise for a mistake in this table."""
        return LanguageDataError(self.where, reason)

    def require_keys(self, *known: str) -> None:
        """Refuse every key but the known ones: it would have no effect."""
        unknown = sorted(self.values.keys() - set(known))
        if unknown:
            raise self.error(f"`{unknown[0]}` is unknown; known are {', '.join(known)}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text."""
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise self.error(f"`{key}` must be a text in quotes")
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """Return the words of a text, which blanks separate; none where the key is missing."""
        return tuple(self.text(key, "").split())

    def phrases(self, key: str) -> tuple[str, ...]:
        """Return the words of a text where commas, or else blanks, separate them."""
        text = self.text(key, "")
        parts = text.split(",") if "," in text else text.split()
        return tuple(" ".join(part.split()) for part in parts if part.strip())

    def flag(self, key: str) -> bool:
        """Return whether something holds; not where the key is missing."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self.error(f"`{key}` must be true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; empty where the key is missing."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise self.error(f"`{key}` must be a list of texts")
        texts = tuple(text for text in value if isinstance(text, str))
        if len(texts) != len(value):
            raise self.error(f"`{key}` must be a list of texts")
        return texts

    def tables(self, key: str) -> Iterator["Entry"]:
        """Yield the tables of a list; none where the key is missing."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise self.error(f"`{key}` must be a list of tables")
        for number, table in enumerate(value, 1):
            if not isinstance(table, dict):
                raise self.error(f"`{key}` must be a list of tables")
            name = table.get("name", table.get("text", table.get("words", "")))
            yield Entry(f"{self.where}, {key} {number} ({str(name)[:20]})", table)

    def table(self, key: str) -> "Entry":
        """Return one table; an empty one where the key is missing."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.error(f"`{key}` must be a table")
        return Entry(f"{self.where}, {key}", value)


def expanded(text: str, fragments: Mapping[str, str], entry: Entry) -> str:
    """Replace `{name}` in a pattern by the fragment of that name; `{1,3}` repeats, as in all patterns.

    Args:
        text: The pattern.
        fragments: What the names stand for.
        entry: Where the pattern stands.
    """

    def fragment(match: re.Match[str]) -> str:
        if match[1] not in fragments:
            raise entry.error(f"there is no fragment {match.group()}; known are {', '.join(fragments)}")
        return f"(?:{fragments[match[1]]})"

    return _PLACEHOLDER.sub(fragment, text)


def read(package: str, name: str) -> Entry:
    """Read a data file of a package.

    Raises:
        LanguageDataError: It is no TOML.
    """
    try:
        return Entry(name, tomllib.loads(_source(package, name)))
    except tomllib.TOMLDecodeError as error:
        raise LanguageDataError(name, str(error)) from error


def _source(package: str, name: str) -> str:
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")
