"""Numbers that the markup of an ordered list makes: `<ol start="4"><li>东门桥` shows as 4. 东门桥."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_NUMBER: Final = re.compile(r"-?\d{1,9}")
_NOT_SHOWN: Final = re.compile(r"list-style(?:-type)?\s*+:\s*+none", re.I)
_CODE_LISTS: Final = re.compile(r"(?:^|\s)(?:linenums|dp-\w{1,20}|hljs-ln|code|lines?)(?:\s|$)", re.I)
"""Classes of lists whose items are lines of code."""

_ROMAN: Final = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass(slots=True)
class _List:
    """An open list: the next number, None where it has none."""

    number: int | None = None
    step: int = 1
    style: str = "1"


@dataclass(slots=True)
class ListNumbers:
    """Counts the items of open lists."""

    _open: list[_List] = field(default_factory=list)

    def open(self, name: str, attributes: Mapping[str, str]) -> None:
        """A list begins. A reversed one has no numbers unless it says where it starts."""
        start = attributes.get("start", "") if attributes else ""
        opened = _List()
        if name == "ol" and not (attributes and _is_plain(attributes)):
            is_reversed = bool(attributes) and "reversed" in attributes
            opened.step = -1 if is_reversed else 1
            opened.style = attributes.get("type", "1") if attributes else "1"
            opened.number = int(start) if _NUMBER.fullmatch(start) else None if is_reversed else 1
        self._open.append(opened)

    def close(self) -> None:
        """The innermost list ends."""
        if self._open:
            self._open.pop()

    @property
    def depth(self) -> int:
        """Number of open lists."""
        return len(self._open)

    def next_number(self, attributes: Mapping[str, str]) -> str:
        """The number of the item that begins, with a mark and a blank; empty in a list without numbers."""
        if not self._open or self._open[-1].number is None:
            return ""
        current = self._open[-1]
        own = attributes.get("value", "") if attributes else ""
        number = int(own) if _NUMBER.fullmatch(own) else current.number or 0
        current.number = number + current.step
        return f"{_written(number, current.style)}. "


def _is_plain(attributes: Mapping[str, str]) -> bool:
    return bool(
        _NOT_SHOWN.search(attributes.get("style", "")) or _CODE_LISTS.search(attributes.get("class", ""))
    )


def _written(number: int, style: str) -> str:
    if style in ("a", "A") and 1 <= number <= 26:
        return chr(ord(style) + number - 1)
    if style in ("i", "I") and 1 <= number <= 39:
        text, rest = "", number
        for value, letters in _ROMAN:
            text += letters * (rest // value)
            rest %= value
        return text.upper() if style == "I" else text
    return str(number)
