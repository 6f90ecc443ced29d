"""/latest and /category, their buttons and their Chinese words."""

import time
from pathlib import Path

import pytest

from bot.handlers.browse import _split_number
from tests.bot.conftest import OpenTalk, open_archive
from tests.botapi.harness import Talk
from tests.botapi.messages import Message
from tests.botapi.server import BotApiServer
from tests.newspaper import STORIES, Story


def titles(message: Message) -> list[str]:
    return [link.text for link in message.links]


NEWEST_FIRST = [
    story.title for story in sorted(STORIES, key=lambda story: story.day or "", reverse=True) if story.day
]


@pytest.mark.parametrize("words", ["/latest", "最新", "最新文章", "/latest@baotong_bot"])
async def test_the_newest_articles_come_first_and_pages_fit_together(talk: Talk, words: str) -> None:
    [first] = await talk.say(words)
    assert titles(first) == NEWEST_FIRST[:10]
    assert first.text.startswith("最新文章\n")
    assert "2. 临江大桥十月一日零时通车 — 临江晚报，2026年9月20日" in first.text
    second = (await talk.press(first, "下一页")).shown
    assert second.id == first.id
    assert titles(second)[: len(NEWEST_FIRST) - 10] == NEWEST_FIRST[10:]


async def test_articles_without_a_date_come_last_and_it_is_said(talk: Talk) -> None:
    [first] = await talk.say("/latest 20")
    assert "\n以下日期不详\n" in first.text
    assert first.text.split("以下日期不详\n")[1].splitlines()[0].endswith("旧城改造问答 — 临江晚报，日期不详")


@pytest.mark.parametrize(
    "words",
    [
        "/latest 文化 2",
        "/latest 文化 2篇",
        "最新 文化 2",
        "最新 文化　2",
        "/latest 2 文化",
        "/latest 2篇文化",
        "/latest ２ 文化",
        "最新 2 文化",
        "/latest「文化 2」",
        "/latest 【文化】 2篇",
    ],
)
async def test_a_category_and_a_number_narrow_the_list(talk: Talk, words: str) -> None:
    [answer] = await talk.say(words)
    assert answer.text.startswith("最新文章 · 文化\n")
    assert titles(answer) == ["地铁工地发现宋代古井", "地铁站里开起流动图书馆"]
    more = (await talk.press(answer, "下一页")).shown
    assert titles(more) == ["圖書館週日延長開放兩小時", "河湖志：一条江的四季"]


async def test_a_name_that_no_category_has_is_said_with_the_tree_below(talk: Talk) -> None:
    [answer] = await talk.say("/latest <火星> & 水星")
    assert answer.text == "没有叫“<火星> & 水星”的分类。"
    assert any(label.startswith("城市") for label in answer.labels)


@pytest.mark.parametrize("words", ["/latest 3 火星", "/latest 90 后"])
async def test_a_number_before_what_is_no_category_belongs_to_the_name(talk: Talk, words: str) -> None:
    [answer] = await talk.say(words)
    assert answer.text == f"没有叫“{words.removeprefix('/latest ')}”的分类。"


async def test_a_name_in_several_places_asks_which(talk: Talk) -> None:
    [answer] = await talk.say("/category 临江晚报")
    assert answer.text == "“临江晚报”有好几处，您要看哪一个？"
    assert {label.split("（")[0] for label in answer.labels} >= {"城市 › 临江晚报", "文化 › 临江晚报"}
    assert (await talk.press(answer, "文化 › 临江晚报")).shown


@pytest.mark.parametrize("words", ["/category", "分类", "全部分类", "分類", "/categories"])
async def test_the_tree_opens_level_by_level_with_counts_and_goes_back_up(talk: Talk, words: str) -> None:
    [top] = await talk.say(words)
    assert top.text == f"分类\n共{len(STORIES)}篇文章"
    city = sum(story.category == "城市" for story in STORIES)
    level = (await talk.press(top, f"城市（{city}）")).shown
    assert level.text == f"分类：城市\n共{city}篇文章"
    up = (await talk.press(level, "上一级")).shown
    assert up.html == top.html
    everything = (await talk.press(level, "全部文章")).shown
    assert everything.text.startswith("最新文章 · 城市\n")


@pytest.mark.parametrize(
    "words", ["/category（文化）", "/category「文化」", "/category：《文化》", '/category "文化"']
)
async def test_brackets_around_the_name_of_a_category_are_no_part_of_it(talk: Talk, words: str) -> None:
    [answer] = await talk.say(words)
    assert answer.text.startswith("最新文章 · 文化\n")


async def test_a_category_by_name_is_found_in_either_script(talk: Talk) -> None:
    [answer] = await talk.say("/category 財經")
    assert answer.text.startswith("最新文章 · 财经\n")


