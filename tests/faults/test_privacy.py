"""What a person said is gone, as far as the bytes of the files, once they ask for it."""

import asyncio

import pytest

from tests.botapi import BotApiServer
from tests.botapi.fixtures import StartBot
from tests.faults.conftest import until

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
        await chat.next_answer()

    def words() -> bytes:
        return b"".join(path.read_bytes() for path in sorted(bot.data_dir.glob("bot.sqlite3*")))

    me.say(chat, f"临江大桥什么时候通车，{SECRET}")
    answer = await chat.next_answer()
    press = me.press(answer, "👍")
    await press.answer()
    me.press(answer, "最新")
    await chat.next_edit()
    await say(f"/trend {SECRET}")
    await say(f"/subscribe {SECRET}")
    me.say(group, f"/ask@baotong_bot 地铁{SECRET}")
    await group.next_answer()
    other.say(theirs, "地铁几点停运")
    await theirs.next_answer()
    await until(lambda: SECRET.encode() in words(), within=3)
    me.say(chat, "/forget")
    pressed = me.press(await chat.next_answer(), "删除")
    await pressed.answer()
    await asyncio.sleep(0.5)
    assert SECRET.encode() not in words()
    assert SECRET.encode("unicode_escape") not in words()  # as JSON writes it
    assert "地铁几点停运".encode() in words()
    assert SECRET not in bot.log
