"""Numbers and their spellings: 5213 and 5,213, 六号线 and 6号线; numbers in names."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from corpus.text.characters import HAN_CHARACTER
from corpus.text.units import KINDS, default_units

GROUPED_NUMBER: Final = re.compile(
    r"(?<![a-z0-9.,])\d{1,3}(?:,\d{3})+(?![a-z0-9,]|\.\d)|(?<![a-z0-9.,])(?!0|(?:19|20)\d\d(?!\d))\d{4,7}(?![a-z0-9.,])"
)
"""Numbers that are written with or without separators.

Years are never written with separators, and longer numbers are those of accounts or telephones.
"""

DIGITS: Final = {numeral: value for value, numeral in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
"""Chinese digit → value."""

DIGIT: Final = "[一二三四五六七八九]"
"""Pattern of a Chinese digit other than zero."""

TENS: Final = "[一二三四五六七八九十]"
"""Pattern of a character of a number from one to ninety-nine."""

NUMERALS: Final = frozenset([*DIGITS, *"十百千万亿半几"])
"""All characters of Chinese numbers."""

_SPELT_NUMBER: Final = re.compile(
    f"(?P<before>第?)(?P<number>[{''.join(DIGITS)}十]{{1,4}})(?P<after>[^\\d\\s]{{1,2}})"
)
_COUNTERS: Final = frozenset("".join(default_units().of(*(kind for kind in KINDS if kind != "asked"))))

_COUNTS: Final = frozenset("小多余").union(
    unit[0] for kind in KINDS if kind != "series" for unit in default_units().by_kind[kind]
)
"""What stands behind a number that counts something, first character."""

_NUMBERED: Final = re.compile(
    rf"(?:(?<![a-z])(?P<latin>[a-z]{{3,}}) ?(?P<model>\d{{1,4}})|"
    rf"(?P<name>{HAN_CHARACTER}{{2}}) ?第?(?P<number>\d{{1,2}}))"
    rf"(?![\d.,:%/-]|\s?[{''.join(sorted(_COUNTS))}])|"
    rf"(?P<spelt_name>{HAN_CHARACTER}{{2}})第?(?P<spelt>[{''.join(DIGITS)}十]{{1,3}})(?=[号代季])"
)
"""A name with its number, unless the number counts something."""


def regrouped(number: str) -> str | None:
    """Return the other spelling of a number in digits; None for anything else.

    >>> regrouped("5213"), regrouped("1,120,000"), regrouped("2021")
    ('5,213', '1120000', None)
    """
    if GROUPED_NUMBER.fullmatch(number) is None:
        return None
    return number.replace(",", "") if "," in number else f"{int(number):,}"


def in_digits(word: str) -> str | None:
    """Return a word with its leading number, below a hundred and in characters, in digits; else None.

    >>> in_digits("六号"), in_digits("第二十一届"), in_digits("三星")
    ('6号', '第21届', None)
    """
    match = _SPELT_NUMBER.fullmatch(word)
    if match is None or not _COUNTERS.issuperset(match["after"]):
        return None
    value = parse_numeral(match["number"])
    return None if value is None else f"{match['before']}{value}{match['after']}"


def parse_numeral(spelt: str) -> int | None:
    """Return the value of a number below a hundred in characters; None for other runs of them.

    >>> parse_numeral("二十一"), parse_numeral("十"), parse_numeral("一二三"), parse_numeral("十十")
    (21, 10, None, None)
    """
    tens, ten, ones = spelt.rpartition("十")
    if len(ones) > 1 or len(tens) > 1 or tens == "十":
        return None
    return (DIGITS[tens] if tens else len(ten)) * 10 + (DIGITS[ones] if ones else 0)


def numbers_by_name(folded: str) -> Mapping[str, frozenset[int]]:
    """Return name → its numbers in a text; of Chinese names only the last two characters.

    >>> dict(numbers_by_name("斯普拉遁 3、逐光二号，逐光3号")), dict(numbers_by_name("大桥11月8日封闭"))
    ({'拉遁': frozenset({3}), '逐光': frozenset({2, 3})}, {})
    """
    found: defaultdict[str, set[int]] = defaultdict(set)
    for match in _NUMBERED.finditer(folded):
        digits = match["model"] or match["number"]
        value = int(digits) if digits else parse_numeral(match["spelt"])
        if value is not None:
            found[match["latin"] or match["name"] or match["spelt_name"]].add(value)
    return {name: frozenset(values) for name, values in found.items()}
