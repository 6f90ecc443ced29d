"""One request for a page: its parameters, the reader's language, and the addresses of other pages."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from urllib.parse import quote, urlencode

from bot.web.options import SiteOptions
from bot.wording import plain_text
from bot.wording.i18n import Language, Translate, language_of, translator
from bot.wording.script import to_simplified, to_traditional

MAX_QUESTION_CHARS = 1_000
"""Longest text that may be searched for."""

MAX_WORDS_CHARS = 100
"""Longest text whose trend is counted."""

MAX_NAME_CHARS = 200
"""Longest name of a category or an author, and longest date."""

_MAX_ACCEPTED = 20
"""Languages of an Accept-Language header that are looked at."""

_QUALITY = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)

_CONVERTERS: dict[str, Callable[[str], str]] = {"hant": to_traditional, "hans": to_simplified}


class VisitError(Exception):
    """A request that is not answered with what was asked for.

    Attributes:
        status: HTTP status.
        key: Locale key of the sentence that says why.
        values: What stands in its places.
        words: The sentence itself, in place of the key; for programs.
    """

    def __init__(self, status: HTTPStatus, key: str, *, words: str = "", **values: object) -> None:
        super().__init__(words or key)
        self.status = status
        self.words = words
        self.key = key
        self.values = values


@dataclass(frozen=True, slots=True)
class Visit:
    """A request for a page.

    Attributes:
        options: How the site is set up.
        path: Path below the site's base, such as `/search`.
        params: Parameters of the address, each once.
        language: Language of the interface.
        today: The local day.
    """

    options: SiteOptions
    path: str
    params: dict[str, str]
    language: Language
    today: date

    @classmethod
    def of(
        cls,
        options: SiteOptions,
        path: str,
        params: dict[str, str],
        *,
        accepted: str = "",
        now: datetime,
    ) -> "Visit":
        """Make a visit of the parts of a request; `accepted` is its Accept-Language header."""
        chosen = params.get("lang", "")
        language = Language(chosen) if chosen in set(Language) else preferred_language(accepted)
        return cls(options, path, params, language, now.astimezone(options.zone).date())

    @property
    def t(self) -> Translate:
        """The words of the interface."""
        return translator(self.language)

    @property
    def convert(self) -> Callable[[str], str]:
        """Turns text of the archive into the script that was asked for; leaves it as it is by default."""
        return _CONVERTERS.get(self.params.get("script", ""), str)

    def text(self, name: str, *, limit: int = MAX_NAME_CHARS) -> str:
        """Return a parameter without characters that cannot be shown; empty if it is missing.

        Raises:
            VisitError: It is longer than `limit` characters.
        """
        value = self.params.get(name, "")
        if len(value) > limit:
            raise VisitError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "web.too_long", count=limit)
        return " ".join(plain_text.clean(value).split())

    def number(self, name: str, *, default: int = 1, most: int) -> int:
        """Return a parameter that is a whole number from 1.

        Raises:
            VisitError: It is no such number, or more than `most`.
        """
        value = self.params.get(name, "")
        if not value:
            return default
        if not re.fullmatch(r"[0-9]{1,6}", value) or not 1 <= int(value) <= most:
            raise VisitError(HTTPStatus.NOT_FOUND, "web.no_page")
        return int(value)

    def href(self, path: str, /, **params: object) -> str:
        """Return the address of a page, with the language and script that this visit has asked for.

        Args:
            path: Path below the site's base; it may end in a fragment.
            params: Parameters; those that are empty or None are left out.
        """
        kept = {name: self.params[name] for name in ("lang", "script") if self.params.get(name)}
        query = {**params, **{name: value for name, value in kept.items() if name not in params}}
        return _address(self.options.base, path, query)

    def same_page(self, **params: object) -> str:
        """Return the address of this page with some parameters changed."""
        return _address(self.options.base, self.path, {**self.params, **params})

    def canonical(self, path: str, /, **params: object) -> str:
        """Return the public address of a page without language and script; a path if it is unknown."""
        return self.options.origin + _address(self.options.base, path, params)


def _address(base: str, place: str, params: dict[str, object]) -> str:
    path, mark, fragment = place.partition("#")
    query = urlencode([(name, str(value)) for name, value in params.items() if value not in (None, "")])
    return f"{base}{quote(path)}" + (f"?{query}" if query else "") + mark + fragment


def preferred_language(accepted: str) -> Language:
    """Return the language of the interface for an Accept-Language header; Chinese if it names none of ours.

    >>> [str(preferred_language(header)) for header in ("ja, en;q=0.8", "zh-TW,zh;q=0.9", "*", "fr")]
    ['en', 'zh-Hant', 'zh-Hans', 'zh-Hans']
    """
    wanted: list[tuple[float, int, str]] = []
    for place, entry in enumerate(accepted[:2_000].split(",")[:_MAX_ACCEPTED]):
        tag, _, rest = entry.strip().partition(";")
        quality = _QUALITY.search(rest)
        wanted.append((-float(quality[1]) if quality else -1.0, place, tag.strip().lower()))
    for weight, _, tag in sorted(wanted):
        if weight and tag.partition("-")[0] in {"zh", "yue", "en"}:
            return language_of(tag)
    return Language.HANS
