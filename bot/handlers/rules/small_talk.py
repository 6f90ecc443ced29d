"""Greetings, thanks, insults, cries for help: whole messages that ask for no article. Pure.

The phrases are in `small_talk.toml`, a closed list; whatever says more than they do is a question.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from corpus.text import fold

LONGEST = 60
"""Characters; a longer message says more than small talk does."""

_APOSTROPHES = re.compile("['’ʼ`]")
_APART = re.compile(r"[^\w\s]+|_+")
_YOU = re.compile(r"[你您]|\byou|机器人|帮助|\bhelp\b")
_IDLE_BLANK = re.compile(r"(?<![a-z0-9])\s+|\s+(?![a-z0-9])")


class Kind(StrEnum):
    """What small talk is, the kind that counts first where a message is of several."""

    DISTRESS = "distress"
    ABOUT = "about"
    THANKS = "thanks"
    FAREWELL = "farewell"
    DISPLEASED = "displeased"
    DOUBT = "doubt"
    PRAISE = "praise"
    PRESENCE = "presence"
    GREETING = "greeting"
    LAUGHTER = "laughter"
    FINE = "fine"


_RANKS = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The list, compiled.

    Attributes:
        kinds: Each phrase with its kind.
        token: A phrase, a way to call the bot or a particle.
        whole: A clause that is nothing else.
        distress: A clause of somebody in distress.
    """

    kinds: Mapping[str, Kind]
    token: re.Pattern[str]
    whole: re.Pattern[str]
    distress: re.Pattern[str]


def kind_of(message: str) -> Kind | None:
    """Return what a message is when it is small talk and nothing else.

    >>> kind_of("好的，謝謝你啊！"), kind_of("你好李焕英")
    (<Kind.THANKS: 'thanks'>, None)
    """
    if len(message) > LONGEST:
        return None
    clauses = _clauses(message)
    found = [_kind(clause) for clause in clauses]
    if Kind.DISTRESS in found and all(
        kind or clause.startswith("我") for kind, clause in zip(found, clauses, strict=True)
    ):
        return Kind.DISTRESS
    kinds = [kind for kind in found if kind is not None]
    return min(kinds, key=_RANKS.__getitem__) if kinds and len(kinds) == len(found) else None


def is_to_the_bot(message: str) -> bool:
    """Say whether a message speaks to somebody, so that it is about the bot and no article."""
    return _YOU.search(fold(message)) is not None


def _clauses(message: str) -> list[str]:
    """Return the parts of a message between punctuation, with blanks only between Latin words."""
    parts = _APART.split(_APOSTROPHES.sub("", fold(message)))
    return [clause for part in parts if (clause := _IDLE_BLANK.sub("", part.strip()))]


def _kind(clause: str) -> Kind | None:
    phrases = _phrases()
    if phrases.distress.fullmatch(clause):
        return Kind.DISTRESS
    if not phrases.whole.fullmatch(clause):
        return None
    kinds = [phrases.kinds[token] for token in phrases.token.findall(clause) if token in phrases.kinds]
    return min(kinds, key=_RANKS.__getitem__, default=None)


@cache
def _phrases() -> _Phrases:
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    kinds = {phrase: Kind(kind) for kind, listed in tables["kinds"].items() for phrase in _split(listed)}
    around, distress = tables["around"], tables["distress"]
    token = _any(kinds, _split(around["called"]), _split(around["particles"]))
    before, after = _any(_split(distress["before"])), _any(_split(distress["after"]))
    return _Phrases(
        kinds,
        re.compile(token),
        re.compile(f"(?:{token} ?)++"),  # possessive: the longest phrase first is the one way to read it
        re.compile(
            f"{before}{{0,4}}{_any(_split(distress['states']))}{after}{{0,3}}|{_any(_split(distress['ways']))}"
        ),
    )


def _split(phrases: str) -> list[str]:
    return [_clauses(phrase)[0] for phrase in phrases.split(",") if phrase.strip()]


def _any(*groups: Iterable[str]) -> str:
    """Return a pattern of any of these phrases, the longest first; Latin ones are whole words."""
    phrases = sorted({phrase for group in groups for phrase in group}, key=len, reverse=True)
    bounded = (
        f"(?<![a-z0-9]){re.escape(phrase)}(?![a-z0-9])" if phrase.isascii() else re.escape(phrase)
        for phrase in phrases
    )
    return f"(?:{'|'.join(bounded)})"
