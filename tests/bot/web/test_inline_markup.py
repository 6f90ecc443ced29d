"""Spans become elements that are nested properly, whatever overlaps; text stays text."""

import time

from hypothesis import given
from hypothesis import strategies as st

from bot.web.inline_markup import PASSAGE, InlineSpan, inline_markup, is_web_address
from tests.bot.web.sites import parse

KINDS = ["link", "strong", "emphasis", "code", "superscript", "subscript", PASSAGE, "unknown"]
TARGETS = [
    "",
    "https://example.org/?a=1&b=<2>",
    "javascript:alert(1)",
    "mailto:a@example.org",
    "data:x",
    "p1",
]
spans = st.builds(
    InlineSpan, st.integers(-2, 12), st.integers(-2, 14), st.sampled_from(KINDS), st.sampled_from(TARGETS)
)
TAGS = {"html", "head", "body", "p", "a", "strong", "em", "code", "sup", "sub", "mark"}


@given(st.text(st.characters(blacklist_categories=["Cc", "Cs"]), max_size=12), st.lists(spans, max_size=12))
def test_the_text_is_shown_literally_in_elements_of_a_fixed_list(text: str, given: list[InlineSpan]) -> None:
    tree = parse(f"<p>{inline_markup(text, given)}</p>")
    body = tree.find("body")
    assert body is not None
    assert "".join(body.itertext()) == text
    assert {element.tag for element in tree.iter()} <= TAGS
    links = {element.get("href") for element in tree.iter("a")}
    assert links <= {"https://example.org/?a=1&b=<2>", "mailto:a@example.org"}


def test_spans_that_cut_each_other_are_written_in_pieces() -> None:
    written = inline_markup("甲乙丙", [InlineSpan(0, 2, "strong"), InlineSpan(1, 3, PASSAGE, "p4")])
    assert str(written) == ('<strong>甲</strong><mark id="p4"><strong>乙</strong>丙</mark>')


def test_each_stretch_is_converted_but_code_is_not() -> None:
    written = inline_markup("abc", [InlineSpan(1, 2, "code")], str.upper)
    assert str(written) == "A<code>b</code>C"


def test_thirty_thousand_spans_that_overlap_take_seconds_at_most() -> None:
    many = [InlineSpan(start, 60_000, "strong") for start in range(30_000)]
    started = time.process_time()
    inline_markup("x" * 60_000, many)
    assert time.process_time() - started < 20


def test_addresses_that_browsers_read_otherwise_are_no_links() -> None:
    good = ["https://example.org", "http://例子.测试/路", "mailto:a@example.org"]
    bad = [
        "javascript:alert(1)",
        "//example.org",
        "https://",
        "https://me@example.org",
        "ht\ntps://a.b",
        "mailto:",
    ]
    assert [url for url in good + bad if is_web_address(url)] == good
