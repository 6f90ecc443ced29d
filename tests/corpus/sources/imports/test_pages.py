"""Saved pages: what they say of themselves, and their main text."""

import pytest

from corpus.posts import paragraphs
from corpus.sources.imports.pages import decode_page, read_page, unpack_mhtml
from corpus.sources.imports.values import ImportedEntry, UnreadableError
from tests.corpus.sources.imports.conftest import ZONE

PROSE = (
    "望江大桥于昨夜二十二时恢复双向通行，比计划提前一天。城建局表示，桥面铺装和护栏都已验收。",
    "封闭期间，两岸居民要绕行十二公里。记者在现场看到，第一辆公交车在二十二时零五分驶过大桥。",
    "有居民说，孩子上学终于不用早起一个小时了，菜价也应该会降下来。",
)
PAGE = f"""<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8">
<title>望江大桥抢通 - 望江日报</title>
<link rel="canonical" href="https://www.news.test/2026/bridge?utm_source=share">
<meta property="og:site_name" content="望江日报"><meta name="author" content="王五">
<meta property="article:published_time" content="2026-11-20T08:05:00+08:00">
<meta property="og:image" content="https://img.test/1.jpg"></head><body>
<header><a href="/">首页</a>
<nav><ul><li><a href="/1">国内</a></li><li><a href="/2">国际</a></li></ul></nav></header>
<div class="content"><h1>望江大桥抢通</h1><div class="article-body">
{"".join(f"<p>{text}</p>" for text in PROSE)}
</div></div>
<div class="related"><h3>相关新闻</h3>
<ul><li><a href="/a">另一座桥</a></li><li><a href="/b">又一座桥</a></li></ul></div>
<footer><p>版权所有 望江日报社，未经授权不得转载，违者必究，举报电话见网站底部。</p></footer></body></html>"""


def read(page: str | bytes, **values: object) -> ImportedEntry:
    raw = page.encode() if isinstance(page, str) else page
    options = {"guid": "file:1", "address": None, "content_type": "", "zone": ZONE, "own": True, **values}
    return read_page(raw, **options)[0]  # type: ignore[arg-type]


def text_of(found: ImportedEntry) -> str:
    return "\n".join(one.text for one in paragraphs(found.entry.body, title=found.entry.title))


@pytest.mark.parametrize("own", [True, False], ids=["own reader", "fulltext"])
def test_a_page_gives_its_article_without_what_belongs_to_the_site(own: bool) -> None:
    found = read(PAGE, own=own)
    entry = found.entry
    assert (entry.title, entry.author, found.outlet) == ("望江大桥抢通", "王五", "望江日报")
    assert entry.link == entry.guid == "https://www.news.test/2026/bridge"
    assert entry.image == "https://img.test/1.jpg"
    text = text_of(found)
    for one in PROSE:
        assert one in text
    for other in ("国内", "国际", "另一座桥", "版权所有"):
        assert other not in text


def test_it_says_which_reader_found_the_text() -> None:
    assert read_page(PAGE.encode(), guid="", address=None, content_type="", zone=ZONE)[1] == "trafilatura"
    assert (
        read_page(PAGE.encode(), guid="", address=None, content_type="", zone=ZONE, own=True)[1]
        == "own reader"
    )


def test_a_page_of_one_line_is_an_article() -> None:
    assert text_of(read("<html><title>快讯</title><body><p>今天有雨</p></body></html>")) == "今天有雨"


@pytest.mark.parametrize(
    ("charset", "declared"),
    [("gb18030", "gb2312"), ("gbk", "gbk"), ("big5", "big5"), ("utf-8", "utf-8"), ("utf-16", "utf-16")],
)
def test_the_declared_encoding_of_a_page_counts(charset: str, declared: str) -> None:
    text = "望江大橋恢復通行" if charset == "big5" else "望江大桥恢复通行"
    raw = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={declared}"></head>{text}'
    assert text in decode_page(raw.encode(charset))


def test_pictures_inside_a_page_cost_nothing() -> None:
    heavy = PAGE.replace("<p>", '<img src="data:image/png;base64,' + "iVBORw0K" * 100_000 + '"><p>', 1)
    found = read(heavy)
    assert PROSE[0] in text_of(found)
    assert len(found.entry.body) < 10_000


def mhtml(page: str) -> bytes:
    return (
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://news.test/saved\r\n"
        "Subject: x\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related; type="text/html"; boundary="B"\r\n\r\n'
        '--B\r\nContent-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
        f"{page}\r\n--B\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "iVBO\r\n--B--\r\n"
    ).encode()


def test_an_mhtml_file_gives_its_page_and_where_it_was_saved_from() -> None:
    raw, content_type, address = unpack_mhtml(mhtml(PAGE))
    assert address == "https://news.test/saved"
    assert PROSE[0] in text_of(read(raw, content_type=content_type, address=address))


@pytest.mark.parametrize(
    "raw", [b"", b"\0\1\2", b"Subject: x\n\nno page", b"Content-Type: multipart/related\n\n"]
)
def test_what_is_no_mhtml_file_is_refused(raw: bytes) -> None:
    with pytest.raises(UnreadableError, match="no MHTML"):
        unpack_mhtml(raw)


@pytest.mark.parametrize("page", ["no markup at all", "<html><body><script>load()</script></body></html>"])
def test_what_is_no_page_or_has_no_text_is_refused(page: str) -> None:
    with pytest.raises(UnreadableError):
        read(page)
