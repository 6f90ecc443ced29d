"""A group that takes no message is no failure: the operator hears of it in words, once a day."""

import logging
from datetime import datetime, timedelta

import pytest

from tests.bot.conftest import NOW, OpenTalk
from tests.botapi.server import BotApiServer

QUESTION = "@baotong_bot 临江大桥什么时候通车"


async def test_the_operator_is_told_once_a_day_why_a_place_gets_no_answers(
    open_talk: OpenTalk, telegram: BotApiServer, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.expect_refusals()
    office = telegram.private(telegram.person("站长"), started=True)
    now = NOW

    def clock() -> datetime:
        return now

    async with open_talk(error_chat_id=office.id, now=clock) as talk:
        talk.expect_errors()
        muted, forum = telegram.group("<安静>群", talk.me), telegram.forum("论坛", talk.me)
        closed, deleted = forum.topic("旧话题", by=talk.me), forum.topic("错话题", by=talk.me)
        muted.set_bot("muted")
        closed.closed = deleted.deleted = True
        with caplog.at_level(logging.INFO):
            for _ in range(3):
                assert await talk.say(QUESTION, chat=muted) == []
                assert await talk.say(QUESTION, chat=forum, topic=closed) == []
                assert await talk.say(QUESTION, chat=forum, topic=deleted) == []
        reports = [message.text for message in office.new_answers()]
        assert [text.partition("（")[0] for text in reports] == ["群“<安静>群”", "群“论坛”", "群“论坛”"]
        for words, text in zip(("发言权限", "已经关闭", "已经删除"), reports, strict=True):
            assert words in text
        assert len(telegram.journal.refused) == 9  # one call a question: no apology is tried too
        assert "ERROR" not in {record.levelname for record in caplog.records}
        assert len([one for one in caplog.records if one.levelno == logging.WARNING]) == 3
        now += timedelta(hours=25)
        await talk.say(QUESTION, chat=muted)
        assert len(office.new_answers()) == 1
        muted.set_bot("member")
        closed.closed = False
        assert len(await talk.say(QUESTION, chat=muted)) == 1
        assert len(await talk.say(QUESTION, chat=forum, topic=closed)) == 1
        assert office.new_answers() == []


async def test_who_blocks_the_bot_or_throws_it_out_is_nobodys_business(
    open_talk: OpenTalk, telegram: BotApiServer
) -> None:
    telegram.expect_refusals()
    office = telegram.private(telegram.person("站长"), started=True)
    async with open_talk(error_chat_id=office.id) as talk:
        talk.expect_errors()
        group = telegram.group("读报群", talk.me)
        [answer] = await talk.say("地铁")
        talk.me.say(talk.chat, "临江大桥什么时候通车")
        talk.me.say(group, QUESTION)
        talk.chat.state.bot, group.state.bot = "blocked", "kicked"
        await talk.settle()
        assert (await talk.press(answer, "下一页")).messages == ()
        assert office.new_answers() == []


async def test_a_button_under_an_answer_of_a_muted_bot_says_that_it_failed(
    open_talk: OpenTalk, telegram: BotApiServer
) -> None:
    telegram.expect_refusals()
    async with open_talk() as talk:
        talk.expect_errors()
        group = telegram.group("读报群", talk.me)
        [answer] = await talk.say("@baotong_bot 地铁", chat=group)
        group.set_bot("muted")
        await talk.settle()
        outcome = await talk.press(answer, "下一页")
        assert outcome.answer is not None
        assert outcome.answer.text == "抱歉，刚才出了点问题，请再试一次。"
