"""The filter syntax of a question: `分类:金融`, `从:2021-12-01`, `"phrase"`, `-excluded`."""

import re
from collections.abc import Container, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from corpus.models import Filters
from corpus.text.dates import DateMention, parse_date, years_before
from corpus.text.folding import fold

_FIELD_NAMES: Final = {
    **dict.fromkeys(("分类", "类别", "栏目", "频道", "category", "cat"), "category"),
    **dict.fromkeys(("作者", "来源", "媒体", "author", "outlet"), "author"),
    **dict.fromkeys(("从", "自", "since", "after", "from"), "since"),
    **dict.fromkeys(("到", "至", "until", "before", "to"), "until"),
}
"""What may be typed → the filter."""

_FIELD_PATTERN: Final = re.compile(
    rf"(?:^|(?<=\s))(?P<name>{'|'.join(_FIELD_NAMES)})[:：][ \u3000]?(?P<value>\"[^\"]+\"|[^\s\"]+)",
    re.IGNORECASE,
)
_DAY_FIELD_PATTERN: Final = re.compile(
    rf"(?:^|(?<=\s))(?P<name>{'|'.join(_FIELD_NAMES)})[:：][ \u3000]?", re.IGNORECASE
)
_DAY_VALUE: Final = re.compile(r"\"[^\"]{1,60}\"|[^\s\":：]{1,30}(?:[ \u3000][^\s\":：]{1,12}){0,5}")
_PHRASE: Final = re.compile(r'(?P<minus>(?:^|(?<=\s))[-−－])?"(?P<phrase>[^"]{1,100})"')
_MINUS: Final = re.compile(r"(?:^|(?<=\s))[-－](?P<word>[^\s\-－\"\d][^\s\"]*)")

QUOTATION: Final = re.compile(r"「([^」]{1,60})」|『([^』]{1,60})』|“([^”]{1,60})”")
"""Quotations that do not filter, unlike `"phrase"`."""


def replace_filter_values(question: str, values: Mapping[str, str | None]) -> str:
    """Replace the values of filters in a question, or (None) remove the filters.

    >>> replace_filter_values("分类:新媒休 大桥", {"新媒休": "新媒体"})
    '分类:新媒体 大桥'
    >>> replace_filter_values("大桥 作者:甲", {"甲": None})
    '大桥'
    """

    def replaced(match: re.Match[str]) -> str:
        value = match["value"].strip('"')
        if value not in values:
            return match.group()
        other = values[value]
        quoted = f'"{other}"' if other and re.search(r"\s", other) else other
        return f"{match['name']}:{quoted}" if quoted else ""

    return _FIELD_PATTERN.sub(replaced, question).strip()


def without_filters(question: str) -> str:
    """Return the words of a question, without the syntax that filters; quoted phrases stay as words.

    >>> without_filters('作者:新浪财经 英镑 从:2021-12-01 "大跌" -广告')
    '英镑 大跌'
    """
    text, _ = extract_filters(question, Filters(), date.min)
    return " ".join(text.split())


def excludes_only(question: str) -> bool:
    """Return whether a question says only what is not wanted.

    >>> excludes_only("-桥 -灯"), excludes_only("分类:新媒体 -桥"), excludes_only("-5℃"), excludes_only("-h")
    (True, False, False, False)
    """
    text, excluded = _extract_excluded_words(without_filters(question), narrowed=True)
    return bool(excluded) and not text.strip()


def unquote_phrases(question: str, phrases: Container[str]) -> str:
    """Remove the quotes of some phrases, so that they need not occur in what is found.

    Args:
        question: The question as typed.
        phrases: The phrases, folded.

    >>> unquote_phrases('"大桥停运" "伸缩缝" -"收费"', ["大桥停运", "收费"])
    ' 大桥停运  "伸缩缝" -"收费"'
    """
    fields = [match.span() for match in _FIELD_PATTERN.finditer(question)]

    def unquoted(match: re.Match[str]) -> str:
        is_value = any(start <= match.start() < end for start, end in fields)
        stays = match["minus"] or is_value or fold(match["phrase"]).strip() not in phrases
        return match.group() if stays else f" {match['phrase']} "

    return _PHRASE.sub(unquoted, question)


