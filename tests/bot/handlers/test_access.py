"""A private archive: who may use it, and what others are told."""

import pytest

from bot.handlers.access import is_allowed
from bot.settings import Settings
from tests.bot.conftest import OpenTalk
from tests.botapi.server import BotApiServer


@pytest.mark.parametrize(
    ("user", "chat", "expected"),
    [(1, 1, True), (2, -5, True), (9, 9, True), (3, 3, False), (None, None, False), (1, -7, True)],
)
def test_invited_people_groups_and_admins_may(user: int | None, chat: int | None, expected: bool) -> None:
    settings = Settings.load(None, allowed_ids="1,-5", admin_ids="9")
    assert is_allowed(settings, user, chat) is expected
    assert is_allowed(Settings.load(None), user, chat)


async def test_others_get_one_polite_sentence_and_nothing_else(
    open_talk: OpenTalk, telegram: BotApiServer
) -> None:
    async with open_talk(allowed_ids="1") as talk:
        [answer] = await talk.say("临江大桥什么时候通车")
        assert answer.text.startswith("这里的文章不公开")
        assert f"您的编号 {talk.me.id} " in answer
        for words in ("/start", "/help", "/latest", "临江大桥"):
            assert await talk.say(words) == []
        group = telegram.group("读报小组", talk.me)
        assert await talk.say("大家好", chat=group) == []
        [denial] = await talk.say("@baotong_bot 临江大桥", chat=group)
        assert f"您的编号 {talk.me.id} 或本群的编号 {group.id} " in denial
        found = await talk.inline("临江大桥")
        assert found.results == ()
        assert found.button is not None


async def test_a_stranger_cannot_press_buttons_of_an_invited_person(
    open_talk: OpenTalk, telegram: BotApiServer
) -> None:
    async with open_talk(allowed_ids="510000001") as talk:
        stranger = telegram.person("陌生人")
        group = telegram.group("读报小组", talk.me, stranger)
        assert talk.me.id == 510000001
        [answer] = await talk.say("@baotong_bot 地铁什么时候延长", chat=group)
        assert "地铁" in answer.text
        outcome = await talk.press(answer, "下一条", by=stranger)
        assert not outcome.edits
        assert outcome.answer is not None
        assert outcome.answer.text.startswith("这里的文章不公开")
        assert str(stranger.id) in outcome.answer.text


async def test_everybody_in_an_invited_group_may_ask(open_talk: OpenTalk, telegram: BotApiServer) -> None:
    somebody = telegram.person("小红")
    group = telegram.group("读报小组", somebody)
    async with open_talk(allowed_ids=str(group.id)) as talk:
        [answer] = await talk.say("@baotong_bot 地铁", chat=group, by=somebody)
        assert "地铁" in answer.text
        [answer] = await talk.say("地铁", by=somebody)
        assert answer.text.startswith("这里的文章不公开")


async def test_the_bot_tells_the_ids_that_settings_take(open_talk: OpenTalk, telegram: BotApiServer) -> None:
    async with open_talk() as talk:
        [alone] = await talk.say("/id")
        assert alone.text == f"您的 Telegram 编号是 {talk.me.id}。"
        group = telegram.group("读报小组", talk.me)
        [together] = await talk.say("/id@baotong_bot", chat=group)
        assert together.text == f"{alone.text}\n本群的 Telegram 编号是 {group.id}。"


async def test_who_writes_as_the_group_learns_no_id_but_the_groups(
    open_talk: OpenTalk, telegram: BotApiServer
) -> None:
    async with open_talk() as talk:
        group = telegram.group("读报小组", talk.me)
        talk.me.promote(group, anonymous=True)
        await talk.settle()
        [answer] = await talk.say("/id@baotong_bot", chat=group)
        assert answer.text == f"本群的 Telegram 编号是 {group.id}。"
    async with open_talk(allowed_ids="1") as closed:
        somebody = telegram.person("小红")
        other = telegram.group("另一个群", somebody)
        somebody.promote(other, anonymous=True)
        await closed.settle()
        [denial] = await closed.say("/id@baotong_bot", chat=other, by=somebody)
        assert f"请把本群的编号 {other.id} 发给管理员" in denial
