"""/subscribe and /subscriptions: everything by buttons, in groups for admins, never another chat's."""

import sqlite3
from datetime import UTC, datetime
from typing import NoReturn

import pytest

from bot.handlers.subscribe import DeliveryAction, SetDelivery, SubscriptionList, Unsubscribe
from bot.messages.callback_data import SubscriptionLink, encode
from bot.messages.links import deep_link
from bot.storage import searches, subscriptions
from bot.storage.subscriptions import Mode, Subscription
from corpus.dialogue.search import Search
from corpus.models import Filters
from tests.botapi.harness import Talk
from tests.botapi.play import Chat, Person
from tests.botapi.server import BotApiServer


def stored(talk: Talk, chat_id: int | None = None) -> tuple[Subscription, ...]:
    connection = talk.application.bot_data.state.connection()
    return subscriptions.for_chat(connection, talk.me.id if chat_id is None else chat_id)


def at(talk: Talk, moment: datetime) -> None:
    talk.application.bot_data.now = lambda: moment


async def test_words_after_the_command_are_subscribed_to_at_once(talk: Talk) -> None:
    [card] = await talk.say("/subscribe 地铁 古井")
    assert card.text.startswith("已订阅：地铁 古井\n有新文章时，立即推送。")
    assert "有1篇符合" in card
    [subscription] = stored(talk)
    assert (subscription.question, subscription.mode) == ("地铁 古井", Mode.AT_ONCE)


async def test_what_is_already_in_the_archive_is_no_news(talk: Talk) -> None:
    await talk.say("/subscribe 地铁")
    [subscription] = stored(talk)
    assert subscription.cursor == talk.application.bot_data.corpus.last_number()


async def test_conditions_and_excluded_words_count(talk: Talk) -> None:
    [card] = await talk.say("/subscribe 地铁 分类:城市 -听证会")
    assert "有4篇符合" in card


async def test_a_word_no_article_holds_yet_can_be_subscribed_to(talk: Talk) -> None:
    [card] = await talk.say("/subscribe 火星移民")
    assert "还没有符合的" in card
    assert len(stored(talk)) == 1


async def test_a_name_that_is_also_a_category_is_asked_about(talk: Talk) -> None:
    [question] = await talk.say("/subscribe 城市")
    assert question.labels == ("含“城市”的文章", "城市（7篇）")
    assert stored(talk) == ()
    pressed = await talk.press(question, "城市（7篇）")
    assert pressed.messages[0].text.startswith("已订阅：城市（分类）\n")
    assert stored(talk)[0].filters == Filters(category="城市")


async def test_an_outlet_can_be_subscribed_to(talk: Talk) -> None:
    [question] = await talk.say("/subscribe 码农周刊")
    await talk.press(question, "码农周刊（1篇）")
    assert stored(talk)[0].filters.category == "科技/码农周刊"


async def test_the_button_under_an_answer_subscribes_and_leaves_the_answer(talk: Talk) -> None:
    [answer] = await talk.say("地铁票价")
    pressed = await talk.press(answer, "订阅这个搜索")
    assert pressed.answer is not None
    assert pressed.answer.text == "已订阅"
    assert pressed.edits == ()
    assert pressed.messages[0].text.startswith("已订阅：地铁票价")


async def test_pressing_twice_is_one_subscription(talk: Talk) -> None:
    [answer] = await talk.say("地铁票价")
    for _ in range(2):
        await talk.press(answer, "订阅这个搜索")
    assert len(stored(talk)) == 1


async def test_without_words_the_usage_offers_the_last_search(talk: Talk) -> None:
    [usage] = await talk.say("/subscribe")
    assert "/subscribe 央行 降准" in usage
    assert usage.buttons == ()
    await talk.say("地铁票价")
    [usage] = await talk.say("/subscribe")
    await talk.press(usage, "订阅刚才的搜索：地铁票价")
    assert [one.question for one in stored(talk)] == ["地铁票价"]


async def test_a_digest_at_an_hour_is_chosen_by_buttons(talk: Talk) -> None:
    at(talk, datetime(2026, 9, 22, 4, 5, tzinfo=UTC))
    [card] = await talk.say("/subscribe 地铁")
    hours = (await talk.press(card, "每天汇总")).shown
    assert hours.text == "每天几点推送？（北京时间，现在是12:05）"
    card = (await talk.press(hours, "21:00")).shown
    assert "每天21:00（北京时间）汇总推送，不响铃。" in card
    [subscription] = stored(talk)
    assert (subscription.mode, subscription.hour) == (Mode.DAILY, 21)
    hours = (await talk.press(card, "每天汇总")).shown
    assert [label for label in hours.labels if label.startswith("✓")] == ["✓ 21:00"]
    card = (await talk.press(hours, "‹ 返回")).shown
    card = (await talk.press(card, "立即推送")).shown
    assert stored(talk)[0].mode is Mode.AT_ONCE


