"""`baotong run` as a process of its own, talked to over HTTP as people do in Telegram.

Each test is one story: starting the bot takes longer than everything that is said to it.
"""

import asyncio
import html
import time
from collections.abc import Callable
from pathlib import Path

from tests.botapi.fixtures import StartBot
from tests.botapi.harness import free_port
from tests.botapi.play import Person
from tests.botapi.server import BotApiServer
from tests.newspaper import Story, write_newspaper

Tell = Callable[..., None]

BRIDGE = "临江大桥什么时候通车"
ODD_QUESTIONS = (
    "问" * 4_096,
    "地铁 " * 800,
    "?" * 4_000,
    "\u200b\u202e。",
    "-h",
    '"',
    "分类:" + "甲" * 2_000,
    "😀" * 2_000,
    "/start ../../etc/passwd",
    "/ask " + "甲 AND " * 500,
)

BRIDGE_ANSWER = "临江大桥将于2026年10月1日零时正式通车。"


async def test_readers_ask_edit_turn_pages_read_share_and_browse(
    telegram: BotApiServer, baotong: StartBot, tell: Tell
) -> None:
    bot = await baotong()
    curious, thorough, idle = telegram.person("小明"), telegram.person("小红"), telegram.person("小刚")
    # At once, for the pace of each chat is that of Telegram.
    await asyncio.gather(
        _ask_and_turn(telegram, curious), _read_and_share(telegram, thorough), _browse(telegram, idle)
    )
    assert await bot.stop() == 0
    tell(*map(telegram.private, (curious, thorough, idle)))


async def _ask_and_turn(telegram: BotApiServer, reader: Person) -> None:
    chat = telegram.private(reader)
    question = reader.say(chat, BRIDGE)
    answer = await chat.next_answer()
    assert BRIDGE_ANSWER in answer.bold
    assert answer.links[0].text == "临江大桥十月一日零时通车"
    assert answer.links[0].url.startswith("https://paper.example.com/2026/bridge?id=1&page=2")

    reader.edit(question, "地铁")
    metro = await chat.next_edit()
    assert metro.id == answer.id
    assert "地铁" in metro.text

    press = reader.press(metro, "下一页")
    second = await chat.next_edit()
    await press.answer()
    assert second.text != metro.text
    press = reader.press(second, "上一页")
    first = await chat.next_edit()
    await press.answer()
    assert first.text == metro.text
    await chat.silence()


async def _read_and_share(telegram: BotApiServer, reader: Person) -> None:
    chat = telegram.private(reader)
    reader.say(chat, BRIDGE)
    press = reader.press(await chat.next_answer(), "读全文")
    article = await chat.next_edit()
    await press.answer()
    assert "东西两岸的车程" in article.text
    press = reader.press(article, "分享")
    shared = await chat.next_answer()
    await press.answer()
    deep_link = next(link.url for link in shared.links if "start=a_" in link.url)
    reader.follow(chat, deep_link)
    assert "东西两岸的车程" in await chat.next_answer()
    await chat.silence()


async def _browse(telegram: BotApiServer, reader: Person) -> None:
    chat = telegram.private(reader)
    reader.start(chat)
    assert (await chat.next_answer()).buttons, "example questions to tap"
    reader.say(chat, "/latest 3")
    assert "足球：临江队加时赛淘汰卫冕冠军" in await chat.next_answer()
    reader.say(chat, "分类")
    press = reader.press(await chat.next_answer(), "体育")
    sports = await chat.next_edit()
    await press.answer()
    press = reader.press(sports, "全部文章")
    assert "足球：临江队加时赛淘汰卫冕冠军" in await chat.next_edit()
    await press.answer()
    reader.say(chat, "火星上有多少猫")
    assert not (await chat.next_answer()).bold, "nothing is put forward as an answer"
    await chat.silence()


async def test_in_groups_it_speaks_when_spoken_to_and_stays_in_the_topic(
    telegram: BotApiServer, baotong: StartBot, tell: Tell
) -> None:
    telegram.configure(reads_all=True)
    xiaoming, xiaohong = telegram.person("小明"), telegram.person("小红")
    group = telegram.group("读报群", xiaoming, xiaohong)
    forum = telegram.forum("读报论坛", xiaoming, xiaohong)
    topic = forum.topic("城市")
    await baotong()

    xiaoming.say(group, "大桥什么时候通车啊")
    xiaoming.say(group, "@xiaohong 你知道吗")
    await group.silence(0.6)

    asked = xiaoming.say(group, f"@baotong_bot {BRIDGE}")
    mentioned = await group.next_answer()
    assert mentioned.reply_to == asked.id
    assert BRIDGE_ANSWER in mentioned.bold
    assert len(mentioned.text.splitlines()) <= 8, "short in groups"

    xiaohong.say(group, "通车首月收费吗", reply_to=mentioned)
    assert "免收通行费" in (await group.next_answer()).text

    said = xiaohong.say(group, "头茬新茶收购均价")
    xiaoming.say(group, "/ask@baotong_bot", reply_to=said)
    assert "三百二十元" in (await group.next_answer()).text

    asked = xiaoming.say(forum, f"/ask {BRIDGE}", topic=topic)
    in_topic = await forum.next_answer()
    assert (in_topic.topic, in_topic.reply_to) == (topic.id, asked.id)
    xiaoming.say(forum, f"@baotong_bot {BRIDGE}")
    assert (await forum.next_answer()).topic is None
    await forum.silence(0.3)
    tell(group, forum)


