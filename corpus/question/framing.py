"""The frame of a question: stop words, request phrases, relative dates, and the intent to browse.

请给我列出所有关于苹果的新闻 asks for 苹果; 昨天有什么新闻 asks for a list. The grammar of a request is

    frame   = opening topic closing
    opening = (ignored | request | about | news)*     up to the first news, unless 关于 stands among them
    closing = link* news (ignored | event)*

where `ignored` are stop words and relative dates, and the others are words of that role (`lexicon.Role`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from corpus.models import Span
from corpus.question.lexicon import Lexicon, Role, Roles
from corpus.question.utterance import Utterance
from corpus.text.dates import JOINING_WORDS, DateMention

_OPENING: Final[Roles] = frozenset({"request", "about", "news"})
_BROWSING: Final[Roles] = frozenset({"news", "event", "request"})

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
        roles: What it does in questions.
        is_relative_date: Whether it belongs to a date that is counted from today, or joins two dates (至).
        is_date: Whether it belongs to any date.
    """

    text: str
    roles: Roles
    is_relative_date: bool
    is_date: bool

    @property
    def is_ignored(self) -> bool:
        return "stop" in self.roles or self.is_relative_date

    @property
    def is_specific(self) -> bool:
        """Whether it is a stop word that asks for something other than a list: 什么时候."""
        return "stop" in self.roles and "browsing" not in self.roles

    def has(self, role: Role) -> bool:
        return role in self.roles


def certain_dates(utterance: Utterance, mentions: Iterable[DateMention]) -> tuple[DateMention, ...]:
    """Drop what only looks like a relative date: 最近 in a title, 上周 in 以上周边."""
    text, words = utterance.normalized, utterance.words
    starts, ends = {word.start for word in words}, {word.end for word in words}
    patterns = (utterance.lexicon.phrase("dateless_name"), _TITLES)
    names = [match.span() for pattern in patterns for match in pattern.finditer(text)]
    return tuple(
        mention
        for mention in mentions
        if not mention.relative
        or (mention.span[0] in starts and mention.span[1] in ends and not _is_inside(mention.span, names))
    )


def find_framing(utterance: Utterance, dates: Sequence[DateMention]) -> Framing:
    """Tell the words of a question that are not searched for from its topic.

    Args:
        utterance: The question.
        dates: The dates it names, as `certain_dates` gives them.
    """
    tokens = _tokens(utterance, dates)
    request = _request(tokens, utterance.lexicon)
    relative_dates = {place for place, token in enumerate(tokens) if token.is_relative_date}
    names_days = any(
        not mention.any_month
        and (mention.since == mention.until or not utterance.normalized[slice(*mention.span)].isdigit())
        for mention in dates
    )
    return Framing(
        ignored=utterance.places("stop") | _pointing(utterance) | relative_dates | request,
        framing=frozenset(relative_dates | request),
        listing_topic=_listing_topic(tokens, request, utterance.lexicon, names_days=names_days),
        topicless=names_nothing(utterance),
    )


def _pointing(utterance: Utterance) -> set[int]:
    """Positions of the classifiers behind a demonstrative: 那座大桥 asks for a bridge, not for 座."""
    words, roles = utterance.words, utterance.roles
    return {
        place
        for place in range(1, len(words))
        if "classifier" in roles[place]
        and "demonstrative" in roles[place - 1]
        and words[place - 1].end == words[place].start
    }


def names_nothing(utterance: Utterance) -> bool:
    """Tell whether the words of a question name nothing, so that it has no answer: 有什么事, what is it.

    >>> [names_nothing(Utterance.from_text(text)) for text in ("有什么事", "为什么下雨")]
    [True, False]
    """
    return all("bare" in roles for roles in utterance.roles)


def is_unanswerable(question: str) -> bool:
    """Tell whether a text, as typed, consists of Chinese stop words only.

    English ones are no proof: IT may be meant, or US.

    >>> is_unanswerable("有什么事"), is_unanswerable("IT是什么"), is_unanswerable("为什么下雨")
    (True, False, False)
    """
    utterance = Utterance.from_text(question)
    return names_nothing(utterance) and not any(map(str.isascii, utterance.terms))


