"""The page of a trend: bars that are as high as the counts in its table, on an axis from zero."""

import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.trends import BOTTOM, HEIGHT, TOP, WIDTH, bar_chart
from bot.wording.periods import Period, label, until
from tests.bot.web.sites import parse, served, shown

POSTS = {
    f"{number}.md": f"---\ntitle: 第{number}篇\ndate: {day}\n---\n\n江城的茶馆开门了。\n"
    for number, day in enumerate(["2021-11-02", "2021-11-20", "2022-02-03", "2022-02-04", "2022-02-25"])
}
SPACE = "{http://www.w3.org/2000/svg}"


async def test_the_table_has_what_the_bars_show(tmp_path: Path) -> None:
    async with served(tmp_path, posts=POSTS) as (client, _):
        months = parse((await client.get("/trend?q=茶馆")).text)
        years = parse((await client.get("/trend?q=茶馆&by=year")).text)
        weeks = parse((await client.get("/trend?q=茶馆&by=week&lang=en")).text)
    assert table(months) == [("2022年2月", "3"), ("2021年11月", "2")]
    assert table(years) == [("2022年", "3"), ("2021年", "2")]
    assert [count for _, count in table(weeks)] == ["1", "2", "1", "1"]
    for tree, number in ((months, 2), (years, 2), (weeks, 4)):
        [chart] = tree.iter(f"{SPACE}svg")
        assert len(list(chart.iter(f"{SPACE}rect"))) == number
        assert "茶馆" in (chart.get("aria-label") or "")


def table(tree: Element) -> list[tuple[str, str]]:
    """The rows of the table."""
    return [(shown(row, "th"), shown(row, "td")) for row in tree.findall(".//tbody/tr")]


async def test_a_chart_that_leaves_years_out_says_so(tmp_path: Path) -> None:
    old = "---\ntitle: 旧\ndate: 2011-05-01\n---\n\n茶馆很老。\n"
    async with served(tmp_path, posts={**POSTS, "old.md": old}) as (client, _):
        months = await client.get("/trend?q=茶馆&by=month")
        years = await client.get("/trend?q=茶馆")
    assert "2019年3月" in shown(parse(months.text), ".//p[@role='status']")
    assert parse(years.text).find(".//p[@role='status']") is None
    assert [name for name, _ in table(parse(years.text))] == ["2022年", "2021年", "2011年"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/trend", 200, "趋势"),
        ("/trend?q=", 200, "趋势"),
        ("/trend?q=…!", 200, "趋势"),
        ("/trend?q=没有的词", 200, "没有的词"),
        ("/trend?q=<script>alert(1)</script>", 200, "&lt;script&gt;"),
        ("/trend?q=茶馆&by=century", 200, "<svg"),
        ("/trend?q=" + "字" * 101, 413, "100"),
    ],
)
async def test_whatever_is_typed_gets_a_page(tmp_path: Path, path: str, status: int, words: str) -> None:
    async with served(tmp_path, posts=POSTS) as (client, _):
        answer = await client.get(path)
    assert answer.status_code == status
    assert words in answer.text
    assert "<script>alert" not in answer.text


counts = st.lists(st.integers(0, 100_000), min_size=1, max_size=53)


@given(counts, st.sampled_from(list(Period)))
def test_bars_are_as_high_as_their_counts_on_an_axis_from_zero(numbers: list[int], period: Period) -> None:
    first = date(2001, 1, 1)
    days = [day for day, _ in until([(first, 0)], date(2060, 1, 1), period)[: len(numbers)]]
    drawn = fromstring(str(bar_chart(list(zip(days, numbers, strict=True)), period, title="<&>")))
    axis = axis_of(drawn)
    assert axis[0] == pytest.approx(HEIGHT - BOTTOM)
    assert max(axis) >= max(numbers)
    units = {round((axis[0] - y) / value, 4) for value, y in axis.items() if value}
    assert max(units) - min(units) <= 0.02 * max(units) + 0.0001
    unit = (axis[0] - axis[max(axis)]) / max(axis)
    bars = [(float(bar.get("x", "")), float(bar.get("height", ""))) for bar in drawn.iter(f"{SPACE}rect")]
    assert [height for _, height in bars] == pytest.approx([n * unit for n in numbers if n], abs=0.02)
    assert all(left < right for left, right in pairwise(x for x, _ in bars))
    assert all(0 <= float(bar.get("y", "")) + 0.1 >= TOP for bar in drawn.iter(f"{SPACE}rect"))


@given(counts, st.sampled_from(list(Period)))
def test_names_of_periods_stand_below_their_bars_and_do_not_touch(numbers: list[int], period: Period) -> None:
    days = [day for day, _ in until([(date(2001, 1, 1), 0)], date(2060, 1, 1), period)[: len(numbers)]]
    drawn = fromstring(str(bar_chart(list(zip(days, numbers, strict=True)), period, title="")))
    names = [text for text in drawn.iter(f"{SPACE}text") if text.get("text-anchor") == "middle"]
    assert names
    assert all(re.fullmatch(r"\d{4}(-\d\d){0,2}", text.text or "") for text in names)
    half = 4 * len(names[0].text or "")
    places = sorted(float(text.get("x", "")) for text in names)
    assert all(half <= place <= WIDTH - half for place in places)
    named = {text.text: float(text.get("x", "")) for text in names}
    bars = iter(drawn.iter(f"{SPACE}rect"))
    for day, number in zip(days, numbers, strict=True):
        if number:
            bar = next(bars)
            middle = float(bar.get("x", "")) + float(bar.get("width", "")) / 2
            assert named.get(label(day, period), middle) == pytest.approx(middle, abs=0.1)
    assert all(right - left >= 2 * half for left, right in pairwise(places))


def axis_of(drawn: Element) -> dict[int, float]:
    """Each number at the axis, and the height of its line."""
    lines = [float(line.get("y1", "")) for line in drawn.iter(f"{SPACE}line")]
    numbers = [
        int((text.text or "").replace(",", ""))
        for text in drawn.iter(f"{SPACE}text")
        if text.get("text-anchor") == "end"
    ]
    return dict(zip(numbers, lines, strict=True))
