"""A short message as pieces: words with a role in `intents.toml`, numbers, times, and what it names.

给我三条讲高铁的新闻 is a request, a number of articles, 讲 before a topic, the topic 高铁, 的 and 新闻. Which
intent that is, `intents` says, whatever the order of the pieces.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final, NamedTuple

from corpus.models import Span
from corpus.question.utterance import Utterance
from corpus.text.analyzer import Word

FILLER: Final = "filler"
"""Role of a word that says nothing and may stand anywhere."""

NUMBER: Final = "number"
WHEN: Final = "when"
LATELY: Final = "lately"
ONES: Final = "ones"
"""Roles that are found by form: 三条, 9月26日, and 的 behind a topic without a noun (讲高铁的)."""

GENRE: Final = "genre"
"""Role of a noun for a sort of article. Behind a topic it belongs to it: 万科的公告."""

TOPIC: Final = "topic"
NEWS: Final = "news"
SOME: Final = "some"
ABOUT: Final = "about"

_NOUNS: Final = frozenset({NEWS, "thing", GENRE, "area", "related"})
"""Roles of nouns and the like to which 的 leads."""

_ATTRIBUTIVE: Final = frozenset({NEWS, "section", "outlet", "archive", GENRE})
_LEADING_TO_SOME: Final = frozenset({"request", "choose", "random", LATELY, "newest"})
_ASKED_QUANTITIES: Final = frozenset({"quantity", "article_quantity", "unit_quantity"})

_MAX_WORDS: Final = 6
"""Words of the longest piece, as the segmenter cuts it: 2022|年|9|月|26|日."""

_COST_OF_CHARACTER: Final = 10
"""Cost of a character without a role; a piece costs 1. Of all ways to cut a message the cheapest is taken."""

_COUNTED: Final = re.compile("(?P<number>[0-9]{1,3}|[一二两三四五六七八九十]{1,3})(?:篇|条|则|个|份)(?:儿)?")
_DAY: Final = re.compile(
    "[0-9]{2,4}年(?:[0-9]{1,2}月(?:份|[初中底]|[0-9]{1,2}[日号])?)?|[0-9]{1,2}月(?:份|[初中底]|[0-9]{1,2}[日号])?"
    "|[0-9]{1,2}[日号]|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[一二三四五六七八九十]{1,3}月(?:[一二三四五六七八九十]{1,3}[日号])?"
)
_NUMERALS: Final = frozenset("0123456789一二两三四五六七八九十")
_PLAIN: Final = "的"
_NONE: Final[frozenset[str]] = frozenset()

_Cut = tuple[int, tuple["Piece", "_Cut"] | None]
"""Cost of a way to cut the rest of a message, its first piece and how it goes on."""


class Piece(NamedTuple):
    """A stretch of a message. A tuple, because many cuts are tried.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        roles: What it does; empty where it names something.
    """

    start: int
    end: int
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as pieces.

    Attributes:
        pieces: Those with a role, in order; one that stands before or behind the topic has each role as
            `<role` or `role>` too.
        topic: Where it names something; None where it does not.
        times: Where it names days.
        lately: Where it says 最近.
        number: How many articles it names, as written.
    """

    pieces: tuple[Piece, ...]
    topic: Span | None
    times: tuple[Span, ...]
    lately: tuple[Span, ...]
    number: str | None

    @property
    def roles(self) -> frozenset[str]:
        """All roles of its pieces."""
        return frozenset[str]().union(*(piece.roles for piece in self.pieces))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of messages.

    Attributes:
        roles: Of each word.
        beside_topics: Roles that may stand beside a topic. A word without any of them is part of a name
            there: the 玩 of 品玩.
    """

    roles: Mapping[str, frozenset[str]]
    beside_topics: frozenset[str]


def read_message(utterance: Utterance, vocabulary: Vocabulary) -> Message | None:
    """Cut a message into pieces.

    Args:
        utterance: The message.
        vocabulary: Words with their roles.

    Returns:
        None where it names things in several places, or asks about the thing it names.
    """
    text = utterance.normalized
    cut = _cut(text, utterance.words, vocabulary.roles)
    if names := [match.span() for match in utterance.lexicon.phrase("dateless_name").finditer(text)]:
        cut = [_within_name(piece, names) for piece in cut]
    pieces = _compounds(text, _settled(cut))
    if not all(piece.roles for piece in pieces):
        pieces = [_beside_topic(piece, vocabulary.beside_topics) for piece in pieces]
    named = _named(text, pieces)
    if len(named) > 1 or (named and _asks(utterance, named[0])):
        return None
    roles = [piece for piece in pieces if piece.roles]
    topic = named[0] if named else None
    times = tuple(_joined(roles))
    lately = tuple((each.start, each.end) for each in roles if LATELY in each.roles)
    number = next((text[each.start : each.end] for each in roles if NUMBER in each.roles), None)
    if topic is None:
        return Message(tuple(roles), None, times, lately, number)
    placed = tuple(_placed(_with_ones(text, roles, topic), topic))
    return Message(placed, _with_genre(text, roles, topic), times, lately, number)


def _cut(text: str, words: Sequence[Word], vocabulary: Mapping[str, frozenset[str]]) -> list[Piece]:
    """Cut a text at words, so that as little as possible is left without a role."""
    best: list[_Cut] = [(0, None)] * (len(words) + 1)
    for place in reversed(range(len(words))):
        word = words[place]
        unknown, behind = Piece(word.start, word.end, _NONE), best[place + 1]
        options: list[_Cut] = [(_cost(unknown) + behind[0], (unknown, behind))]
        for last in range(place, min(place + _MAX_WORDS, len(words))):
            end = words[last].end
            part = text[word.start : end]
            if roles := _roles(" ".join(part.split()) if " " in part else part, vocabulary):
                options.append((1 + best[last + 1][0], (Piece(word.start, end, roles), best[last + 1])))
        if len(options) == 1 and (parts := _parts(text, word, vocabulary)):
            cut = behind
            for piece in reversed(parts):
                cut = (_cost(piece) + cut[0], (piece, cut))
            options.append(cut)
        best[place] = min(options, key=lambda option: option[0])
    return _merged(text, list(_pieces(best[0])), vocabulary)


def _cost(piece: Piece) -> int:
    return 1 if piece.roles else 1 + _COST_OF_CHARACTER * (piece.end - piece.start)


def _merged(text: str, pieces: Sequence[Piece], vocabulary: Mapping[str, frozenset[str]]) -> list[Piece]:
    """Make one of neighbours that are a word together: 多少|篇 where the segmenter cuts 多少|篇文章."""
    merged: list[Piece] = []
    for piece in pieces:
        start = merged[-1].start if merged else 0
        if merged and piece.roles and (roles := vocabulary.get(text[start : piece.end])):
            merged[-1] = Piece(start, piece.end, roles)
        else:
            merged.append(piece)
    return merged


def _pieces(cut: _Cut) -> Iterator[Piece]:
    while cut[1] is not None:
        piece, cut = cut[1]
        yield piece


def _roles(part: str, vocabulary: Mapping[str, frozenset[str]]) -> frozenset[str]:
    roles = vocabulary.get(part, _NONE)
    if part[0] not in _NUMERALS:
        return roles
    if _COUNTED.fullmatch(part):
        return roles | {NUMBER}
    return roles | {WHEN} if _DAY.fullmatch(part) else roles


def _parts(text: str, word: Word, vocabulary: Mapping[str, frozenset[str]]) -> list[Piece]:
    """Cut a word in two of which the latter has a role, and the former too unless it is a name before news.

    篇|文章, 体育|新闻, 游戏|类; but 得到 is a name.
    """
    for middle in range(word.start + 1, word.end if word.end - word.start > 2 else 0):
        first = Piece(word.start, middle, _roles(text[word.start : middle], vocabulary))
        second = Piece(middle, word.end, _roles(text[middle : word.end], vocabulary))
        closes = (NEWS in second.roles and word.end - middle > 1) or "area" in second.roles
        if (first.roles and second.roles) or closes:
            return [first, second]
    return []


def _settled(pieces: Sequence[Piece]) -> list[Piece]:
    """Settle what some words do by what stands before them.

    几篇 asks in 有几篇 and means some in 来几篇 or 最近几篇; 哪些方面 asks for sections and frames no topic.
    """
    settled: list[Piece] = []
    for piece in pieces:
        if "area" in piece.roles and settled and not settled[-1].roles.isdisjoint({"what", "which"}):
            piece = piece._replace(roles=frozenset({"section"}))
        if SOME in piece.roles and "quantity" in piece.roles:
            before = _last_telling(settled)
            is_some = before is not None and not before.roles.isdisjoint(_LEADING_TO_SOME)
            piece = piece._replace(roles=piece.roles - (_ASKED_QUANTITIES if is_some else {SOME}))
        settled.append(piece)
    return settled


def _last_telling(pieces: Sequence[Piece]) -> Piece | None:
    """Return the last piece that is no mere filler."""
    return next((piece for piece in reversed(pieces) if piece.roles != {FILLER}), None)


def _compounds(text: str, pieces: Sequence[Piece]) -> list[Piece]:
    """Take what stands right before a name as part of it: 新闻发言人, and a Latin word as in IT之家."""
    return [
        piece._replace(roles=_NONE)
        if after is not None
        and not after.roles
        and piece.end == after.start
        and (text[piece.start : piece.end].isascii() or _is_attributive(piece))
        else piece
        for piece, after in zip_longest(pieces, pieces[1:])
    ]


def _is_attributive(piece: Piece) -> bool:
    """Tell whether a piece is a noun that may be the first part of a compound."""
    return not piece.roles.isdisjoint(_ATTRIBUTIVE) and piece.roles.isdisjoint({ABOUT, "said"})


def _within_name(piece: Piece, names: Sequence[Span]) -> Piece:
    """Take the roles from a piece of a name: 今日头条 is no news of today."""
    is_part = any(start <= piece.start and piece.end <= end for start, end in names)
    return Piece(piece.start, piece.end, _NONE) if is_part else piece


def _beside_topic(piece: Piece, known: frozenset[str]) -> Piece:
    return Piece(piece.start, piece.end, _NONE) if piece.roles.isdisjoint(known) else piece


def _named(text: str, pieces: Sequence[Piece]) -> list[Span]:
    """Return the stretches without roles; 的 and blanks between two of them are part of one."""
    spans: list[Span] = []
    for piece in pieces:
        if piece.roles:
            continue
        if spans and text[spans[-1][1] : piece.start].strip() in {"", _PLAIN, "·", ".", "-", "+"}:
            spans[-1] = (spans[-1][0], piece.end)
        else:
            spans.append((piece.start, piece.end))
    return spans


def _asks(utterance: Utterance, span: Span) -> bool:
    """Tell whether a word that asks stands in a stretch: it is no topic."""
    return any(
        span[0] <= word.start and word.end <= span[1] and not roles.isdisjoint({"interrogative", "whether"})
        for word, roles in zip(utterance.words, utterance.roles, strict=True)
    )


def _joined(pieces: Sequence[Piece]) -> list[Span]:
    """Return where times are named; two with one character between them are one (9月25日到26日)."""
    spans: list[Span] = []
    for piece in pieces:
        if WHEN not in piece.roles:
            continue
        if spans and piece.start <= spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], piece.end)
        else:
            spans.append((piece.start, piece.end))
    return spans


def _with_ones(text: str, pieces: Sequence[Piece], topic: Span) -> list[Piece]:
    """Give 的 behind the topic its role where no noun follows."""
    return [
        piece._replace(roles=piece.roles | {ONES})
        if piece.start == topic[1]
        and text[piece.start : piece.end] == _PLAIN
        and (after is None or after.roles.isdisjoint(_NOUNS))
        else piece
        for piece, after in zip_longest(pieces, pieces[1:])
    ]


def _placed(pieces: Sequence[Piece], topic: Span) -> Iterator[Piece]:
    """Yield pieces with the roles that tell their place; 讲 leads to a topic only right before it."""
    leading = _last_telling([piece for piece in pieces if piece.end <= topic[0]])
    for piece in pieces:
        is_before = piece.end <= topic[0]
        roles = piece.roles - {ABOUT} if is_before and piece is not leading else piece.roles
        yield piece._replace(roles=piece.roles | {f"<{role}" if is_before else f"{role}>" for role in roles})


def _with_genre(text: str, pieces: Sequence[Piece], topic: Span) -> Span:
    """Lengthen a topic by the sort of article that follows it."""
    genre = next((piece for piece in pieces if GENRE in piece.roles and piece.start >= topic[1]), None)
    is_next = genre is not None and text[topic[1] : genre.start].strip() in {"", _PLAIN}
    return (topic[0], genre.end) if genre is not None and is_next else topic
