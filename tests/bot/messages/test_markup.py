"""Escaping, links, lengths and fitting: what Telegram accepts and shows as meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import markup
from bot.messages.markup import Html, bold, code, fill, fit, italic, join, link, quotation, text
from bot.wording import plain_text
from tests.botapi.formatting import utf16_length
from tests.botapi.html import parse_html
from tests.botapi.links import link_problem

HOSTILE = st.text(
    st.one_of(
        st.sampled_from(list("<>&\"'/a=b;#x \n\t\r\x00\u202e\u2028\u200d\ufe0f😀👩🏽𠮷é王毅。")),
        st.characters(),
    ),
    max_size=60,
)


@given(HOSTILE)
def test_text_is_shown_literally(words: str) -> None:
    assert parse_html(text(words)).formatted.text == plain_text.clean(words)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_markup_around_any_text_is_accepted_and_covers_exactly_it(one: str, two: str, three: str) -> None:
    parsed = parse_html(join([text(one), bold(text(two)), italic(code(text(three)))], "—"))
    assert markup.plain(bold(text(two))) == plain_text.clean(two)
    assert parsed.formatted.spans("bold") == ((plain_text.clean(two),) if plain_text.clean(two) else ())


@given(st.one_of(HOSTILE, st.from_regex(r"\A(https?|ftp|javascript|tg)://[^\n]{0,30}\Z")), HOSTILE)
def test_an_address_is_either_kept_by_telegram_or_not_made_a_link(url: str, label: str) -> None:
    shown = link(text(label), url)
    parsed = parse_html(shown)
    assert not parsed.dropped
    assert not parsed.blank_links
    target = markup.address(url)
    if target is not None:
        assert link_problem(target) is None
        assert target.isascii()
        assert len(target) <= markup.MAX_URL_CHARS
    else:
        assert shown == text(label)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://localhost/a",
        "https:///nohost",
        "http://[::1",
        "https://user:secret@example.org/",
        "https://exa mple.org/",
        "ftp://example.org/",
        "https://example.org:99999/",
        "https://" + "a" * 3000 + ".org",
        "//example.org/a",
        "",
        None,
    ],
)
def test_an_address_that_is_none_leaves_the_bare_label(url: str | None) -> None:
    assert link(text("标题"), url) == "标题"


def test_what_is_not_ascii_in_an_address_is_encoded_and_what_is_encoded_stays() -> None:
    assert markup.address("https://例子.com/p/王毅?q=%E4%B8%AD&a=1#:~:text=%E6%98%8E,x-") == (
        "https://xn--fsqu00a.com/p/%E7%8E%8B%E6%AF%85?q=%E4%B8%AD&a=1#:~:text=%E6%98%8E,x-"
    )


@given(st.lists(HOSTILE, max_size=12), st.integers(20, 200))
def test_fitting_keeps_whole_blocks_from_the_start_and_never_exceeds_the_limit(
    words: list[str], limit: int
) -> None:
    blocks = [bold(text(word)) for word in words]
    fitted = fit(blocks, limit=limit)
    assert utf16_length(parse_html(fitted).formatted.text) <= limit
    shown = [block for block in blocks if block]
    assert not shown or fitted
    kept = [join(shown[:count], "\n\n") for count in range(len(shown) + 1)]
    assert fitted in kept or "<" not in fitted


def test_a_message_of_ampersands_stays_below_every_limit() -> None:
    fitted = fit([text("&" * 3000), text("&" * 3000)])
    assert len(fitted.encode()) < 32_768
    assert markup.length(fitted) == 3000


def test_a_message_with_too_many_entities_is_cut_before_they_are_ignored() -> None:
    fitted = fit([bold(text(str(number))) for number in range(200)], separator=" ")
    assert len(parse_html(fitted).formatted.entities) <= 100


def test_a_template_takes_markup_into_its_places_and_shows_its_own_text_literally() -> None:
    assert fill("<{title}> & {{day}}", title=bold(text("甲"))) == "&lt;<b>甲</b>&gt; &amp; {day}"


def test_nothing_stays_nothing() -> None:
    assert join([bold(Html("")), quotation(Html("")), link(Html(""), "https://example.org")]) == ""
