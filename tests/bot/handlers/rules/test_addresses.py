"""Addresses in texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handlers.rules.addresses import MAX_ADDRESSES, has_words, written_addresses


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("没有地址", ()),
        ("https://example.org/a", (("https://example.org/a",),)),
        ("（https://example.org/a）", (("https://example.org/a",),)),
        ("t.me/bot?start=s_x，看", (("t.me/bot?start=s_x，看", "t.me/bot?start=s_x"),)),
        (
            "https://例.cn/新闻 和 tg://resolve?domain=b",
            (("https://例.cn/新闻", "https://"), ("tg://resolve?domain=b",)),
        ),
        ("mail@t.me/x", ()),
    ],
)
def test_addresses_are_found_with_both_ends_they_may_have(
    text: str, expected: tuple[tuple[str, ...], ...]
) -> None:
    assert written_addresses(text) == expected


@given(st.text(alphabet="https:/t.me链接 。a", max_size=80))
def test_every_address_stands_in_the_text(text: str) -> None:
    found = written_addresses(text)
    assert len(found) <= MAX_ADDRESSES
    assert not [spelling for spellings in found for spelling in spellings if spelling not in text]


def test_words_beside_an_address_are_noticed() -> None:
    assert has_words("https://example.org/a 真的吗")
    assert not has_words("「https://example.org/a」 https://example.org/b。")
    assert not has_words("？")
