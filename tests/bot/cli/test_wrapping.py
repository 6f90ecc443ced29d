"""Where the lines of Chinese and mixed text end in a terminal."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, Group

from bot.cli.wrapping import WrappedText, line_breaks

mixed = st.text(st.sampled_from("今年中国将担任主席国，。！（）“”《》—…abcXYZ019 .,-/:　 "), max_size=80)


def lines(text: str, width: int) -> list[str]:
    ends = [0, *line_breaks(text, width), len(text)]
    return [text[start:end] for start, end in pairwise(ends)]


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        pytest.param("中国将担任主席国", 8, ["中国将担", "任主席国"], id="between any two characters"),
        pytest.param("会议开幕，各国参加", 8, ["会议开", "幕，各国", "参加"], id="no mark begins a line"),
        pytest.param("他说：“今天。”", 8, ["他说：", "“今天。”"], id="no opening quote ends a line"),
        pytest.param("在2016年成功", 6, ["在2016", "年成功"], id="numbers stay whole"),
        pytest.param("see the river", 8, ["see the ", "river"], id="words stay whole"),
        pytest.param("abcdefghij", 4, ["abcd", "efgh", "ij"], id="what fits nowhere is cut"),
        pytest.param("", 4, [""], id="nothing"),
    ],
)
def test_lines_end_where_chinese_lines_may(text: str, width: int, cut: list[str]) -> None:
    assert lines(text, width) == cut


@given(mixed, st.integers(2, 40))
def test_nothing_is_lost_and_no_line_is_too_long(text: str, width: int) -> None:
    cut = lines(text, width)
    assert "".join(cut) == text
    assert all(cell_len(line.rstrip()) <= width for line in cut)


@given(mixed, st.integers(12, 40))
def test_no_line_begins_with_a_closing_mark_unless_marks_fill_a_line(text: str, width: int) -> None:
    for before, line in pairwise(lines(text, width)):
        if re.match(r"[，。！）”》]", line) and not before[-1].isspace():  # a blank before it is the author's
            assert re.search(r"[，。！）”》…—.,/:-]{3}|[!-~]{6}|[（“《]{3}", before + line)


def test_styles_stay_on_their_words_and_a_pipe_gets_whole_lines() -> None:
    text = WrappedText("第一段很长很长很长\n第二段\t完")
    text.stylize("bold", 0, 3)
    console = Console(width=8, force_terminal=True, color_system="standard")
    with console.capture() as captured:
        console.print(Group(text))
    assert captured.get().startswith("\x1b[1m第一段\x1b[0m很\n长很长很\n长\n第二段")
    with console.capture() as captured:
        console.print(Group(text), soft_wrap=True)
    assert "长很长很长\n第二段\t完\n" in captured.get()
