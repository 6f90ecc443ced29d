"""Prose that Markdown would show as code: indented first lines, and what a stray fence swallows."""

import re
from collections.abc import Sequence
from typing import Final

from corpus.text.characters import HAN, HAN_CHARACTER

FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")

MAX_FENCES: Final = 400
"""A text with more fences is left as it is."""

_MIN_HAN_SHARE: Final = 0.5
_HAN_CHARACTER: Final = re.compile(HAN_CHARACTER)
_SENTENCE_END: Final = re.compile(r"[。！？…；：，、”’」』）》】][\"')\]\s*_]*$|[。！？]")
_CODE_SIGN: Final = re.compile(r"[{}=<>;|\\$#@`]|//|--|\(\)")
_HEADING: Final = re.compile(r" {0,3}#{2,6}[ \t]*\S")
_ITEM: Final = re.compile(rf" {{0,3}}(?:[-*+]|\d{{1,3}}[.)])[ \t]+(?:[*_\[]{{0,3}})?[{HAN}“《「]")
_SENTENCE_CLOSED: Final = re.compile(r"[。！？][”」』）*_]{0,4}$")


def is_prose(lines: Sequence[str]) -> bool:
    """Whether indented lines are Chinese prose: mostly Han characters, and ending as sentences do.

    >>> is_prose(["今天上午，交通局通报三人轻伤。"]), is_prose(["return 0; // 返回"])
    (True, False)
    """
    written = [line.strip() for line in lines if line.strip()]
    characters = "".join("".join(line.split()) for line in written)
    if len(_HAN_CHARACTER.findall(characters)) < _MIN_HAN_SHARE * len(characters) or not characters:
        return False
    ends = sum(_SENTENCE_END.search(line) is not None for line in written)
    return 2 * ends >= len(written) or not any(map(_CODE_SIGN.search, written))


def without_stray_fences(lines: list[str]) -> list[str]:
    """Remove fences that are slips, and close those that were forgotten to be closed.

    A fence is a slip if the fences of a text do not pair up and prose follows it: a heading, an item or a
    sentence after a blank line.
    """
    fences = [
        number for number, line in enumerate(lines) if ("``" in line or "~~" in line) and FENCE.match(line)
    ]
    if not fences or len(fences) > MAX_FENCES:
        return lines
    mended = list(lines)
    rest = fences
    while rest:
        pairs = _pairs(lines, rest)
        opening, closing = pairs[0]
        if pairs[-1][1] is not None and not _holds_another(lines, opening, closing, rest):
            rest = [number for number in rest if number > (closing or opening)]
            continue
        end = len(lines) if closing is None else closing
        prose = _prose_begins(lines, opening + 1, end)
        if prose is not None and not any(line.strip() for line in lines[opening + 1 : prose]):
            mended[opening] = ""
            rest = [number for number in rest if number > opening]
        elif closing is None:
            if prose is not None:
                mended[prose - 1] = _mark(lines[opening])
            break
        else:
            rest = [number for number in rest if number > closing]
    return mended


def _holds_another(lines: Sequence[str], opening: int, closing: int | None, fences: Sequence[int]) -> bool:
    """Whether a fence that names no language holds the beginning of one that does."""
    mark = _mark(lines[opening])
    if closing is None or lines[opening].strip() != mark:
        return False
    return any(
        opening < number < closing and not _closes(lines[number], _mark(lines[number])) for number in fences
    )


def _mark(line: str) -> str:
    match = FENCE.match(line)
    return match[1] if match else ""


def _pairs(lines: Sequence[str], fences: Sequence[int]) -> list[tuple[int, int | None]]:
    """Opening and closing lines, as CommonMark pairs them; the last may have no closing line."""
    pairs: list[tuple[int, int | None]] = []
    opening: int | None = None
    for number in fences:
        if opening is None:
            if _mark(lines[number])[0] == "`" and "`" in lines[number].strip().lstrip("`"):
                continue  # a code span
            opening = number
        elif _closes(lines[number], _mark(lines[opening])):
            pairs.append((opening, number))
            opening = None
    return [*pairs, (opening, None)] if opening is not None else pairs or [(0, 0)]


def _closes(line: str, mark: str) -> bool:
    return _mark(line).startswith(mark) and not line.strip().strip(mark[0])


def _prose_begins(lines: Sequence[str], start: int, end: int) -> int | None:
    """The first line after a blank one that is prose, or a heading with prose below it."""
    for number in range(start, end):
        line = lines[number]
        if not line.strip() or (number > start and lines[number - 1].strip()) or (number == start):
            continue
        if _is_prose_line(line):
            return number
        if _HEADING.match(line) and any(map(_is_prose_line, lines[number + 1 : min(end, number + 8)])):
            return number
    return None


def _is_prose_line(line: str) -> bool:
    """A sentence that ends, or an item, in Chinese."""
    is_sentence = _HAN_CHARACTER.search(line) and _SENTENCE_CLOSED.search(line.rstrip())
    return bool(is_sentence or _ITEM.match(line))
