"""The first page, the newest articles, the categories."""

from pathlib import Path

from bot.web.browsing import PAGE_SIZE
from tests.bot.web.sites import parse, served, shown


async def test_the_first_page_says_what_there_is_and_offers_questions_that_are_answered(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as (client, corpus):
        tree = parse((await client.get("/")).text)
        offered = corpus.example_questions(3)
        links = {shown(a, "."): a.get("href") or "" for a in tree.iter("a")}
        assert offered
        for question in offered:
            assert parse((await client.get(links[question])).text).find(".//article") is not None
    assert "收录了4篇文章，截至2022年6月23日" in shown(tree, ".//main")
    assert shown(tree, ".//section//h3") == "半亩茶饮上市首日涨两成"
    assert "新闻 1" in links


async def test_an_empty_archive_says_so(tmp_path: Path) -> None:
    async with served(tmp_path, posts={}) as (client, _):
        answers = [
            await client.get(path) for path in ("/", "/latest", "/category", "/search?q=桥", "/feed.xml")
        ]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert "这里还没有文章" in answers[0].text
    assert "没有找到能回答“桥”的文章" in answers[3].text


async def test_pages_of_the_newest_join_without_gap(tmp_path: Path) -> None:
    posts = {
        f"{number}.md": f"---\ntitle: 第{number}号消息\ndate: 2022-01-01 10:{number:02}:00\n---\n\n正文。\n"
        for number in range(PAGE_SIZE + 5)
    }
    async with served(tmp_path, posts=posts) as (client, _):
        first = parse((await client.get("/latest")).text)
        following = next(a.get("href") for a in first.iter("a") if a.get("rel") == "next")
        second = parse((await client.get(following or "")).text)
        back = next(a.get("href") for a in second.iter("a") if a.get("rel") == "prev")
    titles = [shown(a, ".") for tree in (first, second) for a in tree.findall(".//li/h2/a")]
    assert titles == [f"第{number}号消息" for number in reversed(range(PAGE_SIZE + 5))]
    assert back == "/latest"
    assert f"第{PAGE_SIZE + 1}–{PAGE_SIZE + 5}篇，共{PAGE_SIZE + 5}篇" in shown(second, ".//main")


async def test_categories_lead_down_to_their_articles(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, _):
        tree = parse((await client.get("/category")).text)
        below = {shown(li, "./a"): li.find("./a") for li in tree.findall(".//ul[@class='tree']/li")}
        assert set(below) >= {"新闻", "晚报", "金融", "生活"}
        evening = below["晚报"]
        assert evening is not None
        page = parse((await client.get(evening.get("href") or "")).text)
    assert shown(page, ".//h1") == "最新文章 · 新闻 › 晚报"


async def test_a_name_that_stands_in_several_places_asks_which(tmp_path: Path) -> None:
    posts = {
        f"{top}.md": f"---\ntitle: {top}的消息\ncategories: [{top}, 国内]\n---\n\n正文。\n"
        for top in ("甲报", "乙报")
    }
    async with served(tmp_path, posts=posts) as (client, _):
        tree = parse((await client.get("/latest?category=国内")).text)
    assert [shown(a, ".") for a in tree.findall(".//main//li/a")] == ["乙报 › 国内", "甲报 › 国内"]
