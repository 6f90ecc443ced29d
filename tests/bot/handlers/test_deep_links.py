"""The bot's own links and the addresses of its articles: pasted, forwarded, asked about."""

import pytest

from tests.assertions import assert_all
from tests.botapi.formatting import Entity
from tests.botapi.harness import Talk
from tests.botapi.server import BotApiServer

QUESTION = "临江大桥什么时候通车"
SOURCE = "https://paper.example.com/2026/bridge?id=1&page=2"
TITLE = "临江大桥十月一日零时通车"


@pytest.mark.parametrize(
    "words",
    [
        SOURCE,
        f" {SOURCE}#:~:text=通车 ",
        f"“{SOURCE}”。",
        SOURCE.replace("https", "http"),
        f"{SOURCE}&utm_source=wechat",
        f"/ask {SOURCE}",
    ],
)
async def test_the_address_of_an_article_opens_it(talk: Talk, words: str) -> None:
    [opened] = await talk.say(words)
    assert opened.text.startswith(TITLE)
    assert "复制引用" in opened.labels


async def test_the_links_that_sharing_makes_lead_where_they_do_from_outside(
    talk: Talk, telegram: BotApiServer
) -> None:
    [answer] = await talk.say(QUESTION)
    [shared] = (await talk.press(answer, "分享")).messages
    article, search = (link.url for link in shared.links[:2])
    [opened] = await talk.say(article)
    assert opened.text.startswith(TITLE)
    [again] = await talk.say(search)
    assert again.text.startswith(f"问：{QUESTION}")
    group = telegram.group("读报小组", talk.me)
    [opened] = await talk.say(f"@baotong_bot {article}", chat=group)
    assert opened.text.startswith(TITLE)
    [opened] = await talk.say(article.replace("https://t.me/", "https://telegram.me/"))
    assert opened.text.startswith(TITLE)


async def test_a_shared_message_that_is_forwarded_back_opens_its_article(talk: Talk) -> None:
    [answer] = await talk.say(QUESTION)
    [shared] = (await talk.press(answer, "分享")).messages
    talk.me.say(talk.chat, shared.text, forwarded=True)
    await talk.settle()
    [opened] = talk.chat.new_answers()
    assert opened.text.startswith(TITLE)


async def test_a_link_behind_words_counts_too(talk: Talk) -> None:
    talk.me.say(talk.chat, "这篇", entities=[Entity("text_link", 0, 2, url=SOURCE)], forwarded=True)
    await talk.settle()
    [opened] = talk.chat.new_answers()
    assert opened.text.startswith(TITLE)


@pytest.mark.parametrize("words", ["{} 全长多少米", "全长多少米？{}", "{}全长多少米"])
async def test_words_beside_an_address_are_asked_of_its_article(talk: Talk, words: str) -> None:
    [answer] = await talk.say(words.format(SOURCE))
    assert "2860米" in answer.text
    [opened] = await talk.say("详细点", reply_to=answer)
    assert opened.text.startswith(TITLE)


async def test_a_question_of_its_own_beside_an_address_is_answered_alone(talk: Talk) -> None:
    [answer] = await talk.say(f"{SOURCE} 地铁三号线列车最多载客多少人")
    assert "1460人" in answer.text


@pytest.mark.parametrize("words", ["看看这个 {}", "总结一下 {}", "{} 转发给大家"])
async def test_words_that_ask_nothing_leave_the_article_open(talk: Talk, words: str) -> None:
    [opened] = await talk.say(words.format(SOURCE))
    assert TITLE in opened.text


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("@baotong_bot", TITLE),
        ("/ask@baotong_bot", TITLE),
        ("@baotong_bot 这是真的吗", TITLE),
        ("/ask@baotong_bot 全长多少米", "2860米"),
        ("@baotong_bot 地铁三号线列车最多载客多少人", "1460人"),
    ],
)
async def test_a_call_in_reply_to_a_link_is_asked_of_its_article(
    talk: Talk, telegram: BotApiServer, call: str, expected: str, behind: bool
) -> None:
    other = telegram.person("小红")
    group = telegram.group("读报小组", talk.me, other)
    marks = [Entity("text_link", 0, 2, url=SOURCE)] if behind else []
    said = other.say(group, "这篇不错" if behind else f"快看 {SOURCE}", entities=marks)
    await talk.settle()
    [answer] = await talk.say(call, chat=group, reply_to=said)
    assert expected in answer.text


async def test_links_that_lead_nowhere_are_told_so(talk: Talk) -> None:
    [unknown] = await talk.say("https://elsewhere.example.org/a")
    assert unknown.text.startswith("没有收录这个链接的文章")
    for payload in ("a_00000000000", "s_nosuchon", "../../x", "x" * 64):
        [answer] = await talk.say(f"https://t.me/baotong_bot?start={payload}")
        assert "这个链接" in answer.text
    [unknown] = await talk.say("https://t.me/another_bot?start=a_00000000000")
    assert unknown.text.startswith("没有收录这个链接的文章")


async def test_an_address_that_is_not_ours_leaves_the_question_as_it_is(talk: Talk) -> None:
    answers = [
        await talk.say(words)
        for words in (f"{QUESTION} https://elsewhere.example.org/a", f"https://[::1/ {QUESTION}")
    ]
    assert_all(answers, lambda one: "零时正式通车" in one[0].text)


@pytest.mark.parametrize(
    "words",
    [
        "@baotong_bot",
        "https://t.me/baotong_bot",
        "t.me/Baotong_Bot/",
        "「https://telegram.me/baotong_bot」。",
        "tg://resolve?domain=baotong_bot",
        "https://t.me/baotong_bot?start=",
        "https://t.me/baotong_bot?start=help",
        "https://t.me/baotong_bot?startgroup=x",
    ],
)
async def test_who_only_names_the_bot_is_greeted(talk: Talk, telegram: BotApiServer, words: str) -> None:
    [hello] = await talk.say(words)
    assert hello.text.startswith("您好，我是报童")
    group = telegram.group("读报小组", talk.me)
    [usage] = await talk.say(f"@baotong_bot {words}", chat=group)
    assert usage.text.startswith("我在。")
    [answer] = await talk.say(f"{QUESTION} {words}")
    assert "零时正式通车" in answer.text


@pytest.mark.parametrize(
    "words",
    [
        "{}",
        "看看这个：{}。",
        "{}#top",
        "@baotong_bot {}",
    ],
)
async def test_an_address_without_a_scheme_opens_its_article_too(talk: Talk, words: str) -> None:
    written = SOURCE.removeprefix("https://")
    [opened] = await talk.say(words.format(written))
    assert TITLE in opened.text
    [answer] = await talk.say(f"{written} 全长多少米")
    assert "2860米" in answer.text


async def test_what_only_looks_like_an_address_is_searched(talk: Talk) -> None:
    for words in ("ASP.NET/C# 怎么写", f"example.org/nothing {QUESTION}"):
        [answer] = await talk.say(words)
        assert "没有收录这个链接" not in answer.text


async def test_a_call_in_reply_to_an_address_without_a_scheme_is_asked_of_its_article(
    talk: Talk, telegram: BotApiServer
) -> None:
    other = telegram.person("小红")
    group = telegram.group("读报小组", talk.me, other)
    said = other.say(group, f"快看 {SOURCE.removeprefix('https://')}")
    await talk.settle()
    [answer] = await talk.say("/ask@baotong_bot 全长多少米", chat=group, reply_to=said)
    assert "2860米" in answer.text
