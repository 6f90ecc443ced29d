"""The frame of a question: stop words, request phrases, relative dates, and the intent to browse.

请给我列出所有关于苹果的新闻 asks for 苹果; 昨天有什么新闻 asks for a list. The grammar of a request is

    frame   = opening topic closing
    opening = (ignored | request | about | news)*     up to the first news, unless 关于 stands among them
    closing = link* news (ignored | event)*

where `ignored` are stop words and relative dates. `corpus.question.lexicon` has the words of each role.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from corpus.models import Span
from corpus.question.lexicon import (
    ABOUT,
    BARE_WORDS,
    BROWSING_STOP_WORDS,
    EVENTS,
    LISTED,
    NEWEST,
    NEWS,
    NEWS_LINKS,
    REQUEST_SIGNS,
    REQUESTS,
    STOP_WORDS,
    TOPIC_MARKERS,
)
from corpus.text import analyzer
from corpus.text.analyzer import Word
from corpus.text.dates import JOINING_WORDS, DateMention
from corpus.text.folding import fold

_OPENING: Final = REQUESTS | ABOUT | NEWS
_BROWSING: Final = NEWS | EVENTS | REQUESTS
_NEWS_AT_END: Final = re.compile(f"(?:{'|'.join(sorted(NEWS, key=len, reverse=True))})$")
_WISH: Final = re.compile("想要?(?:看|看看|听|听听|找|找找|搜|查|查查|了解|知道)")

_NAMES: Final = re.compile(
    "今日头条|今日说法|今日资本|明日之后|明日方舟|明日之子|昨日重现|昨日的世界|最近邻|周末画报"
)
"""Names that begin like a relative date."""

_TITLES: Final = re.compile('《[^》]{1,80}》|「[^」]{1,60}」|『[^』]{1,60}』|“[^”]{1,60}”|"[^"]{1,100}"')


@dataclass(frozen=True, slots=True)
class Framing:
    """The frame of a question, as positions of its words.

    Attributes:
        ignored: Positions of the words that are not searched for: stop words, relative dates, the request.
        framing: Those of `ignored` that belong to a relative date or to the request.
        listing_topic: As in `Query`.
        topicless: Whether nothing is named.
    """

    ignored: frozenset[int]
    framing: frozenset[int]
    listing_topic: str | None
    topicless: bool


class _Token(NamedTuple):
    """A word of a question with what framing has to know of it. A tuple, because each question makes a dozen.

    Attributes:
        text: As it stands in the question.
        is_stop_word: Whether it is in `STOP_WORDS`: it asks, or has no content.
        is_relative_date: Whether it belongs to a date that is counted from today, or joins two dates (至).
        is_date: Whether it belongs to any date.
    """

    text: str
    is_stop_word: bool
    is_relative_date: bool
    is_date: bool

    @property
    def is_ignored(self) -> bool:
        return self.is_stop_word or self.is_relative_date

    @property
    def is_specific(self) -> bool:
        """Whether it is a stop word that asks for something other than a list: 什么时候."""
        return self.text in STOP_WORDS and self.text not in BROWSING_STOP_WORDS

    @property
    def ends_with_news(self) -> bool:
        return _NEWS_AT_END.search(self.text) is not None


def certain_dates(
    folded: str, spans: Sequence[Word], mentions: Iterable[DateMention]
) -> tuple[DateMention, ...]:
    """Drop what only looks like a relative date: 最近 in a title, 上周 in 以上周边."""
    starts, ends = {word.start for word in spans}, {word.end for word in spans}
    names = [match.span() for pattern in (_NAMES, _TITLES) for match in pattern.finditer(folded)]
    return tuple(
        mention
        for mention in mentions
        if not mention.relative
        or (mention.span[0] in starts and mention.span[1] in ends and not _is_inside(mention.span, names))
    )


def find_framing(folded: str, spans: Sequence[Word], dates: Sequence[DateMention]) -> Framing:
    """Tell the words of a question that are not searched for from its topic.

    Args:
        folded: The question.
        spans: Its words.
        dates: The dates it names, as `certain_dates` gives them.
    """
    tokens = _tokens(folded, spans, dates)
    request = _request(tokens)
    stop_words = {place for place, token in enumerate(tokens) if token.is_stop_word}
    relative_dates = {place for place, token in enumerate(tokens) if token.is_relative_date}
    names_days = any(
        not mention.any_month
        and (mention.since == mention.until or not folded[slice(*mention.span)].isdigit())
        for mention in dates
    )
    return Framing(
        ignored=frozenset(stop_words | relative_dates | request),
        framing=frozenset(relative_dates | request),
        listing_topic=_listing_topic(tokens, request, names_days=names_days),
        topicless=names_nothing(token.text for token in tokens),
    )


def names_nothing(words: Iterable[str]) -> bool:
    """Tell whether the words of a question name nothing, so that it has no answer: 有什么事, what is it.

    >>> names_nothing(["有", "什么", "事"]), names_nothing(["为什么", "下雨"])
    (True, False)
    """
    return all(word in BARE_WORDS for word in words)


def is_unanswerable(question: str) -> bool:
    """Tell whether a text, as typed, consists of Chinese stop words only.

    English ones are no proof: IT may be meant, or US.

    >>> is_unanswerable("有什么事"), is_unanswerable("IT是什么"), is_unanswerable("为什么下雨")
    (True, False, False)
    """
    words = analyzer.words(fold(question))
    return names_nothing(words) and not any(map(str.isascii, words))


def _tokens(folded: str, spans: Sequence[Word], dates: Sequence[DateMention]) -> list[_Token]:
    texts = [folded[word.start : word.end] for word in spans]
    all_dates = [mention.span for mention in dates]
    relative_dates = [mention.span for mention in dates if mention.relative]
    return [
        _Token(
            text=text,
            # The A of A股 is no article.
            is_stop_word=text in STOP_WORDS and not (text == "a" and analyzer.is_han(following)),
            is_relative_date=_is_inside((word.start, word.end), relative_dates)
            or (text in JOINING_WORDS and _is_inside((word.start, word.end), all_dates)),
            is_date=_is_inside((word.start, word.end), all_dates),
        )
        for word, text, following in zip(spans, texts, [*texts[1:], ""], strict=False)
    ]


def _is_inside(span: Span, others: Iterable[Span]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in others)


def _request(tokens: Sequence[_Token]) -> set[int]:
    """Return the positions of the words of a request; none where they would leave no topic."""
    start = _opening_length(tokens)
    opening = tokens[:start]
    is_specific = any(token.is_specific for token in opening)
    has_marker = not is_specific and any(token.text in TOPIC_MARKERS for token in opening)
    is_request = has_marker or (not is_specific and _is_request(opening))
    closing = _closing(tokens, start, needs_link=not is_request)

    def belongs(token: _Token) -> bool:
        return (
            has_marker
            or (token.text in ABOUT and bool(closing))
            or (token.text in REQUESTS and (is_request or bool(closing)))
        )

    request = {*closing, *(place for place, token in enumerate(opening) if belongs(token))}
    has_topic = any(not token.is_ignored and place not in request for place, token in enumerate(tokens))
    return request if has_topic else set()


def _is_request(opening: Sequence[_Token]) -> bool:
    wishes = _WISH.search("".join(token.text for token in opening)) is not None
    return wishes or any(token.text in REQUEST_SIGNS for token in opening)


def _opening_length(tokens: Sequence[_Token]) -> int:
    """Count the words before the topic; words for news are among them only beside 关于."""
    end = 0
    while end < len(tokens) and (tokens[end].is_ignored or tokens[end].text in _OPENING):
        end += 1
    if any(token.text in TOPIC_MARKERS for token in tokens[:end]):
        return end
    return next((place for place in range(end) if tokens[place].text in NEWS), end)


def _closing(tokens: Sequence[_Token], start: int, *, needs_link: bool) -> range:
    """Return the positions of the words for news at the end of a question: 的最新消息.

    Args:
        tokens: All words of the question.
        start: Where the topic begins.
        needs_link: Whether they count only if a word links them to the topic (华为的新闻). Behind a request
            they always count (帮我找华为新闻).
    """
    end = len(tokens)
    while end > start and (tokens[end - 1].is_ignored or tokens[end - 1].text in EVENTS):
        end -= 1
    if end == start or tokens[end - 1].text not in NEWS:
        return range(0)
    first = end - 1
    while first > start and tokens[first - 1].text in NEWS_LINKS:
        first -= 1
    has_link_word = first < end - 1 or tokens[first].text in NEWEST
    is_linked = has_link_word or (first > start and tokens[first - 1].text in LISTED)
    return range(first, end) if is_linked or not needs_link else range(0)


def _listing_topic(tokens: Sequence[_Token], request: set[int], *, names_days: bool) -> str | None:
    """Return what is left beside dates and words for news; None where no list is asked for.

    Args:
        tokens: All words of the question.
        request: Positions of the words of a request.
        names_days: Whether days are named, so that nothing else need be said.
    """
    if any(token.is_specific and not token.is_date for token in tokens):
        return None
    left = [
        (place, token)
        for place, token in enumerate(tokens)
        if token.text not in STOP_WORDS and not token.is_date
    ]
    topic = [_NEWS_AT_END.sub("", token.text) for place, token in left if place not in request]
    topic = [text for text in topic if text not in _BROWSING]
    asks_for_news = any(token.ends_with_news for _, token in left)
    asks_for_days = names_days or any(token.text in NEWEST for _, token in left)
    if asks_for_news or (asks_for_days and not any(topic)):
        return "".join(topic)
    return None
