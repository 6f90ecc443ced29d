"""Sitemaps in their forms."""

import gzip

import pytest

from corpus.sources.imports.sitemaps import Sitemap, read_sitemap

PLACE = "https://www.news.test/sitemap.xml"
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def urlset(*entries: tuple[str, str], root: str = "urlset", entry: str = "url") -> bytes:
    inside = "".join(
        f"<{entry}><loc>\n {place} </loc>{f'<lastmod>{day}</lastmod>' if day else ''}</{entry}>"
        for place, day in entries
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {NAMESPACE}>{inside}</{root}>'.encode()


def test_pages_come_newest_first_each_once() -> None:
    raw = urlset(
        ("https://news.test/old", "2020-01-01"),
        ("https://news.test/none", ""),
        ("https://news.test/new", "2026-11-20T08:00:00+08:00"),
        ("https://news.test/old", "2020-01-01"),
    )
    pages = ("https://news.test/new", "https://news.test/old", "https://news.test/none")
    assert read_sitemap(raw, PLACE) == Sitemap(pages=pages)
    assert read_sitemap(gzip.compress(raw), PLACE) == Sitemap(pages=pages)


def test_an_index_names_further_sitemaps() -> None:
    raw = urlset(("https://news.test/1.xml", ""), root="sitemapindex", entry="sitemap")
    assert read_sitemap(raw, PLACE) == Sitemap(sitemaps=("https://news.test/1.xml",))


def test_only_addresses_of_its_own_site_count() -> None:
    raw = urlset(
        ("https://other.test/a", ""),
        ("file:///etc/passwd", ""),
        ("javascript:x()", ""),
        ("https://news.test.other.test/a", ""),
        ("https://news.test/a&amp;b", ""),
    )
    assert read_sitemap(raw, PLACE) == Sitemap(pages=("https://news.test/a&b",))


def test_a_plain_list_is_a_sitemap_by_its_name() -> None:
    raw = b"https://news.test/1\nhttps://news.test/2\n"
    assert read_sitemap(raw, "https://news.test/sitemap.txt") == Sitemap(
        pages=("https://news.test/1", "https://news.test/2")
    )
    assert read_sitemap(raw, "https://news.test/page") is None


@pytest.mark.parametrize("raw", [b"", b"<html><p>a page</p></html>", b"\x1f\x8b broken", b"{}"])
def test_what_is_no_sitemap_is_told(raw: bytes) -> None:
    assert read_sitemap(raw, PLACE) is None


def test_a_broken_one_gives_what_can_be_read_and_no_entity_is_expanded() -> None:
    raw = urlset(("https://news.test/1", ""), ("https://news.test/2", ""))
    assert read_sitemap(raw[:-30], PLACE) is not None
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "'
        + b"x" * 1_000
        + b'"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
        b"<urlset><url><loc>https://news.test/&a;&f;</loc></url></urlset>"
    )
    found = read_sitemap(bomb, PLACE)
    assert found is not None
    assert "root:" not in str(found)
    assert "xxx" not in str(found)
