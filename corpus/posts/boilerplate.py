"""Boilerplate removal: lines about editors, copyright, sharing and subscriptions, and repeated titles.

Only whole short paragraphs are removed, by the patterns of `boilerplate.toml`, which match the line
completely, most of them only near the beginning or the end. Single words never suffice: an article may be
about advertisements or subscriptions, and a short one is all end.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from corpus.models import BlockKind, Mark, Paragraph
from corpus.posts.marks import at_place, images_of, rebased
from corpus.text.data_files import Entry, expanded, read

MAX_LINE_CHARS: Final = 120
"""A longer paragraph is boilerplate only where an entry says so."""

HEAD_PARAGRAPHS: Final = 4
TAIL_PARAGRAPHS: Final = 12
"""Number of paragraphs that count as the beginning, and as the end."""

_MIN_REPEATED_CHARS: Final = 30


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of `boilerplate.toml`.

    Attributes:
        pattern: Matches the whole paragraph, in any case of its letters.
        where: `anywhere`, `edges` or `tail`.
        beside: Name of an entry that must match another paragraph of the end; empty for most.
        most: Characters of the longest paragraph that it may match.
        goes: Examples.
        stays: Examples of prose that begins alike.
    """

    name: str
    pattern: str
    where: str
    beside: str
    most: int
    goes: tuple[str, ...]
    stays: tuple[str, ...]

    def matches(self, text: str) -> bool:
        """Whether a paragraph is such a line."""
        return len(text) <= self.most and re.fullmatch(self.pattern, text, re.I) is not None


def _read_lines() -> Iterator[Line]:
    table = read("corpus.posts", "boilerplate.toml")
    table.require_keys("fragments", "line")
    fragments = {name: str(text) for name, text in table.table("fragments").values.items()}
    for entry in table.tables("line"):
        entry.require_keys("name", "where", "pattern", "beside", "most", "goes", "stays")
        yield Line(
            entry.text("name"),
            expanded(entry.text("pattern"), fragments, entry),
            _where(entry),
            entry.text("beside", ""),
            _most(entry),
            entry.texts("goes"),
            entry.texts("stays"),
        )


def _where(entry: Entry) -> str:
    where = entry.text("where")
    if where not in ("anywhere", "edges", "tail"):
        raise entry.error("`where` must be anywhere, edges or tail")
    return where


def _most(entry: Entry) -> int:
    most = entry.values.get("most", MAX_LINE_CHARS)
    if not isinstance(most, int):
        raise entry.error("`most` must be a number")
    return most


LINES: Final = tuple(_read_lines())
_MAX_CHARS: Final = max(line.most for line in LINES)


def _either(*where: str, most: int = MAX_LINE_CHARS) -> re.Pattern[str]:
    """One pattern for the lines of some places, which is quicker than one after the other."""
    found = (line.pattern for line in LINES if line.where in where and not line.beside and line.most >= most)
    return re.compile("|".join(f"(?:{pattern})" for pattern in found), re.I)


_ANYWHERE: Final = _either("anywhere")
_AT_HEAD: Final = _either("anywhere", "edges")
_AT_TAIL: Final = _either("anywhere", "edges", "tail")
_LONG_AT_TAIL: Final = _either("tail", most=_MAX_CHARS)
_BESIDE: Final = tuple(line for line in LINES if line.beside)
_BROKEN_DASH: Final = re.compile(r"(?:https?://[\w.-]{4,30}/\w{2,12}?)?(?<!&)mdash ?;")
_SUMMARY: Final = re.compile(r"摘要\s*[:：]\s*(?=\S)")
_SCANNED: Final = re.compile("二维码|二維碼|扫码|掃碼|扫一扫|小程序码|长按|長按")
"""What stands under a picture that is a code."""
_MORE: Final = re.compile(r"\s*点击阅读全文 ?@\S{1,60}$")


def alphanumeric_key(text: str) -> str:
    """Letters and digits in lower case, to compare lines as a reader would."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).lower()))


def remove_boilerplate(paragraphs: Sequence[Paragraph], *, title: str) -> list[Paragraph]:
    """Remove boilerplate lines, a title repeated at the beginning, and repeated paragraphs.

    Pictures of what is removed go to the next paragraph, or to the end of the last one, unless they are codes
    to be scanned.
    """
    kept: list[Paragraph] = []
    images: list[Mark] = []
    seen: set[str] = set()
    name = alphanumeric_key(title)
    at_head = True
    extra = _lines_beside_others(paragraphs)
    for number, paragraph in enumerate(paragraphs):
        if paragraph.kind is not BlockKind.CODE:
            text = _clean_feed_card(paragraph.text, first=not kept)
            if (
                not any(map(str.isalnum, text))
                or _is_boilerplate(text, number, len(paragraphs), extra)
                or (at_head and name and len(text) <= 2 * len(name) + 20 and alphanumeric_key(text) == name)
                or text in seen
                or (kept and kept[-1].text == text)
            ):
                images += () if _SCANNED.search(text) else images_of(paragraph.marks)
                continue
            if text != paragraph.text:
                paragraph = replace(
                    paragraph, text=text, marks=rebased(paragraph.marks, paragraph.text, text)
                )
            if len(text) >= _MIN_REPEATED_CHARS:
                seen.add(text)
        if images:
            paragraph = replace(paragraph, marks=(*at_place(images, 0), *paragraph.marks))
            images.clear()
        kept.append(paragraph)
        at_head = at_head and len(kept) < HEAD_PARAGRAPHS
    if images and kept:
        last = kept[-1]
        kept[-1] = replace(last, marks=(*last.marks, *at_place(images, len(last.text))))
    return kept


def _is_boilerplate(text: str, number: int, count: int, extra: Sequence[Line]) -> bool:
    if len(text) > _MAX_CHARS:
        return False
    at_tail = number >= count - TAIL_PARAGRAPHS
    if len(text) > MAX_LINE_CHARS:
        found = _LONG_AT_TAIL.fullmatch(text) if at_tail else None
    elif at_tail:
        found = _AT_TAIL.fullmatch(text)
    else:
        found = _AT_HEAD.fullmatch(text) if number < HEAD_PARAGRAPHS else _ANYWHERE.fullmatch(text)
    return found is not None or any(line.matches(text) for line in extra)


def _lines_beside_others(paragraphs: Sequence[Paragraph]) -> tuple[Line, ...]:
    """Entries that need another one, which is there."""
    last = paragraphs[-TAIL_PARAGRAPHS:]
    return tuple(
        line
        for line in _BESIDE
        if any(
            other.matches(paragraph.text)
            for other in LINES
            if other.name == line.beside
            for paragraph in last
        )
    )


def _clean_feed_card(text: str, *, first: bool) -> str:
    """Repair artefacts of feeds: the label of a summary, and a dash entity without its ampersand."""
    if "mdash" in text:
        text = _BROKEN_DASH.sub("—", text)
    if first:
        text = _SUMMARY.sub("", text, count=1) if text.startswith("摘要") else text
        text = _MORE.sub("", text) if "点击阅读全文" in text else text
    return text
