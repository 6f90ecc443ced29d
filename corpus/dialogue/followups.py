"""What a follow-up asks for: more results, the same question rephrased, or something of the article. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from corpus.dialogue.search import Search
from corpus.models import Filters
from corpus.question.lexicon import CLASSIFIERS, DEMONSTRATIVES, NEWS_WORDS, NON_TOPICAL, STOP_WORDS
from corpus.question.topic import has_topic, is_question
from corpus.question.utterance import Utterance
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

# The patterns match `_wording`: normalized text with single spaces, without the marks at its end.
_NEXT = re.compile(
    r"(?:还有(?:吗|么|没有?|呢|别的|其他的?|更多)?(?:吗|么|呢)?|更多|再来(?:一[条篇个页])?|下一[页条篇个]|继续|接着|往下|后面呢"
    r"|(?:any(?:thing)? )?more|next|go on|(?:any|what) ?thing else)"
)
_BACK = re.compile(r"(?:上一[页条篇个]|往回|previous|back)")
_PICK_NUMBER = re.compile(
    r"(?:打开|点开|展开|看看?|读|查看|open|show)? ?"
    r"(?:第 ?(?P<nth>[0-9]{1,3}|[一二两三四五六七八九十]{1,3}) ?[条篇个则]"
    r"|(?P<bare>[0-9]{1,2}) ?[条篇]?)"
)
_SPEAKER = re.compile(
    r"(?:那?这?是?谁人?(?:说|讲|表示|宣布|透露|指出)的?|谁说的?这话|who said (?:so|that|this|it))"
)
_WHOLE = re.compile(
    r"(?:请|能|可以)?(?:再?(?:说|讲|写)?得?(?:详细|具体|细致?)(?:一点儿?|点儿?|一些|些|内容|说说|讲讲|说明|介绍|情况)?(?:吗|呢)?"
    r"|展开(?:一下|讲讲|说说|讲|说|看看)?|多说(?:一?点|一些|几句)|(?:细|再)说说?|(?:我要)?(?:看|读|查看|显示)?(?:全文|整篇|完整版?)"
    r"|more details?|details?|tell me more|full (?:text|article)|elaborate)"
)
_SOURCE = re.compile(
    r"(?:(?:请|能|可以)?(?:给|发)?(?:个|我|一下){0,4}(?:看|要)?(?:原文|链接|原文链接|原文地址|网址|出处|来源|原链接)"
    r"(?:在哪里?|是什么|呢|有吗|给我|发我|发一下)?|有(?:没有)?(?:原文|链接|出处|来源)(?:吗|么)?"
    r"|(?:the )?(?:link|source|url|original)(?: please)?)"
)
_LATER = re.compile(
    r"(?:(?:后来|然后|之后|后续|最后|最终|再后来)(?:呢|怎么样了?|怎样了?|如何了?|怎么了)"
    r"|有(?:什么)?(?:后续|下文)(?:吗|么)?|后续(?:报道|消息|进展)?"
    r"|(?:有(?:没有|什么|啥)?)?(?:最?新的?|后续)?进展(?:吗|么|呢|如何|怎么样了?|到哪了)?"
    r"|(?:那?现在|目前)(?:怎么样了?|怎样了?|如何了?|什么情况|情况如何|是什么情况)"
    r"|(?:and then|what happened (?:next|then|after)|any updates?))"
)
_WHAT = (
    r"(?:在)?"
    r"(?P<what>.+?)(?P<tail>的?(?:情况|消息|新闻)?(?:呢|怎么样|如何)|的(?:情况|消息|新闻)?)?"
)
_REPLACEMENT = re.compile(rf"(?:(?P<lead>那么?|只看|换成|改成|what about|how about|only) ?)?{_WHAT}")
_NAME_FIRST = re.compile(rf"(?P<lead>(?!))?{_WHAT}")
"""The same where 那 begins a name and is no lead: 那不勒斯怎么样."""

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


_REQUEST_PATTERNS = {
    ArticleRequest.WHOLE: _WHOLE,
    ArticleRequest.SOURCE: _SOURCE,
    ArticleRequest.LATER: _LATER,
    ArticleRequest.SPEAKER: _SPEAKER,
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
    """

    searches: tuple[Search, ...]
    about: str = ""


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
    wording = _wording(message)
    if _NEXT.fullmatch(wording):
        return TurnPage()
    return TurnPage(back=True) if _BACK.fullmatch(wording) else None


def is_follow_up(message: Utterance) -> bool:
    """Tell whether a message that replies to nothing can only be understood from the answer before it.

    >>> messages = map(Utterance.from_text, ("那欧元呢", "烧了多久", "英镑为什么大跌", "有什么新闻"))
    >>> [is_follow_up(message) for message in messages]
    [True, True, False, False]
    """
    if not _is_short(message):
        return False
    wording = _wording(message)
    patterns = (_PICK_NUMBER, *_REQUEST_PATTERNS.values())
    if any(pattern.fullmatch(wording) for pattern in patterns):
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
    return is_follow_up(message) or (_is_short(message) and _is_narrow_question(message))


def is_self_contained(message: Utterance) -> bool:
    """Tell whether a question names what it is about, and not by a pronoun.

    >>> messages = map(Utterance.from_text, ("贾宁多大了", "谁接替他", "多大了"))
    >>> [is_self_contained(message) for message in messages]
    [True, False, False]
    """
    return has_topic(message) and _PRONOUN.search(message.normalized) is None


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
    turn = page_turn(message)
    if turn is not None:
        return turn
    wording = _wording(message)
    picked = _PICK_NUMBER.fullmatch(wording)
    if picked and (number := _parse_number(picked["nth"] or picked["bare"])):
        return PickNumber(number)
    for request, pattern in _REQUEST_PATTERNS.items():
        if pattern.fullmatch(wording):
            return request
    question = message.typed.strip()
    match = _match_replacement(message)
    if match:
        if searches := _with_other_filter(match, previous, today, category):
            return Rephrase(searches)
        if (match["lead"] and match["tail"]) or match["tail"] == "呢":
            question = match["what"].strip()
            if _is_topic(question):
                return Rephrase(_with_other_topic(question, previous, today), about=question)
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


def _is_short(message: Utterance) -> bool:
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
    pattern = _NAME_FIRST if begins_name else _REPLACEMENT
    return pattern.fullmatch(_wording(message))


def _parse_number(written: str) -> int | None:
    return int(written) if written.isdigit() else parse_numeral(written)


def _is_topic(what: str) -> bool:
    """Tell whether what is asked about instead is a name, and not a question of its own."""
    if len(what) > MAX_TOPIC_CHARS:
        return False
    utterance = Utterance.from_text(what)
    return has_topic(utterance) and STOP_WORDS.isdisjoint(utterance.terms)


def _with_other_topic(what: str, previous: Search, today: date) -> tuple[Search, ...]:
    """Ask the same about something else: 英镑为什么大跌, 欧元 → 「欧元为什么大跌」."""
    filters = replace(previous.filters, article=None)
    topic = Utterance.from_text(previous.first_question)
    dates = [mention.span for mention in find_dates(topic.normalized, today)]
    replaced = [
        topic.folded[: word.start] + what + topic.folded[word.end :]
        for word in topic.words
        if word.term not in NON_TOPICAL
        and not word.term.isdigit()
        and not any(since <= word.start and word.end <= until for since, until in dates)
    ][:1]
    return tuple(Search(question, filters) for question in [*replaced, f"{topic.typed} {what}"])


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
