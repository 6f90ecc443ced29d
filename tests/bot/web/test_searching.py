"""The page of a search: the answer in words and marks, links that narrow it, what nothing was found for."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element

import httpx

from bot.web.options import SiteOptions
from tests.bot.web.sites import article_id, parse, served, shown


async def search(client: httpx.AsyncClient, question: str, **params: str) -> Element:
    answer = await client.get("/search", params={"q": question, **params})
    assert answer.status_code == 200
    return parse(answer.text)


async def test_the_answering_sentence_is_marked_under_its_linked_title(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, corpus):
        tree = await search(client, "望江大桥什么时候恢复双向通行")
        bridge = article_id(corpus, "望江大桥")
    first = tree.find(".//article[@class='first']")
    assert first is not None
    assert "2022年1月5日恢复双向通行" in shown(first, ".//mark")
    link = first.find(".//h2/a")
    assert link is not None
    target = urlsplit(link.get("href") or "")
    assert (target.path, target.fragment) == (f"/a/{bridge}", "p0")
    assert "江城晚报 · 2021年12月30日 · 新闻" in shown(first, ".//p[@class='byline']")
    band = tree.find(".//p[@class='band']")
    assert band is not None
    assert band.get("data-band") == "answer"


async def test_the_box_holds_the_question_literally(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, _):
        tree = await search(client, '"><script>alert(1)</script> 大桥')
    boxes = [one.get("value") for one in tree.iter("input") if one.get("name") == "q"]
    assert boxes == ['"><script>alert(1)</script> 大桥']
    assert tree.find(".//script") is None


async def test_links_narrow_a_search_and_take_the_condition_off_again(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, _):
        tree = await search(client, "半亩茶饮")
        narrower = {shown(a, "."): a.get("href") or "" for a in tree.findall(".//nav[@class='choices']//a")}
        finance = narrower["金融 1"]
        assert parse_qs(urlsplit(finance).query) == {"q": ["半亩茶饮"], "category": ["金融"]}
        narrowed = parse((await client.get(finance)).text)
        titles = [
            shown(a, ".") for a in narrowed.findall(".//main//h2/a") + narrowed.findall(".//main//h3/a")
        ]
        assert titles == ["半亩茶饮上市首日涨两成"]
        [off] = [a.get("href") or "" for a in narrowed.findall(".//nav[@class='tags']//a")]
        assert parse_qs(urlsplit(off).query) == {"q": ["半亩茶饮"]}


async def test_the_newest_come_first_on_request(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, _):
        tree = await search(client, "江城", order="newest")
    current = [shown(a, ".") for a in tree.findall(".//nav[@class='choices']//a") if a.get("aria-current")]
    assert current == ["最新优先"]


async def test_a_category_that_there_is_not_is_named_and_left_out(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, _):
        tree = await search(client, "望江大桥", category="火星")
    assert "没有叫“火星”的分类" in shown(tree, ".//p[@class='note']")
    assert tree.find(".//mark") is not None or tree.find(".//h2/a") is not None


async def test_nothing_found_is_said_in_one_sentence(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, _):
        tree = await search(client, "火星上的殖民地有多少居民")
    assert "没有找到能回答" in shown(tree, ".//p[@class='band']")
    assert tree.find(".//article") is None


async def test_two_questions_have_two_answers(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, _):
        tree = await search(client, "望江大桥什么时候恢复双向通行？半亩茶饮首日涨了多少？")
    sections = tree.findall(".//div[@class='results']/section")
    assert [section.get("aria-label") is not None for section in sections] == [True, True]
    assert "2022年1月5日" in shown(sections[0], ".")
    assert "百分之二十" in shown(sections[1], ".")


async def test_a_count_is_told_in_words(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, _):
        tree = await search(client, "关于半亩茶饮的文章有多少篇")
    assert "篇" in shown(tree, ".//p[@class='said plain']")


async def test_dots_and_signs_are_no_question(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, _):
        tree = await search(client, "？？！……")
    assert "没看懂这个问题" in shown(tree, ".//p[@class='note']")


async def test_the_bot_is_offered_where_there_is_one(tmp_path: Path) -> None:
    options = SiteOptions(public_url="https://example.org", bot="news_bot")
    async with served(tmp_path, options=options) as (client, _):
        tree = await search(client, "望江大桥 & 通车")
    links = [a.get("href") or "" for a in tree.iter("a")]
    assert any(
        href == "https://t.me/news_bot?text=%E6%9C%9B%E6%B1%9F%E5%A4%A7%E6%A1%A5%20%26%20%E9%80%9A%E8%BD%A6"
        for href in links
    )
