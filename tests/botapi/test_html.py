"""The HTML parser refuses and drops what Telegram refuses and drops."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.botapi.formatting import Entity, FormattedText, clean, find_entities, utf16_length
from tests.botapi.html import HtmlError, parse_html
from tests.botapi.links import link_problem
from tests.botapi.messages import as_html

TAGS = st.sampled_from(["b", "i", "u", "s", "code", "pre", "blockquote", "tg-spoiler"])
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@pytest.mark.parametrize(
    ("source", "refusal"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("二 < 三", 'Unsupported start tag "" at byte offset 4'),
        ("二<三", "Unclosed start tag at byte offset 3"),
        ("<!-- x -->", 'Unsupported start tag "!--" at byte offset 0'),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<b", "Unclosed start tag at byte offset 0"),
        ('<a href="x', "Unclosed start tag at byte offset 0"),
        ("<a href=x/y>z</a>", "Unexpected end of name token at byte offset 8"),
        ("<a =x>z</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<br/>", 'Unsupported start tag "br/" at byte offset 0'),
        ("&#xD800;", "Text contains invalid Unicode characters after decoding HTML entities, check for"),
    ],
)
def test_what_telegram_refuses_is_refused_in_its_words(source: str, refusal: str) -> None:
    with pytest.raises(HtmlError) as caught:
        parse_html(source)
    assert str(caught.value).startswith(refusal)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("&lt;b&gt; &amp; &quot;", '<b> & "'),
        ("&nbsp;&copy; a&b &", "&nbsp;&copy; a&b &"),
        ("&amp &#20013;&#x6587", "& 中文"),
        ("&#0; &#99999999; &#x110000;", "&#0; &#99999999; &#x110000;"),
        ("<B>x</b> <i>y</ i >", None),
        ("<b>x</>", "x"),
        ("a > b", "a > b"),
        ("", ""),
    ],
)
def test_entities_and_tags_are_read_leniently_where_telegram_is_lenient(
    source: str, text: str | None
) -> None:
    if text is None:
        with pytest.raises(HtmlError):
            parse_html(source)
    else:
        assert parse_html(source).formatted.text == text


def test_offsets_count_utf16_units() -> None:
    formatted = parse_html("😀<b>𠮷野家</b>&#128512;<i>x</i>").formatted
    assert formatted.entities == (Entity("bold", 2, 4), Entity("italic", 8, 1))
    assert formatted.spans("bold") == ("𠮷野家",)


def test_attributes_that_mean_nothing_are_ignored() -> None:
    assert parse_html("<b class=x id='y' hidden>x</b>").formatted.entities == (Entity("bold", 0, 1),)


def test_code_in_pre_becomes_one_block_with_a_language() -> None:
    both = parse_html('<pre><code class="language-python">x</code></pre>').formatted.entities
    assert both == (Entity("pre", 0, 1, language="python"),)


def test_a_quote_can_be_expandable() -> None:
    assert parse_html("<blockquote expandable>x</blockquote>").formatted.entities[0].type == (
        "expandable_blockquote"
    )


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://example.org/新闻?a=1&amp;b=2", True),
        ("example.org", True),
        ("https://例子.中国/", True),
        ("tg://resolve?domain=x", True),
        ("http://localhost/", False),
        ("http://[::1]/", True),
        ("javascript:alert(1)", False),
        ("ftp://example.org/", False),
        ("https://exa mple.org/", False),
        ("/p/6271.html", False),
        ("https:///nohost", False),
        ("https://example.org:99999/", False),
    ],
)
def test_links_with_a_bad_address_are_dropped_without_a_word(address: str, kept: bool) -> None:
    parsed = parse_html(f'<a href="{address}">字</a>')
    assert parsed.formatted.text == "字"
    assert bool(parsed.formatted.entities) is kept
    assert bool(parsed.dropped) is not kept


def test_a_link_is_kept_as_its_normal_form() -> None:
    [link] = parse_html('<a href="HTTPS://Example.ORG?q=a b">字</a>').formatted.entities
    assert link.url == "https://example.org/?q=a%20b"


def test_a_mention_by_id_is_no_link() -> None:
    [mention] = parse_html('<a href="tg://user?id=42">他</a>').formatted.entities
    assert (mention.type, mention.user) == ("text_mention", {"id": 42})


@given(st.text())
def test_any_text_is_parsed_or_refused_in_words(source: str) -> None:
    try:
        formatted = parse_html(source).formatted
    except HtmlError:
        return
    assert all(
        0 <= entity.offset < entity.end <= utf16_length(formatted.text) for entity in formatted.entities
    )


@given(st.text(st.sampled_from("<>/abi &;#x\"'=\n中😀"), max_size=40))
def test_any_soup_of_markup_is_parsed_or_refused_in_words(source: str) -> None:
    refusal = ""
    try:
        parse_html(source)
    except HtmlError as error:
        refusal = str(error)
    offset = re.search(r"byte offset (\d+)", refusal)
    assert offset is None or int(offset[1]) <= len(source.encode())


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    parsed = parse_html(html.escape(text, quote=False))
    assert parsed.formatted == FormattedText(text)


@given(st.lists(st.tuples(TAGS, WORDS, WORDS), max_size=6))
def test_wellformed_markup_gives_each_word_its_entity(pieces: list[tuple[str, str, str]]) -> None:
    source = "".join(
        f"{html.escape(before)}<{tag}>{html.escape(within)}</{tag}>" for tag, before, within in pieces
    )
    formatted = parse_html(source.replace("&#x27;", "'")).formatted
    assert formatted.text == "".join(before + within for _, before, within in pieces)
    assert [formatted.covered(entity) for entity in formatted.entities] == [
        within for _, _, within in pieces if within
    ]


@given(st.lists(st.tuples(TAGS, WORDS), max_size=6))
def test_a_message_written_back_as_html_means_the_same(pieces: list[tuple[str, str]]) -> None:
    source = "甲".join(f"<{tag}>{html.escape(words, quote=False)}</{tag}>" for tag, words in pieces)
    once = clean(parse_html(source).formatted)
    assert clean(parse_html(as_html(once)).formatted) == once


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean(FormattedText(text.encode(errors="replace").decode()))
    assert clean(once) == once


def test_cleaning_moves_entities_with_their_words() -> None:
    formatted = clean(parse_html("\r\n  \u202e<b>甲</b>\x07<i> </i><u>乙</u>\n ").formatted)
    assert formatted.text == "甲  乙"
    assert formatted.entities == (Entity("bold", 0, 1), Entity("underline", 3, 1))


def test_commands_mentions_and_addresses_are_found() -> None:
    found = find_entities(
        FormattedText("/ask@baotong_bot @xiaoming 看 https://example.org/p?a=1。 #新闻 a@b.c")
    )
    kinds = {entity.type: found.covered(entity) for entity in found.entities}
    assert kinds == {
        "bot_command": "/ask@baotong_bot",
        "mention": "@xiaoming",
        "url": "https://example.org/p?a=1",
        "hashtag": "#新闻",
    }


def test_a_slash_inside_a_path_is_no_command() -> None:
    assert find_entities(FormattedText("2022/12/30 a/b /最新")).entities == ()


@given(st.text())
def test_any_address_is_judged(address: str) -> None:
    problem = link_problem(address)
    assert problem is None or problem
