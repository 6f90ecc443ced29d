"""Feeds, search description, robots and site map, read by parsers of their kind."""

from pathlib import Path
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest

from tests.bot.web.sites import article_id, served

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.mark.parametrize(
    ("path", "titles"),
    [
        ("/feed.xml?category=金融", ["半亩茶饮上市首日涨两成"]),
        ("/feed.xml?author=江城晚报", ["<b>望江大桥 & “通车”"]),
        ("/feed.xml?q=半亩茶饮", ["半亩茶饮上市首日涨两成", "江城的老茶馆"]),
    ],
)
async def test_a_feed_has_the_newest_articles_of_what_was_asked(
    tmp_path: Path, path: str, titles: list[str]
) -> None:
    async with served(tmp_path) as (client, _):
        answer = await client.get(path)
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.content)
    assert [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")] == titles


async def test_a_feed_has_what_its_format_demands(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, corpus):
        feed = ElementTree.fromstring((await client.get("/feed.xml")).content)
        bridge = article_id(corpus, "望江大桥")
    entries = {entry.findtext(f"{ATOM}id"): entry for entry in feed.findall(f"{ATOM}entry")}
    assert len(entries) == 4
    for element in (feed, *entries.values()):
        for name in ("id", "title", "updated"):
            assert element.findtext(f"{ATOM}{name}")
    entry = entries[f"https://news.example.org/a/{bridge}"]
    links = {link.get("rel"): link.get("href") for link in entry.findall(f"{ATOM}link")}
    assert links["via"] == "https://news.example.org/bridge?a=1&b=2"
    assert "恢复双向通行" in (entry.findtext(f"{ATOM}summary") or "")


async def test_characters_that_xml_does_not_have_are_left_out(tmp_path: Path) -> None:
    posts = {"a.md": "---\ntitle: 甲\x0b乙\uffff丙\n---\n\n正\x08文\ufffe。\n"}
    async with served(tmp_path, posts=posts) as (client, _):
        feed = ElementTree.fromstring((await client.get("/feed.xml")).content)
    assert "".join((feed.findtext(f"{ATOM}entry/{ATOM}title") or "").split()) == "甲乙丙"


async def test_crawlers_may_read_articles_and_no_searches(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, corpus):
        robots, sitemap = await client.get("/robots.txt"), await client.get("/sitemap.xml")
        bridge = article_id(corpus, "望江大桥")
    parser = RobotFileParser()
    parser.parse(robots.text.splitlines())
    assert parser.can_fetch("any", f"/a/{bridge}")
    assert not parser.can_fetch("any", "/search?q=x")
    assert parser.site_maps() == ["https://news.example.org/sitemap.xml"]
    found = [one.text for one in ElementTree.fromstring(sitemap.content).iter(f"{SITEMAP}loc")]
    assert f"https://news.example.org/a/{bridge}" in found
    assert len(found) == 4


async def test_a_browser_learns_how_to_search(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, _):
        tree = ElementTree.fromstring((await client.get("/opensearch.xml")).content)
    url = tree.find("{http://a9.com/-/spec/opensearch/1.1/}Url")
    assert url is not None
    assert url.get("template") == "https://news.example.org/search?q={searchTerms}"
