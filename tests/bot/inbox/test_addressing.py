"""Which messages are meant for the bot, and what they ask it."""

from typing import Any

import pytest
from telegram import Chat, Message, User

from bot.inbox.addressing import Address, BotIdentity, Way, mentioned_names, read_address
from tests.botapi.formatting import FormattedText, find_entities

ME = BotIdentity(7, "baotong_bot", frozenset({"ask", "latest"}), frozenset({"ask"}))
BOT = {"id": 7, "is_bot": True, "first_name": "报童"}
WANG = {"id": 11, "is_bot": False, "first_name": "老王"}
LI = {"id": 12, "is_bot": False, "first_name": "李四", "username": "lisi"}
WEATHER = {"id": 13, "is_bot": True, "first_name": "天气", "username": "weather_bot"}
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
CHANNEL = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
GROUP = {"id": -100, "type": "supergroup", "title": "读报群"}
ORIGIN = {"type": "user", "date": 1, "sender_user": LI}


def said(text: str = "", *, author: dict[str, Any] = WANG, **fields: Any) -> dict[str, Any]:
    """A message of a group as the Bot API writes it."""
    message: dict[str, Any] = {"message_id": 1, "date": 1, "chat": GROUP, "from": author}
    if text:
        entities = find_entities(FormattedText(text)).entities
        message |= {"text": text, "entities": [entity.as_json() for entity in entities]}
    return {**message, **fields}


def told(text: str = "", **fields: Any) -> dict[str, Any]:
    """A message of a private chat."""
    return said(text, chat={"id": 11, "type": "private", "first_name": "老王"}, **fields)


def captioned(text: str, **fields: Any) -> dict[str, Any]:
    message = said(text, **fields)
    return {
        **message,
        "photo": [{}],
        "caption": message.pop("text"),
        "caption_entities": message.pop("entities"),
    }


def named(text: str, user: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A message that begins with a person's name, as clients mention people without a user name."""
    entity = {"type": "text_mention", "offset": 0, "length": len(user["first_name"]), "user": user}
    return said(text, **fields) | {"entities": [entity]}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param(said("@baotong_bot 谁是主席国"), "谁是主席国", id="mention first"),
        pytest.param(said("谁是主席国？@baotong_bot"), "谁是主席国？", id="mention last"),
        pytest.param(said("@BaoTong_Bot，谁是主席国"), "谁是主席国", id="any case"),
        pytest.param(said("😀𠮷 @baotong_bot 谁"), "😀𠮷 谁", id="offsets in UTF-16"),
        pytest.param(named("报童 谁是主席国", BOT), "谁是主席国", id="mention by name"),
        pytest.param(said("@lisi 问 @baotong_bot"), "@lisi 问", id="both"),
        pytest.param(said("@baotong_bot"), "", id="only called"),
        pytest.param(said("@baotong_bot 一\n二 三"), "一\n二 三", id="lines are kept"),
        pytest.param(said("@baotong_bot -广告 新闻"), "-广告 新闻", id="syntax is kept"),
        pytest.param(captioned("@baotong_bot 这是哪里"), "这是哪里", id="caption"),
        pytest.param(
            said("@baotong_bot 谁", author=ANONYMOUS, sender_chat=GROUP), "谁", id="anonymous admin"
        ),
        pytest.param(
            said("@baotong_bot 谁", author=CHANNEL, sender_chat={"id": -7}), "谁", id="channel identity"
        ),
    ],
)
def test_a_mention_is_meant_for_the_bot(message: dict[str, Any], expected: str) -> None:
    assert read_address(message, ME) == Address(Way.MENTION, expected)


