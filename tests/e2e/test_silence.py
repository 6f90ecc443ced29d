"""The bot is silent unless spoken to: nothing that others write in a group costs anybody anything."""

import asyncio
import time
from collections.abc import Callable

from bot.storage import chats
from bot.storage.chats import Askers, ChatPreferences
from bot.storage.database import State
from bot.wording.i18n import Language, translator
from tests.botapi.fixtures import StartBot
from tests.botapi.server import BotApiServer

Tell = Callable[..., None]

BRIDGE = "临江大桥什么时候通车"
ANSWER = "临江大桥将于2026年10月1日零时正式通车。"
STALE = translator(Language.HANS)("limits.stale")


async def test_what_others_write_in_a_group_is_nothing_to_the_bot(
    telegram: BotApiServer, baotong: StartBot, tell: Tell
) -> None:
    telegram.configure(reads_all=True, hears_bots=True)
    people = [telegram.person(name) for name in ("小明", "小红", "小刚")]
    dice, weather = telegram.other_bot("骰子", "dice_bot"), telegram.other_bot("天气", "weather_bot")
    groups = [telegram.group(title, *people, dice, weather) for title in ("闲聊群", "骰子群", "机器人群")]
    busy, dicing, bots = groups
    await baotong()

    me = people[0]
    me.say(busy, f"@baotong_bot {BRIDGE}")
    for words in ("哈哈", "真的吗", "我也想知道", "😀", "同问", "+1"):
        people[1].say(busy, words)
    for number in range(40):
        people[number % 3].say(dicing, "/roll")
        weather.say(bots, "/ask@baotong_bot 临江大桥" if number % 2 else f"@baotong_bot {BRIDGE}")
    assert ANSWER in (await busy.next_answer()).text
    await asyncio.gather(*(group.silence(1.5) for group in groups))

    me.say(dicing, f"@baotong_bot {BRIDGE}")
    assert ANSWER in (await dicing.next_answer()).text
    answer = busy.answers[0]
    weather.say(bots, "/latest")
    dice.say(busy, "还有吗", reply_to=answer)
    echo = telegram.private(dice, started=True)
    for _ in range(3):
        dice.say(echo, BRIDGE)
    await asyncio.gather(*(group.silence(0.8) for group in (*groups, echo)))
    tell(*groups, echo)


async def test_after_an_outage_only_those_who_asked_the_bot_hear_of_it(
    telegram: BotApiServer, baotong: StartBot, tell: Tell
) -> None:
    telegram.configure(reads_all=True)
    me, other = telegram.person("小明"), telegram.person("小红")
    noisy, asking = telegram.group("闲聊群", me, other), telegram.group("问答群", me, other)
    ago = time.time() - 1_800
    for words in ("/roll", "/roll@dice_bot", "写信到 news@baotong_bot.example", "@lisi 看", "大家早"):
        me.say(noisy, words, sent=ago)
    me.say(noisy, f"@baotong_bot {BRIDGE}", sent=ago, forwarded=True)
    me.say(asking, f"@baotong_bot {BRIDGE}", sent=ago)
    await baotong()
    assert (await asking.next_answer()).text == STALE
    await noisy.silence(1)
    tell(noisy, asking)


async def test_a_renamed_bot_goes_on_at_once_and_a_muting_group_harms_nobody(
    telegram: BotApiServer, baotong: StartBot, tell: Tell
) -> None:
    me = telegram.person("小明")
    group, muted = telegram.group("读报群", me), telegram.group("静音群", me)
    chat, office = telegram.private(me), telegram.private(telegram.person("站长"), started=True)
    await baotong(ERROR_CHAT_ID=office.id)
    muted.set_bot("muted")
    telegram.expect_refusals()
    for _ in range(3):
        me.say(muted, f"@baotong_bot {BRIDGE}")
    report = await office.next_answer()
    assert "静音群" in report
    assert "发言权限" in report

    telegram.configure(username="xinwen_bot")
    me.say(group, f"@xinwen_bot {BRIDGE}")
    assert ANSWER in (await group.next_answer()).text
    me.say(group, f"/ask@xinwen_bot {BRIDGE}")
    answer = await group.next_answer()
    assert (answer.button("读全文").url or "").startswith("https://t.me/xinwen_bot?start=")
    me.say(chat, "/help")
    assert "baotong_bot" not in (await chat.next_answer()).text
    await office.silence(0.5)
    tell(group, muted, office)


async def test_where_only_admins_are_answered_members_are_told_nothing_and_cost_nobody_anything(
    telegram: BotApiServer, baotong: StartBot, tell: Tell
) -> None:
    admin, member = telegram.person("群主"), telegram.person("群友")
    group = telegram.group("读报群", admin, member)
    bot = await baotong(program=("-m", "tests.e2e.unpaced", "run"))
    with State.open(bot.data_dir / "bot.sqlite3") as state, state.transaction() as connection:
        chats.save(connection, group.id, ChatPreferences(askers=Askers.ADMINS))
    for _ in range(5):
        for _ in range(12):
            member.say(group, f"@baotong_bot {BRIDGE}")
        await group.silence(0.5)
    for _ in range(3):
        admin.say(group, f"@baotong_bot {BRIDGE}")
        assert ANSWER in (await group.next_answer()).text
    admin.say(group, f"@baotong_bot {BRIDGE}")
    for _ in range(45):  # more at once than there is of the allowance, and all behind a question of the admin
        member.say(group, f"@baotong_bot {BRIDGE}")
    assert ANSWER in (await group.next_answer()).text
    await group.silence(1)
    tell(group)
