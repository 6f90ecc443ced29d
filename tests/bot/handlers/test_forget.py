"""/forget removes what is known of a person, after a second question and only for themselves."""

from bot.handlers.forget import Decision, Forget
from bot.messages.callback_data import encode
from bot.storage import chats, subscriptions, votes
from bot.storage.chats import ChatPreferences
from tests.botapi.harness import Talk
from tests.botapi.server import BotApiServer


async def live(talk: Talk) -> None:
    """Leave all kinds of traces."""
    [answer] = await talk.say("临江大桥什么时候通车")
    await talk.press(answer, "👍")
    await talk.say("/subscribe 大桥")
    [menu] = await talk.say("/settings")
    choices = await talk.press(menu, "回答长短")
    await talk.press(choices.shown, "短")


def traces(talk: Talk) -> list[object]:
    connection = talk.application.bot_data.state.connection()
    return [
        *votes.export(talk.application.bot_data.state.connection()),
        *subscriptions.for_chat(connection, talk.me.id),
        *(
            [chats.load(connection, talk.me.id)]
            if chats.load(connection, talk.me.id) != ChatPreferences()
            else []
        ),
    ]


async def test_after_a_yes_nothing_is_known_any_more(talk: Talk) -> None:
    await live(talk)
    assert len(traces(talk)) == 3
    [question] = await talk.say("/forget")
    assert "90天" in question
    done = (await talk.press(question, "删除")).shown
    assert done.text == "已删除您的提问、评价、订阅和设置。"
    assert done.buttons == ()
    assert traces(talk) == []


async def test_after_a_no_everything_is_as_before(talk: Talk) -> None:
    await live(talk)
    [question] = await talk.say("/forget")
    left = (await talk.press(question, "不删")).shown
    assert left.text == "好的，什么也没有删。"
    assert len(traces(talk)) == 3


async def test_in_a_group_nobody_is_forgotten(talk: Talk, telegram: BotApiServer) -> None:
    await live(talk)
    group = telegram.group("读报群", talk.me)
    [answer] = await talk.say("/forget@baotong_bot", chat=group)
    assert "私聊" in answer
    outcome = await talk.forge(answer, encode(Forget(Decision.YES)))
    assert outcome.edits == ()
    assert len(traces(talk)) == 3


async def test_what_others_said_stays(talk: Talk, telegram: BotApiServer) -> None:
    await live(talk)
    other = telegram.person("小红")
    await talk.say("/subscribe 地铁", by=other)
    [question] = await talk.say("/forget")
    await talk.press(question, "删除")
    connection = talk.application.bot_data.state.connection()
    assert len(subscriptions.for_chat(connection, other.id)) == 1
