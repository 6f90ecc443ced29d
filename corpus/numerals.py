"""Other spellings of a number: 5213 and 5,213, iOS16 and iOS 16, 六号线 and 6号线."""

import re
from typing import Final

SEPARATED: Final = re.compile(
    r"(?<![a-z0-9.,])\d{1,3}(?:,\d{3})+(?![a-z0-9,]|\.\d)|(?<![a-z0-9.,])(?!0|(?:19|20)\d\d(?!\d))\d{4,7}(?![a-z0-9.,])"
)
"""Numbers that are also written with separators, or without them. Years never are, and what is longer is
the number of an account or a telephone."""

MODEL: Final = re.compile(r"(?<![a-z0-9])(?P<name>[a-z]{2,})(?P<blank> ?)(?P<number>\d{1,4})(?![a-z0-9])")
"""Names with a number, which are written with a blank between or without one."""

_DIGITS: Final = {numeral: value for value, numeral in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SPELT: Final = re.compile(
    f"(?P<before>第?)(?P<number>[{''.join(_DIGITS)}十]{{1,4}})(?P<after>[^\\d\\s]{{1,2}})"
)
_COUNTED: Final = frozenset(
    "号楼层集季期届章次条座栋名位岁天点吨米万亿元块分秒度倍个家辆艘台部款只页公里公斤千米小时分钟"
)


def separated(number: str) -> str | None:
    """The other spelling of a number in digits, None for anything else.

    >>> separated("5213"), separated("1,120,000"), separated("2021")
    ('5,213', '1120000', None)
    """
    if SEPARATED.fullmatch(number) is None:
        return None
    return number.replace(",", "") if "," in number else f"{int(number):,}"


def spaced(model: str) -> str | None:
    """The other spelling of a name with a number, None for anything else.

    >>> spaced("ios16"), spaced("iphone 14"), spaced("a770")
    ('ios 16', 'iphone14', None)
    """
    match = MODEL.fullmatch(model)
    return match and f"{match['name']}{'' if match['blank'] else ' '}{match['number']}"


def in_digits(word: str) -> str | None:
    """A word that begins with a number below a hundred in characters, that number in digits; else None.

    >>> in_digits("六号"), in_digits("第二十一届"), in_digits("三星")
    ('6号', '第21届', None)
    """
    match = _SPELT.fullmatch(word)
    if match is None or not _COUNTED.issuperset(match["after"]):
        return None
    tens, ten, ones = match["number"].rpartition("十")
    if len(ones) > 1 or len(tens) > 1:
        return None
    value = (_DIGITS[tens] if tens else len(ten)) * 10 + (_DIGITS[ones] if ones else 0)
    return f"{match['before']}{value}{match['after']}"
