"""What a follow-up asks for: more results, the same question rephrased, or something of the article. Pure.

Its phrases are data: `corpus/question/language/followups.toml`, read by `corpus.dialogue.phrases`.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from corpus.dialogue.phrases import Intent, phrases
from corpus.dialogue.search import Search
from corpus.models import Filters, Span
from corpus.question.lexicon import (
    CLASSIFIERS,
    DEMONSTRATIVES,
    INTERROGATIVES,
    NEWS_WORDS,
    NON_TOPICAL,
    STOP_WORDS,
    is_interrogative,
)
from corpus.question.topic import has_topic, is_question
from corpus.question.utterance import Utterance
from corpus.text.analyzer import Word
from corpus.text.characters import single_spaced
from corpus.text.dates import find_dates
from corpus.text.numbers import parse_numeral

MAX_FOLLOW_UP_CHARS: Final = 16
"""Longest follow-up, a Latin word counted as two characters; a longer question says what it is about."""

MAX_TOPIC_CHARS: Final = 10
"""Longest name of another topic: 那欧元呢."""

MAX_MESSAGE_CHARS: Final = 200
"""Longest message that the patterns read. A longer one is no follow-up by its wording."""

_END: Final = " ?!。.~"
"""Marks at the end of a message, folded, that the patterns need not read."""

_COUNTING: Final = frozenset({"多少", "几", "第几"})

_COUNTED: Final = frozenset({"钱", "块", "元", "人", "岁", "时候", "时间", "地方", "意思"})
"""What belongs to an interrogative before it: 多少钱, 什么时候."""

_PRONOUN = re.compile(
    r"(?<![其吉维利])[他她它](?!人|国|乡)|此事|这(?:[座家位辆款部本件起场种条篇只]|个(?!月|星期|礼拜|周|季))"
    r"|\b(?:it|he|she|they|him|her|them|his|its|their)\b"
)

_BROWSING_WORDS = NEWS_WORDS - {"事", "事情", "发生", "出", "看", "happened", "happening", "show"}
"""A short question with one of these asks for a list of news, not for something of the answer before."""

_SPLIT_NAMES = {("那", "英")}
"""Names with 那 that jieba cuts in two: 那英, but not 那英镑."""


class ArticleRequest(StrEnum):
    """What may be requested of the article that was shown."""

    WHOLE = "whole"
    SOURCE = "source"
    LATER = "later"
    SPEAKER = "speaker"


_REQUESTS: Final = {
    Intent.WHOLE: ArticleRequest.WHOLE,
    Intent.SOURCE: ArticleRequest.SOURCE,
    Intent.LATER: ArticleRequest.LATER,
    Intent.SPEAKER: ArticleRequest.SPEAKER,
}


@dataclass(frozen=True, slots=True)
class TurnPage:
    """Show the next results, or the previous ones (`back`)."""

    back: bool = False


@dataclass(frozen=True, slots=True)
class PickNumber:
    """Open the article under a number of what was shown."""

    number: int


@dataclass(frozen=True, slots=True)
class Rephrase:
    """Ask the question again with another time, another category or another topic.

    Attributes:
        searches: Ways to put it, best first; the next one counts where one finds nothing.
        about: The other topic, folded, which an answer must mention; empty where the topic stays.
        joined: For each of the searches, what the title or one sentence must hold together with `about`.
        asked: The other topic with no more than what asks and what many things have: 欧元为什么.
    """

    searches: tuple[Search, ...]
    about: str = ""
    joined: tuple[str, ...] = ()
    asked: str = ""


@dataclass(frozen=True, slots=True)
class AskArticle:
    """Ask the article shown first; if it says nothing, all articles under the same conditions.

    Attributes:
        within: Wordings for the article, best first.
        everywhere: Searches of all articles, best first.
    """

    within: tuple[str, ...]
    everywhere: tuple[Search, ...]


FollowUp = TurnPage | PickNumber | Rephrase | AskArticle | ArticleRequest


def page_turn(message: Utterance) -> TurnPage | None:
    """Return the page that a message asks for, such as 「还有吗」 or 「下一页」; None if it asks for none."""
    match intent_of(message):
        case Intent.NEXT:
            return TurnPage()
        case Intent.BACK:
            return TurnPage(back=True)
        case _:
            return None


def intent_of(message: Utterance) -> Intent | None:
    """Return what a message asks for by its wording alone; None for any other."""
    found = phrases().match(_wording(message))
    return None if found is None else found[0]


def is_follow_up(message: Utterance) -> bool:
    """Tell whether a message that replies to nothing can only be understood from the answer before it.

    >>> messages = map(Utterance.from_text, ("那欧元呢", "烧了多久", "面积", "英镑为什么大跌", "有什么新闻"))
    >>> [is_follow_up(message) for message in messages]
    [True, True, True, False, False]
    """
    if not is_short(message):
        return False
    if intent_of(message) is not None or names_only_properties(message):
        return True
    match = _match_replacement(message)
    if match and len(match["what"]) <= MAX_TOPIC_CHARS:
        has_lead = match["lead"] and not _names_with_demonstrative(message)
        if has_lead or match["tail"] == "呢":
            return True
    return _is_narrow_question(message) and not is_self_contained(message)


def is_possible_follow_up(message: Utterance) -> bool:
    """Tell whether a short question may be meant either way: 修桥花了多少钱 after one about a bridge.

    >>> messages = map(Utterance.from_text, ("修桥花了多少钱", "原文", "沪指", "有什么新闻"))
    >>> [is_possible_follow_up(message) for message in messages]
    [True, True, False, False]
    """
    return is_follow_up(message) or (is_short(message) and _is_narrow_question(message))


ABOUT_MESSAGES: Final = frozenset({Intent.VERIFY, Intent.REPORTS, Intent.EXPLAIN})
"""What is answered with what the archive has on a message, as it stands."""


def leans_on_message(message: Utterance) -> bool:
    """Tell whether a message that replies to somebody's is about that one: 这是真的吗, 花了多少钱.

    >>> messages = map(Utterance.from_text, ("这是真的吗", "花了多少钱", "望江大桥哪天封的", "下一页"))
    >>> [leans_on_message(message) for message in messages]
    [True, True, False, False]
    """
    if intent_of(message) in {Intent.NEXT, Intent.BACK, Intent.PICK}:
        return False
    return is_follow_up(message)


def is_self_contained(message: Utterance) -> bool:
    """Tell whether a question names what it is about: not by a pronoun, and more than what many things have.

    >>> messages = map(Utterance.from_text, ("贾宁多大了", "谁接替他", "多大了", "屏幕多大"))
    >>> [is_self_contained(message) for message in messages]
    [True, False, False, False]
    """
    names = names_in(message)
    is_character = len(names) == 1 and len(names[0]) == 1 and message.terms[:2] not in _SPLIT_NAMES
    if is_character and is_question(message):
        return False  # 在哪发的: a single character is rather a verb than a name
    pronoun = _PRONOUN.search(message.normalized)
    return bool(names) and (pronoun is None or _is_explained(message, pronoun.start()))


def _is_explained(message: Utterance, start: int) -> bool:
    """Tell whether what a pronoun stands for is named before it: 《潮间带》这本书, or in a longer message."""
    before = [word for word in _name_words(message) if word.end <= start]
    if not before:
        return False
    is_next = not message.normalized[before[-1].end : start].strip('》」』”" ')
    return not is_short(message) or (is_next and message.normalized[start] == "这")


def names_in(message: Utterance) -> tuple[str, ...]:
    """Return the words of a message that name something, without those for what many things have.

    >>> names_in(Utterance.from_text("望江大桥的长度是多少")), names_in(Utterance.from_text("长度是多少"))
    (('望江', '大桥'), ())
    """
    return tuple(word.term for word in _name_words(message))


def whole_names(message: Utterance) -> tuple[str, ...]:
    """Return the names of a message, single characters side by side as the one name that jieba does not know.

    A single character that stands alone, such as 跑, and a number count only where there is nothing else.

    >>> whole_names(Utterance.from_text("紫冠雉会跑吗")), whole_names(Utterance.from_text("猫跑几步"))
    (('紫冠雉',), ('猫跑',))
    """
    names: list[str] = []
    end, is_open = -1, False  # whether the last name consists of single characters up to `end`
    for word in _name_words(message):
        is_single = len(word.term) == 1 and not word.term.isascii()
        if is_single and is_open and word.start == end:
            names[-1] += word.term
        else:
            names.append(word.term)
        end, is_open = word.end, is_single
    return tuple(name for name in names if len(name) > 1 and not name.isdigit()) or tuple(names)


def _name_words(message: Utterance) -> list[Word]:
    properties = _property_spans(message)
    return [word for word in _topical_words(message) if not _is_inside(word, properties)]


def _topical_words(message: Utterance) -> list[Word]:
    """Return the words that name something; a single character behind 多少 is what it counts: 多少米."""
    before = ["", *map(message.token, message.words)]
    return [
        word
        for word, previous in zip(message.words, before, strict=False)
        if _is_topical(message.token(word))
        and not (previous in _COUNTING and len(word.term) == 1)
        and not (word.term[0] in "一两" and word.term[1:] in CLASSIFIERS)
    ]


def names_only_properties(message: Utterance) -> bool:
    """Tell whether a message names something that many things have, and nothing else: 面积, 屏幕多大.

    >>> messages = map(Utterance.from_text, ("面积", "屏幕多大", "望江大桥的长度", "多大"))
    >>> [names_only_properties(message) for message in messages]
    [True, True, False, False]
    """
    properties = _property_spans(message)
    topical = _topical_words(message)
    has_property = any(_is_inside(word, properties) for word in message.words)
    return has_property and all(_is_inside(word, properties) for word in topical)


def _property_spans(message: Utterance) -> list[Span]:
    if _is_too_long(message):
        return []
    return [match.span() for match in phrases().properties.finditer(message.normalized)]


def _is_inside(word: Word, spans: Iterable[Span]) -> bool:
    return any(start <= word.start and word.end <= end for start, end in spans)


def _is_topical(token: str) -> bool:
    return token not in NON_TOPICAL and not is_interrogative(token)


def understand(
    message: Utterance, previous: Search, *, today: date, category: Callable[[str], str | None]
) -> FollowUp:
    """Understand what a follow-up asks for.

    Args:
        message: The follow-up.
        previous: The search whose answer it follows up.
        today: The reader's day, from which 去年 is counted.
        category: Returns the path (joined by `/`) of the one category of that name, or None.
    """
    found = phrases().match(_wording(message))
    match found:
        case (Intent.NEXT | Intent.REPORTS, _):
            return TurnPage()
        case (Intent.BACK, _):
            return TurnPage(back=True)
        case (Intent.PICK, picked) if number := _parse_number(picked):
            return PickNumber(number)
        case (intent, _) if intent in _REQUESTS:
            return _REQUESTS[intent]
    question = message.typed.strip()
    match = _match_replacement(message)
    if match:
        if searches := _with_other_filter(match, previous, today, category):
            return Rephrase(searches)
        if (match["lead"] and match["tail"]) or match["tail"] == "呢":
            question = match["what"].strip()
            if _is_topic(question):
                return _with_other_topic(question, previous, today)
    return _ask_article(question, previous)


def _ask_article(question: str, previous: Search) -> AskArticle:
    """Ask a question with the topic of the previous one, and alone."""
    filters = replace(previous.filters, article=None)
    topic = previous.first_question
    wordings = tuple(dict.fromkeys((Search(question, topic=topic).standalone, question)))
    return AskArticle(wordings, tuple(Search(wording, filters, topic=topic) for wording in wordings))


def _wording(message: Utterance) -> str:
    """Return what the patterns read of a message; empty if it is too long for any of them."""
    return "" if _is_too_long(message) else single_spaced(message.normalized).rstrip(_END)


def _is_too_long(message: Utterance) -> bool:
    return len(single_spaced(message.typed)) > MAX_MESSAGE_CHARS


def is_short(message: Utterance) -> bool:
    """Tell whether a message is short enough to lean on something."""
    if _is_too_long(message):
        return False
    text = single_spaced(message.normalized)
    return len(re.sub(r" ?\b[a-z']+\b", "xx", text)) <= MAX_FOLLOW_UP_CHARS


def _is_narrow_question(message: Utterance) -> bool:
    """Tell whether a message is a question and does not ask for a list of news."""
    return is_question(message) and _BROWSING_WORDS.isdisjoint(message.terms)


def _names_with_demonstrative(message: Utterance) -> bool:
    """Tell whether 那 points at something that the message names itself: 那座断了的大桥封了几天."""
    first, second, *_ = [*message.terms, "", ""]
    return first.startswith("那") and (first[1:] or second) in CLASSIFIERS


def _match_replacement(message: Utterance) -> re.Match[str] | None:
    """Match what is asked about instead; 那 leads it, unless it begins a name: 那不勒斯, 那曲."""
    first, second, *_ = [*message.terms, "", ""]
    is_demonstrative = first in DEMONSTRATIVES or first[1:] in CLASSIFIERS
    begins_name = first.startswith("那") and (not is_demonstrative or (first, second) in _SPLIT_NAMES)
    pattern = phrases().name_first if begins_name else phrases().replacement
    return pattern.fullmatch(_wording(message))


def _parse_number(picked: re.Match[str]) -> int | None:
    written = picked.group(1)
    return int(written) if written.isdigit() else parse_numeral(written)


def _is_topic(what: str) -> bool:
    """Tell whether what is asked about instead is a name, and not a question of its own."""
    if len(what) > MAX_TOPIC_CHARS:
        return False
    utterance = Utterance.from_text(what)
    return has_topic(utterance) and STOP_WORDS.isdisjoint(utterance.terms)


def _with_other_topic(what: str, previous: Search, today: date) -> Rephrase:
    """Ask the same about something else: 英镑为什么大跌, 欧元 → 「欧元为什么大跌」.

    In turn it takes the place of what is called alike (女子 → 男子), of all that the question is about
    (望江大桥 → 高铁), and of the first word of that (洪湖猪瘟 → 康平猪瘟); at last it stands beside the
    question.
    """
    filters = replace(previous.filters, article=None)
    topic = Utterance.from_text(previous.first_question)
    dates = [mention.span for mention in find_dates(topic.normalized, today)]
    names = [word for word in _name_words(topic) if not word.term.isdigit() and not _is_inside(word, dates)]
    rewordings = [(f"{topic.typed} {what}", "")]
    if names:
        spans = [_alike(what, topic, names), _subject(topic, names)]
        replaced = [_put(what, topic, span) for span in spans if span is not None]
        first, following = names[0], names[1:2]
        part = (_put(what, topic, (first.start, first.end)), following[0].term if following else "")
        rewordings = [*((question, "") for question in replaced), part, *rewordings]
    by_question = dict(reversed(rewordings))
    questions = list(dict.fromkeys(question for question, _ in rewordings))
    return Rephrase(
        tuple(Search(question, filters) for question in questions),
        about=what,
        joined=tuple(by_question[question] for question in questions),
        asked=what + _asking_part(topic),
    )


def subject_in(message: Utterance) -> str:
    """Return what a question is about, to be named to a reader; all of it where it names nothing.

    >>> subject_in(Utterance.from_text("望江大桥的长度是多少")), subject_in(Utterance.from_text("为什么"))
    ('望江大桥', '为什么')
    """
    names = _name_words(message)
    return message.typed[slice(*_subject(message, names))] if names else message.typed


def _put(what: str, topic: Utterance, span: Span) -> str:
    return topic.folded[: span[0]] + what + topic.folded[span[1] :]


def _alike(what: str, topic: Utterance, names: Sequence[Word]) -> Span | None:
    """Return the span of the words that are as long as a name and end like it: 二等座 for 一等座."""
    starts = {word.start for word in names}
    for word in names:
        start = word.end - len(what)
        text = topic.folded[start : word.end]
        if start in starts and len(what) > 1 and text[-1] == what[-1] and text != what:
            return start, word.end
    return None


def _subject(topic: Utterance, names: Sequence[Word]) -> Span:
    """Return the span of the first names of a question, up to what asks or is said of them."""
    start = end = names[0].start
    for word in topic.words:
        if word.start < start:
            continue
        if word not in names and topic.token(word) not in STOP_WORDS - INTERROGATIVES:
            break
        if word in names:
            end = word.end
    return start, end


def _asking_part(topic: Utterance) -> str:
    """Return what a question asks of anything: 份额多少, 什么时候."""
    properties, asking = _property_spans(topic), list[str]()
    for word in topic.words:
        token = topic.token(word)
        if (
            _is_inside(word, properties)
            or token in INTERROGATIVES
            or is_interrogative(token)
            or (token in _COUNTED and asking)
        ):
            asking.append(token)
    return "".join(asking)


def _with_other_filter(
    match: re.Match[str], previous: Search, today: date, category: Callable[[str], str | None]
) -> tuple[Search, ...]:
    """Return the previous search at another time or in another category, if a message says just that."""
    what = match["what"].strip()
    filters = replace(previous.filters, article=None)
    previous = replace(previous, question=previous.first_question, topic="")
    mentions = list(find_dates(what, today))
    if len(mentions) == 1 and mentions[0].span == (0, len(what)):
        period = replace(filters, since=mentions[0].since, until=mentions[0].until)
        return *_with_other_date(previous, what, filters, today), replace(previous, filters=period)
    path = category(what) if match["lead"] or match["tail"] else None
    return () if path is None else (replace(previous, filters=replace(filters, category=path)),)


def _with_other_date(previous: Search, when: str, filters: Filters, today: date) -> tuple[Search, ...]:
    """Put another time into a question that names one: 「2022金砖峰会」, 2021年 → 「2021年金砖峰会」."""
    topic = Utterance.from_text(previous.question)
    mentions = list(find_dates(topic.normalized, today))
    if len(mentions) != 1:
        return ()
    start, end = mentions[0].span
    question = topic.folded[:start] + when + topic.folded[end:]
    return (Search(question, replace(filters, since=None, until=None), previous.order),)
