"""The main text of whole pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.posts import paragraphs
from corpus.posts.main_text import main_text

PROSE = tuple(
    f"第{number}段说的是望江大桥：桥面已经铺好，护栏也已装好，两岸的居民不用再绕行十二公里了。"
    for number in range(1, 7)
)


def found(body: str) -> str:
    page = f"<html><head><title>大桥</title></head><body>{body}</body></html>"
    return "\n".join(one.text for one in paragraphs(main_text(page), title="大桥"))


def prose(tag: str = "p") -> str:
    return "".join(f"<{tag}>{text}</{tag}>" for text in PROSE)


LINKS = "".join(
    f'<li><a href="/{number}">另一篇文章的标题，第{number}篇，说的是别处的事</a></li>' for number in range(9)
)


@pytest.mark.parametrize(
    "body",
    [
        f"<article>{prose()}</article>",
        f"<div id=main><div class=content>{prose()}</div></div>",
        f"<table><tr><td><ul>{LINKS}</ul></td><td>{prose()}</td></tr></table>",
        f"<form action=/page><div>{prose()}</div></form>",
        f"<div>{'<br><br>'.join(PROSE)}</div>",
        f"<main>{prose('div')}</main>",
        f"<div><section>{prose()}</section><section>{prose()}</section></div>",
        f"<div class='comment-page-theme'><div class='sidebar-right'>{prose()}</div></div>",
    ],
    ids=["article", "content", "table", "form", "breaks", "divs", "sections", "misnamed"],
)
def test_the_prose_is_found_wherever_it_stands(body: str) -> None:
    page = (
        f"<header><nav><ul>{LINKS}</ul></nav></header>{body}"
        f"<aside><ul>{LINKS}</ul></aside><footer><p>版权所有，联系电话，备案号，地址和其他的一切。</p></footer>"
    )
    text = found(page)
    for one in PROSE:
        assert one in text
    assert "另一篇文章" not in text
    assert "版权所有" not in text


@pytest.mark.parametrize(
    "addition",
    [
        f"<div class='related-articles'><h3>相关</h3><ul>{LINKS}</ul></div>",
        f"<ul>{LINKS}</ul>",
        "<div class='share-buttons'><a href=#>分享到微博分享到微信分享到朋友圈</a></div>",
        "<div class='comments'><p>网友说，这座桥修得真快，比上次快了一个多月，真的很不错。</p></div>",
        "<div role=navigation><p>网站的导航，这里有很多的栏目，您可以点开每一个栏目看看。</p></div>",
        "<p style='display: none'>这一段话是看不见的，它写给搜索引擎，读者从来都看不到它。</p>",
        "<div aria-hidden=true><p>这一段话是看不见的，它写给搜索引擎，读者从来都看不到它。</p></div>",
    ],
    ids=["related", "links", "share", "comments", "navigation", "hidden", "aria"],
)
def test_what_is_added_to_an_article_goes(addition: str) -> None:
    text = found(
        f"<article>{''.join(f'<p>{one}</p>' for one in PROSE[:3])}{addition}<p>{PROSE[4]}</p></article>"
    )
    assert text == "\n".join((*PROSE[:3], PROSE[4]))


def test_headings_lists_quotes_and_tables_of_the_article_stay() -> None:
    inside = (
        "<h2>过程</h2><ul><li>先修桥面</li><li>后修护栏</li></ul><blockquote>比计划提前一天。</blockquote>"
        "<table><tr><td>桥面</td><td>三百万元</td></tr></table>"
    )
    text = found(f"<article>{prose()}{inside}<p>{PROSE[0]}完。</p></article>")
    for one in ("过程", "先修桥面", "后修护栏", "比计划提前一天。", "三百万元"):
        assert one in text


def test_a_page_without_prose_gives_what_it_has() -> None:
    assert found("<p>今天有雨</p>") == "今天有雨"
    assert main_text("") == main_text("<script>x()</script>") == ""


@given(
    st.lists(
        st.sampled_from(["<div>", "</div>", "<p>", "</p>", "<ul><li>", "<a href=x>", "</a>", "字", "<form>"])
    )
)
def test_any_markup_is_read(parts: list[str]) -> None:
    assert isinstance(main_text("".join(parts)), str)


def test_deep_and_wide_pages_are_read() -> None:
    assert "字" in main_text("<div>" * 200 + "字" * 60)
    assert isinstance(main_text("<div>" * 50_000 + "字" * 60), str)
    assert main_text("<div><p>" + "短" * 30 + "</p></div>" * 5_000)
