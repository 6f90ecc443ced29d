"""What buttons and deep links carry, there and back; forged ones are nothing."""

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import callback_data
from bot.messages.callback_data import (
    ArticleLink,
    CategoryLink,
    Change,
    Latest,
    Narrow,
    Read,
    ResultPage,
    SearchLink,
    SubscriptionLink,
    Verdict,
    Vote,
    decode,
    decode_start,
    encode,
    encode_start,
    payload,
)

ARTICLE = st.text("0123456789ABCXYZabcxyz", min_size=11, max_size=11)
KEY = st.text("0123456789ABCXYZabcxyz", min_size=8, max_size=8)
RANK = st.integers(0, 10**6)

BUTTONS = st.one_of(
    st.builds(ResultPage, KEY, RANK),
    st.builds(Change, KEY, st.sampled_from(Narrow), ARTICLE),
    st.builds(Read, ARTICLE, st.integers(-1, 9999), st.integers(-1, 9999), KEY, RANK),
    st.builds(Latest, st.one_of(st.just(""), KEY), RANK, st.integers(1, 20)),
    st.builds(Vote, st.integers(1, 10**12), st.sampled_from(Verdict)),
)
LINKS = st.one_of(
    st.builds(ArticleLink, ARTICLE, st.integers(0, 99999)),
    st.builds(SearchLink, KEY),
    st.builds(CategoryLink, KEY),
    st.builds(SubscriptionLink, KEY),
)


@given(BUTTONS)
def test_a_button_gives_back_what_was_put_in_within_64_bytes(data: object) -> None:
    raw = encode(data)
    assert 1 <= len(raw.encode()) <= 64
    assert decode(raw) == data


@given(st.one_of(st.text(max_size=80), st.none(), st.integers(), st.binary(max_size=20)))
def test_anything_else_is_nothing_and_no_exception(raw: object) -> None:
    data = decode(raw)
    assert data is None or encode(data) == raw


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "1",
        "1p",
        "1p:abcd1234",
        "1p:abcd1234:1:2",
        "1p:abcd1234:x",
        "1p:abcd1234:01",
        "1p:abcd1234:-0",
        "1p:abcd1234:1e9",
        "1p:abcd1234:９",
        "1p:ab cd:1",
        "1p:../../x:1",
        "1p:abcd1234:99999999999999",
        "1p:" + "a" * 60 + ":1",
        "2p:abcd1234:1",
        "1?:abcd1234:1",
        "1n:abcd1234:Z:",
        "1v:1:c",
        "p:abcd1234:1",
        "1p:abcd1234:1\n",
    ],
)
def test_forged_data_is_nothing(raw: str) -> None:
    assert decode(raw) is None


def test_data_that_would_not_fit_is_a_mistake_that_shows_at_once() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode(Read("a" * 32, 0, 0, "b" * 32, 10**9))


def test_two_kinds_cannot_share_a_letter() -> None:
    @dataclass(frozen=True, slots=True)
    class Other:
        number: int

    with pytest.raises(ValueError, match="share the letter"):
        payload("p")(Other)
    assert type(decode("1p:abcd1234:1")) is ResultPage


@given(LINKS)
def test_a_deep_link_gives_back_what_was_put_in(link: callback_data.DeepLink) -> None:
    raw = encode_start(link)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", raw)
    assert decode_start(raw) == link


@given(st.one_of(st.text(max_size=80), st.from_regex(r"\A[a-z]_[A-Za-z0-9_-]{0,64}\Z")))
def test_any_start_payload_is_read_without_exception(raw: str) -> None:
    link = decode_start(raw)
    if link is not None:
        assert encode_start(link)


@pytest.mark.parametrize(
    "raw", ["../../x", "a_short", "a_" + "x" * 11 + "_-1", "x" * 64, "s_", "YWJj", "s_../x"]
)
def test_a_forged_start_payload_is_nothing(raw: str) -> None:
    assert decode_start(raw) is None
