"""Intents: messages that no passage answers, because they ask for a list, a number, the archive or the bot.

`language/intents.toml` has the templates of each intent with examples. A message has an intent only if the
whole of it fits a template; 有哪些分类算法 fits none and is searched.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from corpus.models import IntentKind, Span
from corpus.text.numbers import parse_numeral

MAX_CHARS: Final = 60
"""Longest message that may have an intent."""

MAX_SLOT_CHARS: Final = 24
"""Longest text that a slot of a template holds."""

_EDGES: Final = " \t\r\n?!。.,;:~…、，；：？！"
_TOKEN: Final = re.compile(
    r"<(?P<rule>\w+)>|\{(?P<slot>[a-z]+)\}|(?P<sign>[\[\]()| ])|(?P<letter>.)", re.DOTALL
)
_SIGNS: Final = {"[": "(?:", "]": ")?", "(": "(?:", ")": ")", "|": "|", " ": " ?"}
_OPTIONAL_SLOT: Final = re.compile(r"\(\?:\(\?P<[a-z]+>[^()]*\)\)\?")
"""A slot that may be left out. It is left out where the rest fits without it: 一共 is no topic."""

_SLOT: Final = rf".{{1,{MAX_SLOT_CHARS}}}?"
_WHEN: Final = "[0-9一二三四五六七八九十年月日号周今昨前天去上本这个星期礼拜最近来期几季度初底末里-]{2,16}?"
_NUMBER: Final = "[0-9]{1,3}|[一二两三四五六七八九十]{1,3}"

_SLOTS: Final = {"topic": _SLOT, "more": _SLOT, "when": _WHEN, "number": _NUMBER}


@dataclass(frozen=True, slots=True)
class Intent:
    """What a message asks for.

    Attributes:
        kind: What.
        slots: Where in the message stands what is asked about, in order; empty where nothing is named.
        number: How many articles are wanted; None where the message does not say.
    """

    kind: IntentKind
    slots: tuple[Span, ...] = ()
    number: int | None = None


@dataclass(frozen=True, slots=True)
class IntentPatterns:
    """The compiled templates of an intent.

    Attributes:
        signs: A message without any of these does not have the intent.
        patterns: Match a whole message without blanks and marks at its edges.
    """

    kind: IntentKind
    signs: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]


def find_intent(text: str) -> Intent | None:
    """Return the intent of a message; None if it is a question to the articles.

    Args:
        text: Folded, with Cantonese function words in standard Chinese.

    >>> find_intent("有多少篇文章?").kind, find_intent("有几篇关于华为的文章").slots
    (<IntentKind.ARCHIVE_SIZE: 'archive_size'>, ((5, 7),))
    """
    if len(text) > MAX_CHARS:
        return None
    squeezed, places = _squeeze(text)
    for intent in intent_patterns():
        if not any(sign in squeezed for sign in intent.signs):
            continue
        for pattern in intent.patterns:
            if match := pattern.fullmatch(squeezed):
                return _intent(intent.kind, match, places)
    return None


def _intent(kind: IntentKind, match: re.Match[str], places: list[int]) -> Intent:
    """Translate a match of the squeezed text."""
    number = match.groupdict().get("number")
    spans = sorted(match.span(name) for name in ("topic", "more", "when") if match.groupdict().get(name))
    slots = tuple((places[start], places[end - 1] + 1) for start, end in spans)
    return Intent(kind, slots, None if number is None else _parse_count(number))


def is_pointing(words: Iterable[str]) -> bool:
    """Tell whether words point at something that is not named: 我, 它, 那个."""
    return not _pointing_words().isdisjoint(words)


@cache
def _pointing_words() -> frozenset[str]:
    return frozenset(_words(read_intents()["words"]["pointing"]))


def _parse_count(written: str) -> int | None:
    return int(written) if written.isdigit() else parse_numeral(written)


def _squeeze(text: str) -> tuple[str, list[int]]:
    """Drop blanks beside anything but Latin letters and digits, and marks at the edges.

    Returns:
        What is left, and where each of its characters stands in the text.
    """
    start, end = len(text) - len(text.lstrip(_EDGES)), len(text.rstrip(_EDGES))
    kept = [place for place in range(start, end) if not text[place].isspace() or _parts_latin(text, place)]
    return "".join(" " if text[place].isspace() else text[place] for place in kept), kept


def _parts_latin(text: str, place: int) -> bool:
    """Tell whether a blank, the first of several, parts two Latin words."""
    before, after = text[place - 1], text[place:].lstrip()[:1]
    return not before.isspace() and before.isascii() and after.isascii()


@cache
def intent_patterns() -> tuple[IntentPatterns, ...]:
    """Compile the templates, once."""
    tables = read_intents()
    rules = {name: _alternatives(words) for name, words in tables["words"].items()}
    before, after = (_alternatives(tables["around"][name]) for name in ("before", "after"))
    return tuple(
        IntentPatterns(
            IntentKind(table["name"]),
            _words(table["signs"]),
            tuple(
                re.compile(
                    f"(?:{before} ?){{0,3}}(?:{compile_template(template, rules)})(?: ?{after}){{0,3}}"
                )
                for template in table["templates"]
            ),
        )
        for table in tables["intent"]
    )


def read_intents() -> Mapping[str, Any]:
    """Read the tables of `intents.toml`."""
    source = resources.files("corpus.question").joinpath("language/intents.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def compile_template(template: str, rules: Mapping[str, str]) -> str:
    """Translate a template into a regular expression.

    >>> compile_template("[都]有(哪些|<what>)", {"what": "(?:啥)"})
    '(?:都)?有(?:哪些|(?:啥))'
    """
    pattern = "".join(_translated(token, rules) for token in _TOKEN.finditer(template))
    return _OPTIONAL_SLOT.sub(r"\g<0>?", pattern)


def _translated(token: re.Match[str], rules: Mapping[str, str]) -> str:
    if token["rule"]:
        return rules[token["rule"]]
    if token["slot"]:
        return f"(?P<{token['slot']}>{_SLOTS[token['slot']]})"
    return _SIGNS[token["sign"]] if token["sign"] else re.escape(token["letter"])


def _alternatives(words: str) -> str:
    longest_first = sorted(_words(words), key=len, reverse=True)
    return f"(?:{'|'.join(map(re.escape, longest_first))})"


def _words(words: str) -> tuple[str, ...]:
    """Split a list at commas; one without commas at blanks."""
    parts = words.split(",") if "," in words else words.split()
    return tuple(part.strip() for part in parts)
