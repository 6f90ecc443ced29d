"""What a message of a group refers to."""

from datetime import UTC, datetime

from telegram import Chat, ForumTopicCreated, Message, TextQuote, User

from bot.handlers.rules import groups

GROUP = Chat(-100, Chat.SUPERGROUP)
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
LI = User(12, "李四", is_bot=False)


def reply_to(original: Message | None, quote: TextQuote | None = None) -> Message:
    return Message(10, WHEN, GROUP, from_user=LI, text="/ask", reply_to_message=original, quote=quote)


def test_a_reply_refers_to_what_it_quotes_else_to_the_whole_message() -> None:
    original = Message(9, WHEN, GROUP, from_user=LI, text="金砖是什么 它有几国 ")
    assert groups.quoted_text(reply_to(original)) == "金砖是什么 它有几国"
    assert groups.quoted_text(reply_to(original, TextQuote("它有几国", 6))) == "它有几国"
    assert groups.quoted_text(reply_to(None)) == ""


def test_the_notice_that_opened_a_topic_says_nothing() -> None:
    opened = Message(9, WHEN, GROUP, from_user=LI, forum_topic_created=ForumTopicCreated("闲聊", 0))
    assert groups.quoted_text(reply_to(opened)) == ""
