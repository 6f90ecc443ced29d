"""Inline markup that changes what a text says: raised and lowered characters, and formulas.

Dropping the tags of 3×10<sup>8</sup> gives 3×108, another number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from corpus.text.characters import HAN

_RAISED: Final = str.maketrans("0123456789+-−–=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿⁱ")
_LOWERED: Final = str.maketrans("0123456789+-−–=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎")
_PLAIN: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")
_FRACTION: Final = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,9}[⁄/][₀₁₂₃₄₅₆₇₈₉]{1,9}")
_HAS_RAISED: Final = re.compile(r"[0-9+\-−–=()ni]{1,12}")
_HAS_LOWERED: Final = re.compile(r"[0-9+\-−–=()]{1,12}")
_EXPONENT: Final = re.compile(r"[\w+\-−*/·.]{1,12}")
_ORDINAL: Final = re.compile(r"(?:st|nd|rd|th|tm|sm|r|c|e|er|re|o|a|[™℠®©])\.?", re.I)
_NUMBERS: Final = r"\d{1,3}(?:\s?[-–,，、]\s?\d{1,3}){0,9}"
_NOTE: Final = re.compile(
    rf"[\[【〔［]\s?(?:注|註|note)?\s?(?:{_NUMBERS}|[A-Za-z]{{1,2}})\s?[\]】〕］]|[①-⑳]|[注註]\d{{0,2}}|[*†‡]{{1,3}}",
    re.I,
)
_LINKED_NOTE: Final = re.compile(
    r"[\[(（]?\s?(?:注|註)?\s?(?:\d{1,3}|[a-z]|[ivx]{1,4}|[*†‡↩]{1,3})\s?[\])）]?", re.I
)
_NOTE_NUMBER: Final = re.compile(_NUMBERS)
_UNITS: Final = frozenset("米秒分度克升寸尺里元次")
_ENDS_CLAUSE: Final = frozenset('，。；：！？、”’」』》）,.;:!?"')
_HAN_CHARACTER: Final = re.compile(f"[{HAN}]")


def raised(content: str, *, before: str, linked: bool) -> str:
    """What a `sup` element says: an exponent in raised characters, or nothing for the mark of a note.

    Args:
        content: The element's text.
        before: The character before it; empty at the beginning.
        linked: Whether there is a link inside.

    >>> raised("-9", before="0", linked=False), raised("1", before="五", linked=True)
    ('⁻⁹', '')
    """
    content = content.strip()
    if _NOTE.fullmatch(content) or (linked and _LINKED_NOTE.fullmatch(content)):
        return ""
    is_after_words = before in _ENDS_CLAUSE or (_HAN_CHARACTER.match(before) and before not in _UNITS)
    if is_after_words and _NOTE_NUMBER.fullmatch(content):
        return ""
    if content in ("o", "O", "º", "。") and before.isdigit():
        return "°"
    if _HAS_RAISED.fullmatch(content) and not content.isalpha():
        return content.translate(_RAISED)
    if not (before.isascii() and (before.isalnum() or before == ")")) or _ORDINAL.fullmatch(content):
        return content
    if len(content) == 1 and content.isalnum():
        return f"^{content}"
    return f"^({content})" if _EXPONENT.fullmatch(content) else content


def lowered(content: str) -> str:
    """What a `sub` element says: digits in lowered characters, anything else as it is.

    >>> lowered("2"), lowered("max")
    ('₂', 'max')
    """
    content = content.strip()
    return content.translate(_LOWERED) if _HAS_LOWERED.fullmatch(content) else content


def without_fractions(text: str) -> str:
    """Write fractions of a raised and a lowered number in plain digits: ²³³⁄₁₂₁ is 233⁄121."""
    if "⁄" not in text and "/" not in text:
        return text
    return _FRACTION.sub(lambda match: match[0].translate(_PLAIN), text)


@dataclass(slots=True)
class MathNode:
    """An open element of MathML.

    Attributes:
        name: Its tag.
        is_tex: Whether its content is the formula in TeX.
        parts: Text of its content, one a child.
        tex: The formula in TeX, where an annotation inside gives it.
    """

    name: str
    is_tex: bool = False
    parts: list[str] = field(default_factory=list)
    tex: str = ""

    def text(self) -> str:
        """The element in one line; the source of a formula goes before its drawing."""
        if self.is_tex:
            return " ".join("".join(self.parts).split())
        if self.name in ("annotation", "annotation-xml"):
            return ""
        return self.tex or _combined(self.name, self.parts)


def _combined(name: str, parts: Sequence[str]) -> str:
    if name == "mfrac" and len(parts) == 2:
        return f"{_grouped(parts[0])}/{_grouped(parts[1])}"
    if name in ("msup", "mover") and len(parts) == 2:
        return parts[0] + (
            raised(parts[1], before=parts[0][-1:] or "x", linked=False) if name == "msup" else parts[1]
        )
    if name == "msub" and len(parts) == 2:
        return parts[0] + lowered(parts[1])
    if name == "msubsup" and len(parts) == 3:
        return parts[0] + lowered(parts[1]) + raised(parts[2], before="x", linked=False)
    if name == "msqrt":
        return f"√{_grouped(''.join(parts))}"
    if name == "mroot" and len(parts) == 2:
        return f"{raised(parts[1], before='', linked=False)}√{_grouped(parts[0])}"
    return "".join(parts)


def _grouped(text: str) -> str:
    return text if text.isalnum() or text.replace(".", "").isdecimal() else f"({text})"
