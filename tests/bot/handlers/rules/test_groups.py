"""What a message of a group refers to."""

from datetime import UTC, datetime

from telegram import Chat, Checklist, ForumTopicCreated, Message, Poll, PollOption, TextQuote, User

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


def test_a_poll_and_a_checklist_say_what_they_are_about() -> None:
    options = [PollOption("十月", 0, persistent_id="1"), PollOption("明年", 0, persistent_id="2")]
    poll = Poll(
        "1",
        "临江大桥什么时候通车？",
        options,
        total_voter_count=0,
        is_closed=False,
        is_anonymous=True,
        type="regular",
        allows_multiple_answers=False,
        allows_revoting=True,
        members_only=False,
    )
    said = [
        Message(9, WHEN, GROUP, from_user=LI, poll=poll),
        Message(9, WHEN, GROUP, from_user=LI, checklist=Checklist("看古井", [])),
    ]
    assert [groups.quoted_text(reply_to(one)) for one in said] == ["临江大桥什么时候通车？", "看古井"]


def test_the_notice_that_opened_a_topic_says_nothing() -> None:
    opened = Message(9, WHEN, GROUP, from_user=LI, forum_topic_created=ForumTopicCreated("闲聊", 0))
    assert groups.quoted_text(reply_to(opened)) == ""