def _tokens(utterance: Utterance, dates: Sequence[DateMention]) -> list[_Token]:
    all_dates = [mention.span for mention in dates]
    relative_dates = [mention.span for mention in dates if mention.relative]
    return [
        _Token(
            text=utterance.token(word),
            roles=roles,
            is_relative_date=_is_inside((word.start, word.end), relative_dates)
            or (utterance.token(word) in JOINING_WORDS and _is_inside((word.start, word.end), all_dates)),
            is_date=_is_inside((word.start, word.end), all_dates),
        )
        for word, roles in zip(utterance.words, utterance.roles, strict=True)
    ]


def _is_inside(span: Span, others: Iterable[Span]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in others)


def _request(tokens: Sequence[_Token], lexicon: Lexicon) -> set[int]:
    """Return the positions of the words of a request; none where they would leave no topic."""
    start = _opening_length(tokens)
    opening = tokens[:start]
    is_specific = any(token.is_specific for token in opening)
    has_marker = not is_specific and any(token.has("about_sign") for token in opening)
    is_request = has_marker or (not is_specific and _is_request(opening, lexicon))
    closing = _closing(tokens, start, needs_link=not is_request)

    def belongs(token: _Token) -> bool:
        return (
            has_marker
            or (token.has("about") and bool(closing))
            or (token.has("request") and (is_request or bool(closing)))
        )

    request = {*closing, *(place for place, token in enumerate(opening) if belongs(token))}
    has_topic = any(not token.is_ignored and place not in request for place, token in enumerate(tokens))
    return request if has_topic else set()


def _is_request(opening: Sequence[_Token], lexicon: Lexicon) -> bool:
    wishes = lexicon.phrase("wish").search("".join(token.text for token in opening)) is not None
    return wishes or any(token.has("request_sign") for token in opening)


def _opening_length(tokens: Sequence[_Token]) -> int:
    """Count the words before the topic; words for news are among them only beside 关于."""
    end = 0
    while end < len(tokens) and (tokens[end].is_ignored or not tokens[end].roles.isdisjoint(_OPENING)):
        end += 1
    if any(token.has("about_sign") for token in tokens[:end]):
        return end
    return next((place for place in range(end) if tokens[place].has("news")), end)


def _closing(tokens: Sequence[_Token], start: int, *, needs_link: bool) -> range:
    """Return the positions of the words for news at the end of a question: 的最新消息.

    Args:
        tokens: All words of the question.
        start: Where the topic begins.
        needs_link: Whether they count only if a word links them to the topic (华为的新闻). Behind a request
            they always count (帮我找华为新闻).
    """
    end = len(tokens)
    while end > start and (tokens[end - 1].is_ignored or tokens[end - 1].has("event")):
        end -= 1
    if end == start or not tokens[end - 1].has("news"):
        return range(0)
    first = end - 1
    while first > start and tokens[first - 1].has("link"):
        first -= 1
    has_link_word = first < end - 1 or tokens[first].has("newest")
    is_linked = has_link_word or (first > start and tokens[first - 1].has("listed"))
    return range(first, end) if is_linked or not needs_link else range(0)


def _listing_topic(
    tokens: Sequence[_Token], request: set[int], lexicon: Lexicon, *, names_days: bool
) -> str | None:
    """Return what is left beside dates and words for news; None where no list is asked for.

    Args:
        tokens: All words of the question.
        request: Positions of the words of a request.
        lexicon: Knows the words for news.
        names_days: Whether days are named, so that nothing else need be said.
    """
    if any(token.is_specific and not token.is_date for token in tokens):
        return None
    left = [
        (place, token) for place, token in enumerate(tokens) if not token.has("stop") and not token.is_date
    ]
    topic = [lexicon.news_at_end.sub("", token.text) for place, token in left if place not in request]
    topic = [text for text in topic if lexicon.roles_of(text).isdisjoint(_BROWSING)]
    asks_for_news = any(lexicon.news_at_end.search(token.text) for _, token in left)
    asks_for_days = names_days or any(token.has("newest") for _, token in left)
    if asks_for_news or (asks_for_days and not any(topic)):
        return "".join(topic)
    return None
