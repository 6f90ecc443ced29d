"""Chats that change under the bot, and what must not leak from one to another."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.outbox.pace import UNPACED
from bot.outbox.sender import Sender
from bot.service.application import build_application
from bot.settings import Settings
from bot.storage.database import State
from bot.wording.i18n import Language, translator
from corpus import Corpus, CorpusOptions
from tests.botapi import BotApiServer
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import Talk
from tests.faults.conftest import ANSWER, QUESTION, Crowd, until
from tests.faults.hostile import post

NOW = datetime(2026, 9, 21, 16, 30, tzinfo=UTC)
T = translator(Language.HANS)

Open = Callable[..., AbstractAsyncContextManager[Talk]]


@pytest.fixture
def open_talk(telegram: BotApiServer, archive: Corpus, tmp_path: Path) -> Open:
    """The application with the real sender; other words are settings."""

    @asynccontextmanager
    async def opened(*, corpus: Corpus | None = None, **changes: Any) -> AsyncIterator[Talk]:
        settings = Settings.load(
            None, bot_token=telegram.token, telegram_api_base=telegram.url, data_dir=tmp_path, **changes
        )
        with State.open(settings.state_path) as state:
            sender = Sender(pace=UNPACED)
            application = build_application(settings, corpus or archive, state, rate_limiter=sender)
            async with Talk(telegram, application) as talk:
                yield talk

    return opened


@pytest.mark.fault(25)
async def test_wherever_the_bot_is_not_wanted_others_are_answered(
    telegram: BotApiServer, open_talk: Open
) -> None:
    telegram.expect_refusals()
    async with open_talk() as talk:
        talk.expect_errors()
        one = telegram.person("甲")
        group = telegram.group("群", one)
        question = f"@{telegram.bot.username} {QUESTION}"
        one.say(group, question)
        group.set_bot("kicked", by=one)
        await talk.settle()
        group.set_bot("member", by=one)
        one.say(group, question)
        group.state.bot = "muted"
        await talk.settle()
        blocking = telegram.person("乙")
        chat = telegram.private(blocking)
        blocking.say(chat, QUESTION)
        blocking.block(chat)
        await talk.settle()
        [answer] = await talk.say(QUESTION)
        assert ANSWER in answer.text
        blocking.unblock(chat)
        [answer] = await talk.say(QUESTION, by=blocking)
        assert ANSWER in answer.text


@pytest.mark.fault(25)
async def test_an_upgraded_group_is_answered_at_its_new_number(
    telegram: BotApiServer, open_talk: Open
) -> None:
    telegram.expect_refusals()
    async with open_talk() as talk:
        one = telegram.person("甲")
        group = telegram.group("群", one, basic=True)
        one.say(group, f"@{telegram.bot.username} {QUESTION}")
        group.upgrade(by=one)
        await talk.settle()
        assert any(ANSWER in message.text for message in group.answers)
        [answer] = await talk.say(f"@{telegram.bot.username} {QUESTION}", by=one, chat=group)
        assert ANSWER in answer.text


@pytest.mark.fault(25)
async def test_closed_and_deleted_topics_crash_nothing(telegram: BotApiServer, open_talk: Open) -> None:
    telegram.expect_refusals()
    async with open_talk() as talk:
        talk.expect_errors()
        one = telegram.person("甲")
        forum = telegram.forum("论坛", one)
        for state in ("closed", "deleted"):
            topic = forum.topic(state, by=one)
            one.say(forum, f"@{telegram.bot.username} {QUESTION}", topic=topic)
            setattr(topic, state, True)
            await talk.settle()
        topic = forum.topic("还开着", by=one)
        [answer] = await talk.say(f"@{telegram.bot.username} {QUESTION}", by=one, chat=forum, topic=topic)
        assert ANSWER in answer.text


@pytest.mark.fault(25)
@pytest.mark.slow
async def test_a_bot_that_was_thrown_out_answers_again_once_it_is_back(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    telegram.expect_refusals()
    await baotong()
    one = telegram.person("甲")
    group = telegram.group("群", one)
    one.say(group, f"@{telegram.bot.username} {QUESTION}")
    await group.next_answer()
    group.remove_bot(by=one)
    crowd = Crowd(telegram, 1)
    crowd.ask(0)
    await crowd.answered(within=5)
    group.add_bot(by=one)
    one.say(group, f"@{telegram.bot.username} {QUESTION}")
    await until(lambda: sum(ANSWER in message.text for message in group.answers) == 2)


@pytest.mark.fault(26)
async def test_settings_of_a_group_are_for_its_admins(telegram: BotApiServer, open_talk: Open) -> None:
    async with open_talk() as talk:
        admin, member = telegram.person("管理员"), telegram.person("成员")
        group = telegram.group("群", admin, member)
        [refusal] = await talk.say(f"/settings@{telegram.bot.username}", by=member, chat=group)
        assert refusal.text == T("settings.only_admins")
        [menu] = await talk.say(f"/settings@{telegram.bot.username}", by=admin, chat=group)
        button = next(button for row in menu.keyboard for button in row if button.data)
        outcome = await talk.press(menu, button.text, by=member)
        assert outcome.answer is not None
        assert outcome.answer.text == T("settings.only_admins")
        assert not outcome.edits


@pytest.mark.fault(26)
async def test_a_private_archive_says_nothing_to_strangers_not_even_through_caches(
    telegram: BotApiServer, open_talk: Open
) -> None:
    friend, stranger = telegram.person("朋友"), telegram.person("路人")
    async with open_talk(allowed_ids=frozenset({friend.id})) as talk:
        [answer] = await talk.say(QUESTION, by=friend)
        assert ANSWER in answer.text
        [refusal] = await talk.say(QUESTION, by=stranger)
        assert ANSWER not in refusal.text
        shown = await talk.inline("临江大桥", by=friend)
        assert shown.results
        assert shown.personal
        hidden = await talk.inline("临江大桥", by=stranger)
        assert not hidden.results
        assert hidden.personal
        group = telegram.group("群", friend, stranger)
        [shared] = await talk.say(f"@{telegram.bot.username} {QUESTION}", by=friend, chat=group)
        button = next(button for row in shared.keyboard for button in row if button.data)
        outcome = await talk.press(shared, button.text, by=stranger)
        assert outcome.answer is not None
        assert not outcome.edits
        assert not outcome.messages


@pytest.mark.fault(22)
async def test_buttons_of_an_article_that_changed_or_went_say_so(
    telegram: BotApiServer, open_talk: Open, tmp_path: Path
) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    for number in range(9):
        (folder / f"{number}.md").write_text(
            post(f"第{number}只鸽子回家。", f"title: 鸽子{number}"), encoding="utf-8"
        )
    with Corpus.open(CorpusOptions(folder, tmp_path / "data"), now=lambda: NOW) as corpus:
        corpus.update(workers=0)
        async with open_talk(corpus=corpus) as talk:
            [answer] = await talk.say("哪只鸽子回家")
            shown = answer.text.splitlines()[0]
            path = folder / f"{shown.removeprefix('鸽子')}.md"
            path.write_text(post("这只鸽子迷路了。", f"title: {shown}"), encoding="utf-8")
            corpus.update(workers=0)
            outcome = await talk.press(answer, "读全文")
            assert "迷路" in outcome.shown.text
            [answer] = await talk.say("哪只鸽子回家")
            gone = answer.text.splitlines()[0]
            (folder / f"{gone.removeprefix('鸽子')}.md").unlink()
            corpus.update(workers=0)
            outcome = await talk.press(answer, "读全文")
            assert outcome.answer is not None
            assert outcome.answer.text or outcome.edits or outcome.messages
            outcome = await talk.press(answer, "下一页")
            assert outcome.answer is not None
            assert not talk.errors
            await asyncio.sleep(0)
