import time

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from corpus.sources.markup import clean_body, plain_title, text_as_html

BASE = "https://news.test/a/1"


def cleaned(markup: str) -> str:
    return clean_body(markup, BASE).html


@pytest.mark.parametrize(
    "markup",
    [
        "<p cms-style='font-L'>　　正文 &amp; <b>粗</b><br/>换行</p><!-- 尾 -->\n\n",
        '<div class="a"><img src="https://i.test/a.png" referrerpolicy="no-referrer"></div>',
        "<style>\n.a{color:red}\n</style><P>大写</P>",
        "a &lt; b，3 > 2",
    ],
)
def test_what_is_harmless_stays_byte_for_byte(markup: str) -> None:
    assert cleaned(markup) == markup


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<SCRIPT src=//x.test/y.js></SCRIPT >",
        '<img src="x.png" onerror="alert(1)">',
        '<img src="x.png"/onerror=alert(1)>',
        '<a href="java&#10;script:alert(1)">x</a>',
        '<a href=" &#x6A;avascript:alert(1)">x</a>',
        '<a href="vbscript:x">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        '<iframe src="javascript:alert(1)"></iframe>',
        '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
        '<object data="x.swf"></object>',
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        '<p style="width:expression(alert(1))">x</p>',
        "<!--><script>alert(1)</script>-->",
        "<!-- --!><script>alert(1)</script> -->",
        "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        '<a "onclick=alert(1) href=x>x</a>',
        '<form action="javascript:alert(1)"><button formaction="javascript:x">x</button></form>',
        '<base href="https://evil.test/"><meta http-equiv="refresh" content="0;url=javascript:x">',
        '<img src="x" onerror=alert(1)',
    ],
)
def test_nothing_that_runs_remains(markup: str) -> None:
    soup = BeautifulSoup(f"<div>{cleaned(markup)}</div>", "html5lib")
    assert not soup.find(
        ["script", "object", "embed", "base", "meta[http-equiv]", "form"], recursive=True
    ) or (
        not soup.body.find(["script", "object", "embed", "base", "form"])  # type: ignore[union-attr]
    )
    for tag in soup.find_all(True):
        for name, value in tag.attrs.items():
            assert not name.startswith("on"), markup
            assert name != "srcdoc"
            text = "".join(value) if isinstance(value, list) else str(value)
            compact = "".join(text.split()).lower()
            assert not compact.startswith(("javascript:", "vbscript:", "data:text")), markup
            assert "expression(" not in compact


def test_links_and_pictures_get_their_addresses() -> None:
    assert cleaned('<a href="/b?x=1&amp;y=2">二</a>') == '<a href="https://news.test/b?x=1&amp;y=2">二</a>'
    body = clean_body('<img src="blank.gif" data-src="//i.test/a.jpg" referrerpolicy="no-referrer">', BASE)
    assert 'src="https://i.test/a.jpg"' in body.html
    assert 'referrerpolicy="no-referrer"' in body.html
    assert body.image == "https://i.test/a.jpg"


@pytest.mark.parametrize(
    "icon",
    [
        '<img src="https://h5.test/timeline_card_small.png" style="width: 1rem;height: 1rem;">',
        '<img src="https://s.test/pixel.gif" width="1" height="1">',
        '<img src="https://s.test/images/emoji/1f600.png">',
        '<img src="data:image/png;base64,AAAA">',
    ],
)
def test_the_head_picture_is_no_icon(icon: str) -> None:
    assert clean_body(f'{icon}<img src="https://i.test/real.jpg" width="1080">', BASE).image == (
        "https://i.test/real.jpg"
    )


def test_a_tag_that_is_never_closed_loses_no_prose() -> None:
    assert cleaned("比较：a <b 且 c") == "比较：a &lt;b 且 c"
    assert cleaned('正文<img src="https://i.test/a.p') == "正文"


@given(st.text(alphabet="<>/!-'\"= abimgscripthref&#;{}正\n", max_size=200))
def test_cleaning_twice_is_cleaning_once(markup: str) -> None:
    once = cleaned(markup)
    assert "<script" not in once.lower()
    assert cleaned(once) == once


@pytest.mark.parametrize(
    "part", ["<a ", "<!--", "<p a='", "<script>", "<style>", "<img src=x ", "</", '<a b="c"']
)
def test_any_body_takes_linear_time(part: str) -> None:
    started = time.process_time()
    cleaned(part * (1_000_000 // len(part)))
    assert time.process_time() - started < 6


def test_titles_lose_markup_but_not_their_angle_brackets() -> None:
    assert plain_title("<p>标题 <em>一</em></p>") == "标题 一"
    assert plain_title("<script>alert(1)</script>标题") == "标题"
    assert plain_title("List<Integer> 与 &lt;T&gt;") == "List<Integer> 与 <T>"


def test_plain_text_keeps_its_paragraphs_and_lines() -> None:
    assert text_as_html("甲 < 乙\n丙\n\n丁") == "<p>甲 &lt; 乙<br>\n丙</p>\n<p>丁</p>"
