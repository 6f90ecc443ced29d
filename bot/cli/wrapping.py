"""Line breaking of Chinese and mixed text in a terminal.

rich breaks lines only at blanks, which leaves Chinese paragraphs ragged. Here a line may end after any
Chinese character, but not before a closing mark or after an opening one; Latin words, numbers and
addresses stay whole if they fit. This is a simplified Unicode line breaking algorithm (UAX #14) with the
rule of Chinese typesetting 标点避头尾.
"""

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.containers import Lines
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod, OverflowMethod

_OPENING = "（《〈「『【〔〖“‘"
_CLOSING = "，。！？、；：）》〉」』】〕〗”’…—％·,.!?;:)]}%"
_UNIT = re.compile(rf"[{_OPENING}]*(?:[!-~\u00a0-\u024f]++|.)[{re.escape(_CLOSING)}]*\s*", re.DOTALL)


def line_breaks(text: str, width: int) -> list[int]:
    """Return the offsets at which new lines begin in a text without line breaks.

    Args:
        text: One paragraph.
        width: Columns of a line, at least 2; a Chinese character takes two.

    >>> line_breaks("今年，明年", 4), line_breaks("升级于2016年", 8)
    ([1, 3], [3])
    """
    width = max(width, 2)
    ends: list[int] = []
    column = 0
    for unit in _UNIT.finditer(text):
        if column and column + cell_len(unit[0].rstrip()) > width:
            ends.append(unit.start())
            column = 0
        if cell_len(unit[0].rstrip()) <= width:
            column += cell_len(unit[0])
            continue
        for position, character in enumerate(unit[0], unit.start()):  # longer than a line: break anywhere
            if column + cell_len(character) > width and not character.isspace():
                ends.append(position)
                column = 0
            column += cell_len(character)
    return ends


class WrappedText(Text):
    """Text that rich wraps by the rules of Chinese."""

    def wrap(
        self,
        console: "Console",
        width: int,
        *,
        justify: "JustifyMethod | None" = None,
        overflow: "OverflowMethod | None" = None,
        tab_size: int = 8,
        no_wrap: bool | None = None,
    ) -> Lines:
        """Break into lines of a width; with `no_wrap` (a pipe) lines and tabs stay as they are."""
        if no_wrap or self.no_wrap or overflow == "ignore":
            return self.split(allow_blank=True)
        lines = Lines()
        for paragraph in self.split(allow_blank=True):
            paragraph.expand_tabs(tab_size)
            pieces = paragraph.divide(line_breaks(paragraph.plain, width))
            for piece in pieces:
                piece.rstrip()
            lines.extend(pieces)
        return lines
