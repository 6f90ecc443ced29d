"""An edit that changes no word does nothing, as when somebody reacts to a message; a real one is answered."""

import asyncio
import time
from collections.abc import Callable

from tests.botapi.fixtures import StartBot
from tests.botapi.messages import Message
from tests.botapi.play import Chat
from tests.botapi.server import BotApiServer

Tell = Callable[..., None]

BRIDGE = "临江大桥什么时候通车"


async def test_an_edit_without_a_change_does_nothing_and_a_real_one_is_answered(
    telegram: BotApiServer, baotong: StartBot, tell: Tell
) -> None:
    me = telegram.person("小明")
    chat, group = telegram.private(me), telegram.group("读报群", me)
    bot = await baotong(program=("-m", "tests.e2e.unpaced", "run"))
    said: list[Message] = []

    async def say(words: str, place: Chat = chat) -> Message:
        said.append(me.say(place, words))
        return await place.next_answer()

    for words in ("你好", "？？？", "/ask", "最新", "2", BRIDGE, "全长多少米", "/latest 城市", "/help"):
        await say(words)
    for words in ("@baotong_bot 最新", "@baotong_bot 你好", f"/ask@baotong_bot {BRIDGE}"):
        await say(words, group)
    found = await say("地铁")
    turned = me.press(found, "最新优先")
    await turned.answer()
    shown = await chat.next_edit()

    for message in said:
        me.touch(message)
    await asyncio.gather(chat.silence(0.7), group.silence(0.7))
    assert chat.now(shown) == shown
    await bot.restart()
    for message in said:
        me.touch(message)
    await asyncio.gather(chat.silence(0.7), group.silence(0.7))

    me.edit(said[-1], "图书馆周几延长开放")
    changed = await chat.next_edit()
    assert changed.id == shown.id
    assert "圖書館" in changed.text
    old = me.say(chat, "最新", sent=time.time() - 3 * 86_400)
    await chat.next_answer()
    me.edit(old, "最新 城市")  # as if the digest were gone: no person can edit such an old message
    await chat.silence(0.5)
    tell(chat, group)
