"""Deliveries: at once or at their hour, together, never twice, and never in anybody's way."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import markup
from bot.messages.render_context import RenderContext
from bot.outbox.pace import UNPACED, Rate
from bot.outbox.sender import Sender
from bot.service import background, deliveries, jobs
from bot.service.deliveries import Delivery, Section
from bot.service.delivery_run import DeliveryRun, RunOptions
from bot.storage import chats, subscriptions
from bot.storage.chats import ChatPreferences, QuietHours
from bot.storage.database import State
from bot.storage.subscriptions import Mode, Subscription
from bot.wording.i18n import Language, translator
from corpus import Corpus
from corpus.errors import StoreError
from corpus.models import Article, Filters, UpdateReport
from corpus.store.store import Store
from tests.bot.conftest import NOW, OpenTalk, open_archive
from tests.botapi.faults import Fault, cut_after, cut_before, refusal, server_error, too_many_requests
from tests.botapi.harness import Talk
from tests.botapi.html import parse_html
from tests.botapi.messages import Message
from tests.botapi.play import Person
from tests.botapi.server import BotApiServer
from tests.newspaper import STORIES, Story, write_newspaper

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 9, 22, 20, 0, tzinfo=SHANGHAI)


def story(title: str, *paragraphs: str, category: str = "城市", outlet: str = "临江晚报") -> Story:
    return Story(title, category, outlet, "2026-09-22 09:00:00", paragraphs or (f"{title}，详情待续。",))


class Press:
    """A newsroom: an archive that grows, a clock that is set, and people who subscribed."""

    def __init__(self, talk: Talk, corpus: Corpus, folder: Path) -> None:
        self.talk = talk
        self.corpus = corpus
        self.folder = folder
        self.now = EVENING.astimezone(UTC)
        talk.application.bot_data.now = lambda: self.now

    async def publish(self, *stories: Story) -> UpdateReport:
        write_newspaper(self.folder / "archive", stories)
        return await asyncio.to_thread(self.corpus.update, workers=0)

    async def deliver(self) -> list[Message]:
        """Let the job run once; returns what came to `talk.me`."""
        await jobs.deliver(self.talk.application)
        return self.talk.chat.new_answers()

    async def clock(self, start: datetime, end: datetime, step: timedelta) -> list[tuple[datetime, Message]]:
        """Let time pass and the job run; returns what came, and when."""
        came = []
        self.now = start.astimezone(UTC)
        while self.now <= end:
            came += [(self.now.astimezone(SHANGHAI), message) for message in await self.deliver()]
            self.now += step
        return came

    async def daily(self, words: str, hour: int) -> None:
        [card] = await self.talk.say(f"/subscribe {words}")
        hours = (await self.talk.press(card, "每天汇总")).shown
        await self.talk.press(hours, f"{hour:02}:00")

    def prefer(self, preferences: ChatPreferences) -> None:
        with self.talk.application.bot_data.state.transaction() as connection:
            chats.save(connection, self.talk.me.id, preferences)

    def stored(self, chat_id: int) -> tuple[Subscription, ...]:
        return subscriptions.for_chat(self.talk.application.bot_data.state.connection(), chat_id)


@pytest_asyncio.fixture
async def press(open_talk: OpenTalk, tmp_path: Path) -> AsyncIterator[Press]:
    with open_archive(tmp_path, STORIES[:3]) as corpus, State.open(tmp_path / "bot.sqlite3") as state:
        async with open_talk(corpus=corpus, state=state) as talk:
            yield Press(talk, corpus, tmp_path)


# What is delivered


async def test_an_article_is_not_announced_before_a_question_can_find_it(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    await press.talk.say("/subscribe 地铁")
    await press.publish(story("地铁五号线开工"))
    with monkeypatch.context() as patch:
        patch.setattr(Corpus, "is_index_behind", True)
        assert await press.deliver() == []
    assert len(await press.deliver()) == 1


async def test_a_new_article_is_delivered_at_once_with_a_sound(press: Press) -> None:
    await press.talk.say("/subscribe 地铁")
    await press.publish(story("地铁五号线开工"))
    [message] = await press.deliver()
    assert message.text == "“地铁”有1篇新文章\n1. 地铁五号线开工 — 临江晚报，今天"
    assert message.bold == ("地铁",)
    assert [link.text for link in message.links] == ["地铁五号线开工"]
    assert not message.silent
    listed = (await press.talk.press(message, "管理订阅")).shown
    assert "1. 地铁 — 立即" in listed


async def test_who_may_no_longer_use_the_archive_hears_nothing(press: Press) -> None:
    await press.talk.say("/subscribe 地铁")
    data = press.talk.application.bot_data
    data.settings = data.settings.model_copy(update={"allowed_ids": frozenset({1})})
    await press.publish(story("地铁五号线开工"))
    assert await press.deliver() == []
    data.settings = data.settings.model_copy(update={"allowed_ids": frozenset({1, press.talk.me.id})})
    [message] = await press.deliver()
    assert "地铁五号线开工" in message


async def test_what_was_there_before_is_not_news(press: Press) -> None:
    await press.talk.say("/subscribe 地铁")
    assert await press.deliver() == []


async def test_articles_without_the_words_are_not_delivered(press: Press) -> None:
    await press.talk.say("/subscribe 地铁 -广告")
    await press.publish(story("新茶上市"), story("地铁招商", "地铁广告位招商。"))
    assert await press.deliver() == []


async def test_a_whole_category_can_be_heard_of(press: Press) -> None:
    [question] = await press.talk.say("/subscribe 城市")
    await press.talk.press(question, "城市（3篇）")
    await press.publish(story("路灯全部换新"), story("新书首发", category="文化"))
    [message] = await press.deliver()
    assert "路灯全部换新" in message
    assert "新书首发" not in message


async def test_many_articles_are_one_message_that_counts_the_rest(press: Press) -> None:
    await press.talk.say("/subscribe 地铁")
    names = "甲乙丙丁戊己庚辛壬癸子丑寅卯"
    await press.publish(
        *(
            story(f"地铁{name}站开通", f"地铁{name}站昨天{'开' * number}通车。" + name * 30)
            for number, name in enumerate(names)
        )
    )
    [message] = await press.deliver()
    assert message.text.startswith("“地铁”有14篇新文章\n")
    assert "10. " in message
    assert "11. " not in message
    assert message.text.endswith("另有4篇，可用 /latest 查看。")


async def test_several_subscriptions_are_one_message_and_an_article_stands_once(press: Press) -> None:
    for words in ("地铁", "开工"):
        await press.talk.say(f"/subscribe {words}")
    await press.publish(story("地铁五号线开工"), story("体育馆开工"))
    [message] = await press.deliver()
    assert message.text.count("地铁五号线开工") == 1
    assert "“地铁”有1篇新文章" in message
    assert "“开工”有1篇新文章" in message


async def test_the_same_story_told_again_is_not_delivered_again(press: Press) -> None:
    body = "地铁五号线昨天正式开工，全长二十一公里，设站十六座，总投资一百二十亿元，预计五年后通车。" * 3
    await press.talk.say("/subscribe 地铁")
    await press.publish(story("地铁五号线开工", body))
    assert len(await press.deliver()) == 1
    await press.publish(story("地铁五号线今日开工", body, outlet="江岸新闻"))
    assert await press.deliver() == []


async def test_topics_hear_in_their_topic(press: Press, telegram: BotApiServer) -> None:
    owner = telegram.person("群主")
    forum = telegram.forum("论坛", owner)
    topic = forum.topic("地铁迷", by=owner)
    await press.talk.settle()
    await press.talk.say("/subscribe@baotong_bot 地铁", by=owner, chat=forum, topic=topic)
    await press.publish(story("地铁五号线开工"))
    await press.deliver()
    [message] = forum.new_answers()
    assert message.topic == topic.id


async def test_the_words_are_in_the_language_of_the_subscriber(press: Press, telegram: BotApiServer) -> None:
    john = telegram.person("John", language="en")
    await press.talk.say("/subscribe 地铁", by=john)
    await press.publish(story("地铁五号线开工"))
    await press.deliver()
    [message] = telegram.private(john).new_answers()
    assert message.text.startswith("1 new article for “地铁”")


# When it is delivered


async def test_a_digest_comes_at_its_hour_without_a_sound(press: Press) -> None:
    await press.daily("地铁", 8)
    await press.publish(story("地铁五号线开工"))
    came = await press.clock(EVENING, EVENING + timedelta(days=2), timedelta(minutes=10))
    [(when, message)] = came
    assert when == datetime(2026, 9, 23, 8, 0, tzinfo=SHANGHAI)
    assert message.silent
    assert message.text.startswith("今日汇总\n\n“地铁”有1篇新文章")


async def test_a_day_without_news_brings_no_digest(press: Press) -> None:
    await press.daily("地铁", 8)
    await press.publish(story("新茶上市"))
    assert await press.clock(EVENING, EVENING + timedelta(days=3), timedelta(minutes=30)) == []


async def test_a_digest_follows_the_clock_of_its_chat(press: Press) -> None:
    press.prefer(ChatPreferences(zone="America/New_York"))
    await press.daily("地铁", 8)
    await press.publish(story("地铁五号线开工"))
    [(when, _)] = await press.clock(EVENING, EVENING + timedelta(days=2), timedelta(minutes=10))
    assert when.astimezone(ZoneInfo("America/New_York")).hour == 8


async def test_quiet_hours_hold_back_and_then_bring_everything_at_once(press: Press) -> None:
    press.prefer(ChatPreferences(quiet=QuietHours(22, 7)))
    await press.talk.say("/subscribe 地铁")
    night = datetime(2026, 9, 22, 23, 0, tzinfo=SHANGHAI)
    press.now = night.astimezone(UTC)
    await press.publish(story("地铁五号线开工"))
    assert await press.deliver() == []
    await press.publish(story("地铁六号线获批", "地铁六号线获得批准，线路走向另行公布。"))
    [(when, message)] = await press.clock(night, night + timedelta(hours=12), timedelta(minutes=5))
    assert when == datetime(2026, 9, 23, 7, 0, tzinfo=SHANGHAI)
    assert "有2篇新文章" in message


async def test_a_refresh_has_news_pushed_only_when_something_was_added(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = press.talk.application
    monkeypatch.setattr(application, "_running", True)
    await press.talk.say("/subscribe 地铁")
    report = await press.publish(story("地铁五号线开工"))
    before = asyncio.all_tasks()
    await jobs.on_updated(application, replace(report, added=0))
    assert asyncio.all_tasks() == before
    await jobs.on_updated(application, report)
    [news] = asyncio.all_tasks() - before
    await news
    assert len(press.talk.chat.new_answers()) == 1


async def test_a_bot_that_is_stopped_claims_nothing_more(
    press: Press, telegram: BotApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [telegram.person(f"读者{number}") for number in range(6)]
    for person in people:
        await press.talk.say("/subscribe 地铁", by=person)
    await press.publish(story("地铁五号线开工"))
    application = press.talk.application
    send = DeliveryRun._send

    async def send_and_stop(run: DeliveryRun, *delivery: Any) -> None:
        monkeypatch.setattr(application, "_running", False)
        await send(run, *delivery)

    monkeypatch.setattr(application, "_running", True)
    monkeypatch.setattr(DeliveryRun, "_send", send_and_stop)
    one_by_one = RunOptions(concurrency=1)
    assert await jobs.deliver(application, options=one_by_one) == 1
    assert await jobs.deliver(application, options=one_by_one) == 5
    assert [len(telegram.private(person).new_answers()) for person in people] == [1] * 6


# Never twice


async def test_running_again_delivers_nothing_again(press: Press) -> None:
    await press.talk.say("/subscribe 地铁")
    await press.publish(story("地铁五号线开工"))
    assert len(await press.deliver()) == 1
    assert await press.deliver() == []


async def test_two_runs_at_once_deliver_once(press: Press) -> None:
    await press.talk.say("/subscribe 地铁")
    await press.publish(story("地铁五号线开工"))
    await asyncio.gather(*(jobs.deliver(press.talk.application) for _ in range(4)))
    assert len(press.talk.chat.new_answers()) == 1


class Killed(BaseException):
    """Stands in for the end of the process: nothing that follows is carried out."""


async def test_a_crash_between_claim_and_sending_loses_one_and_doubles_none(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    await press.talk.say("/subscribe 地铁")
    await press.publish(story("地铁五号线开工"))

    async def crash(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(DeliveryRun, "_send", crash)
        with pytest.raises(Killed):
            await jobs.deliver(press.talk.application)
    assert await press.deliver() == []
    await press.publish(story("地铁六号线获批", "地铁六号线获得批准，线路走向另行公布。"))
    [message] = await press.deliver()
    assert "地铁五号线开工" not in message


async def test_an_article_that_changes_is_not_delivered_again(press: Press) -> None:
    await press.talk.say("/subscribe 地铁")
    await press.publish(story("地铁五号线开工"))
    await press.deliver()
    await press.publish(story("地铁五号线开工", "地铁五号线开工，补充了照片。"))
    assert await press.deliver() == []


async def test_an_archive_indexed_anew_is_not_delivered_whole(
    press: Press, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await press.publish(*STORIES[3:10])
    await press.talk.say("/subscribe 地铁")
    with open_archive(tmp_path_factory.mktemp("anew"), STORIES[:6]) as anew:
        press.talk.application.bot_data.corpus = anew
        assert await press.deliver() == []
        press.corpus, press.folder = anew, tmp_path_factory.getbasetemp() / "anew0"
        await press.publish(story("地铁五号线开工"))
        [message] = await press.deliver()
        assert "有1篇新文章" in message


# Faults


async def test_who_blocked_the_bot_is_dropped_and_holds_up_nobody(
    press: Press, telegram: BotApiServer
) -> None:
    other = telegram.person("小红")
    await press.talk.say("/subscribe 地铁", by=other)
    await press.talk.say("/subscribe 地铁")
    other.block(telegram.private(other))
    await press.publish(story("地铁五号线开工"))
    telegram.expect_refusals()
    assert len(await press.deliver()) == 1
    assert press.stored(other.id) == ()
    assert len(press.stored(press.talk.me.id)) == 1


@pytest.mark.parametrize(
    ("status", "description"),
    [
        (403, "Forbidden: bot was kicked from the supergroup chat"),
        (403, "Forbidden: user is deactivated"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: group chat was deactivated"),
    ],
)
async def test_a_chat_that_is_gone_is_dropped(
    press: Press, telegram: BotApiServer, status: int, description: str
) -> None:
    await press.talk.say("/subscribe 地铁")
    await press.publish(story("地铁五号线开工"))
    telegram.faults.plan(refusal(status, description), "sendMessage")
    assert await press.deliver() == []
    assert press.stored(press.talk.me.id) == ()


async def test_a_deleted_topic_takes_only_its_own_subscriptions(press: Press, telegram: BotApiServer) -> None:
    owner = telegram.person("群主")
    forum = telegram.forum("论坛", owner)
    topic = forum.topic("地铁迷", by=owner)
    await press.talk.settle()
    await press.talk.say("/subscribe@baotong_bot 地铁", by=owner, chat=forum, topic=topic)
    await press.talk.say("/subscribe@baotong_bot 大桥", by=owner, chat=forum)
    topic.deleted = True
    await press.publish(story("地铁五号线开工"))
    telegram.expect_refusals()
    await press.deliver()
    assert [one.question for one in press.stored(forum.id)] == ["大桥"]


@pytest.mark.parametrize(
    "description",
    ["Bad Request: not enough rights to send text messages to the chat", "Bad Request: TOPIC_CLOSED"],
)
async def test_where_the_bot_may_not_speak_now_it_stays_subscribed(
    press: Press, telegram: BotApiServer, description: str
) -> None:
    await press.talk.say("/subscribe 地铁")
    await press.publish(story("地铁五号线开工"))
    telegram.faults.plan(refusal(400, description), "sendMessage")
    assert await press.deliver() == []
    assert len(press.stored(press.talk.me.id)) == 1


@pytest.mark.parametrize(
    "fault", [too_many_requests(1), server_error(502)], ids=["too many requests", "bad gateway"]
)
async def test_what_certainly_was_not_sent_is_sent_later(
    press: Press, telegram: BotApiServer, fault: Fault
) -> None:
    await press.talk.say("/subscribe 地铁")
    await press.publish(story("地铁五号线开工"))
    telegram.faults.plan(fault, "sendMessage")
    assert await press.deliver() == []
    assert len(await press.deliver()) == 1
    assert await press.deliver() == []


async def test_while_telegram_is_out_of_reach_nothing_is_lost(press: Press, telegram: BotApiServer) -> None:
    await press.talk.say("/subscribe 地铁")
    await press.publish(story("地铁五号线开工"))
    async with telegram.outage():
        assert await press.deliver() == []
    assert len(await press.deliver()) == 1


@pytest.mark.parametrize("fault", [cut_before(), cut_after()], ids=["before acting", "after acting"])
async def test_where_it_is_unsure_whether_it_was_sent_it_is_not_sent_again(
    press: Press, telegram: BotApiServer, fault: Fault
) -> None:
    await press.talk.say("/subscribe 地铁")
    await press.publish(story("地铁五号线开工"))
    telegram.faults.plan(fault, "sendMessage")
    first, second = await press.deliver(), await press.deliver()
    assert len(first) <= 1
    assert second == []


async def test_an_upgraded_group_goes_on_hearing(press: Press, telegram: BotApiServer) -> None:
    owner = telegram.person("群主")
    group = telegram.group("小群", owner, basic=True)
    await press.talk.say("/subscribe@baotong_bot 地铁", by=owner, chat=group)
    old = group.id
    new = group.upgrade(by=owner)
    jobs.chat_migrated(press.talk.application, old, new)
    await press.talk.settle()  # the announcements, which say the same
    await press.publish(story("地铁五号线开工"))
    await press.deliver()
    assert len(group.new_answers()) == 1


@pytest.mark.parametrize(
    "jump", [timedelta(0), timedelta(hours=-8), timedelta(days=-400), timedelta(hours=8)]
)
async def test_runs_follow_each_other_whatever_becomes_of_the_wall_clock(
    press: Press, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    monkeypatch.setattr(jobs, "FIRST_TICK_SECONDS", 0)
    monkeypatch.setattr(jobs, "TICK_SECONDS", 0.02)
    application = press.talk.application
    monkeypatch.setattr(application, "_running", True)
    await press.talk.say("/subscribe 地铁")
    running = asyncio.create_task(jobs.run_regularly(application))
    try:
        for title in ("地铁五号线开工", "地铁六号线获批"):
            await press.publish(story(title, f"{title}，这是关于{title[-2:]}的消息。"))
            async with asyncio.timeout(60):
                message = await press.talk.chat.next_answer()
            assert title in message
            press.now += jump
    finally:
        running.cancel()


async def test_a_tick_that_is_stopped_lets_its_run_finish(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "FIRST_TICK_SECONDS", 0)
    application = press.talk.application
    monkeypatch.setattr(application, "_running", True)
    await press.talk.say("/subscribe 地铁")
    await press.publish(story("地铁五号线开工"))
    sending, go_on = asyncio.Event(), asyncio.Event()
    send = DeliveryRun._send

    async def send_slowly(run: DeliveryRun, *delivery: Any) -> None:
        sending.set()
        await go_on.wait()
        await send(run, *delivery)

    monkeypatch.setattr(DeliveryRun, "_send", send_slowly)
    ticking = asyncio.create_task(jobs.run_regularly(application))
    async with asyncio.timeout(60):
        await sending.wait()
    [run] = [task for task in asyncio.all_tasks() if task.get_name() == "deliveries"]
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)
    go_on.set()
    await run
    assert len(press.talk.chat.new_answers()) == 1


@pytest.mark.parametrize("fails", ["preparing", "rendering"])
async def test_what_nobody_expected_costs_the_other_chats_nothing_and_is_delivered_later(
    press: Press, telegram: BotApiServer, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    people = [telegram.person(f"读者{number}") for number in range(6)]
    for person in people:
        await press.talk.say("/subscribe 地铁", by=person)
    await press.publish(story("地铁五号线开工"))
    unlucky = telegram.private(people[2])
    name = {"preparing": "claim", "rendering": "render_message"}[fails]
    work = getattr(deliveries, name)

    def fail(first: Any, second: Any, *rest: Any) -> Any:
        chat = first.chat_id if fails == "rendering" else second[0].chat_id
        if chat == unlucky.id:
            raise OverflowError("date value out of range")
        return work(first, second, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(deliveries, name, fail)
        assert await jobs.deliver(press.talk.application) == 5
    assert unlucky.new_answers() == []
    assert await jobs.deliver(press.talk.application) == 1
    assert len(unlucky.new_answers()) == 1


async def test_what_fails_while_it_is_sent_ends_no_run_and_is_not_doubled(
    press: Press, telegram: BotApiServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    people = [telegram.person(f"读者{number}") for number in range(6)]
    for person in people:
        await press.talk.say("/subscribe 地铁", by=person)
    await press.publish(story("地铁五号线开工"))
    send = DeliveryRun._send

    async def fail_after(run: DeliveryRun, delivery: Delivery, *rest: Any) -> None:
        await send(run, delivery, *rest)
        if delivery.chat_id == people[2].id:
            raise OverflowError("date value out of range")

    with monkeypatch.context() as patched:
        patched.setattr(DeliveryRun, "_send", fail_after)
        assert await jobs.deliver(press.talk.application) == 5
    assert "a delivery is lost" in caplog.text
    assert await jobs.deliver(press.talk.application) == 0
    assert [len(telegram.private(person).new_answers()) for person in people] == [1] * 6


# How it is written

TEXTS = st.text(st.characters() | st.sampled_from("<>&\"'`_*[]()\\\u202e\u200d\n\t\x00😀"), max_size=80)
ARTICLES = st.builds(
    Article,
    id=st.text("0123456789ABCabc", min_size=11, max_size=11),
    path=st.just("a.md"),
    title=TEXTS,
    url=st.none() | TEXTS | st.just("https://example.org/a?b=1"),
    published=st.none() | st.datetimes(timezones=st.just(UTC), min_value=datetime(1971, 1, 1)),  # noqa: DTZ001
    author=st.none() | TEXTS,
    categories=st.tuples(TEXTS),
)
SECTIONS = st.builds(
    Section,
    st.builds(
        Subscription,
        id=st.integers(1, 10**6),
        chat_id=st.just(7),
        thread_id=st.none(),
        question=TEXTS,
        filters=st.builds(Filters, category=st.none() | TEXTS, author=st.none() | TEXTS),
        mode=st.sampled_from(Mode),
        hour=st.integers(0, 23),
        user_id=st.none(),
        language=st.just("zh-Hans"),
        cursor=st.just(0),
        last_run=st.just(NOW),
    ),
    st.lists(ARTICLES, min_size=1, max_size=12).map(tuple),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(SECTIONS, min_size=1, max_size=12), st.sampled_from(Language))
def test_any_delivery_is_a_message_that_telegram_takes(sections: list[Section], language: Language) -> None:
    view = RenderContext(
        t=translator(language), zone=SHANGHAI, today=date(2026, 9, 22), username="baotong_bot"
    )
    message = deliveries.render_message(Delivery(7, None, tuple(sections)), view)
    parsed = parse_html(message.html)
    assert parsed.formatted.text.strip()
    assert parsed.dropped == ()
    assert markup.fits(message.html)


# Many at once


async def subscribed(press: Press, telegram: BotApiServer, count: int, *words: str) -> list[Person]:
    """So many people who subscribed to the same words."""
    people = [telegram.person(f"订户{number}") for number in range(count)]
    corpus = press.corpus
    with press.talk.application.bot_data.state.transaction() as connection:
        for person in people:
            telegram.private(person, started=True)
            for word in words:
                subscriptions.add(
                    connection,
                    chat_id=person.id,
                    thread_id=None,
                    question=word,
                    filters=Filters(),
                    user_id=person.id,
                    language="zh-Hans",
                    cursor=corpus.last_number(),
                    now=press.now,
                )
    return people


def messages(telegram: BotApiServer, people: list[Person]) -> list[int]:
    return [len(telegram.private(person).answers) for person in people]


async def test_each_article_is_read_once_for_all_who_subscribed(
    press: Press, telegram: BotApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await subscribed(press, telegram, 6, "地铁", "开工", "新茶")
    await press.publish(story("地铁五号线开工"), story("新茶上市"), story("地铁六号线获批"))
    read: Counter[str] = Counter()
    article = Store.article

    def count(store: Store, id_: str) -> Any:
        read[id_] += 1
        return article(store, id_)

    monkeypatch.setattr(Store, "article", count)
    assert await jobs.deliver(press.talk.application) == 6
    assert messages(telegram, people) == [1] * 6
    assert sorted(read.values()) == [1, 1, 1]


async def test_what_a_run_has_no_time_for_is_delivered_by_the_next_to_who_waited_longest(
    press: Press, telegram: BotApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await subscribed(press, telegram, 5, "地铁")
    order: list[int] = []
    serve = DeliveryRun._serve

    async def note(run: DeliveryRun, group: list[Subscription], *rest: Any) -> bool:
        order.append(group[0].chat_id)
        return await serve(run, group, *rest)

    monkeypatch.setattr(DeliveryRun, "_serve", note)
    # Each chat is a batch of its own, and there is time for the first of them.
    options = RunOptions(max_questions=1, run_seconds=0.0)
    for _ in people:
        press.now += timedelta(minutes=1)
        await press.publish(story(f"地铁快讯{press.now:%H%M}", f"{press.now:%H%M}，地铁另有消息。" * 9))
        await jobs.deliver(press.talk.application, options=options)
    assert sorted(order) == sorted(person.id for person in people)  # nobody twice before all had a turn


async def test_a_stop_while_articles_are_matched_leaves_everything_to_the_next_start(
    press: Press, telegram: BotApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await subscribed(press, telegram, 3, "地铁", "开工")
    await press.publish(*(story(f"地铁{name}站开工", f"地铁{name}站开工。" * 5) for name in "甲乙丙丁"))
    application = press.talk.application
    monkeypatch.setattr(background, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(application, "_running", True)
    article = Store.article

    def stop(store: Store, id_: str) -> Any:
        monkeypatch.setattr(application, "_running", False)
        return article(store, id_)

    with monkeypatch.context() as patched:
        patched.setattr(Store, "article", stop)
        assert await jobs.deliver(application) == 0
    assert messages(telegram, people) == [0, 0, 0]
    assert await jobs.deliver(application) == 3
    assert messages(telegram, people) == [1, 1, 1]


async def test_an_archive_that_cannot_be_read_while_matching_loses_nothing(
    press: Press, telegram: BotApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await subscribed(press, telegram, 2, "地铁")
    await press.publish(story("地铁五号线开工"))

    def fail(*_: object) -> Any:
        raise StoreError("the disk reports an error")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "article", fail)
        assert await jobs.deliver(press.talk.application) == 0
    assert await jobs.deliver(press.talk.application) == 2
    assert messages(telegram, people) == [1, 1]


async def test_a_stop_while_a_delivery_waits_for_its_turn_leaves_it_to_the_next_start(
    press: Press, telegram: BotApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await subscribed(press, telegram, 2, "地铁")
    await press.publish(story("地铁五号线开工"))
    application = press.talk.application
    sender = Sender(pace=replace(UNPACED, bulk=Rate(1, 60.0)))  # the second waits for a minute
    with monkeypatch.context() as patched:
        patched.setattr(application.bot, "_rate_limiter", sender)
        running = asyncio.create_task(jobs.deliver(application))
        async with asyncio.timeout(60):
            while sum(messages(telegram, people)) < 1:  # noqa: ASYNC110 — looks from outside
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert sorted(messages(telegram, people)) == [0, 1]
    await jobs.deliver(application)
    assert messages(telegram, people) == [1, 1]