@pytest.mark.parametrize("text", ["还有吗", "那 @lisi 呢", "2"])
def test_a_reply_to_the_bot_is_meant_for_it(text: str) -> None:
    message = said(text, reply_to_message=said("某句话", author=BOT))
    assert read_address(message, ME) == Address(Way.REPLY, text, follows_up=True)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param(said("/ask 央行"), "央行", id="bare"),
        pytest.param(said("/ASK@BaoTong_Bot 央行"), "央行", id="by name, in any case"),
        pytest.param(said("/ask：央行"), "央行", id="punctuation behind it"),
        pytest.param(captioned("/latest@baotong_bot 金融"), "金融", id="caption"),
        pytest.param(told("/roll 3"), "3", id="any command in private"),
    ],
)
def test_a_command_that_it_knows_is_meant_for_the_bot(message: dict[str, Any], expected: str) -> None:
    assert read_address(message, ME) == Address(Way.COMMAND, expected)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(said("大家早上好"), id="chatter"),
        pytest.param(said("@lisi 你看"), id="another person"),
        pytest.param(named("李四 你看", LI), id="another person by name"),
        pytest.param(said("mail@baotong_bot.org"), id="no mention in an address"),
        pytest.param(said("@baotong_botx 桥"), id="a longer name"),
        pytest.param(said("/roll"), id="another bot's command"),
        pytest.param(said("/ask@weather_bot 桥"), id="a command sent to another bot"),
        pytest.param(said("/roll@baotong_bot"), id="a command that it does not know"),
        pytest.param(said("/问 桥"), id="no command"),
        pytest.param(said("/roll", reply_to_message=said(author=BOT)), id="another command in reply"),
        pytest.param(said("是啊", reply_to_message=said(author=LI)), id="reply to somebody"),
        pytest.param(said("@lisi 你看", reply_to_message=said(author=BOT)), id="reply meant for another"),
        pytest.param(named("李四 你看", LI, reply_to_message=said(author=BOT)), id="by name, in reply"),
        pytest.param(
            said("大家好", reply_to_message=said(author=BOT, forum_topic_created={"name": "闲聊"})),
            id="first message of a topic that the bot opened",
        ),
        pytest.param(said("@baotong_bot 谁", author=WEATHER), id="another bot"),
        pytest.param(said("/ask@baotong_bot 谁", author=WEATHER), id="another bot's command to this one"),
        pytest.param(said("谁", author=WEATHER, reply_to_message=said(author=BOT)), id="another bot's reply"),
        pytest.param(said("@baotong_bot 谁", via_bot=BOT), id="a card inserted through the bot"),
        pytest.param(said("@baotong_bot 谁", via_bot=WEATHER), id="a card inserted through another"),
        pytest.param(said("@baotong_bot 谁", forward_origin=ORIGIN), id="forwarded mention"),
        pytest.param(said("/ask@baotong_bot 谁", forward_origin=ORIGIN), id="forwarded command"),
        pytest.param(
            said("@baotong_bot 谁", is_automatic_forward=True, sender_chat={"id": -7}),
            id="post of the channel",
        ),
        pytest.param(said(photo=[{}], reply_to_message=said(author=BOT)), id="picture in reply"),
        pytest.param(said(new_chat_title="新名"), id="service message"),
        pytest.param(
            said("@baotong_bot 谁", chat={**GROUP, "is_direct_messages": True}),
            id="direct messages of a channel",
        ),
        pytest.param(told("谁", author=WEATHER), id="another bot in private"),
        pytest.param(told("/ask 谁", author=WEATHER), id="its command in private"),
        pytest.param(told("谁", via_bot=BOT), id="own card in private"),
        pytest.param(told(pinned_message=said()), id="service message in private"),
        pytest.param(told(some_service_of_tomorrow={}), id="unknown service message in private"),
    ],
)
def test_anything_else_is_not(message: dict[str, Any]) -> None:
    assert read_address(message, ME) is None


@pytest.mark.parametrize(
    "message",
    [told("你好"), told("谁", forward_origin=ORIGIN), told(photo=[{}]), told(voice={}), told(dice={})],
)
def test_in_private_everything_that_people_send_is_meant_for_it(message: dict[str, Any]) -> None:
    address = read_address(message, ME)
    assert address is not None
    assert address.way is Way.PRIVATE


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param(said("@baotong_bot 谁"), Way.MENTION, id="mention"),
        pytest.param(told("谁"), Way.PRIVATE, id="private"),
        pytest.param(said("/ask 谁"), Way.COMMAND, id="question"),
        pytest.param(said("/latest"), None, id="command that is not run again"),
        pytest.param(told("/latest"), None, id="the same in private"),
        pytest.param(told(location={}), None, id="location that moves"),
    ],
)
def test_of_what_is_edited_only_words_count(message: dict[str, Any], expected: Way | None) -> None:
    address = read_address(message, ME, edited=True)
    assert (address and address.way) == expected


def test_a_message_reads_the_same_from_the_library() -> None:
    # Handlers see messages as the library read them, the inbox as they came.
    raw = said(
        "@baotong_bot 谁", reply_to_message=said("甲", author=BOT), sender_chat=GROUP, author=ANONYMOUS
    )
    message = Message.de_json(raw, None)
    assert (message.chat.type, message.from_user) == (Chat.SUPERGROUP, User.de_json(ANONYMOUS, None))
    assert (
        read_address(message.to_dict(), ME)
        == read_address(raw, ME)
        == Address(Way.MENTION, "谁", follows_up=True)
    )


def test_user_names_are_read_from_mentions_and_commands() -> None:
    assert mentioned_names(said("/ask@New_bot 谁 @lisi a@b.org")) == ("new_bot", "lisi")