def extract_filters(question: str, filters: Filters, today: date) -> tuple[str, Filters]:
    """Extract the filter syntax of a question.

    Args:
        question: The question as typed.
        filters: Those of the caller; the ones of the question win, phrases and excluded words are added.
        today: The day from which 昨天 is counted.

    Returns:
        The question with blanks in place of the syntax, so that every other character keeps its place; all
        filters.
    """
    text, days = _extract_days(question, today)
    text, fields = _extract_names(text)
    text, phrases, excluded_phrases = _extract_phrases(text)
    text, excluded_words = _extract_excluded_words(text, narrowed=bool(fields or days or phrases))
    excluded = (*filters.excluded, *excluded_phrases, *excluded_words)
    return text, replace(
        filters,
        category=fields.get("category", filters.category),
        author=fields.get("author", filters.author),
        since=days.get("since", filters.since),
        until=days.get("until", filters.until),
        phrases=tuple(dict.fromkeys((*filters.phrases, *phrases))),
        excluded=tuple(dict.fromkeys(excluded)),
    )


def _extract_names(question: str) -> tuple[str, dict[str, str]]:
    """Blank out `name:value`; return the text and the names."""
    names: dict[str, str] = {}

    def blanked(match: re.Match[str]) -> str:
        name = _FIELD_NAMES[match["name"].lower()]
        if name in {"since", "until"}:
            return match.group()  # no date: words of the question
        names[name] = match["value"].strip('"')
        return _blanks(match)

    return _FIELD_PATTERN.sub(blanked, question), names


def _extract_days(question: str, today: date) -> tuple[str, dict[str, date]]:
    """Blank out `从:date` and `到:date`; return the text and the days. A range gives both."""
    text, dates = question, dict[str, DateMention]()
    for match in _DAY_FIELD_PATTERN.finditer(question):
        name = _FIELD_NAMES[match["name"].lower()]
        leading = _leading_date(question, match.end(), today) if name in {"since", "until"} else None
        if leading is not None:
            dates[name], end = leading
            text = f"{text[: match.start()]}{' ' * (end - match.start())}{text[end:]}"
    if len(dates) == 1 and all(mention.is_range for mention in dates.values()):
        dates = dict.fromkeys(("since", "until"), *dates.values())
    days = {name: mention.until if name == "until" else mention.since for name, mention in dates.items()}
    if len(days) == 2 and dates["since"].any_year:
        days["since"] = _latest_before(days["since"], days["until"])
    return text, days


def _latest_before(day: date, until: date) -> date:
    """Return a day of an open year in the last year in which it was not after another day."""
    years = max(0, day.year - until.year)
    return years_before(day, years + (years_before(day, years) > until))


def _leading_date(question: str, start: int, today: date) -> tuple[DateMention, int] | None:
    """Return the longest date that begins at a place, and where it ends: a date may hold blanks."""
    match = _DAY_VALUE.match(question, start)
    value = match.group() if match else ""
    while value:
        mention = parse_date(fold(value.strip('"')), today)
        if mention is not None:
            return mention, start + len(value)
        blank = -1 if value.startswith('"') else max(value.rfind(" "), value.rfind("\u3000"))
        value = value[: max(blank, 0)]
    return None


def _extract_phrases(text: str) -> tuple[str, list[str], list[str]]:
    """Remove quotes and blank out `-"phrase"`; return the text, phrases and excluded phrases, folded."""
    phrases: list[str] = []
    excluded: list[str] = []

    def blanked(match: re.Match[str]) -> str:
        folded = fold(match["phrase"]).strip()
        if folded:
            (excluded if match["minus"] else phrases).append(folded)
        return _blanks(match) if match["minus"] else f" {match['phrase']} "

    return _PHRASE.sub(blanked, text), phrases, excluded


def _extract_excluded_words(text: str, *, narrowed: bool) -> tuple[str, list[str]]:
    """Blank out `-word`; return the text and the words, folded.

    Args:
        text: The question, other syntax blanked out.
        narrowed: Other filters say what is asked for: `分类:财经 -广告` need not name anything else.
    """
    excluded: list[str] = []

    def blanked(match: re.Match[str]) -> str:
        folded = fold(match["word"]).strip()
        if not any(character.isalnum() for character in folded) or (folded.isascii() and len(folded) < 2):
            return match.group()  # "-h" excludes nothing
        excluded.append(folded)
        return _blanks(match)

    if not narrowed and not re.search(r"\S", _MINUS.sub("", text)):  # a lone "-广告" is about 广告
        return text, []
    return _MINUS.sub(blanked, text), excluded


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match.group())
