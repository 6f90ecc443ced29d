"""What a person said is gone once they ask for it; a private archive stays private."""

import asyncio
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.storage import subscriptions
from bot.storage.database import State
from corpus import Corpus
from corpus.models import Filters
from tests.botapi import BotApiServer, Chat
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import Talk, free_port
from tests.botapi.messages import Message
from tests.faults.conftest import ANSWER, QUESTION, outcomes, until

pytestmark = pytest.mark.fault(17)

SECRET = "壬癸"
"""Stands in everything that the person says."""


@pytest.mark.slow
async def test_after_forget_no_file_holds_a_word_of_the_person(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong(LOG_LEVEL="INFO")
    me, other = telegram.person("小明"), telegram.person("小红")
    chat, theirs = telegram.private(me, started=True), telegram.private(other, started=True)
    group = telegram.group("读报群", me, other)

    async def say(text: str) -> None:
        me.say(chat, text)
        await chat.next_answer(within=20)

    def words() -> bytes:
        return b"".join(path.read_bytes() for path in sorted(bot.data_dir.glob("bot.sqlite3*")))

    me.say(chat, f"临江大桥什么时候通车，{SECRET}")
    answer = await chat.next_answer(within=20)
    press = me.press(answer, "👍")
    await press.answer()
    me.press(answer, "最新")
    await chat.next_edit()
    await say(f"/trend {SECRET}")
    await say(f"/subscribe {SECRET}")
    me.say(group, f"/ask@baotong_bot 地铁{SECRET}")
    await group.next_answer(within=20)
    other.say(theirs, "地铁几点停运")
    await theirs.next_answer(within=20)
    await until(lambda: SECRET.encode() in words(), within=3)
    me.say(chat, "/forget")
    pressed = me.press(await chat.next_answer(within=20), "删除")
    await pressed.answer()
    await asyncio.sleep(0.5)
    assert SECRET.encode() not in words()
    assert SECRET.encode("unicode_escape") not in words()  # as JSON writes it
    assert "地铁几点停运".encode() in words()
    assert SECRET not in bot.log


@pytest.mark.fault(26)
async def test_no_way_leads_a_stranger_into_a_private_archive(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    invited, stranger = telegram.person("小明"), telegram.person("陌生人")
    bot = await baotong(
        ALLOWED_IDS=invited.id, PUBLIC_URL="https://read.example.org", METRICS_PORT=0, WEB_PORT=free_port()
    )
    home = telegram.private(invited, started=True)
    invited.say(home, QUESTION)
    answer = await home.next_answer(within=20)
    assert ANSWER in answer.text
    card = invited.inline("临江大桥")
    result = (await card.answer()).results[0]

    own = telegram.private(stranger, started=True)
    group, channel = telegram.group("外人的群", stranger), telegram.channel("外人的频道")
    passed_on = invited.choose(telegram.group("混合群", invited, stranger), card, result)
    [deep_link] = [button.url for button in passed_on.buttons if button.url]
    stranger.follow(own, deep_link)
    said = stranger.say(own, QUESTION)
    stranger.edit(said, f"{QUESTION}？")
    for command in (
        "/latest",
        "/category",
        "/trend 大桥",
        "/subscribe 大桥",
        "/settings",
        "/stats",
        "/forget",
    ):
        stranger.say(own, command)
    stranger.send_photo(own, QUESTION)
    stranger.say(group, f"@baotong_bot {QUESTION}")
    stranger.say(group, f"/ask@baotong_bot {QUESTION}")
    channel.post(f"@baotong_bot {QUESTION}")
    for data in [button.data for button in answer.buttons if button.data] + ["1l::0:10", "1c::0", "F:y"]:
        press = stranger.forge(passed_on, data)
        assert (await press.answer()).text.startswith("这里的文章不公开")
    for words in ("临江大桥", ""):
        query = stranger.inline(words)
        assert (await query.answer()).results == ()
    await until(lambda: set(outcomes(bot.data_dir)) <= {"answered", "quiet"})
    assert not [chat for chat in (group, channel, own) for text in chat.answers if "大桥" in text.text]
    assert [answer.text[:8] for answer in own.answers] == ["这里的文章不公开"]
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(bot.environment["WEB_PORT"])), timeout=1)


def traces(data_dir: Path, person: int) -> list[str]:
    """Where a person's number stands, in any file: as text in any bytes, as a value in any table."""
    held = {path: path.read_bytes() for path in sorted(data_dir.rglob("*")) if path.is_file()}
    found = [f"{path.name}: as text" for path, content in held.items() if str(person).encode() in content]
    number = person.to_bytes(4, "big")  # as SQLite writes it
    found += [
        f"{path.name}: as a number"
        for path, content in held.items()
        if path.name.startswith("bot.sqlite3") and number in content
    ]
    with closing(sqlite3.connect(data_dir / "bot.sqlite3")) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    for (table,) in tables:
        found += [
            f"{table}: {row}"
            for row in _rows(data_dir, table)
            if any(str(person) in str(value) for value in row)
        ]
    return found


