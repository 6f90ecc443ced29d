"""Plain text fit to be shown: cleaned, measured, shortened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.markup import text
from bot.wording import plain_text
from tests.botapi.formatting import clean
from tests.botapi.html import parse_html

HOSTILE = st.text(
    st.one_of(
        st.sampled_from(list("<>&\"'/a=b;#x \n\t\r\x00\u202e\u2028\u200d\ufe0f😀👩🏽𠮷é王毅。")),
        st.characters(),
    ),
    max_size=60,
)


@given(HOSTILE, st.integers(1, 40))
def test_shortening_holds_the_limit_and_never_splits_a_character(words: str, limit: int) -> None:
    short = plain_text.shorten(words, limit)
    assert plain_text.units(short) <= limit
    if short != words:
        kept = short.removesuffix("…")
        assert words.startswith(kept)


@pytest.mark.parametrize(
    ("words", "limit", "expected"),
    [
        ("一家👩‍👩‍👧在这里", 5, "一家…"),
        ("好👍🏽的吧", 4, "好…"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301…"),
        ("三个字", 3, "三个字"),
    ],
)
def test_shortening_keeps_composed_characters_whole(words: str, limit: int, expected: str) -> None:
    assert plain_text.shorten(words, limit) == expected


@given(HOSTILE)
def test_cleaning_leaves_nothing_for_the_server_to_remove(words: str) -> None:
    parsed = parse_html(text("甲" + words + "乙")).formatted
    assert clean(parsed).text.replace("\t", " ") == parsed.text.replace("\t", " ")


def test_an_echo_is_one_short_line() -> None:
    assert plain_text.echo("  望江大桥\n什么时候 通车\x00 ") == "望江大桥 什么时候 通车"
    assert plain_text.units(plain_text.echo("桥" * 100)) == plain_text.MAX_ECHO_UNITS
