"""Who may be written to, and where: privacy, groups, topics."""

import pytest
from telegram import Bot, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden

from tests.botapi import BotApiServer, Person
from tests.botapi.requests import refused


@pytest.fixture(autouse=True)
def _refusals_are_what_is_tested(telegram: BotApiServer) -> None:
    telegram.expect_refusals()


async def test_people_are_written_to_only_after_they_wrote_and_while_they_want_it(
    telegram: BotApiServer, bot: Bot, person: Person
) -> None:
    fresh = telegram.private(person)
    with refused(Forbidden, "can't initiate conversation"):
        await bot.send_message(person.id, "一")
    person.start(fresh)
    await bot.send_message(person.id, "一")
    person.block(fresh)
    with refused(Forbidden, "blocked by the user"):
        await bot.send_message(person.id, "二")
    with refused(BadRequest, "chat not found"):
        await bot.send_message(77, "一")
    updates = await bot.get_updates()
    assert [bool(update.my_chat_member) for update in updates] == [False, True]


async def test_a_group_may_throw_the_bot_out(telegram: BotApiServer, bot: Bot, person: Person) -> None:
    group = telegram.group("群", person)
    group.remove_bot(by=person)
    with refused(Forbidden, "bot was kicked from the supergroup chat"):
        await bot.send_message(group.id, "一")
    group.add_bot(by=person)
    group.set_bot("muted", by=person)
    with refused(BadRequest, "not enough rights"):
        await bot.send_message(group.id, "一")


async def test_an_upgraded_group_names_its_new_id(telegram: BotApiServer, bot: Bot, person: Person) -> None:
    group = telegram.group("群", person, basic=True)
    old = group.id
    new = group.upgrade(by=person)
    with pytest.raises(ChatMigrated) as caught:
        await bot.send_message(old, "一")
    assert caught.value.new_chat_id == new == group.id
    await bot.send_message(new, "一")
    assert (await group.next_answer()).text == "一"
    updates = await bot.get_updates()
    assert [
        (update.message.migrate_to_chat_id, update.message.migrate_from_chat_id)
        for update in updates
        if update.message
    ] == [(new, None), (None, old)]


async def test_topics_are_kept_and_general_must_not_be_named(
    telegram: BotApiServer, bot: Bot, person: Person
) -> None:
    telegram.configure(reads_all=True)
    forum = telegram.forum("论坛", person)
    topic = forum.topic("财经", by=person)
    question = person.say(forum, "地铁", topic=topic)
    person.say(forum, "大家好")
    _, in_topic, in_general = [update.message for update in await bot.get_updates()]
    assert in_topic
    assert (in_topic.message_thread_id, in_topic.is_topic_message) == (topic.id, True)
    assert in_general
    assert in_general.message_thread_id is None
    await bot.send_message(forum.id, "一", message_thread_id=topic.id)
    assert (await forum.next_answer()).topic == topic.id
    await bot.send_message(forum.id, "二", reply_parameters=ReplyParameters(question.id))
    assert (await forum.next_answer()).topic == topic.id
    await bot.send_message(forum.id, "三")
    assert (await forum.next_answer()).topic is None
    for wrong in (1, 4_711):
        with refused(BadRequest, "message thread not found"):
            await bot.send_message(forum.id, "四", message_thread_id=wrong)
    topic.closed = True
    with refused(BadRequest, "topic_closed"):
        await bot.send_message(forum.id, "五", message_thread_id=topic.id)


async def test_a_thread_of_replies_is_no_topic(telegram: BotApiServer, bot: Bot, person: Person) -> None:
    telegram.configure(reads_all=True)
    group = telegram.group("群", person)
    first = person.say(group, "一")
    person.say(group, "二", reply_to=first)
    reply = (await bot.get_updates())[1].message
    assert reply
    assert (reply.message_thread_id, reply.is_topic_message) == (first.id, None)
    with refused(BadRequest, "message thread not found"):
        await bot.send_message(group.id, "三", message_thread_id=first.id)
