"""Cards of the terminal, whatever the articles hold."""

import re
from dataclasses import replace
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from bot.cli import terminal_render
from corpus import Answer, Article, Confidence, Filters, Hit, Passage, Span
from corpus.models import Condition, Listing, Unmet

ZONE = ZoneInfo("Asia/Shanghai")
PIPE = terminal_render.TerminalStyle(ZONE)


def shown(card: RenderableType, *, width: int = 80, terminal: bool = False) -> str:
    console = Console(width=width, force_terminal=terminal, highlight=False)
    with console.capture() as captured:
        console.print(card, soft_wrap=not terminal)
    return captured.get()


def make_hit(text: str = "甲。乙。丙。", *, title: str = "题", sentences: tuple[Span, ...] = ()) -> Hit:
    article = Article("a", "a.md", title, None, None, None, ())
    return Hit(article, Passage("a.0", 0, text), sentences, (), 1.0)


def make_answer(*hits: Hit, confidence: Confidence = Confidence.ANSWER) -> Answer:
    return Answer("问", confidence, 0.5, None, Filters(), (), hits, total=len(hits), milliseconds=1.0)


@pytest.mark.parametrize(
    ("sentences", "marked"),
    [
        ((), "甲。乙。丙。"),
        (((0, 2),), "【甲。】乙。丙。"),
        (((2, 4),), "甲。【乙。】丙。"),
        (((4, 6),), "甲。乙。【丙。】"),
        (((0, 2), (4, 6)), "【甲。】乙。【丙。】"),
        (((0, 2), (2, 4)), "【甲。乙。】丙。"),
        (((0, 6),), "【甲。乙。丙。】"),
    ],
)
def test_without_bold_the_answering_sentences_stand_in_brackets(
    sentences: tuple[Span, ...], marked: str
) -> None:
    card = shown(terminal_render.answer(make_answer(make_hit(sentences=sentences)), PIPE))
    assert card.splitlines() == ["题", "日期不详", "a.md", "", marked]


def test_each_band_of_confidence_says_what_it_is() -> None:
    hits = tuple(make_hit(title=f"题{number}") for number in range(5))
    assert shown(terminal_render.answer(make_answer(), PIPE)) == "没有找到相关的文章。\n"
    nothing = make_answer(*hits, confidence=Confidence.NONE)
    assert shown(terminal_render.answer(nothing, PIPE)) == "没有找到答案。\n"
    none = shown(terminal_render.answer(replace(nothing, nearest=hits), PIPE)).splitlines()
    assert none[0] == "没有找到答案。标题最接近的文章："
    assert [line[:5] for line in none[2:]] == ["1. 题0", "2. 题1", "3. 题2"]
    related = shown(terminal_render.answer(make_answer(*hits, confidence=Confidence.RELATED), PIPE))
    assert related.startswith("没有找到确切的答案，这篇可能有关：\n\n题0\n")
    listed = shown(terminal_render.answer(replace(make_answer(*hits), listing=Listing()), PIPE)).splitlines()
    assert [line[:5] for line in listed] == [
        "最新文章（",
        "",
        *(f"{place}. 题{place - 1}" for place in range(1, 6)),
    ]
    asked = replace(make_answer(*hits), suggestions=("甲", "乙"), corrected="丙")
    lines = shown(terminal_render.answer(asked, PIPE)).splitlines()
    assert lines[0] == "已按「丙」查找"
    assert lines[-1] == "您是不是要找：甲；乙"


@given(st.text(max_size=60), st.text(max_size=30), st.integers(20, 100), st.booleans())
def test_no_text_steers_the_terminal_or_adds_two_blank_lines(
    text: str, title: str, width: int, terminal: bool
) -> None:
    look = terminal_render.TerminalStyle(ZONE, columns=width if terminal else None, bold=False)
    card = terminal_render.answer(make_answer(make_hit(text, title=title), make_hit(title=title)), look)
    made = shown(card, width=width, terminal=False)
    assert not any(character in made for character in "\x00\x07\x08\x1b\x7f\x9b\u202e\u2066\ud800")
    assert made.splitlines()[-1].startswith("2. ")


@pytest.mark.parametrize(
    ("address", "legible"),
    [
        ("https://example.org/%E5%A4%A7%e6%a1%a5", "https://example.org/大桥"),
        ("https://example.org/%E5%A4%A7%EF%BC%9F%E6%A1%A5", "https://example.org/大%EF%BC%9F桥"),
        ("https://example.org/a%20b%2Fc%41?d=%E4", "https://example.org/a%20b%2Fc%41?d=%E4"),
        ("https://example.org/%F0%A0%AE%B7%E3%80%80%C2%A0", "https://example.org/𠮷%E3%80%80%C2%A0"),
        ("https://example.org/100%", "https://example.org/100%"),
    ],
)
def test_letters_of_an_address_are_legible_and_signs_stay(address: str, legible: str) -> None:
    assert terminal_render.readable_url(address) == legible


@given(st.text())
def test_a_legible_address_leads_to_the_same_place(path: str) -> None:
    address = "https://example.org/" + quote(path.encode("utf-8", "replace"), safe="/?#[]@!$&'()*+,;=:%")
    legible = terminal_render.readable_url(address)
    assert quote(legible, safe="/?#[]@!$&'()*+,;=:%") == address
    assert not re.search(r"\s", legible)


def test_a_terminal_is_given_addresses_as_they_are() -> None:
    hit = make_hit()
    hit = replace(hit, article=replace(hit.article, url="https://example.org/%E5%A4%A7"))
    assert "https://example.org/大\n" in shown(terminal_render.answer(make_answer(hit), PIPE))
    look = terminal_render.TerminalStyle(ZONE, columns=80, bold=True)
    assert "https://example.org/%E5%A4%A7" in shown(
        terminal_render.answer(make_answer(hit), look), terminal=True
    )


def test_conditions_that_nothing_meets_are_named_above_the_answer() -> None:
    unmet = (
        Unmet(Condition.CATEGORY, "金容", ("金融", "财经")),
        Unmet(Condition.PHRASE, "英镑大跌"),
        Unmet(Condition.PHRASE, "大跌的英镑"),
    )
    card = shown(terminal_render.answer(replace(make_answer(make_hit()), unmet=unmet), PIPE))
    assert card.splitlines()[:4] == [
        "没有叫“金容”的分类（相近的有：金融、财经），已不加这个条件查找。",
        "",
        "没有找到原样写着“英镑大跌”、“大跌的英镑”的段落，已按不加引号查找。",
        "",
    ]
