"""What a person said is gone once they ask for it; a private archive stays private."""

import asyncio
import socket

import pytest

from tests.botapi import BotApiServer
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import free_port
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
