"""Outline of a text: which lines are heads, and which lines stand under them.

A head is a line that is nothing without what follows: a heading, a question, the head of a list, the first
row of a table. Passages hold their lines as plain text, so heads are recognised
by form; what the markup said is used where it is known.
"""

import re
from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from corpus.models import CELL_SEPARATOR, BlockKind, Paragraph

MAX_HEADING_CHARS: Final = 40
"""Characters of a line that is a heading by its form; a longer one is a sentence without a full stop."""

MAX_QUESTION_CHARS: Final = 60
"""Characters of a question that the lines under it answer; a longer line is prose that ends in a question."""

MAX_CONTEXT_CHARS: Final = 120
"""Characters of a head that counts for later passages; a longer one is text that was marked up as a head."""

_CLOSERS: Final = "”’」』】》〉）)\"'* "
_ENDS: Final = frozenset("。！？；…!?.;，,、")
_QUESTION_ENDS: Final = frozenset("？?")
_QUESTION_MARK: Final = re.compile("[?？⁇⁈⁉︖﹖]")
"""The question mark and all characters that fold to it."""

_COLONS: Final = frozenset("：:")
_SENTENCE_ENDS: Final = _ENDS - _QUESTION_ENDS - _COLONS
_FULL_STOP: Final = re.compile(r"[。！？；]|[.!?](?=\s|$)")
_LABELLED: Final = re.compile(r"[^：:]{1,12}[：:]\s*\S")
_NUMBERED_QUESTION: Final = re.compile(
    r"\s*(?:[\d一二三四五六七八九十]{1,3}\s?[、.．)）]|[qQ]\d{0,3}\s?[:：.、]|[问問]\s?\d{0,3}\s?[:：])"
)
_NUMBERED: Final = re.compile(r"(?:第?[\d一二三四五六七八九十]{1,3}[、.．章节部步)）]|[（(【])")


class Level(IntEnum):
    """How far a head reaches: to the next head of its own level or of one before it."""

    SECTION = 0
    """A heading."""
    ITEM = 1
    """A question, the head of a list, the head of a table."""


def head_level(line: str, following: str) -> Level | None:
    """Tell what a line is to the line after it; None if it is no head.

    Args:
        line: Without line breaks.
        following: The next line; empty if there is none, and then nothing is a head.

    >>> head_level("3. 多少钱？", "二等座46元。"), head_level("先说手感", "机身不对称。")
    (<Level.ITEM: 1>, <Level.SECTION: 0>)
    >>> head_level("机身不对称。", "厚。") is None
    True
    """
    last = line.rstrip(_CLOSERS)[-1:]
    if not following or last in _SENTENCE_ENDS:  # most lines
        return None
    if is_question(line):
        return Level.ITEM
    if CELL_SEPARATOR in line:
        return None
    if is_list_head(line):
        return Level.ITEM
    if len(line) > MAX_HEADING_CHARS or last in _ENDS or last in _COLONS or not last:
        return None
    if _LABELLED.match(line) and not _NUMBERED.match(line):
        return None  # 票价：46元
    is_prose = CELL_SEPARATOR not in following and _FULL_STOP.search(following) is not None
    return Level.SECTION if is_prose and _FULL_STOP.search(line) is None else None


def is_head(line: str, following: str) -> bool:
    """Tell whether a line is a head of the line after it, as `head_level` tells."""
    return head_level(line, following) is not None


def is_question(line: str) -> bool:
    """Tell whether a line is a short question and nothing else.

    >>> is_question("16. 误车了怎么办？"), is_question("他走了。误车了怎么办？")
    (True, False)
    """
    bare = line.rstrip(_CLOSERS)
    if len(line) > MAX_QUESTION_CHARS or bare[-1:] not in _QUESTION_ENDS:
        return False
    number = _NUMBERED_QUESTION.match(line)
    return _FULL_STOP.search(bare.rstrip("？?"), number.end() if number else 0) is None


def may_ask(text: str) -> bool:
    """Tell whether a text, folded or not, may have a line that is a question."""
    return _QUESTION_MARK.search(text) is not None


def is_list_head(line: str) -> bool:
    """Tell whether a line announces what follows it.

    >>> is_list_head("步骤："), is_list_head("票价：46元")
    (True, False)
    """
    return len(line) <= MAX_QUESTION_CHARS and line.rstrip(_CLOSERS)[-1:] in _COLONS


def heads_above(lines: Sequence[str]) -> list[tuple[int, ...]]:
    """Return for each line the places of the heads that it stands under, the outermost first.

    The heads before the first line, whatever they are, have the place -1.

    >>> heads_above(["票务", "多少钱？", "46元。", "退票？", "可以。"])
    [(-1,), (0,), (0, 1), (0,), (0, 3)]
    """
    above: list[tuple[int, ...]] = []
    section: int = -1
    item = row_head = None
    for place, line in enumerate(lines):
        level = head_level(line, lines[place + 1] if place + 1 < len(lines) else "")
        is_row = CELL_SEPARATOR in line
        if level is Level.SECTION:
            section, item = -1, None
        elif level is Level.ITEM:
            item = None
        if not is_row:
            row_head = None
        above.append(tuple(head for head in (section, item, row_head) if head is not None))
        if level is Level.SECTION:
            section = place
        elif level is Level.ITEM:
            item = place
        elif is_row and row_head is None and place + 1 < len(lines) and CELL_SEPARATOR in lines[place + 1]:
            row_head = place
    return above


def headings_above(paragraphs: Sequence[Paragraph]) -> list[tuple[str, ...]]:
    """Return for each paragraph the heads whose words count for it wherever it stands, the outermost first.

    These are headings by the markup, numbered questions, and the first row of a table. A question without a
    number reaches no further than its passage: prose asks in passing.
    """
    above: list[tuple[str, ...]] = []
    section = item = row_head = ""
    for paragraph in paragraphs:
        is_section = paragraph.kind is BlockKind.HEADING
        is_item = (
            not is_section and is_question(paragraph.text) and bool(_NUMBERED_QUESTION.match(paragraph.text))
        )
        is_row = paragraph.kind is BlockKind.ROW
        if is_section:
            section = item = ""
        elif is_item:
            item = ""
        if not is_row:
            row_head = ""
        above.append(tuple(head for head in (section, item, row_head) if head))
        if len(paragraph.text) > MAX_CONTEXT_CHARS:
            continue
        if is_section:
            section = paragraph.text
        elif is_item:
            item = paragraph.text
        elif is_row and not row_head:
            row_head = paragraph.text
    return above
