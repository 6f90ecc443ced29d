import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.sources.entries import Feed, NotAFeedError
from corpus.sources.parsing import parse_feed
from tests.corpus.sources.feeds import item, rss

ZONE = ZoneInfo("Asia/Shanghai")

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://blog.test/p/">
<title type="html">笔记 &amp;amp; 草稿</title>
<link rel="self" href="/atom.xml" type="application/atom+xml"/><link href="https://blog.test/"/>
<entry><title>雪夜</title><id>tag:blog.test,2026:1</id><link href="snow"/>
<updated>2026-11-30T08:00:00+08:00</updated>
<published>2026-11-29T08:00:00Z</published><author><name>小满</name></author>
<summary>短</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>下雪了。</p></div></content>
</entry><entry><title>纯文</title><id>https://blog.test/p/2</id><updated>2026-11-30T08:00:00Z</updated>
<content type="text">一 &lt; 二

三</content></entry></feed>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://d.test/"><title>公告</title></channel>
<item rdf:about="https://d.test/1"><title>更新</title><link>https://d.test/1</link><dc:date>2022-12-17</dc:date>
<description>说明</description></item></rdf:RDF>"""

JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "短讯", "home_page_url": "https://j.test/",
"items": [{"id": 7, "url": "/7", "title": "第七条", "content_html": "<p>正文</p>", "date_published":
"2026-11-30T10:00:00+08:00", "authors": [{"name": "甲"}], "image": "/i.png"},
{"id": "https://j.test/8", "content_text": "一\\n\\n二"}]}"""


def parse(text: str | bytes, header: str = "") -> Feed:
    raw = text if isinstance(text, bytes) else text.encode()
    return parse_feed(raw, content_type=header, address="https://hub.test/feed", zone=ZONE)


def test_rss_is_read() -> None:
    feed = parse(rss([item(1), item(2)], extra="<ttl>90</ttl>"))
    assert (feed.title, feed.link, feed.ttl_minutes, feed.is_complete) == (
        "城南日报",
        "https://news.test/",
        90,
        True,
    )
    first = feed.entries[0]
    assert (first.title, first.guid, first.link) == ("第1条消息", "news-1", "https://news.test/a/1")
    assert first.published == datetime(2026, 11, 30, 7, tzinfo=UTC)


def test_atom_is_read_with_its_base_and_the_fullest_body() -> None:
    feed = parse(ATOM)
    assert feed.title == "笔记 & 草稿"
    snow, plain = feed.entries
    assert (snow.link, snow.author) == ("https://blog.test/p/snow", "小满")
    assert snow.published == datetime(2026, 11, 29, 8, tzinfo=UTC)
    assert "下雪了" in snow.body
    assert plain.link == "https://blog.test/p/2"
    assert plain.body == "<p>一 &lt; 二</p>\n<p>三</p>"


def test_rdf_and_json_are_read() -> None:
    assert parse(RDF).entries[0].link == "https://d.test/1"
    assert parse(RDF).entries[0].published == datetime(2022, 12, 16, 16, tzinfo=UTC)
    first, second = parse(JSON, "application/feed+json").entries
    assert (first.guid, first.link, first.author, first.image) == (
        "7",
        "https://j.test/7",
        "甲",
        "https://j.test/i.png",
    )
    assert (second.link, second.body) == ("https://j.test/8", "<p>一</p>\n<p>二</p>")


def test_an_audio_file_is_not_the_link_of_an_entry() -> None:
    text = rss([item(1, link="")]).replace(
        "</item>", "<enclosure url='https://n.test/e.m4a' type='audio/x-m4a' length='1'/></item>"
    )
    assert parse(text).entries[0].link is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\n\n<!-- 缓存 -->\n" + rss([item(1)]), id="blanks and comments before"),
        pytest.param(
            "Notice: undefined variable in x.php\n" + rss([item(1)]), id="a program's notice before"
        ),
        pytest.param(
            rss([item(1)]).replace("第1条消息</title>", "第1条消息 & 其他\x08</title>"), id="a bare &"
        ),
        pytest.param(
            rss([item(1)])
            .replace("<item>", "<x:item>")
            .replace("</item>", "</x:item>")
            .replace("<channel>", "<x:channel>")
            .replace("</channel>", "</x:channel>"),
            id="a prefix that nobody declared",
        ),
        pytest.param(rss([item(1)]).replace("pubDate>", "pubdate>"), id="lower case"),
    ],
)
def test_feeds_that_are_not_quite_xml_are_read(text: str) -> None:
    [entry] = parse(text).entries
    assert entry.title.startswith("第1条消息")
    assert entry.published is not None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "an empty answer"),
        ("  \n", "an empty answer"),
        ("<!DOCTYPE html><html><body>请完成验证</body></html>", "a web page"),
        ("<html><head><link rel=alternate href=/feed></head><rss></html>", "a web page"),
        ("<opml version='1.0'><body/></opml>", "an outline of feeds (OPML): save it, and follow the file"),
        ("服务器内部错误", "neither XML of a feed nor JSON"),
        ('{"error": "not found"}', "JSON, but no feed"),
        (JSON[:200], "JSON that breaks off or is damaged"),
        ("[" * 3, "neither XML of a feed nor JSON"),
        ('{"items":' + "[" * 100_000, "JSON that is nested too deeply"),
    ],
)
def test_what_is_no_feed_is_named(text: str, reason: str) -> None:
    with pytest.raises(NotAFeedError) as error:
        parse(text)
    assert str(error.value) == reason


def test_half_an_answer_is_noticed() -> None:
    text = rss([item(number) for number in range(20)])
    assert parse(text).is_complete
    assert not parse(text[: len(text) // 2]).is_complete


def test_neither_entities_nor_files_are_expanded() -> None:
    bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    text = (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a0 "哈哈">{bomb}<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        "<rss version='2.0'><channel><title>t</title><item><title>&a9;</title><description>&x;</description>"
        "</item></channel></rss>"
    )
    started = time.process_time()
    feed = parse(text)
    assert time.process_time() - started < 1
    assert "root:" not in str(feed.entries)
    assert len(str(feed.entries)) < 1_000


def test_deep_nesting_is_read() -> None:
    feed = parse(rss([item(1, body="<div>" * 9_000 + "深" + "</div>" * 9_000)]))
    assert "深" in feed.entries[0].body


@given(st.binary(max_size=400))
def test_any_answer_is_read_or_named(raw: bytes) -> None:
    for start in (b"", b"<rss><channel><item>", b'{"items": [{"id": '):
        try:
            parse(start + raw)
        except NotAFeedError as error:
            assert str(error)  # noqa: PT017
