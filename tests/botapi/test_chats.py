"""Who may be written to, and where: privacy, groups, topics."""

import pytest
from telegram import Bot, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden

from tests.botapi import BotApiServer, Person
from tests.botapi.play import mention
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


async def test_channels_post_and_their_posts_arrive_in_the_discussion_group(
    telegram: BotApiServer, bot: Bot, person: Person
) -> None:
    telegram.configure(reads_all=True)
    channel, group = telegram.channel("新闻频道"), telegram.group("讨论群", person)
    post = channel.post("今日要闻")
    channel.post("今日要闻二则", edit_of=post)
    group.forward_post(channel, post)
    posted, edited, forwarded = await bot.get_updates()
    assert posted.channel_post
    assert edited.edited_channel_post
    assert edited.edited_channel_post.text == "今日要闻二则"
    assert forwarded.message
    assert forwarded.message.is_automatic_forward
    assert forwarded.message.sender_chat
    assert forwarded.message.sender_chat.id == channel.id


async def test_whoever_has_no_username_is_mentioned_by_entity(
    telegram: BotApiServer, bot: Bot, person: Person
) -> None:
    chat = telegram.private(person)
    friend = telegram.person("阿红")
    person.say(chat, "阿红 你看", entities=[mention("阿红", friend)])
    [update] = await bot.get_updates()
    assert update.message
    [entity] = update.message.entities
    assert (entity.type, entity.user and entity.user.id) == ("text_mention", friend.id)


async def test_service_messages_stickers_and_pictures_arrive(
    telegram: BotApiServer, bot: Bot, person: Person
) -> None:
    telegram.configure(reads_all=True)
    group = telegram.group("群", person)
    guest = telegram.person("客人")
    guest.join(group)
    group.rename("新群名", by=person)
    person.send_sticker(group)
    person.send_photo(group, "图 /ask")
    guest.leave(group)
    messages = [update.message for update in await bot.get_updates() if update.message]
    assert [
        bool(message.new_chat_members or message.new_chat_title or message.sticker or message.caption)
        for message in messages
    ] == [True, True, True, True, False]
    assert messages[-1].left_chat_member
    with pytest.raises(ValueError, match="not in the group"):
        guest.say(group, "再见")


async def test_blocking_can_be_undone(telegram: BotApiServer, bot: Bot, person: Person) -> None:
    chat = telegram.private(person, started=True)
    person.block(chat)
    person.unblock(chat)
    await bot.send_message(chat.id, "一")
    assert (await chat.next_answer()).text == "一"


async def test_reactions_and_actions_are_seen(telegram: BotApiServer, bot: Bot, person: Person) -> None:
    chat = telegram.private(person)
    said = person.say(chat, "一")
    await bot.set_message_reaction(chat.id, said.id, "👀")
    await bot.send_chat_action(chat.id, "typing")
    assert (chat.reactions(said), chat.actions()) == (("👀",), ["typing"])
    with refused(BadRequest, "reaction_invalid"):
        await bot.set_message_reaction(chat.id, said.id, "字")
    with refused(BadRequest, "wrong parameter action"):
        await bot.send_chat_action(chat.id, "reading")


async def test_a_deleted_message_cannot_be_answered_and_is_gone(
    telegram: BotApiServer, bot: Bot, person: Person
) -> None:
    chat = telegram.private(person)
    said = person.say(chat, "一")
    person.delete(said)
    with refused(BadRequest, "message to be replied not found"):
        await bot.send_message(chat.id, "二", reply_parameters=ReplyParameters(said.id))
    sent = await bot.send_message(chat.id, "三")
    await bot.delete_message(chat.id, sent.message_id)
    assert chat.messages == ()
    with refused(BadRequest, "message to delete not found"):
        await bot.delete_message(chat.id, sent.message_id)


async def test_leaving_a_group_ends_writing_there(telegram: BotApiServer, bot: Bot, person: Person) -> None:
    group = telegram.group("群", person)
    await bot.leave_chat(group.id)
    with refused(Forbidden, "not a member"):
        await bot.send_message(group.id, "一")
    with refused(BadRequest, "private chats"):
        await bot.leave_chat(telegram.private(person, started=True).id)


async def test_a_wait_that_ends_in_vain_shows_the_chat_and_the_last_requests(
    telegram: BotApiServer, bot: Bot, person: Person
) -> None:
    chat = telegram.private(person)
    person.say(chat, "有人吗")
    await bot.get_me()
    with pytest.raises(AssertionError, match=r"(?s)no message.*小明: 有人吗.*getMe"):
        await chat.next_answer(within=0.05)
    await bot.send_message(chat.id, "在")
    with pytest.raises(AssertionError, match="silence was expected"):
        await chat.silence(0.01)


def test_people_follow_only_links_that_clients_open(telegram: BotApiServer, person: Person) -> None:
    chat = telegram.private(person)
    assert person.follow(chat, "https://t.me/baotong_bot?start=a_1").text == "/start a_1"
    for wrong in (
        "https://t.me/other_bot?start=a",
        "http://t.me/baotong_bot?start=a",
        "https://t.me/baotong_bot?start=字",
        f"https://t.me/baotong_bot?start={'a' * 65}",
    ):
        with pytest.raises(ValueError, match="no client opens"):
            person.follow(chat, wrong)
