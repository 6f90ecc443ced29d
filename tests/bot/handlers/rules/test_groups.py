"""When the bot speaks in a group, and what it takes as the question."""

from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Chat, ForumTopicCreated, Message, MessageEntity, User

from bot.handlers.rules import groups
from bot.handlers.rules.groups import Addressed

BOT = User(7, "报童", is_bot=True, username="baotong_bot")
WANG = User(11, "老王", is_bot=False)
LI = User(12, "李四", is_bot=False, username="lisi")
OTHER = User(13, "天气", is_bot=True, username="weather_bot")
GROUP = Chat(-100, Chat.SUPERGROUP)
WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def message(text: str, *mentions: tuple[str, User | None], **fields: Any) -> Message:
    """A group message in which the given words mention somebody."""
    entities = []
    for words, user in mentions:
        offset = len(text[: text.index(words)].encode("utf-16-le")) // 2
        kind = MessageEntity.TEXT_MENTION if user else MessageEntity.MENTION
        entities.append(MessageEntity(kind, offset, len(words.encode("utf-16-le")) // 2, user=user))
    fields = {"from_user": WANG, "text": text, "entities": entities, **fields}
    return Message(1, WHEN, fields.pop("chat", GROUP), **fields)


def said(author: User, text: str = "某句话", **fields: Any) -> Message:
    return Message(9, WHEN, GROUP, from_user=author, text=text, **fields)


def captioned(caption: str, *entities: MessageEntity) -> Message:
    return Message(1, WHEN, GROUP, from_user=WANG, caption=caption, caption_entities=entities)


AT = ("@baotong_bot", None)


@pytest.mark.parametrize(
    ("incoming", "expected"),
    [
        pytest.param(message("大家早上好"), None, id="chatter"),
        pytest.param(message("@baotong_bot 谁是主席国", AT), Addressed("谁是主席国"), id="mention first"),
        pytest.param(message("谁是主席国？@baotong_bot", AT), Addressed("谁是主席国？"), id="mention last"),
        pytest.param(
            message("@BaoTong_Bot，谁是主席国", ("@BaoTong_Bot", None)),
            Addressed("谁是主席国"),
            id="any case",
        ),
        pytest.param(message("😀𠮷 @baotong_bot 谁", AT), Addressed("😀𠮷 谁"), id="offsets in UTF-16"),
        pytest.param(
            message("报童 谁是主席国", ("报童", BOT)), Addressed("谁是主席国"), id="mention by name"
        ),
        pytest.param(message("@lisi 你看", ("@lisi", None)), None, id="another person"),
        pytest.param(message("@lisi 问 @baotong_bot", ("@lisi", None), AT), Addressed("@lisi 问"), id="both"),
        pytest.param(message("mail@baotong_bot.org"), None, id="no mention in an address"),
        pytest.param(message("@baotong_bot", AT), Addressed(""), id="only called"),
        pytest.param(
            message("@baotong_bot", AT, reply_to_message=said(LI, "金砖是什么")),
            Addressed("金砖是什么"),
            id="called in reply to somebody",
        ),
        pytest.param(
            message("还有吗", reply_to_message=said(BOT)),
            Addressed("还有吗", follows_up=True),
            id="reply to the bot",
        ),
        pytest.param(message("是啊", reply_to_message=said(LI)), None, id="reply to somebody"),
        pytest.param(
            message("@lisi 你看", ("@lisi", None), reply_to_message=said(BOT)),
            None,
            id="reply meant for another",
        ),
        pytest.param(
            message("那 @lisi 呢", ("@lisi", None), reply_to_message=said(BOT)),
            Addressed("那 @lisi 呢", follows_up=True),
            id="reply that names another",
        ),
        pytest.param(message("/ask@other_bot 谁"), None, id="command to another bot"),
        pytest.param(message("/weather", reply_to_message=said(BOT)), None, id="command in reply to the bot"),
        pytest.param(message("@baotong_bot 谁", AT, from_user=OTHER), None, id="another bot"),
        pytest.param(message("@baotong_bot 谁", AT, via_bot=BOT), None, id="a card inserted through the bot"),
        pytest.param(
            message(
                "@baotong_bot 谁是主席国", AT, from_user=User(groups.ANONYMOUS_ADMIN, "Group", is_bot=True)
            ),
            Addressed("谁是主席国"),
            id="anonymous admin",
        ),
        pytest.param(
            captioned("@baotong_bot 这是哪里", MessageEntity(MessageEntity.MENTION, 0, 12)),
            Addressed("这是哪里"),
            id="caption of a picture",
        ),
        pytest.param(message("@baotong_bot -广告 新闻", AT), Addressed("-广告 新闻"), id="syntax is kept"),
    ],
)
def test_only_what_is_meant_for_the_bot_is_a_question(incoming: Message, expected: Addressed | None) -> None:
    assert groups.parse_address(incoming, BOT) == expected


def test_the_notice_that_opened_a_topic_is_no_reply_to_the_bot() -> None:
    opened = Message(9, WHEN, GROUP, from_user=BOT, forum_topic_created=ForumTopicCreated("闲聊", 0))
    assert groups.parse_address(message("大家好", reply_to_message=opened), BOT) is None
    assert groups.quoted_text(message("/ask", reply_to_message=opened)) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/ask@baotong_bot 谁", True),
        ("/ask@BAOTONG_bot 谁", True),
        ("/ask 谁", False),
        ("/ask@other 谁", False),
    ],
)
def test_a_command_is_certainly_addressed_only_by_name(text: str, expected: bool) -> None:
    assert groups.is_addressed(message(text), BOT) is expected


def test_in_private_everything_is_addressed() -> None:
    assert groups.is_addressed(message("你好", chat=Chat(11, Chat.PRIVATE)), BOT)
