"""Answers in a group that only who asked sees, with `baotong run` as a process of its own."""

from tests.botapi.fixtures import StartBot
from tests.botapi.messages import Message
from tests.botapi.play import Chat, Person
from tests.botapi.server import BotApiServer

BRIDGE = "临江大桥什么时候通车"
SUBWAY = "地铁什么时候延长"


async def _choose_askers_only(admin: Person, group: Chat) -> None:
    admin.say(group, "/settings@baotong_bot")
    panel = await group.next_answer()
    for label in ("谁看得到回答", "只有提问的人"):
        press = admin.press(panel, label)
        panel = await group.next_edit()
        await press.answer()
    assert "谁看得到回答：只有提问的人" in panel.text


async def _turned(person: Person, group: Chat, message: Message, label: str) -> Message:
    press = person.press(message, label)
    turned = await group.next_edit()
    await press.answer()
    return turned


async def test_who_asks_alone_sees_the_answer_and_goes_on_from_it(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    admin, member, other = telegram.person("群主"), telegram.person("群友"), telegram.person("旁人")
    group = telegram.group("读报群", admin, member, other, administrator=True)
    await baotong()
    member.say(group, f"@baotong_bot {BRIDGE}")
    assert (await group.next_answer()).receiver is None
    await _choose_askers_only(admin, group)

    member.say(group, f"@baotong_bot {SUBWAY}")
    answer = await group.next_answer()
    assert (answer.receiver, answer.reply_to) == (member.id, None)
    other.say(group, f"@baotong_bot {BRIDGE}")
    theirs = await group.next_answer()
    assert theirs.receiver == other.id
    assert "零时正式通车" in theirs.text

    turned = await _turned(member, group, answer, "下一条")
    assert (turned.id, turned.receiver) == (answer.id, member.id)
    assert turned.text != answer.text
    press = member.press(turned, "👍")
    assert "已记下" in (await press.answer()).text
    member.say(group, "还有吗", reply_to=turned)
    more = await group.next_answer()
    assert more.receiver == member.id
    assert more.text not in {answer.text, turned.text, theirs.text}
    member.say(group, "@baotong_bot 详细点", reply_to=turned)
    opened = await group.next_answer()
    assert opened.receiver == member.id
    await group.silence(0.2)


async def test_where_that_is_not_to_be_had_everybody_sees_it(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    admin, member = telegram.person("群主"), telegram.person("群友")
    group = telegram.group("读报群", admin, member, administrator=True)
    await baotong()
    await _choose_askers_only(admin, group)
    group.set_bot("member")
    telegram.expect_refusals()
    member.say(group, f"@baotong_bot {BRIDGE}")
    answer = await group.next_answer()
    assert (answer.receiver, "零时正式通车" in answer.text) == (None, True)
    assert answer.reply_to is not None

    group.set_bot("administrator")
    telegram.configure(ephemeral=False)  # a server of before
    member.say(group, f"@baotong_bot {SUBWAY}")
    answer = await group.next_answer()
    assert answer.receiver is None
    turned = await _turned(member, group, answer, "下一条")
    assert turned.id == answer.id
