"""Large numbers and their spellings: 三千三百五十万, 3350万, 33,500,000; 百分之十九 and 19%."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from corpus.models import Span
from corpus.text.numbers import DIGITS

_DIGIT: Final = "".join(DIGITS)
_PLACES: Final = {"十": 10, "百": 100, "千": 1000}
_SCALES: Final = {"万": 10**4, "亿": 10**8}

MAX_CHARS: Final = 24
"""Characters of the longest numeral that is read."""

MIN_VALUE: Final = 100
"""Smaller numbers are counted, and are words of their own: 十二个."""

_NUMERAL: Final = re.compile(
    rf"百分之(?P<percent>[{_DIGIT}十百点]{{1,8}})"
    rf"|(?P<share>(?<![\d.,])\d{{1,3}}(?:\.\d{{1,2}})?)%"
    rf"|(?<![\d.,])(?P<digits>\d{{1,9}}(?:\.\d{{1,4}})?|\d{{1,3}}(?:,\d{{3}}){{1,3}})(?P<scale>[万亿])(?![{_DIGIT}万亿])"
    rf"|(?<![\d.,])(?P<plain>[1-9]\d{{2,7}}00|\d{{1,3}}(?:,\d{{3}}){{1,3}})(?!\d|[.,]\d|[%万亿])"
    rf"|(?P<spelt>[{_DIGIT}十][{_DIGIT}十百千万亿]{{1,{MAX_CHARS}}})"
)


@dataclass(frozen=True, slots=True)
class Numeral:
    """A large number or a percentage.

    Attributes:
        text: As it is written.
        span: Where it stands.
        forms: All ways to write it, `text` first.
    """

    text: str
    span: Span
    forms: tuple[str, ...]


def find_numerals(folded: str) -> tuple[Numeral, ...]:
    """Find numbers from a hundred on that have several spellings, and percentages.

    >>> [each.forms[:3] for each in find_numerals("捐了三千三百五十万元")]
    [('三千三百五十万', '3350万', '3,350万')]
    >>> [each.forms for each in find_numerals("涨了百分之十九")]
    [('百分之十九', '19%')]
    >>> find_numerals("千万别去，第二十一届，二〇二二年")
    ()
    """
    found = []
    for match in _NUMERAL.finditer(folded):
        forms = _forms_of(match)
        if forms:
            found.append(Numeral(match.group(), match.span(), tuple(dict.fromkeys((match.group(), *forms)))))
    return tuple(found)


def _forms_of(match: re.Match[str]) -> tuple[str, ...]:
    """The spellings of what was matched; () if it is no number."""
    if match["percent"] or match["share"]:
        share = match["share"] or _percent(match["percent"])
        return () if share is None else (f"{share}%", f"百分之{_spelt_decimal(share)}")
    if match["spelt"]:
        value = _value(match["spelt"])
    elif match["plain"]:
        value = int(match["plain"].replace(",", ""))
    else:
        value = _whole(Fraction(match["digits"].replace(",", "")) * _SCALES[match["scale"]])
    return () if value is None or value < MIN_VALUE else _spellings(value)


def _whole(value: Fraction) -> int | None:
    return int(value) if value.denominator == 1 else None


def _percent(spelt: str) -> str | None:
    """Digits of a percentage in characters: 十九点五 is 19.5."""
    whole, point, part = spelt.partition("点")
    value = _value(whole)
    if value is None or (point and not (part and all(digit in DIGITS for digit in part))):
        return None
    return f"{value}{'.' if point else ''}{''.join(str(DIGITS[digit]) for digit in part)}"


def _spelt_decimal(share: str) -> str:
    whole, point, part = share.partition(".")
    digits = "".join(_in_characters(int(digit)) for digit in part)
    return f"{_in_characters(int(whole))}{'点' if point else ''}{digits}"


def _value(spelt: str) -> int | None:
    """The value of a number in characters; None for other runs of them."""
    total = 0
    for name, scale in (("亿", _SCALES["亿"]), ("万", _SCALES["万"])):
        before, mark, spelt = spelt.rpartition(name) if name == "亿" else spelt.partition(name)
        if not mark:
            before, spelt = "", before or spelt
            continue
        part = _value(before) if name == "亿" else _below_ten_thousand(before)
        if not part:
            return None
        total += part * scale
        if len(spelt) == 1 and DIGITS.get(spelt):
            return total + DIGITS[spelt] * scale // 10  # 两万三 is 23000
    rest = _below_ten_thousand(spelt) if spelt else 0
    return None if rest is None else total + rest


def _below_ten_thousand(spelt: str) -> int | None:
    """The value of a number without 万 and 亿: 三千三百五十."""
    total, digit, last, bare = 0, None, 10_000, ""
    for character in spelt:
        if character in DIGITS:
            if digit:
                return None  # 二二: digits one by one
            digit = DIGITS[character]
            bare = character
            continue
        place = _PLACES.get(character)
        if place is None or place >= last or (digit in {None, 0} and not (place == 10 and not total)):
            return None
        total, last, digit = total + (digit or 1) * place, place, None
    if digit and total and last > 10 and "零" not in spelt and "〇" not in spelt:
        return total + digit * last // 10  # 三千五 is 3500
    return total + (digit or 0) if spelt and (total or bare) else None


def _spellings(value: int) -> tuple[str, ...]:
    """The usual ways to write a number, the shortest in digits first."""
    scaled = [
        spelling
        for name, scale in reversed(_SCALES.items())
        if value >= scale
        for spelling in _scaled(value, scale, name)
    ]
    plain = [str(value), *([f"{value:,}"] if value >= 1000 else [])]
    spelt = _in_characters(value)
    casual = re.sub("^二(?=[百千万亿])", "两", spelt)
    # 3350万 is written in preference to 33500000, but 23200 to 2.32万.
    first = plain if value % 10_000 else scaled
    return (*first, *(scaled if first is plain else plain), casual, spelt)


def _scaled(value: int, scale: int, name: str) -> list[str]:
    """A number in 万 or 亿, if it has few decimals: 12.5亿."""
    for decimals in range(5):
        if value * 10**decimals % scale == 0:
            number = f"{value // scale}" if not decimals else f"{value / scale:.{decimals}f}"
            grouped = f"{value // scale:,}" if not decimals and value // scale >= 1000 else number
            return list(dict.fromkeys((f"{number}{name}", f"{grouped}{name}")))
    return []


def _in_characters(value: int) -> str:
    """A number in characters.

    >>> [_in_characters(value) for value in (0, 19, 102, 23200, 33500000, 1250000000)]
    ['零', '十九', '一百零二', '二万三千二百', '三千三百五十万', '十二亿五千万']
    """
    if not value:
        return "零"
    names = "零一二三四五六七八九"
    groups: list[str] = []
    for scale, mark in ((10**8, "亿"), (10**4, "万"), (1, "")):
        group, value = divmod(value, scale)
        if scale == 10**8 and group >= 10**4:
            groups.append(_in_characters(group) + mark)
            continue
        if not group:
            continue
        spelt, is_gap = "", bool(groups) and group < 1000
        for place, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
            digit, group = divmod(group, place)
            if digit:
                spelt += ("零" if is_gap else "") + names[digit] + unit
                is_gap = False
            elif spelt:
                is_gap = True
        groups.append(spelt + mark)
    return re.sub("^一十", "十", "".join(groups))