async def test_quiet_hours_are_one_tap_away_and_named(talk: Talk) -> None:
    [card] = await talk.say("/subscribe 地铁")
    choices = (await talk.press(card, "静音时段")).shown
    await talk.press(choices, "22:00–08:00")
    [card] = await talk.say("/subscribe 大桥")
    assert "静音时段22:00–08:00内不推送，结束后补发。" in card


async def test_the_list_removes_and_opens_by_button(talk: Talk) -> None:
    for word in ("地铁", "大桥", "新茶"):
        await talk.say(f"/subscribe {word}")
    [listed] = await talk.say("/subscriptions")
    assert listed.text == "订阅（3个）\n\n1. 地铁 — 立即\n2. 大桥 — 立即\n3. 新茶 — 立即"
    second = listed.keyboard[1]
    assert second[0].text == "2. 大桥"
    pressed = await talk.forge(listed, second[1].data or "")
    assert pressed.answer is not None
    assert pressed.answer.text == "已取消"
    assert pressed.shown.text == "订阅（2个）\n\n1. 地铁 — 立即\n2. 新茶 — 立即"
    card = (await talk.press(pressed.shown, "1. 地铁")).shown
    assert card.text.startswith("已订阅：地铁")


async def test_what_was_ended_can_be_had_again(talk: Talk) -> None:
    [card] = await talk.say("/subscribe 地铁")
    ended = (await talk.press(card, "取消订阅")).shown
    assert ended.text == "已取消订阅“地铁”。"
    assert stored(talk) == ()
    await talk.press(ended, "重新订阅")
    assert [one.question for one in stored(talk)] == ["地铁"]


async def test_a_long_list_has_pages(talk: Talk) -> None:
    for number in range(10):
        await talk.say(f"/subscribe 词{number}")
    [listed] = await talk.say("/subscriptions")
    assert "8. 词7" in listed
    assert "9. 词8" not in listed
    page = (await talk.press(listed, "下一页")).shown
    assert "10. 词9" in page
    page = (await talk.press(page, "上一页")).shown
    assert "1. 词0" in page


async def test_an_empty_list_says_how_to_begin(talk: Talk) -> None:
    [listed] = await talk.say("/subscriptions")
    assert "/subscribe" in listed


