"""Plain text → title and paragraphs, however its lines are broken."""

import re
from collections.abc import Sequence
from typing import Final

from corpus.sources.markup import text_as_html
from corpus.text.characters import HAN, clean_line

MAX_TITLE_CHARS: Final = 80
MIN_WRAPPED_CHARS: Final = 30
"""Lines that were broken at a width are at least this long."""

_SENTENCE_END: Final = re.compile(r"[。！？!?.…：:；;”」』）)\"']$")
_BLANK_LINES: Final = re.compile(r"\n\s*\n")
_WIDE: Final = re.compile(rf"[{HAN}\u3000-\u303f\uff00-\uffef]")
_MARKS: Final = re.compile(r"^[#=*\-_~\s]{1,40}|[#=*\-_~\s]{1,40}$")


def title_and_body(text: str) -> tuple[str, str]:
    r"""Return the title of a text, empty if it has none, and its body as HTML.

    >>> title_and_body("大桥抢通\n\n望江大桥昨夜\n恢复通行。")
    ('大桥抢通', '<p>望江大桥昨夜</p>\n<p>恢复通行。</p>')
    """
    lines = [line.rstrip() for line in text.replace("\f", "\n\n").split("\n")]
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return "", ""
    line = clean_line(_MARKS.sub("", lines[first].strip()))
    rest = lines[first + 1 :]
    is_title = (
        0 < len(line) <= MAX_TITLE_CHARS and not line.endswith(("。", "；", "，", ",", ";")) and any(rest)
    )
    body = rest if is_title else lines[first:]
    return (line if is_title else ""), text_as_html("\n\n".join(text_paragraphs("\n".join(body))))


def text_paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text: parted by blank lines, else a line each; broken lines joined."""
    blocks = [block for block in _BLANK_LINES.split(text) if block.strip()]
    if len(blocks) <= 1:
        lines = [line for line in text.split("\n") if line.strip()]
        return joined_lines(lines) if is_wrapped(lines) else [line.strip() for line in lines]
    found = []
    for block in blocks:
        lines = [line for line in block.split("\n") if line.strip()]
        found += joined_lines(lines) if is_wrapped(lines) else ["\n".join(line.strip() for line in lines)]
    return found


def _width(line: str) -> int:
    """Width of a line in columns."""
    return len(line) + len(_WIDE.findall(line))


def is_wrapped(lines: Sequence[str]) -> bool:
    """Whether lines were broken at a width: all but the last ones of paragraphs are about as long."""
    if len(lines) < 2:
        return False
    widths = [_width(line.strip()) for line in lines]
    longest = max(widths)
    full = sum(width >= longest * 0.8 for width in widths)
    return longest >= MIN_WRAPPED_CHARS and longest <= 160 and full * 2 >= len(widths) - 1


def joined_lines(lines: Sequence[str]) -> list[str]:
    """Join lines that were broken at a width: a short line that ends a sentence ends a paragraph."""
    longest = max((_width(line.strip()) for line in lines), default=0)
    paragraphs: list[str] = []
    is_open = False
    for line in lines:
        text = line.strip()
        is_indented = line[:1] in ("\u3000", "\t") or line.startswith("  ")
        if is_open and paragraphs and not is_indented:
            paragraphs[-1] = _join(paragraphs[-1], text)
        else:
            paragraphs.append(text)
        is_short = _width(text) < longest * 0.8
        is_open = not (is_short and (_SENTENCE_END.search(text) or _width(text) < longest * 0.5))
    return paragraphs


def _join(before: str, after: str) -> str:
    if not before or not after:
        return before + after
    if before.endswith("-") and len(before) > 1 and before[-2].isalpha() and after[0].islower():
        return before[:-1] + after
    return before + after if _WIDE.match(before[-1]) or _WIDE.match(after[0]) else f"{before} {after}"