async def test_a_category_lists_its_newest_articles_at_once_with_its_parts_as_buttons(talk: Talk) -> None:
    [listed] = await talk.say("/category 城市")
    assert titles(listed)[0] == "临江大桥十月一日零时通车"
    assert {label.partition("（")[0] for label in listed.labels} >= {"临江晚报", "江岸新闻"}
    part = (await talk.press(listed, "江岸新闻")).shown
    assert part.text.startswith("最新文章 · 江岸新闻")
    tree = (await talk.press(part, "全部分类")).shown
    assert tree.text.startswith("分类\n")


@pytest.mark.parametrize("words", ["最新的地铁消息有哪些", "最新 地铁三号线什么时候开通", "分类垃圾怎么扔"])
async def test_words_that_only_begin_like_a_command_are_a_question(talk: Talk, words: str) -> None:
    [answer] = await talk.say(words)
    assert not answer.text.startswith(("最新文章", "分类"))


async def test_a_number_opens_the_article_to_read(talk: Talk) -> None:
    [latest] = await talk.say("/latest")
    page = (await talk.press(latest, "2")).shown
    assert page.text.startswith("临江大桥十月一日零时通车\n临江晚报")


async def test_a_group_gets_a_short_list(talk: Talk, telegram: BotApiServer) -> None:
    group = telegram.group("读报小组", talk.me)
    [answer] = await talk.say("/latest", chat=group)
    assert titles(answer) == NEWEST_FIRST[:5]
    [answer] = await talk.say("@baotong_bot 最新", chat=group)
    assert titles(answer) == NEWEST_FIRST[:5]
    assert not set("12345") & set(answer.labels)


@pytest.mark.parametrize(
    "data", ["1l:zzzzzz:0:10", "1l::-10:10", "1l::99999:10", "1c:zzzzzz:0", "1c::-1", "1l::0:999999"]
)
async def test_forged_lists_get_a_notice_or_a_sane_page(talk: Talk, data: str) -> None:
    [latest] = await talk.say("/latest")
    outcome = await talk.forge(latest, data)
    assert outcome.answer is not None
    assert outcome.answer.text or outcome.edits


async def test_hostile_names_of_categories_are_shown_as_they_are(open_talk: OpenTalk, tmp_path: Path) -> None:
    stories = (
        Story("标题一", "财<b>经 & 金融", "“外媒”_*", "2026-01-01 08:00:00", ("正文甲。",)),
        Story("标题二", "</a><i>", "x" * 60, "2026-01-02 08:00:00", ("正文乙。",)),
    )
    with open_archive(tmp_path, stories) as corpus:
        async with open_talk(corpus=corpus) as talk:
            talk.server.journal.forgive("markup")  # the names themselves look like it
            [top] = await talk.say("/category")
            for label in top.labels:
                assert (await talk.press(top, label)).shown
            [answer] = await talk.say("正文甲")
            assert "“外媒”_*" in answer.text


async def test_an_empty_archive_says_so(open_talk: OpenTalk, tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    with open_archive(tmp_path, ()) as corpus:
        async with open_talk(corpus=corpus) as talk:
            for words in ("/latest", "最新"):
                [answer] = await talk.say(words)
                assert answer.text == "这里还没有文章。"
            [answer] = await talk.say("/category")
            assert answer.text == "还没有分类。"
            assert len(await talk.say("/start")) == 1
            assert len(await talk.say("有什么新闻")) == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", ("", None)),
        ("5", ("", 5)),
        ("金融 5", ("金融", 5)),
        ("金融5", ("金融5", None)),
        ("新浪 财经", ("新浪 财经", None)),
        ("90 后 3", ("90 后", 3)),
        ("金融 99999", ("金融 99999", None)),
    ],
)
def test_a_number_is_taken_from_the_end(words: str, expected: tuple[str, int | None]) -> None:
    assert _split_number(words) == expected


@pytest.mark.parametrize("blank", [" ", "\xa0", "\u3000", "\t", "\n", " \n"])
@pytest.mark.parametrize("words", ["最新 a{}b", "分类 a{}b", "/latest a{}b", "那a{}b呢", "最新{}文化 2"])
async def test_blanks_in_a_message_cost_nothing(talk: Talk, words: str, blank: str) -> None:
    started = time.process_time()
    [answer] = await talk.say(words.format((blank * 4_000)[: 4_090 - len(words)]))
    assert time.process_time() - started < 2.0  # it took minutes
    assert answer.text.startswith("最新文章 · 文化\n") or words != "最新{}文化 2"


async def test_long_words_after_an_alias_are_a_question(talk: Talk) -> None:
    [answer] = await talk.say("最新 " + "临江大桥什么时候通车" * 30)
    assert "临江大桥" in answer.text
    assert not answer.text.startswith("最新文章")
