"""The words of the interface in three languages, and the choice of a language.

A locale is a TOML file of nested tables; `t("ask.usage")` names an entry by its path. An entry is a
sentence with `{named}` places, or a table with the forms `one` and `other`, chosen by `count`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

LOCALES = Path(__file__).parent / "locales"


class Language(StrEnum):
    """Languages of the interface, by their BCP 47 tags."""

    HANS = "zh-Hans"
    HANT = "zh-Hant"
    ENGLISH = "en"


_TRADITIONAL = ("zh-hant", "zh-tw", "zh-hk", "zh-mo", "yue")

Entry = str | dict[str, str]


@dataclass(frozen=True, slots=True)
class Translate:
    """The words of one language: `t("date.full", year=2022, month=6, day=23)`."""

    language: Language
    entries: Mapping[str, Entry]

    def __call__(self, key: str, **values: object) -> str:
        """Return a sentence with its places filled, as plain text.

        Raises:
            KeyError: There is no such entry, or a place has no value.
        """
        return self.template(key, values.get("count")).format(**values)

    def template(self, key: str, count: object = None) -> str:
        """Return a sentence with its places unfilled, for `markup.fill`."""
        entry = self.entries[key]
        if isinstance(entry, str):
            return entry
        return entry["one" if count == 1 else "other"]

    def __contains__(self, key: str) -> bool:
        return key in self.entries


@cache
def translator(language: Language) -> Translate:
    """Return the words of a language. Each file is read once."""
    tables = tomllib.loads((LOCALES / f"{language}.toml").read_text(encoding="utf-8"))
    return Translate(language, dict(_entries(tables)))


def language_of(code: str | None) -> Language:
    """Return the interface language for the language code (IETF tag) of a client.

    Every code that is neither Chinese nor English gives Chinese: such a reader came for a Chinese archive.
    /settings offers both.

    >>> [str(language_of(code)) for code in ("zh-hk", "en-GB", "zh-hans-raw", "ja", None)]
    ['zh-Hant', 'en', 'zh-Hans', 'zh-Hans', 'zh-Hans']
    """
    tag = (code or "").lower().replace("_", "-")
    if tag.startswith(_TRADITIONAL):
        return Language.HANT
    if tag == "en" or tag.startswith("en-"):
        return Language.ENGLISH
    return Language.HANS


def _entries(tables: Mapping[str, object], prefix: str = "") -> list[tuple[str, Entry]]:
    found: list[tuple[str, Entry]] = []
    for name, value in tables.items():
        if isinstance(value, str):
            found.append((prefix + name, value.strip("\n")))
        elif isinstance(value, dict) and set(value) == {"one", "other"}:
            found.append((prefix + name, value))
        elif isinstance(value, dict):
            found += _entries(value, f"{prefix}{name}.")
        else:
            raise TypeError(f"locale entry {prefix + name} is neither text nor a table")
    return found
