"""The filter syntax of a question: `分类:金融`, `从:2021-12-01`, `"phrase"`, `-excluded`."""

import re
from collections.abc import Container, Mapping
from dataclasses import replace
from datetime import date

from corpus.models import Filters
from corpus.text.dates import parse_day
from corpus.text.folding import fold

_FIELDS = {
    **dict.fromkeys(("分类", "类别", "栏目", "频道", "category", "cat"), "category"),
    **dict.fromkeys(("作者", "来源", "媒体", "author", "outlet"), "author"),
    **dict.fromkeys(("从", "自", "since", "after", "from"), "since"),
    **dict.fromkeys(("到", "至", "until", "before", "to"), "until"),
}


_FIELD = re.compile(
    rf"(?:^|(?<=\s))(?P<name>{'|'.join(_FIELDS)})[:：][ \u3000]?(?P<value>\"[^\"]+\"|[^\s\"]+)", re.IGNORECASE
)


_PHRASE = re.compile(r'(?P<minus>(?:^|(?<=\s))[-−－])?"(?P<phrase>[^"]{1,100})"')


_MINUS = re.compile(r"(?:^|(?<=\s))[-－](?P<word>[^\s\-－\"\d][^\s\"]*)")


QUOTED = re.compile(r"「([^」]{1,60})」|『([^』]{1,60})』|“([^”]{1,60})”")


def with_names(question: str, names: Mapping[str, str | None]) -> str:
    """Put other names into the filter syntax of a question, or (None) take a filter out.

    >>> with_names("分类:新媒休 大桥", {"新媒休": "新媒体"}), with_names("大桥 作者:甲", {"甲": None})
    ('分类:新媒体 大桥', '大桥')
    """

    def field(match: re.Match[str]) -> str:
        value = match["value"].strip('"')
        if value not in names:
            return match.group()
        name = names[value]
        quoted = f'"{name}"' if name and re.search(r"\s", name) else name
        return f"{match['name']}:{quoted}" if quoted else ""

    return _FIELD.sub(field, question).strip()


def unquoted(question: str, phrases: Container[str]) -> str:
    """Take the quotes off some phrases that must occur in what is found.

    Args:
        question: As typed.
        phrases: Folded.

    >>> unquoted('"大桥停运" "伸缩缝" -"收费"', ["大桥停运", "收费"])
    ' 大桥停运  "伸缩缝" -"收费"'
    """
    fields = [match.span() for match in _FIELD.finditer(question)]

    def bare(match: re.Match[str]) -> str:
        named = any(start <= match.start() < end for start, end in fields)
        stays = match["minus"] or named or fold(match["phrase"]).strip() not in phrases
        return match.group() if stays else f" {match['phrase']} "

    return _PHRASE.sub(bare, question)


def take_filters(question: str, filters: Filters, today: date) -> tuple[str, Filters]:
    """Put blanks in place of the filter syntax of a question: every other character keeps its place."""
    found: dict[str, str] = {}
    days: dict[str, date] = {}

    def field(match: re.Match[str]) -> str:
        name = _FIELDS[match["name"].lower()]
        value = match["value"].strip('"')
        if name in {"since", "until"}:
            day = parse_day(fold(value), today, last=name == "until")
            if day is None:
                return match.group()  # not a date: words of the question
            days[name] = day
        else:
            found[name] = value
        return _blanks(match)

    phrases, excluded = list(filters.phrases), list(filters.excluded)

    def phrase(match: re.Match[str]) -> str:
        folded = fold(match["phrase"]).strip()
        if folded:
            (excluded if match["minus"] else phrases).append(folded)
        return _blanks(match) if match["minus"] else f" {match['phrase']} "

    def minus(match: re.Match[str]) -> str:
        folded = fold(match["word"]).strip()
        if not any(character.isalnum() for character in folded) or (folded.isascii() and len(folded) < 2):
            return match.group()  # "-h" asks for nothing to be left out
        excluded.append(folded)
        return _blanks(match)

    text = _FIELD.sub(field, question)
    text = _PHRASE.sub(phrase, text)
    if re.search(r"\S", _MINUS.sub("", text)):  # a lone "-广告" is a question about 广告
        text = _MINUS.sub(minus, text)
    filters = replace(
        filters,
        category=found.get("category", filters.category),
        author=found.get("author", filters.author),
        since=days.get("since", filters.since),
        until=days.get("until", filters.until),
        phrases=tuple(dict.fromkeys(phrases)),
        excluded=tuple(dict.fromkeys(excluded)),
    )
    return text, filters


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match.group())
