"""Charts are drawn whatever people typed, and say why when they cannot be."""

import builtins
import itertools
import struct
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.wording import charts
from bot.wording.charts import Chart, ChartError, Ranking, Series, draw, text_bars

pytest.importorskip("matplotlib")


def make_chart(
    values: tuple[int, ...] = (3, 0, 5),
    *,
    title: str = "Questions a day",
    top: tuple[tuple[str, int], ...] = (),
    traditional: bool = False,
) -> Chart:
    labels = tuple(f"2022-{number:02}" for number in range(len(values)))
    return Chart(title, "", labels, (Series("asked", values),), (Ranking("Top", top),), traditional)


def size(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


@pytest.fixture
def no_chinese_font(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(charts, "_families", lambda: {"DejaVu Sans"})
    monkeypatch.setattr(charts, "_rescan_fonts", lambda: None)
    charts._chinese_family.cache_clear()
    yield
    charts._chinese_family.cache_clear()


@pytest.mark.parametrize(
    "values",
    [
        pytest.param((), id="no bar"),
        pytest.param((0, 0), id="only zeros"),
        pytest.param((1,), id="one bar"),
        pytest.param(tuple(range(600)), id="more bars than can be named"),
        pytest.param((10**9, 1), id="a giant and a dwarf"),
    ],
)
def test_charts_of_any_length_are_drawn(values: tuple[int, ...]) -> None:
    width, height = size(draw(make_chart(values)))
    assert (width, height) == (1200, 660)


def test_lists_make_room_for_themselves() -> None:
    without = size(draw(make_chart()))
    assert size(draw(make_chart(top=(("a", 2), ("b", 1)))))[1] > without[1]


@settings(max_examples=15, deadline=None)
@given(st.text(), st.text(st.sampled_from("$\\{}^_%\n\x00🙂א")))
def test_what_people_typed_is_drawn_literally_or_refused_with_a_reason(words: str, formula: str) -> None:
    chart = make_chart(title=formula, top=((words, 2), (formula, 1)))
    try:
        picture = draw(chart)
    except ChartError:  # only where this machine has no Chinese font
        assert charts._chinese_family(False) is None
        return
    assert size(picture)[0] == 1200


def test_formulas_are_words_not_mathematics() -> None:
    assert draw(make_chart(title=r"$\frac{1}{0}$")) != draw(make_chart(title="1/0"))
    size(draw(make_chart(title=r"$\undefined{$", top=((r"$_$ ^", 1),))))


def test_without_a_chinese_font_a_chinese_chart_is_refused_with_a_hint(no_chinese_font: None) -> None:
    with pytest.raises(ChartError, match="fonts-noto-cjk"):
        draw(make_chart(title="每天的问题"))
    with pytest.raises(ChartError, match="fonts-noto-cjk"):
        draw(make_chart(top=(("央行", 1),)))


def test_without_a_chinese_font_an_english_chart_is_drawn(no_chinese_font: None) -> None:
    assert size(draw(make_chart()))[0] == 1200


def test_readers_of_traditional_characters_get_a_font_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "_families", lambda: {"Noto Sans CJK SC", "Noto Sans CJK TC", "DejaVu Sans"})
    charts._chinese_family.cache_clear()
    assert charts._chinese_family(True) == "Noto Sans CJK TC"
    assert charts._chinese_family(False) == "Noto Sans CJK SC"
    charts._chinese_family.cache_clear()


def test_without_matplotlib_the_hint_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def refuse(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real_import(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ChartError, match=r"requirements-plots"):
        draw(make_chart())


def test_a_chart_whose_series_do_not_fit_its_labels_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="each label"):
        Chart("", "", ("a",), (Series("", (1, 2)),))


@settings(deadline=None)
@given(st.lists(st.one_of(st.just(0), st.integers(0, 10**6)), max_size=60))
def test_bars_of_text_grow_with_their_numbers(values: list[int]) -> None:
    lines = [line for line in text_bars(make_chart(tuple(values))).split("\n") if line not in {"", "⋮"}]
    shown = [int(line.split()[-1]) for line in lines]
    assert [value for value in shown if value] == [value for value in values if value]
    by_value = sorted(zip(shown, (line.count("█") for line in lines), strict=True))
    assert [count for _, count in by_value] == sorted(count for _, count in by_value)
    assert all(line.count("█") <= charts.TEXT_BAR_CHARS for line in lines)


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        pytest.param((0, 0, 2), ["2022-02"], id="an empty beginning is left out"),
        pytest.param((2, 0, 0, 2), ["2022-00", "2022-01", "2022-02", "2022-03"], id="a short gap is shown"),
        pytest.param((2, *(0,) * 9, 2), ["2022-00", "⋮", "2022-10"], id="a long one is one line"),
        pytest.param((2, *(0,) * 9), ["2022-00", "⋮"], id="at the end too"),
    ],
)
def test_empty_bars_of_text_are_few(values: tuple[int, ...], lines: list[str]) -> None:
    assert [line.split()[0] for line in text_bars(make_chart(values)).split("\n")] == lines


@given(st.integers(1, 400))
def test_the_first_and_the_newest_bar_have_a_label(count: int) -> None:
    labelled = charts._labelled_bars(count)
    assert labelled[0] == 0
    assert labelled[-1] == count - 1
    assert len(labelled) <= charts.MAX_LABELS
    distances = [later - earlier for earlier, later in itertools.pairwise(labelled)]
    assert len(set(distances[:-1])) <= 1
    assert not distances or distances[-1] * 2 >= max(distances)


def test_an_empty_bar_has_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    write = charts._Pen.write

    def spy(pen: Any, where: Any, x: float, y: float, words: str, **options: Any) -> None:
        written.append(words)
        write(pen, where, x, y, words, **options)

    monkeypatch.setattr(charts._Pen, "write", spy)
    draw(make_chart((3, 0, 5), title="t"))
    assert [words for words in written if words.isdigit()] == ["3", "5"]


def test_after_warming_up_the_library_is_loaded_and_a_chart_was_drawn() -> None:
    program = (
        "import sys, threading; from bot.wording import charts; charts.warm_up(); "
        "print(charts.is_warming_up()); "
        "[thread.join() for thread in threading.enumerate() if thread.name == 'warming charts']; "
        "print(charts.is_warming_up()); "
        "from matplotlib.figure import Figure; print(charts._chinese_family.cache_info().currsize)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=250, check=True
    )
    assert result.stdout.split() == ["True", "False", "1"]


@given(st.text(), st.integers(1, 40))
def test_shortened_words_fit_their_column(words: str, length: int) -> None:
    shortened = charts._shorten(words, length)
    assert len(shortened) <= 2 * length + 1
    flat = " ".join(words.split())
    assert shortened == flat or flat.startswith(shortened.removesuffix("…"))
