"""Classification of small talk: whole messages that greet, thank, insult or call for help. Pure.

The phrases are a closed list in `small_talk.toml`. A message that says more than they do is a question.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from corpus.models import IntentKind
from corpus.question import Utterance, find_intent
from corpus.text import fold

MAX_CHARS = 60
"""A longer message says more than small talk does."""

_APOSTROPHES = re.compile("['’ʼ`]")
_PUNCTUATION = re.compile(r"[^\w\s]+|_+")
_YOU = re.compile(r"[你您]|\byou|机器人|帮助|\bhelp\b")
_UNNEEDED_BLANK = re.compile(r"(?<![a-z0-9])\s+|\s+(?![a-z0-9])")


class SmallTalk(StrEnum):
    """Kinds of small talk, in order of precedence where a message is of several kinds."""

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


_ABOUT_BOT = frozenset({IntentKind.IDENTITY, IntentKind.USAGE})
_RANKS = {kind: rank for rank, kind in enumerate(SmallTalk)}


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The compiled phrase list.

    Attributes:
        kinds: The kind of each phrase.
        token: Matches a phrase, a form of address or a particle.
        whole: Matches a clause made of nothing but tokens.
        leading: Matches the tokens that a clause begins with: 你好 in 你好你是谁.
        distress: Matches a clause of somebody in distress.
    """

    kinds: Mapping[str, SmallTalk]
    token: re.Pattern[str]
    whole: re.Pattern[str]
    leading: re.Pattern[str]
    distress: re.Pattern[str]


def classify(message: str) -> SmallTalk | None:
    """Return the kind of a message that is small talk and nothing else; None for any other.

    >>> classify("好的，謝謝你啊！"), classify("你好李焕英")
    (<SmallTalk.THANKS: 'thanks'>, None)
    """
    if len(message) > MAX_CHARS:
        return None
    clauses = _clauses(message)
    found = [_kind(clause) for clause in clauses]
    if SmallTalk.DISTRESS in found and all(
        kind or clause.startswith("我") for kind, clause in zip(found, clauses, strict=True)
    ):
        return SmallTalk.DISTRESS
    kinds = [kind for kind in found if kind is not None]
    return min(kinds, key=_RANKS.__getitem__) if kinds and len(kinds) == len(found) else None


def addresses_bot(message: str) -> bool:
    """Say whether a message addresses somebody, so that it is about the bot and not about an article."""
    return _YOU.search(fold(message)) is not None


def asks_about_bot(clause: str) -> bool:
    """Say whether a folded clause asks who the bot is or how to use it: 你是谁, 怎么用."""
    intent = find_intent(Utterance.from_text(clause))
    return intent is not None and intent.kind in _ABOUT_BOT


def _clauses(message: str) -> list[str]:
    """Split a message at punctuation; blanks are kept only between Latin words."""
    parts = _PUNCTUATION.split(_APOSTROPHES.sub("", fold(message)))
    return [clause for part in parts if (clause := _UNNEEDED_BLANK.sub("", part.strip()))]


def _kind(clause: str) -> SmallTalk | None:
    phrases = _phrases()
    if phrases.distress.fullmatch(clause):
        return SmallTalk.DISTRESS
    if asks_about_bot(phrases.leading.sub("", clause)):
        return SmallTalk.ABOUT
    if not phrases.whole.fullmatch(clause):
        return None
    kinds = [phrases.kinds[token] for token in phrases.token.findall(clause) if token in phrases.kinds]
    return min(kinds, key=_RANKS.__getitem__, default=None)


@cache
def _phrases() -> _Phrases:
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    kinds = {phrase: SmallTalk(kind) for kind, listed in tables["kinds"].items() for phrase in _split(listed)}
    around, distress = tables["around"], tables["distress"]
    token = _any(kinds, _split(around["called"]), _split(around["particles"]))
    before, after = _any(_split(distress["before"])), _any(_split(distress["after"]))
    return _Phrases(
        kinds,
        re.compile(token),
        re.compile(f"(?:{token} ?)++"),  # possessive: phrases are tried longest first, without backtracking
        re.compile(f"^(?:{token} ?)++"),
        re.compile(
            f"{before}{{0,4}}{_any(_split(distress['states']))}{after}{{0,3}}|{_any(_split(distress['ways']))}"
        ),
    )


def _split(phrases: str) -> list[str]:
    return [_clauses(phrase)[0] for phrase in phrases.split(",") if phrase.strip()]


def _any(*groups: Iterable[str]) -> str:
    """Return a pattern that matches any of these phrases, longest first; Latin ones as whole words."""
    phrases = sorted({phrase for group in groups for phrase in group}, key=len, reverse=True)
    bounded = (
        f"(?<![a-z0-9]){re.escape(phrase)}(?![a-z0-9])" if phrase.isascii() else re.escape(phrase)
        for phrase in phrases
    )
    return f"(?:{'|'.join(bounded)})"