def rows_with(data_dir: Path, chat: int) -> set[str]:
    """Tables in which a chat is named."""
    return {line.split(":")[0] for line in traces(data_dir, chat) if "bot.sqlite3" not in line}


@pytest.mark.slow
async def test_after_forget_no_file_knows_that_there_was_the_person(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong(LOG_LEVEL="INFO")
    me, other = telegram.person("小明"), telegram.person("小红")
    chat, theirs = telegram.private(me, started=True), telegram.private(other, started=True)
    group = telegram.group("读报群", me, other)

    async def dealt_with() -> None:
        await asyncio.sleep(0.15)
        await until(lambda: "waiting" not in outcomes(bot.data_dir))

    async def say(text: str, place: Chat = chat) -> Message:
        place.new_answers()
        me.say(place, text)
        answer = await place.next_answer(within=20)
        await dealt_with()
        return answer

    async def press(message: Message, label: str) -> None:
        await me.press(message, label).answer()
        await dealt_with()

    answer = await say(QUESTION)
    for label in ("👍", "👎", "最新"):
        await press(answer, label)
    said = me.say(chat, "地铁票价")
    await dealt_with()
    me.edit(said, "地铁广告")
    await dealt_with()
    for command in ("/subscribe 大桥", "/latest", "/trend 地铁", "/category"):
        await say(command)
    menu = await say("/settings")
    chat.new_edits()
    await press(menu, "回答长短")
    await press(await chat.next_edit(), "短")
    me.follow(chat, "https://t.me/baotong_bot?start=help")
    await dealt_with()
    query = me.inline("临江大桥")
    me.choose(group, query, (await query.answer()).results[0])
    in_group = await say(f"/ask@baotong_bot {QUESTION}", group)
    await press(in_group, "👍")
    await other.press(in_group, "👍").answer()
    await say("/subscribe@baotong_bot 地铁", group)
    me.send_photo(chat, QUESTION)
    await dealt_with()
    me.block(chat)
    me.unblock(chat)
    other.say(theirs, "地铁票价听证会什么时候举行")
    await dealt_with()
    await say("/subscribe 地铁")  # what there was went when the bot was blocked
    junk = {"message": {"message_id": 5, "date": "junk", "chat": {"id": me.id}, "from": me.as_user()}}
    telegram.updates.put_raw(junk)
    bot.errors_expected = True
    await until(lambda: "poison" in outcomes(bot.data_dir), within=10)
    assert {"inbox", "asked", "votes", "chats", "subscriptions"} <= rows_with(bot.data_dir, me.id)

    question = await say("/forget")
    await press(question, "删除")
    await dealt_with()
    assert traces(bot.data_dir, me.id) == []
    assert str(me.id) not in bot.log
    assert rows_with(bot.data_dir, other.id) >= {"inbox", "asked"}
    [subscription] = [row for row in _rows(bot.data_dir, "subscriptions") if group.id in row]
    assert me.id not in subscription
    numbers = [row[0] for row in _rows(bot.data_dir, "inbox")]
    assert len(numbers) > 20  # against doubles
    telegram.updates.repeat_last()
    await bot.stop()
    assert traces(bot.data_dir, me.id) == []
    assert str(me.id) not in bot.log


def _rows(data_dir: Path, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data_dir / "bot.sqlite3")) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


async def test_what_is_in_hand_while_somebody_is_forgotten_is_answered_and_not_kept(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = talk.application.bot_data.state
    ask = Corpus.ask

    def forget_meanwhile(corpus: Corpus, *arguments: Any, **options: Any) -> Any:
        answer = ask(corpus, *arguments, **options)
        state.forget(talk.me.id, up_to=2**40)  # pressed a little later than this question was asked
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(Corpus, "ask", forget_meanwhile)
        [answer] = await talk.say(QUESTION)
    assert ANSWER in answer.text
    assert state.path is not None
    assert rows_with(state.path.parent, talk.me.id) == set()
    assert state.is_forgotten(talk.me.id, 1)
    assert not state.is_forgotten(talk.me.id, 2**41)


async def test_with_the_last_subscription_goes_what_was_delivered(tmp_path: Path) -> None:
    with State.open(tmp_path / "bot.sqlite3") as state, state.transaction() as connection:
        made = [
            subscriptions.add(
                connection,
                chat_id=5_000_002,
                thread_id=topic,
                question=word,
                filters=Filters(),
                user_id=None,
                language="zh-Hans",
                cursor=0,
                now=state.now(),
            )
            for topic, word in ((None, "地铁"), (None, "大桥"), (3, "地铁"))
        ]
        for topic in (None, 3):
            subscriptions.mark_delivered(connection, 5_000_002, topic, ["a"], now=state.now())
        left = []
        for one in made:
            subscriptions.remove(connection, 5_000_002, one.id)
            left.append(connection.execute("SELECT count(*) FROM deliveries").fetchone()[0])
    assert left == [2, 1, 0]
