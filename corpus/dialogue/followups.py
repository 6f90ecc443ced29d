"""What goes on from an answer: more of it, the same at another time, or something narrower. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from corpus.dialogue.search import Search
from corpus.models import Filters
from corpus.question.framing import NEWS_WORDS, QUESTION_WORDS
from corpus.question.topic import NAMELESS, asks_something, names_something
from corpus.text import analyzer
from corpus.text.cantonese import in_standard_words, plain
from corpus.text.characters import single_spaced
from corpus.text.dates import find_dates
from corpus.text.folding import fold
from corpus.text.numbers import value_of

LONGEST = 16
"""Characters, a Latin word counted as two; a longer question says itself what it is about."""

LONGEST_OTHER = 10
"""Characters of what is asked for instead: 那欧元呢."""

MAX_CHARACTERS = 200
"""A longer message goes on from nothing by its wording."""

_END = " ?!。.~"
"""Marks at the end of a message, folded, that the patterns below need not read."""

# These read folded text whose blanks are single spaces, without the marks at its end.
_MORE = re.compile(
    r"(?:还有(?:吗|么|没有?|呢|别的|其他的?|更多)?(?:吗|么|呢)?|更多|再来(?:一[条篇个页])?|下一[页条篇个]|继续|接着|往下|后面呢"
    r"|(?:any(?:thing)? )?more|next|go on|(?:any|what) ?thing else)"
)
_BACK = re.compile(r"(?:上一[页条篇个]|往回|previous|back)")
_PICK = re.compile(
    r"(?:打开|点开|展开|看看?|读|查看|open|show)? ?"
    r"(?:第 ?(?P<nth>[0-9]{1,3}|[一二两三四五六七八九十]{1,3}) ?[条篇个则]"
    r"|(?P<bare>[0-9]{1,2}) ?[条篇]?)"
)
_WHO = re.compile(
    r"(?:那?这?是?谁人?(?:说|讲|表示|宣布|透露|指出)的?|谁说的?这话|who said (?:so|that|this|it))"
)
_READING = re.compile(
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
_INSTEAD = re.compile(rf"(?:(?P<lead>那么?|只看|换成|改成|what about|how about|only) ?)?{_WHAT}")
_NAMED = re.compile(rf"(?P<lead>(?!))?{_WHAT}")
"""The same of what begins with the first character of a name."""

_PRONOUN = re.compile(
    r"(?<![其吉维利])[他她它](?!人|国|乡)|此事|这(?:[座家位辆款部本件起场种条篇只]|个(?!月|星期|礼拜|周|季))"
    r"|\b(?:it|he|she|they|him|her|them|his|its|their)\b"
)

_MEASURES = frozenset("个 座 家 只 条 位 部 款 本 张 件 根 块 台 种 些 篇 起 场 次 年 天 辆 栋 支 名".split())  # noqa: SIM905

_POINTING = frozenset(
    "那 那么 那里 那儿 那边 那时 那时候 那会 那会儿 那阵 那些 那样 那么样 那般 那么些 那么多".split()  # noqa: SIM905
)
_TORN = {("那", "英")}
"""Names with 那 that jieba cuts in two: 那英, but not 那英镑."""


class Wish(StrEnum):
    """What may be wanted of the article that was shown."""

    WHOLE = "whole"
    SOURCE = "source"
    LATER = "later"
    SPEAKER = "speaker"


_WISHES = {
    Wish.WHOLE: _READING,
    Wish.SOURCE: _SOURCE,
    Wish.LATER: _LATER,
    Wish.SPEAKER: _WHO,
}


@dataclass(frozen=True, slots=True)
class More:
    """Go on in the results, or (`back`) to what came before."""

    back: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """Search this instead: the same question at another time, in another category, about another thing.

    Attributes:
        searches: Ways to put it, best first; the next one counts where one finds nothing.
        about: What an answer must name, folded; empty where anything counts.
    """

    searches: tuple[Search, ...]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Deeper:
    """Ask within the article shown first; if it says nothing, everywhere under the same conditions.

    Attributes:
        within: What to ask the article, best first.
        everywhere: What to search otherwise, best first.
    """

    within: tuple[str, ...]
    everywhere: tuple[Search, ...]


@dataclass(frozen=True, slots=True)
class Pick:
    """Open the article that stands under a number in what was shown."""

    number: int


FollowUp = More | Pick | Again | Deeper | Wish


def continuation(message: str) -> More | None:
    """Return whether a message, reply or not, only asks to go on: 「还有吗」, 「下一页」."""
    wording = _wording(message)
    if _MORE.fullmatch(wording):
        return More()
    return More(back=True) if _BACK.fullmatch(wording) else None


def _wording(message: str) -> str:
    """What the patterns read of a message; empty where it is too long for any."""
    text = single_spaced(message)
    return single_spaced(plain(text)).rstrip(_END) if len(text) <= MAX_CHARACTERS else ""


def leans_on_an_answer(message: str) -> bool:
    """Say whether a message that replies to nothing can only be understood from the answer before it.

    >>> [leans_on_an_answer(words) for words in ("那欧元呢", "烧了多久", "英镑为什么大跌", "有什么新闻")]
    [True, True, False, False]
    """
    if len(single_spaced(message)) > MAX_CHARACTERS:
        return False
    folded, wording = single_spaced(plain(message)), _wording(message)
    if not _is_short(folded):
        return False
    if _PICK.fullmatch(wording) or any(pattern.fullmatch(wording) for pattern in _WISHES.values()):
        return True
    match = _instead_of(wording)
    instead = match and ((match["lead"] and not _points(folded)) or match["tail"] == "呢")
    if match and instead and len(match["what"]) <= LONGEST_OTHER:
        return True
    return _asks_something(folded) and not stands_alone(folded)


def stands_alone(question: str) -> bool:
    """Say whether a question names what it is about, and not by a pronoun.

    >>> stands_alone("贾宁多大了"), stands_alone("谁接替他"), stands_alone("多大了")
    (True, False, False)
    """
    return names_something(question) and _PRONOUN.search(plain(question)) is None


def _is_short(folded: str) -> bool:
    return len(re.sub(r" ?\b[a-z']+\b", "xx", folded)) <= LONGEST


def _points(wording: str) -> bool:
    """Whether 那 points at something that is named: 那座断了的大桥封了几天."""
    first, second, *_ = [*analyzer.words(wording), "", ""]
    return first.startswith("那") and (first[1:] or second) in _MEASURES


def _instead_of(wording: str) -> re.Match[str] | None:
    """Match what is asked for instead; 那 leads it, unless it begins a name: 那不勒斯, 那曲."""
    first, second, *_ = [*analyzer.words(wording), "", ""]
    pointing = first in _POINTING or first[1:] in _MEASURES
    is_name = first.startswith("那") and (not pointing or (first, second) in _TORN)
    return (_NAMED if is_name else _INSTEAD).fullmatch(wording)


def may_lean_on_an_answer(message: str) -> bool:
    """Say whether a short question may be understood either way: 修桥花了多少钱 after one about a bridge.

    >>> [may_lean_on_an_answer(words) for words in ("修桥花了多少钱", "原文", "沪指", "有什么新闻")]
    [True, True, False, False]
    """
    if len(single_spaced(message)) > MAX_CHARACTERS:
        return False
    folded = single_spaced(plain(message))
    return leans_on_an_answer(message) or (_is_short(folded) and _asks_something(folded))


def _asks_something(folded: str) -> bool:
    return asks_something(folded) and _LOOKING_AROUND.isdisjoint(analyzer.words(folded))


_LOOKING_AROUND = NEWS_WORDS - {"事", "事情", "发生", "出", "看", "happened", "happening", "show"}


def understand(
    message: str, previous: Search, *, today: date, category: Callable[[str], str | None]
) -> FollowUp:
    """Understand what goes on from an answer.

    Args:
        message: The reply.
        previous: What the answer was to.
        today: The reader's day, from which 去年 is counted.
        category: Returns the chain (joined by `/`) of the one category of that name, or None.
    """
    more = continuation(message)
    if more is not None:
        return more
    wording = _wording(message)
    if (picked := _PICK.fullmatch(wording)) and (number := _number(picked["nth"] or picked["bare"])):
        return Pick(number)
    for wish, pattern in _WISHES.items():
        if pattern.fullmatch(wording):
            return wish
    base = replace(previous.filters, article=None)
    topic = previous.topic or previous.question
    match = _instead_of(wording)
    if match and (others := _instead(match, previous, base, today, category)):
        return Again(others)
    if (match and match["lead"] and match["tail"]) or (match and match["tail"] == "呢"):
        what = match["what"].strip()
        if len(what) <= LONGEST_OTHER and names_something(what) and not _asks(what):
            return Again(_about(what, topic, base, today), about=what)
        message = what
    alone = message.strip()
    wordings = tuple(dict.fromkeys((Search(alone, topic=topic).whole, alone)))
    return Deeper(wordings, tuple(Search(wording, base, topic=topic) for wording in wordings))


def _number(written: str) -> int | None:
    return int(written) if written.isdigit() else value_of(written)


def _asks(what: str) -> bool:
    return any(word in QUESTION_WORDS for word in analyzer.words(what))


def _about(what: str, topic: str, base: Filters, today: date) -> tuple[Search, ...]:
    """Ask the same of something else: 英镑为什么大跌, 欧元 → 「欧元为什么大跌」."""
    folded = fold(topic)
    understood = in_standard_words(folded)
    dates = [mention.span for mention in find_dates(understood, today)]
    put = [
        folded[:start] + what + folded[end:]
        for word, start, end in analyzer.word_spans(understood)
        if word not in NAMELESS
        and not word.isdigit()
        and not any(since <= start and end <= until for since, until in dates)
    ][:1]
    return tuple(Search(question, base) for question in [*put, f"{topic} {what}"])


def _instead(
    match: re.Match[str], previous: Search, base: Filters, today: date, category: Callable[[str], str | None]
) -> tuple[Search, ...]:
    """Return the previous search at another time or in another category, if that is all that is said."""
    what = match["what"].strip()
    previous = replace(previous, question=previous.topic or previous.question, topic="")
    mentions = list(find_dates(what, today))
    if len(mentions) == 1 and mentions[0].span == (0, len(what)):
        period = replace(previous, filters=replace(base, since=mentions[0].since, until=mentions[0].until))
        return *_redated(previous, what, base, today), period
    if match["lead"] or match["tail"]:
        chain = category(what)
        if chain is not None:
            return (replace(previous, filters=replace(base, category=chain)),)
    return ()


def _redated(previous: Search, when: str, base: Filters, today: date) -> tuple[Search, ...]:
    """Put another time into a question that names one: 「2022金砖峰会」, 2021年 → 「2021年金砖峰会」."""
    folded = fold(previous.question)
    mentions = list(find_dates(plain(previous.question), today))
    if len(mentions) != 1:
        return ()
    start, end = mentions[0].span
    return (
        Search(folded[:start] + when + folded[end:], replace(base, since=None, until=None), previous.order),
    )
