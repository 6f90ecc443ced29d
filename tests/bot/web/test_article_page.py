"""Reader pages: over real HTTP, and read as a browser would."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.web.article_blocks import article_body
from bot.web.options import SiteOptions
from corpus import Corpus
from tests.bot.service.test_webhook import status_before_body
from tests.bot.web.sites import article_id, parse, served, shown
from tests.bot.web.test_article_blocks import bare, marked


async def test_an_article_is_a_page_with_its_passages_and_no_markup_of_its_own(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, corpus):
        bridge = article_id(corpus, "望江大桥")
        answer = await client.get(f"/a/{bridge}")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    tree = parse(answer.text)
    assert shown(tree, ".//h1") == "<b>望江大桥 & “通车”"
    assert "<script>alert(1)" in shown(tree, ".//section[@id='p0']")
    assert {script.get("type") for script in tree.iter("script")} == {"application/ld+json"}
    assert shown(tree, ".//time") == "2021年12月30日"
    assert shown(tree, ".//h2") == "施工"


async def test_the_head_tells_programs_what_the_page_is(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, corpus):
        bridge = article_id(corpus, "望江大桥")
        tree = parse((await client.get(f"/a/{bridge}")).text)
    metas = {meta.get("property") or meta.get("name"): meta.get("content") for meta in tree.iter("meta")}
    assert metas["og:title"] == "<b>望江大桥 & “通车”"
    assert metas["og:image"] == "https://pictures.example.org/bridge.jpg"
    assert metas["og:url"] == f"https://news.example.org/a/{bridge}"
    assert metas["article:published_time"] == "2021-12-30T06:52:50+00:00"
    assert (metas["description"] or "").startswith("望江大桥将于2022年1月5日恢复双向通行")
    links = {link.get("rel"): link.get("href") for link in tree.iter("link")}
    assert links["canonical"] == "https://news.example.org/bridge?a=1&b=2"
    data = json.loads(shown(tree, ".//script"))
    assert (data["@type"], data["headline"]) == ("NewsArticle", "<b>望江大桥 & “通车”")
    assert data["inLanguage"] == "zh-Hans"


@pytest.mark.parametrize("path", ["/a/", "/a/00000000000", "/a/../../etc/passwd", "/a/%00", "/a/bridge.md"])
async def test_anything_else_is_not_found(tmp_path: Path, path: str) -> None:
    async with served(tmp_path) as (client, _):
        answer = await client.get(path)
    assert answer.status_code == 404
    assert "root:" not in answer.text


async def test_a_page_leads_back_to_the_results_and_on_to_its_category(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, corpus):
        bridge = article_id(corpus, "望江大桥")
        tree = parse((await client.get(f"/a/{bridge}", params={"q": "大桥 & 通车"})).text)
        links = [a.get("href") or "" for a in tree.iter("a")]
        [back] = [a.get("href") or "" for a in tree.iter("a") if a.text == "‹ 返回结果"]
        assert (await client.get(back)).status_code == 200
        category = next(href for href in links if href.startswith("/latest?category="))
        assert "半亩茶饮" not in (await client.get(category)).text


async def test_an_operator_may_show_passages_only_and_no_pictures(tmp_path: Path) -> None:
    options = SiteOptions(public_url="https://news.example.org", images=False, whole_texts=False)
    async with served(tmp_path, options=options) as (client, corpus):
        answer = await client.get(f"/a/{article_id(corpus, '望江大桥')}")
    assert "img-src 'self' data:;" in answer.headers["Content-Security-Policy"]
    tree = parse(answer.text)
    assert not [img for img in tree.iter("img") if "pictures" in (img.get("src") or "")]
    assert tree.find(".//section") is None
    assert "到原文继续读" in answer.text


async def test_an_article_without_a_body_says_so(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, corpus):
        answer = await client.get(f"/a/{article_id(corpus, '只有标题')}")
    assert "这篇文章只有标题，没有正文。" in answer.text


async def test_a_simplified_article_is_shown_in_traditional_characters_on_request(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, corpus):
        path = f"/a/{article_id(corpus, '望江大桥')}"
        assert "script=hant" in (await client.get(path)).text
        tree = parse((await client.get(f"{path}?script=hant")).text)
    assert "望江大橋將於2022年" in shown(tree, ".//section[@id='p0']")
    text = tree.find(".//div[@class='text']")
    assert text is not None
    assert text.get("lang") == "zh-Hant"


async def test_a_request_for_a_page_with_a_body_is_refused_before_it_has_come(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, corpus):
        path, port = f"/a/{article_id(corpus, '望江大桥')}", urlsplit(str(client.base_url)).port or 0
        assert await status_before_body(port, path, "Content-Length: 900000") == 413
        assert await status_before_body(port, path, "Transfer-Encoding: chunked") == 413
        assert (await client.get(path, headers={"Content-Length": "0"})).status_code == 200


def test_every_passage_of_an_archive_marks_its_own_text(newspaper: Corpus) -> None:
    checked = 0
    for text in newspaper.export():
        passages = newspaper.passages(text.article.id)
        tree = parse(str(article_body(text.paragraphs, passages).html))
        for ordinal, passage in enumerate(passages):
            if not passage:
                continue
            assert marked(tree, ordinal) == bare(passage)
            checked += 1
    assert checked > 10
