"""Reading in the chat, deep links, sharing, articles that vanish."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from corpus import Corpus
from tests.bot.conftest import OpenTalk, open_archive
from tests.botapi import faults
from tests.botapi.harness import Talk
from tests.botapi.server import BotApiServer
from tests.newspaper import Story


def article_id(newspaper: Corpus, title: str) -> str:
    return next(hit.article.id for hit in newspaper.ask(title).hits if hit.article.title == title)


def payload(link: str) -> str:
    return parse_qs(urlsplit(link).query)["start"][0]


RIVER = "河湖志：一条江的四季"


async def test_an_article_opens_in_place_with_its_picture_and_leads_back(talk: Talk) -> None:
    [answer] = await talk.say("临江大桥什么时候通车")
    page = (await talk.press(answer, "读全文")).shown
    assert page.id == answer.id
    assert page.text.startswith("临江大桥十月一日零时通车\n临江晚报 · 2026年9月20日 · 城市\n")
    assert "方知远说" in page.text
    assert page.preview == "https://img.example.com/bridge.jpg"
    back = (await talk.press(page, "返回结果")).shown
    assert back.html == answer.html
    assert set(back.labels) == set(answer.labels)
    assert back.preview is None


async def test_a_long_article_opens_at_the_passage_found_and_turns_pages(
    open_talk: OpenTalk, tmp_path: Path
) -> None:
    chapters = tuple(
        f"第{number}章，{word}。" + f"那一年{word}的事情很多，说来话长。" * 12
        for number, word in enumerate("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未", 1)
    )
    stories = (
        Story("十八章的故事", "文化", "晚报", "2026-01-02 08:00:00", (*chapters, "渡口的老船工名叫石守义。")),
    )
    with open_archive(tmp_path, stories) as corpus:
        async with open_talk(corpus=corpus) as talk:
            [answer] = await talk.say("老船工叫什么名字")
            page = (await talk.press(answer, "读全文")).shown
            assert "石守义" in page.text
            assert "▼ 找到的段落" in page.text
            last = page.text.splitlines()[-1]
            total = last.split("/")[1]
            assert last == f"第{total.removesuffix('页')}/{total}"
            seen = [page]
            while "‹ 上一页" in seen[-1].labels:
                seen.append((await talk.press(seen[-1], "上一页")).shown)
            text = "\n".join(shown.text for shown in reversed(seen))
            assert [text.index(chapter[:6]) for chapter in chapters] == sorted(
                text.index(chapter[:6]) for chapter in chapters
            )
            assert len(seen) > 2


async def test_related_articles_are_listed_and_lead_back(talk: Talk) -> None:
    [answer] = await talk.say("地铁三号线首批列车")
    page = (await talk.press(answer, "读全文")).shown
    related = (await talk.press(page, "相关文章")).shown
    assert related.text.startswith("与《地铁三号线首批列车抵达车辆段》相关的文章\n")
    assert "1. " in related.text
    other = (await talk.press(related, "1")).shown
    assert other.text.splitlines()[0] == related.links[0].text
    again = (await talk.press(related, "‹ 返回")).shown
    assert again.text.startswith("地铁三号线首批列车抵达车辆段\n")


async def test_sharing_gives_links_that_open_the_passage_and_the_search_for_anybody(
    talk: Talk, telegram: BotApiServer
) -> None:
    [answer] = await talk.say("临江大桥什么时候通车")
    outcome = await talk.press(answer, "分享")
    [shared] = outcome.messages
    assert not outcome.edits
    assert shared.text.startswith("分享这篇文章\n临江大桥十月一日零时通车\n")
    article, search, original = (link.url for link in shared.links)
    assert original == "https://paper.example.com/2026/bridge?id=1&page=2"
    assert (shared.button("转发给朋友").url or "").startswith("https://t.me/share/url?url=https")
    other = telegram.person("小红")
    chat = telegram.private(other)
    other.follow(chat, article)
    await talk.settle()
    [opened] = chat.new_answers()
    assert opened.text.startswith("临江大桥十月一日零时通车\n")
    other.follow(chat, search)
    await talk.settle()
    [opened] = chat.new_answers()
    assert opened.text.startswith("问：临江大桥什么时候通车\n\n临江大桥十月一日零时通车\n")


async def test_a_title_without_an_address_links_to_the_passage_in_the_chat(talk: Talk) -> None:
    [answer] = await talk.say("宋代古井挖出了什么")
    link = answer.links[0].url
    assert link.startswith("https://t.me/baotong_bot?start=a_")
    talk.me.follow(talk.chat, link)
    await talk.settle()
    [opened] = talk.chat.new_answers()
    assert "青瓷碗" in opened.text


async def test_a_reply_to_an_open_article_asks_that_article(talk: Talk, newspaper: Corpus) -> None:
    [opened] = await talk.say(f"/start a_{article_id(newspaper, '临江大桥十月一日零时通车')}")
    [answer] = await talk.say("全长多少米", reply_to=opened)
    assert answer.text.startswith("接着“临江大桥十月一日零时通车”问：全长多少米\n在这篇文章里找到：")
    assert "2860米" in answer.text


@pytest.mark.parametrize(
    "raw",
    [
        "../../etc/passwd",
        "a_zzzzzzzzzzz",
        "a_zzzzzzzzzzz_99999",
        "s_zzzzzzzz",
        "c_zzzzzz",
        "u_zzzzzzzz",
        "a_城市",
    ],
)
async def test_a_forged_deep_link_gets_a_polite_answer(talk: Talk, raw: str) -> None:
    [answer] = await talk.say(f"/start {raw}")
    assert answer.text.startswith("这个链接打不开")


async def test_a_deep_link_beyond_the_last_passage_opens_the_article(talk: Talk, newspaper: Corpus) -> None:
    [opened] = await talk.say(f"/start a_{article_id(newspaper, '本地新茶开采 均价与去年持平')}_99999")
    assert opened.text.startswith("本地新茶开采")


async def test_a_deep_link_to_a_category_opens_it(talk: Talk, newspaper: Corpus) -> None:
    node = newspaper.find_categories("文化")[0]
    [opened] = await talk.say(f"/start c_{node.id}")
    assert opened.text.startswith("最新文章 · 文化\n")


@pytest.mark.parametrize("page", [-1, 0, 5, 999_999])
async def test_any_page_number_shows_some_page(talk: Talk, newspaper: Corpus, page: int) -> None:
    [answer] = await talk.say("临江大桥什么时候通车")
    outcome = await talk.forge(answer, f"1r:{article_id(newspaper, RIVER)}:{page}:-1::0")
    assert outcome.shown.text.startswith(RIVER)


async def test_an_article_that_left_the_archive_is_said_to_be_gone(
    open_talk: OpenTalk, tmp_path: Path
) -> None:
    stories = tuple(
        Story(
            f"第{number}号通知", "城市", "晚报", f"2026-01-0{number} 08:00:00", (f"第{number}件事情是修路。",)
        )
        for number in range(1, 6)
    )
    with open_archive(tmp_path, stories) as corpus:
        async with open_talk(corpus=corpus) as talk:
            [answer] = await talk.say("第3件事情是什么")
            assert "第3号通知" in answer.text
            answer = await talk.unfold(answer)
            (tmp_path / "archive" / stories[2].path).unlink()
            corpus.update(workers=0)
            for label in ("读全文", "分享", "只看城市"):
                outcome = await talk.press(answer, label)
                assert outcome.answer is not None
                assert outcome.answer.text == "这篇文章已经不在了。"
                assert not outcome.edits


async def test_articles_of_the_same_story_are_listed(open_talk: OpenTalk, tmp_path: Path) -> None:
    text = (
        "市气象台今天上午发布暴雨黄色预警，预计未来六小时城区降雨量将达五十毫米以上，请市民减少外出，注意防范内涝。",
    )
    stories = (
        Story("市气象台发布暴雨黄色预警", "城市", "晚报", "2026-01-02 08:00:00", text),
        Story("气象台发布暴雨黄色预警", "要闻", "新闻网", "2026-01-02 09:00:00", text),
    )
    with open_archive(tmp_path, stories) as corpus:
        async with open_talk(corpus=corpus) as talk:
            [answer] = await talk.say("暴雨黄色预警降雨量多少")
            listed = (await talk.press(answer, "同一报道1篇")).shown
            assert listed.text.startswith("同一报道的其他文章\n")
            assert len(listed.links) == 1
            assert (await talk.press(listed, "返回结果")).shown.html == answer.html


async def test_the_citation_is_what_the_button_copies(talk: Talk) -> None:
    [answer] = await talk.say("临江大桥什么时候通车")
    copied = (await talk.unfold(answer)).button("复制引用").copy_text
    assert copied is not None
    assert "2026年10月1日零时正式通车" in copied
    assert "临江晚报《临江大桥十月一日零时通车》，2026年9月20日" in copied


MARKED = (
    Story(
        "新码头九月启用",
        "城市",
        "晚报",
        "2026-01-02 08:00:00",
        (),
        raw=(
            "<p>新码头九月启用，<strong>票价三元</strong>，详见"
            '<a href="https://port.example.org/notice?a=1&amp;b=2">码头&lt;公告&gt;</a>'
            '和<a href="javascript:alert(1)">脚本</a>。</p>'
            '<p><img src="https://img.example.com/pier.jpg" alt="码头"></p><p>首班船六点开出。</p>'
        ),
    ),
)


async def test_an_article_opens_with_its_links_bold_and_first_picture(
    open_talk: OpenTalk, tmp_path: Path
) -> None:
    with open_archive(tmp_path, MARKED) as corpus:
        async with open_talk(corpus=corpus) as talk:
            [answer] = await talk.say("新码头什么时候启用")
            page = (await talk.press(answer, "读全文")).shown
            assert "新码头九月启用，票价三元，详见码头<公告>和脚本。" in page.text
            assert "票价三元" in page.formatted.spans("bold")
            links = {link.text: link.url for link in page.links}
            assert links["码头<公告>"] == "https://port.example.org/notice?a=1&b=2"
            assert "脚本" not in links
            assert page.preview == "https://img.example.com/pier.jpg"


@pytest.mark.parametrize("method", ["editMessageText", "sendMessage"])
async def test_a_picture_that_telegram_refuses_does_not_keep_the_text_back(
    talk: Talk, telegram: BotApiServer, newspaper: Corpus, method: str
) -> None:
    telegram.expect_refusals()
    if method == "sendMessage":
        telegram.faults.plan(faults.refusal(400, "Bad Request: WEBPAGE_URL_INVALID"), method)
        [page] = await talk.say(f"/start a_{article_id(newspaper, '临江大桥十月一日零时通车')}")
    else:
        [answer] = await talk.say("临江大桥什么时候通车")
        telegram.faults.plan(faults.refusal(400, "Bad Request: WEBPAGE_CURL_FAILED"), method)
        page = (await talk.press(answer, "读全文")).shown
    assert "方知远说" in page.text
    assert page.preview is None


async def test_the_page_is_opened_beside_the_article_and_handed_on(open_talk: OpenTalk) -> None:
    async with open_talk(public_url="https://read.example.org/news/") as talk:
        [answer] = await talk.say("宋代古井挖出了什么")
        address = answer.button("网页版").url or ""
        assert address.startswith("https://read.example.org/news/a/")
        assert "#p" in address
        page = (await talk.press(answer, "读全文")).shown
        assert page.button("网页版").url == address
        opened = await talk.unfold(page)
        assert opened.text == page.text
        assert "复制引用" in opened.labels
        folded = (await talk.press(opened, "收起")).shown
        assert folded.labels == page.labels
        [shared] = (await talk.press(folded, "分享")).messages
        assert shared.links[0].url == address
        outward = parse_qs(urlsplit(shared.button("转发给朋友").url or "").query)
        assert outward["url"] == [address]
        [pasted] = await talk.say(address)
        assert "青瓷碗" in pasted.text


@pytest.mark.parametrize("settings", [{}, {"public_url": "http://localhost:8080"}])
async def test_where_there_is_no_page_for_others_nothing_speaks_of_one(
    open_talk: OpenTalk, settings: dict[str, str]
) -> None:
    async with open_talk(**settings) as talk:
        [answer] = await talk.say("宋代古井挖出了什么")
        assert "网页版" not in (await talk.unfold(answer)).labels
        [shared] = (await talk.press(answer, "分享")).messages
        assert "网页" not in shared.text


async def test_the_pages_of_a_private_archive_are_not_offered(
    open_talk: OpenTalk, telegram: BotApiServer
) -> None:
    reader = telegram.person("读者")
    async with open_talk(public_url="https://read.example.org", allowed_ids=str(reader.id)) as talk:
        [answer] = await talk.say("宋代古井挖出了什么", by=reader)
        assert "网页版" not in answer.labels
