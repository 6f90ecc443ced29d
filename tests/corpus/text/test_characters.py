import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text.characters import clean_code, clean_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "　　河堤\u200b加固\ufeff工程　", "河堤加固工程", id="zero width, ideographic indentation"
        ),
        pytest.param("好\u202e的\u2066吧\u200f", "好的吧", id="bidi marks"),
        pytest.param("a\x08b\x1bc\x7f\x85d", "abc d", id="controls"),
        pytest.param("a \u00a0\t\n  b", "a b", id="blanks"),
        pytest.param("河堤\n  加固", "河堤加固", id="a line break between Han characters"),
        pytest.param("river\nworks", "river works", id="a line break between words"),
        pytest.param("河堤\nworks", "河堤 works", id="a line break between scripts"),
        pytest.param("a\ud800b", "a\ufffdb", id="a lone surrogate"),
        pytest.param("co\u00adoperate", "cooperate", id="a soft hyphen"),
        pytest.param("👩\u200d👧 x\u200dy", "👩\u200d👧 xy", id="a joiner joins pictographs only"),
        pytest.param("葛\U000e0100", "葛", id="a variation selector"),
        pytest.param("：，（）ＡＢ①", "：，（）ＡＢ①", id="full-width forms stay"),
    ],
)
def test_a_line_is_cleaned(text: str, expected: str) -> None:
    assert clean_line(text) == expected


def test_code_keeps_its_lines_and_indentation() -> None:
    assert clean_code("\n\nif a:\n\tb()\u200b  \n\n  c()\n") == "if a:\n    b()\n  c()"
    assert clean_code("a\x0bb\u2028c\u00a0d\r\ne") == "a b c d\ne"


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean_line(clean_line(text)) == clean_line(text)
    assert clean_code(clean_code(text)) == clean_code(text)
    assert "\n" not in clean_line(text)
    clean_line(text).encode("utf-8")


@given(st.text(st.characters(categories=["L", "N"], exclude_characters="\u115f\u1160\u3164\uffa0")))
def test_no_letter_is_lost(text: str) -> None:
    assert clean_line(text) == text


def test_a_line_that_needs_no_cleaning_is_told_from_one_that_does() -> None:
    for code in range(0x30000):
        line = f"甲{chr(code)}乙"
        assert clean_line(line) + " 丙" == clean_line(line + "  丙"), hex(code)