async def test_hostile_archives_and_overlong_questions_never_break_a_message(
    telegram: BotApiServer, baotong: StartBot, tmp_path: Path, tell: Tell
) -> None:
    hostile = (
        Story(
            "坏标题 <b> &amp; </a> <!-- x --> 末",
            "类 <i>&",
            "报 </b>& 社",
            "2026-09-01 12:00:00",
            ("尖括号 < > 与 & 号：<b>不是粗体</b>，&nbsp; 也照样写。问题：答案在这里 <script>。",),
            source='https://example.org/a?x=<y>&z="1"',
        ),
        Story(
            "满篇和号",
            "甲",
            "乙",
            "2026-09-02 12:00:00",
            ("&" * 3_000 + "。" + "和号之王在此。" + "<" * 3_000,),
        ),
        Story(
            "坏链接",
            "甲",
            "乙",
            "2026-09-03 12:00:00",
            ("坏链接的正文写着龙王庙三个字。",),
            source="https://exa mple/javascript:alert(1)",
        ),
        Story("很长的一句", "甲", "乙", "2026-09-04 12:00:00", ("丁香" + "花开" * 4_000 + "结束。",)),
    )
    archive = write_newspaper(tmp_path / "hostile", hostile)
    telegram.journal.allow(
        *(story.title for story in hostile), "<b>", "&nbsp;", "<i>", "</b>", "<!-- x -->", "</a>"
    )
    telegram.journal.allow("&amp;")
    await baotong(archive=archive)
    reader = telegram.person("小明")
    chat = telegram.private(reader)
    reader.say(chat, "尖括号 不是粗体")
    answer = await chat.next_answer()
    assert "<b>不是粗体</b>" in answer.text
    assert html.escape("<b>不是粗体</b>", quote=False) in answer.html
    assert answer.links[0].url.startswith("https://")

    async def read(question: str) -> None:
        person = telegram.person()
        own = telegram.private(person)
        person.say(own, question)
        found = await own.next_answer()
        press = person.press(found, "读全文")
        page = await own.next_edit()
        await press.answer()
        assert max(len(found.text), len(page.text)) <= 4_096

    async def ask(question: str) -> None:
        person = telegram.person()
        own = telegram.private(person)
        person.say(own, question)
        assert (await own.next_answer()).text

    await asyncio.gather(*map(read, ("和号之王", "龙王庙", "丁香花开")), *map(ask, ODD_QUESTIONS))
    tell(chat)


async def test_a_killed_bot_answers_every_question_once_and_its_buttons_go_on_working(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong()
    people = [telegram.person(f"读者{number}") for number in range(6)]
    chats = [telegram.private(person) for person in people]
    people[0].say(chats[0], "地铁")
    metro = await chats[0].next_answer()
    people[0].say(chats[0], BRIDGE)
    bridge = await chats[0].next_answer()

    for person, chat in zip(people[1:], chats[1:], strict=True):
        person.say(chat, BRIDGE)
    await asyncio.sleep(0.02)
    await bot.kill()
    killed = time.time()
    people[1].say(chats[1], "头茬新茶收购均价")
    await bot.start()

    for chat in chats[1:]:
        assert BRIDGE_ANSWER in (await chat.next_answer()).bold
    await telegram.until(lambda: "三百二十元" in chats[1].answers[-1].text)
    await asyncio.sleep(0.5)
    for chat in chats[1:]:
        times = [message.sent_at.timestamp() for message in chat.answers if BRIDGE_ANSWER in message.text]
        # A second answer only where the kill fell between Telegram's acceptance and the mark.
        assert len(times) == 1 or (len(times) == 2 and times[0] > killed - 0.2)

    press = people[0].press(metro, "下一页")
    page = await chats[0].next_edit()
    await press.answer()
    assert page.id == metro.id
    assert BRIDGE_ANSWER not in page.bold, "the page of the old question, not of the newest"
    assert bridge.id != metro.id


async def test_updates_can_be_pushed_instead(telegram: BotApiServer, baotong: StartBot) -> None:
    port = free_port()
    public = "https://bot.example.org"
    telegram.updates.reverse_proxy[public] = f"http://127.0.0.1:{port}"
    reader = telegram.person("小明")
    chat = telegram.private(reader)
    bot = await baotong(WEBHOOK_URL=f"{public}/hook", WEBHOOK_SECRET="s3cret", WEB_PORT=port)
    webhook = telegram.updates.webhook
    assert webhook is not None
    assert webhook.secret == "s3cret"

    reader.say(chat, BRIDGE)
    assert BRIDGE_ANSWER in (await chat.next_answer()).bold
    await telegram.updates.emptied()
    await asyncio.sleep(0.2)
    await bot.kill()
    reader.say(chat, "头茬新茶收购均价")
    await bot.start()
    assert "三百二十元" in (await chat.next_answer()).text
    await telegram.updates.emptied()
    assert 200 in webhook.answers
    assert await bot.stop() == 0


async def test_menus_are_set_for_each_language_and_place(telegram: BotApiServer, baotong: StartBot) -> None:
    reader, guest = telegram.person("小明"), telegram.person("Ann", language="en")
    group = telegram.group("读报群", reader, guest)
    await baotong()
    private = telegram.private(reader)
    abroad = telegram.private(guest)
    await telegram.until(lambda: telegram.commands(abroad, guest).get("ask", "提问").isascii())
    await telegram.until(lambda: telegram.commands(group, guest))
    assert "提问" in telegram.commands(private, reader)["ask"]
    assert set(telegram.commands(group, reader)) <= set(telegram.commands(private, reader))
