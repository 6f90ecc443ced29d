"""Hostile messages of all kinds, as long as Telegram lets them be, in every way in which messages come."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests import growth
from tests.botapi.formatting import FormattedText, clean
from tests.botapi.keyboards import MAX_DATA_BYTES
from tests.botapi.methods.base import MAX_TEXT
from tests.botapi.play.people import MAX_INLINE_QUERY

WAYS: Final = ("private", "private", "private", "reply", "edited", "group", "inline", "button")
"""How a message comes; a private one three times as often as any other."""

OWN: Final = (
    "最新 a" + " " * 4_000 + "b",
    "最新 a" + "\xa0" * 4_000 + "b",
    "分类 " + "\u3000" * 4_000 + "1 篇",
    "/ask 最新 a" + " \u2003" * 2_000 + "b",
    "日期：" + "二" * 4_000,
    "从:" + "9" * 4_000,
    "从:2021-" + "0" * 4_000 + "1 到:2022",
    "2022年" * 1_000,
    "二〇二二年九月" * 580,
    "那" + "还有" * 2_000 + "呢",
    "-" * 4_096,
    "-a " * 1_365,
    "“" * 2_048 + "”" * 2_048,
    "《「" * 1_000 + "」》" * 1_000,
    "[" * 2_048 + "](" * 1_000,
    "分类:要闻 " * 500 + "a",
    "作者:" + "甲" * 4_000,
    "https://" + "a." * 2_000 + "b",
    "https://a.b/?" + "%20" * 1_300,
    "a@" * 2_048,
    "/subscribe " + "新闻 " * 1_300,
    "/trend " + "一" * 4_000,
    "/start " + "a_" * 2_000,
    "/settings " + "\u200b" * 4_000,
    "/category " + "/" * 4_000,
    "/latest " + "1" * 4_000,
    "帮我" * 2_000,
    "为什么" * 1_300 + "？" * 190,
    "what is " * 500,
    "C++ " * 1_000,
    "e" + "\u0301" * 4_000,
    "\u202e" * 4_096,
    "👨\u200d👩\u200d👧" * 500,
    "ﷺ" * 4_096,
    "。" * 4_096,
    "1,000,000" * 450,
    "第二十一届" * 800,
    "昨天前天上周三" * 580,
    "上个月" * 1_365,
    "谁说" * 2_048,
    "新闻 的 " * 800,
)
"""What is not made of one stretch again and again, or was a fault once."""

FORGED: Final = (
    "x",
    "",
    "1p:" + "9" * 61,
    "1p::" + "-" * 60,
    "1n:" + "a" * 30 + ":r:" + "_" * 28,
    "1q:" + "二" * 20,
    "1:" * 32,
    "1v:\u202e:g",
    "9" * 64,
    "1p:abc:-1",
    "1p:abc:999999999999",
    ":" * 64,
)
"""What a button never held."""


@dataclass(frozen=True, slots=True)
class Blow:
    """A hostile message and how it comes."""

    way: str
    text: str


def blows(count: int = 200, *, seed: int = 13) -> Sequence[Blow]:
    """So many of them, the same each time: the own ones, and stretches behind what a message begins with."""
    chance = random.Random(seed)
    found = [Blow("private", text[:MAX_TEXT]) for text in OWN if clean(FormattedText(text)).text]
    found += [Blow("button", data.encode()[:MAX_DATA_BYTES].decode("utf-8", "ignore")) for data in FORGED]
    stretches = (*growth.STRETCHES, *growth._QUESTIONS)
    while len(found) < count:
        way = WAYS[len(found) % len(WAYS)]
        before = chance.choice(growth._BEFORE) if way in {"private", "edited", "inline"} else ""
        stretch = chance.choice(stretches) + chance.choice(("", "", chance.choice(stretches)))
        text = growth.Shape(before, stretch, chance.choice(("", "x", "?"))).text(MAX_TEXT - 40)
        longest = {"inline": MAX_INLINE_QUERY, "button": MAX_DATA_BYTES // 4}.get(way, MAX_TEXT)
        if not clean(FormattedText(text)).text:
            text = f"最新 a{text}b"
        found.append(Blow(way, text[:longest]))
    chance.shuffle(found)
    return found[:count]
