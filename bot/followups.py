"""What a reply to an answer asks for: more of it, the same at another time, or something narrower. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from bot.searches import Search
from corpus.analyzer import fold
from corpus.dates import find_dates
from corpus.models import Filters

_END = r"[\s?？!！。.~～…]*"
_MORE = re.compile(
    r"(?:还有(?:吗|么|没有?|呢|别的|其他的?|更多)?(?:吗|么|呢)?|更多|再来(?:一[条篇个页])?|下一[页条篇个]|继续|接着|往下|后面呢"
    rf"|(?:any(?:thing)?\s+)?more|next|go\s+on|(?:any|what)\s*thing\s+else){_END}"
)
_BACK = re.compile(rf"(?:上一[页条篇个]|往回|previous|back){_END}")
_WHO = re.compile(
    rf"(?:这?是?谁(?:说|讲|表示|宣布|透露|指出)的?|谁说的?这话|who\s+said\s+(?:so|that|this|it)){_END}"
)
_INSTEAD = re.compile(
    r"(?:(?P<lead>那么?|只看|换成|改成|what\s+about|how\s+about|only)\s*)?(?:在)?"
    rf"(?P<what>.+?)(?P<tail>的?(?:情况|消息|新闻)?(?:呢|怎么样|如何)|的(?:情况|消息|新闻)?)?{_END}"
)

# Words that stand beside whoever said something.
_SAYING = "表示 指出 说 介绍 强调"
_SPEAKS = re.compile(r"[说說称稱]|表示|指出|介[绍紹]|[强強][调調]|宣布|透露|\b(?:said|says|told)\b")


@dataclass(frozen=True, slots=True)
class More:
    """Go on in the results, or (`back`) to what came before."""

    back: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """Search this instead: the same question at another time or in another category.

    Attributes:
        searches: Ways to put it, best first; the next one counts where one finds nothing.
    """

    searches: tuple[Search, ...]


@dataclass(frozen=True, slots=True)
class Deeper:
    """Ask within the article shown first; if it says nothing, everywhere under the same conditions.

    Attributes:
        within: What to ask the article, best first.
        everywhere: What to search otherwise, best first; () if only the article can tell.
        evidence: What an answering sentence must hold; None: the corpus judges by itself.
    """

    within: tuple[str, ...]
    everywhere: tuple[Search, ...] = ()
    evidence: re.Pattern[str] | None = None


FollowUp = More | Again | Deeper


def continuation(message: str) -> More | None:
    """Return whether a message, reply or not, only asks to go on: 「还有吗」, 「下一页」."""
    folded = fold(message).strip()
    if _MORE.fullmatch(folded):
        return More()
    return More(back=True) if _BACK.fullmatch(folded) else None


def understand(
    message: str, previous: Search, *, today: date, category: Callable[[str], str | None]
) -> FollowUp:
    """Understand a reply to an answer.

    Args:
        message: The reply.
        previous: What the answer was to.
        today: The reader's day, from which 去年 is counted.
        category: Returns the chain (joined by `/`) of the one category of that name, or None.
    """
    more = continuation(message)
    if more is not None:
        return more
    folded = fold(message).strip()
    base = replace(previous.filters, article=None)
    if _WHO.fullmatch(folded):
        return Deeper((f"{previous.question} {_SAYING}".strip(), _SAYING), evidence=_SPEAKS)
    match = _INSTEAD.fullmatch(folded)
    if match and (others := _instead(match, previous, base, today, category)):
        return Again(others)
    alone = message.strip()
    wordings = tuple(dict.fromkeys((alone, f"{previous.question} {alone}".strip())))
    return Deeper((alone,), tuple(Search(wording, base) for wording in wordings))


def _instead(
    match: re.Match[str], previous: Search, base: Filters, today: date, category: Callable[[str], str | None]
) -> tuple[Search, ...]:
    """Return the previous search at another time or in another category, if that is all that is said."""
    what = match["what"].strip()
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
    mentions = list(find_dates(folded, today))
    if len(mentions) != 1:
        return ()
    start, end = mentions[0].span
    return (
        Search(folded[:start] + when + folded[end:], replace(base, since=None, until=None), previous.order),
    )
