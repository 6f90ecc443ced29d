"""Where pages say their title, date, author and address."""

import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.posts.page_metadata import PageMetadata, read_metadata

ZONE = ZoneInfo("Asia/Shanghai")


def read(head: str = "", body: str = "", *, address: str | None = None, before: str = "") -> PageMetadata:
    page = f"{before}<html><head>{head}</head><body>{body}</body></html>"
    return read_metadata(page, address=address, zone=ZONE)


def ld(**values: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(values)}</script>'


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>大桥抢通 - 望江日报</title>", "<h1>大桥抢通</h1>", "大桥抢通"),
        ("<title>大桥抢通_新闻_望江日报</title>", "<h1>望江日报</h1><h2>大桥抢通</h2>", "大桥抢通"),
        (
            '<title>大桥抢通 | 望江日报</title><meta property="og:site_name" content="望江日报">',
            "",
            "大桥抢通",
        ),
        ('<title>站</title><meta property="og:title" content="大桥抢通">', "", "大桥抢通"),
        (ld(**{"@type": "NewsArticle", "headline": "大桥抢通"}), "", "大桥抢通"),
        ("", "<h1>大桥抢通</h1>", "大桥抢通"),
        ("<title>A &amp; B</title>", "", "A & B"),
        ("", "", ""),
    ],
)
def test_titles(head: str, body: str, title: str) -> None:
    assert read(head, body).title == title


@pytest.mark.parametrize(
    ("head", "body", "day"),
    [
        (ld(**{"@type": "NewsArticle", "datePublished": "2026-11-20T08:00:00Z"}), "", "2026-11-20"),
        (ld(**{"@graph": [{"@type": "BlogPosting", "datePublished": "2026-11-20"}]}), "", "2026-11-20"),
        ('<meta name="pubdate" content="2026-11-20 08:00">', "", "2026-11-20"),
        ('<meta itemprop="datePublished" content="2026-11-20">', "", "2026-11-20"),
        ("", '<time datetime="2026-11-20">昨天</time>', "2026-11-20"),
        ("", '<span class="post-date">发布：2026年11月20日 08:05 来源：某报</span>', "2026-11-20"),
        ("", '<p class="info">2026-11-20 08:05:00</p>', "2026-11-20"),
        ("", "<p>发布时间：2026-11-20 08:05</p>", "2026-11-20"),
        ("", "<div><b>甲</b> 发表于 2026-11-20</div>", "2026-11-20"),
        ("", "<div>2026/11/20 8:05:00<br>大桥今晨抢通。</div>", "2026-11-20"),
        ("", "<p>2026-11-20</p><p>发布于2019-01-0112，是一个号码</p>", None),
        ('<link rel="canonical" href="https://news.test/2026/11/20/bridge.html">', "", "2026-11-20"),
        ('<meta property="article:modified_time" content="2026-11-21">', "", "2026-11-21"),
        ('<meta name="date" content="not a day">', "<p>2019-01-01 stands in the text</p>", None),
    ],
)
def test_dates(head: str, body: str, day: str | None) -> None:
    published = read(head, body).published
    assert (published.astimezone(ZONE).date().isoformat() if published else None) == day


@pytest.mark.parametrize(
    ("head", "body", "author"),
    [
        ('<meta name="author" content="王五">', "", "王五"),
        (
            ld(**{"@type": "NewsArticle", "author": [{"@type": "Person", "name": "王五"}, {"name": "赵六"}]}),
            "",
            "王五、赵六",
        ),
        ("", '<a rel="author" href="/w">王五</a>', "王五"),
        ("", '<span class="author">作者：王五</span>', "王五"),
        ("", '<p class="byline">By Wang Wu</p>', "Wang Wu"),
        ("", "<p>来源：望江日报 作者：王五 浏览：3</p>", "王五"),
        ("", f"<p>作者：他说{'很久以前的事情' * 30}</p>", None),
        ('<meta property="article:author" content="https://social.test/w">', "", None),
        ("", "<p>no author anywhere</p>", None),
    ],
)
def test_authors(head: str, body: str, author: str | None) -> None:
    assert read(head, body).author == author


@pytest.mark.parametrize(
    ("head", "before", "address", "expected"),
    [
        ('<link rel="canonical" href="https://news.test/a">', "", None, "https://news.test/a"),
        ('<link rel="canonical" href="/a">', "", "https://news.test/b", "https://news.test/a"),
        ('<meta property="og:url" content="https://news.test/a">', "", None, "https://news.test/a"),
        ("", "<!-- saved from url=(0019)https://news.test/a -->\n", None, "https://news.test/a"),
        (
            "",
            "<!--\n Page saved with SingleFile \n url: https://news.test/a \n-->",
            None,
            "https://news.test/a",
        ),
        (
            '<link rel="canonical" href="https://news.test/">',
            "",
            "https://news.test/a",
            "https://news.test/a",
        ),
        ('<link rel="canonical" href="javascript:x()">', "", None, None),
    ],
)
def test_addresses(head: str, before: str, address: str | None, expected: str | None) -> None:
    assert read(head, before=before, address=address).address == expected


@given(st.text(max_size=300), st.text(max_size=300))
def test_metadata_of_any_page_is_read(head: str, body: str) -> None:
    found = read(head + f'<script type="application/ld+json">{head}</script>', body)
    assert "\n" not in found.title


@pytest.mark.parametrize(
    ("head", "address", "base"),
    [
        ('<base href="https://cdn.test/x/">', "https://news.test/a", "https://cdn.test/x/"),
        ('<base href="/x/">', "https://news.test/a", "https://news.test/x/"),
        ('<base target="_blank">', "https://news.test/a", "https://news.test/a"),
        ('<base href="/x/">', None, None),
    ],
)
def test_relative_addresses_of_a_page_are_relative_to_its_base(
    head: str, address: str | None, base: str | None
) -> None:
    assert read(head, address=address).base == base