async def test_there_is_an_end_to_subscriptions(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MAX_PER_CHAT", 1)
    await talk.say("/subscribe 地铁")
    [refusal] = await talk.say("/subscribe 大桥")
    assert refusal.text == "订阅已满1个，请先在 /subscriptions 里取消几个。"


@pytest.mark.parametrize("words", ["！？", "…", "😀", "\u200b"])
async def test_nothing_to_watch_for_is_refused(talk: Talk, words: str) -> None:
    [refusal] = await talk.say(f"/subscribe {words}")
    assert "没看到要订阅的词" in refusal or "/subscribe 央行" in refusal
    assert stored(talk) == ()


@pytest.mark.parametrize("words", ["-桥", "－桥 -灯"])
async def test_words_that_only_exclude_are_no_subscription(talk: Talk, words: str) -> None:
    [refusal] = await talk.say(f"/subscribe {words}")
    assert refusal.text.startswith("这里只写了不要的词。")
    assert stored(talk) == ()


async def test_an_endless_question_is_refused(talk: Talk) -> None:
    [refusal] = await talk.say("/subscribe " + "很长" * 200)
    assert refusal.text == "要订阅的内容太长了，请控制在200个字以内。"


@pytest.mark.parametrize("words", ["<b>&amp;", "_*[`a", "-h", '"未闭合', "分类:", "a" * 199])
async def test_odd_words_are_shown_literally(talk: Talk, telegram: BotApiServer, words: str) -> None:
    telegram.journal.allow(words)
    [card] = await talk.say(f"/subscribe {words}")
    assert "已订阅" in card
    await talk.say("/subscriptions")


async def test_a_deep_link_offers_a_search(talk: Talk, telegram: BotApiServer) -> None:
    state = talk.application.bot_data.state
    with state.transaction() as connection:
        key = searches.save(connection, Search("地铁"), datetime.now(UTC))
    link = deep_link("baotong_bot", SubscriptionLink(key))
    assert link is not None
    talk.me.follow(talk.chat, link)
    await talk.settle()
    offered = await talk.chat.next_answer()
    assert "要订阅“地铁”吗？" in offered
    await talk.press(offered, "订阅这个搜索")
    assert len(stored(talk)) == 1


@pytest.mark.parametrize(
    "data",
    [
        SetDelivery(999, DeliveryAction.AT_ONCE),
        SetDelivery(-1, DeliveryAction.SHOW),
        SetDelivery(1, DeliveryAction.DAILY, 99),
        SetDelivery(1, DeliveryAction.DAILY, -5),
        Unsubscribe(999),
        Unsubscribe(999, 5),
        SubscriptionList(-8),
        SubscriptionList(10**9),
    ],
    ids=str,
)
async def test_a_forged_button_changes_nothing(talk: Talk, data: object) -> None:
    [card] = await talk.say("/subscribe 地铁")
    before = stored(talk)
    await talk.forge(card, encode(data))
    assert stored(talk) == before


async def test_another_chats_subscription_cannot_be_touched(talk: Talk, telegram: BotApiServer) -> None:
    await talk.say("/subscribe 地铁")
    [mine] = stored(talk)
    stranger = telegram.person("路人")
    [card] = await talk.say("/subscribe 大桥", by=stranger)
    for data in (
        Unsubscribe(mine.id),
        Unsubscribe(mine.id, 0),
        SetDelivery(mine.id, DeliveryAction.DAILY, 3),
        SetDelivery(mine.id, DeliveryAction.SHOW),
    ):
        outcome = await talk.forge(card, encode(data), by=stranger)
        assert not any("地铁" in message for message in outcome.edits)
        assert outcome.answer is not None
    assert stored(talk) == (mine,)


async def test_when_the_database_cannot_be_written_the_reader_is_told(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> NoReturn:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(talk.application.bot_data.state, "transaction", full)
    [refusal] = await talk.say("/subscribe 地铁")
    assert refusal.text == "没有保存成功，请稍后再试。"


class TestGroups:
    async def test_an_admin_subscribes_for_the_group(self, talk: Talk, owner: Person, group: Chat) -> None:
        await talk.say("/subscribe@baotong_bot 地铁", by=owner, chat=group)
        assert [one.question for one in stored(talk, group.id)] == ["地铁"]

    async def test_others_do_not(self, talk: Talk, owner: Person, group: Chat) -> None:
        [refusal] = await talk.say("/subscribe@baotong_bot 地铁", chat=group)
        assert refusal.text == "在群里，只有管理员可以管理订阅。"
        [card] = await talk.say("/subscribe@baotong_bot 大桥", by=owner, chat=group)
        for label in ("取消订阅", "每天汇总"):
            pressed = await talk.press(card, label)
            assert pressed.edits == ()
            assert pressed.answer is not None
            assert pressed.answer.text == "在群里，只有管理员可以管理订阅。"
        assert len(stored(talk, group.id)) == 1

    async def test_an_anonymous_admin_subscribes_too(
        self, talk: Talk, telegram: BotApiServer, group: Chat
    ) -> None:
        hidden = telegram.person("隐身")
        hidden.promote(group, anonymous=True)
        [card] = await talk.say("/subscribe@baotong_bot 地铁", by=hidden, chat=group)
        await talk.press(card, "取消订阅", by=hidden)
        assert stored(talk, group.id) == ()

    async def test_a_topic_subscribes_for_itself(
        self, talk: Talk, telegram: BotApiServer, owner: Person
    ) -> None:
        forum = telegram.forum("论坛", owner)
        topic = forum.topic("地铁迷", by=owner)
        await talk.settle()
        [card] = await talk.say("/subscribe@baotong_bot 地铁", by=owner, chat=forum, topic=topic)
        assert card.topic == topic.id
        assert stored(talk, forum.id)[0].thread_id == topic.id
        await talk.say("/subscribe@baotong_bot 大桥", by=owner, chat=forum)
        assert stored(talk, forum.id)[1].thread_id is None


# Filters that name nothing, and searches that are subscribed to already


async def test_a_filter_that_names_nothing_is_not_subscribed_to_but_asked_about(talk: Talk) -> None:
    [question] = await talk.say("/subscribe 地铁 分类:成市")
    assert question.text == "没有叫“成市”的分类。\n所以还没有订阅。您要订阅的是："
    assert question.labels == ("订阅“地铁 分类:城市”", "订阅“地铁”")
    assert stored(talk) == ()
    await talk.press(question, "订阅“地铁 分类:城市”")
    assert [one.question for one in stored(talk)] == ["地铁 分类:城市"]


async def test_nothing_is_offered_where_nothing_is_left(talk: Talk) -> None:
    [said] = await talk.say("/subscribe 作者:xxx")
    assert said.text == "没有叫“xxx”的媒体或作者。\n所以没有订阅，请改一改再发。"
    assert said.labels == ()
    assert stored(talk) == ()


async def test_the_button_under_an_answer_asks_about_such_a_filter_too(talk: Talk) -> None:
    [answer] = await talk.say("分类:成市 地铁票价")
    pressed = await talk.press(answer, "订阅这个搜索")
    assert pressed.messages[0].labels == ("订阅“分类:城市 地铁票价”", "订阅“地铁票价”")
    assert stored(talk) == ()


async def test_what_is_subscribed_to_already_is_said_to_be(talk: Talk) -> None:
    [first] = await talk.say("/subscribe 地铁 古井")
    [daily] = (await talk.press(first, "每天汇总")).edits
    await talk.press(daily, "09:00")
    [second] = await talk.say("/subscribe  地铁  古井")
    assert second.text.startswith("之前已订阅：地铁 古井\n每天09:00（北京时间）汇总推送")
    assert len(stored(talk)) == 1
