"""/stats for operators, /trend for everybody: pictures with a caption, or text where none can be drawn."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.handlers import stats
from bot.handlers.stats import Trend
from bot.messages.callback_data import encode
from bot.storage import chats
from bot.storage.chats import Audience, ChatPreferences
from bot.storage.database import State
from bot.wording import charts as plots
from bot.wording.charts import ChartError, MissingPart
from bot.wording.periods import MAX_BARS, Period
from tests.bot.conftest import OpenTalk
from tests.botapi.harness import Talk
from tests.botapi.server import BotApiServer
from tests.corpus.archives import Folder, opened, post

HOSTILE = "_*[<&`$x^2$ </b>"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[plots.Chart]:
    """The charts that were drawn; drawing itself is tested elsewhere and needs fonts."""
    charts: list[plots.Chart] = []

    def draw(chart: plots.Chart) -> bytes:
        charts.append(chart)
        return b"\x89PNG\r\n\x1a\n" + repr(chart).encode()

    monkeypatch.setattr(plots, "draw", draw)
    return charts


@pytest.fixture
def undrawable(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(chart: plots.Chart) -> bytes:
        raise ChartError(MissingPart.LIBRARY)

    monkeypatch.setattr(plots, "draw", refuse)


class TestStats:
    @pytest_asyncio.fixture
    async def talk(self, open_talk: OpenTalk, telegram: BotApiServer) -> AsyncIterator[Talk]:
        operator = telegram.person("先到").id + 1  # the next person of the server is `talk.me`
        async with open_talk(admin_ids=frozenset({operator})) as talk:
            yield talk

    async def ask_around(self, talk: Talk, telegram: BotApiServer) -> None:
        other = telegram.person("小红")
        for question in ("临江大桥什么时候通车", "量子计算机超导材料论文", HOSTILE):
            await talk.say(question)
            await talk.say(question, by=other)

    async def test_an_operator_sees_figures_as_a_picture(
        self, talk: Talk, telegram: BotApiServer, drawn: list[plots.Chart]
    ) -> None:
        await self.ask_around(talk, telegram)
        [message] = await talk.say("/stats")
        assert message.photo is not None
        assert "15篇文章" in message
        assert "2人" in message
        [chart] = drawn
        assert len(chart.labels) == stats.DAYS
        assert sum(map(sum, (series.values for series in chart.series))) >= 4
        assert "临江大桥什么时候通车" in [question for question, _ in chart.rankings[0].items]
        assert "量子计算机超导材料论文" in [question for question, _ in chart.rankings[1].items]

    async def test_questions_with_markup_do_not_break_it(
        self, talk: Talk, telegram: BotApiServer, drawn: list[plots.Chart]
    ) -> None:
        await self.ask_around(talk, telegram)
        [message] = await talk.say("/stats")
        assert len(message.text) <= 1024

    async def test_without_pictures_the_same_is_text(
        self, talk: Talk, telegram: BotApiServer, undrawable: None
    ) -> None:
        await self.ask_around(talk, telegram)
        [message] = await talk.say("/stats")
        assert message.photo is None
        for words in ("收录的文章", "最近30天的提问", "问得最多", "没有找到", "█", "没有安装 matplotlib"):
            assert words in message

    async def test_before_anybody_asked_it_says_so(self, talk: Talk, drawn: list[plots.Chart]) -> None:
        [message] = await talk.say("/stats")
        assert message.photo is None
        assert message.text.endswith("\n\n最近30天的提问\n还没有人提问。")
        assert drawn == []

    async def test_in_a_group_peoples_questions_are_not_shown(
        self, talk: Talk, telegram: BotApiServer, drawn: list[plots.Chart]
    ) -> None:
        group = telegram.group("读报群", talk.me)
        [message] = await talk.say("/stats@baotong_bot", chat=group)
        assert "私聊" in message
        assert drawn == []

    async def test_others_learn_their_id_and_nothing_else(
        self, talk: Talk, telegram: BotApiServer, drawn: list[plots.Chart]
    ) -> None:
        other = telegram.person("小红")
        [message] = await talk.say("/stats", by=other)
        assert str(other.id) in message
        assert drawn == []


class TestTrend:
    async def test_a_word_is_drawn_by_month(self, talk: Talk, drawn: list[plots.Chart]) -> None:
        [message] = await talk.say("/trend 地铁")
        assert message.photo is not None
        assert message.text.startswith("提到“地铁”的文章\n共")
        [chart] = drawn
        assert chart.labels[0] == "2026-02"
        assert chart.labels[-1] == "2026-09"
        assert sum(chart.series[0].values) >= 7

    async def test_weeks_and_months_change_the_same_message(
        self, talk: Talk, drawn: list[plots.Chart]
    ) -> None:
        [message] = await talk.say("/trend 地铁")
        pressed = await talk.press(message, "按周看")
        assert pressed.messages == ()
        assert pressed.shown.photo != message.photo
        assert "开始的一周" in pressed.shown
        again = await talk.press(pressed.shown, "按月看")
        assert again.shown.text == message.text

    @pytest.mark.parametrize("is_administrator", [True, False])
    async def test_where_only_askers_see_answers_only_they_see_the_picture(
        self,
        open_talk: OpenTalk,
        telegram: BotApiServer,
        drawn: list[plots.Chart],
        is_administrator: bool,
    ) -> None:
        telegram.expect_refusals()  # of a message to one member by a bot that is no administrator
        with State.in_memory() as state:
            async with open_talk(state=state) as talk:
                group = telegram.group("读报群", talk.me, administrator=is_administrator)
                with state.transaction() as connection:
                    chats.save(connection, group.id, ChatPreferences(audience=Audience.ASKER))
                [message] = await talk.say("/trend@baotong_bot 地铁", chat=group)
                assert message.photo is not None
                assert message.receiver == (talk.me.id if is_administrator else None)
                pressed = await talk.press(message, "按周看")
                assert "开始的一周" in pressed.shown
                assert pressed.shown.receiver == message.receiver

    async def test_as_text_it_can_be_turned_too(self, talk: Talk, undrawable: None) -> None:
        [message] = await talk.say("/trend 地铁")
        assert "2026-09 " in message
        assert "matplotlib" not in message  # of no use to readers
        pressed = await talk.press(message, "按周看")
        assert pressed.messages == ()
        assert "2026-09-14 " in pressed.shown

    async def test_where_months_are_too_many_years_are_drawn(
        self, open_talk: OpenTalk, drawn: list[plots.Chart], tmp_path: Path
    ) -> None:
        archive = Folder(tmp_path / "posts")
        for number, day in enumerate(("2012-03-04", "2012-08-01", "2019-05-06")):
            archive.write(f"{number}.md", post(f"地铁消息{number}", "新线开工。", date=f"{day} 08:00:00"))
        archive.write("new.md", post("别的事", "下雨了。", date="2021-02-03 08:00:00"))
        with opened(archive.root, tmp_path / "data") as corpus:
            corpus.update()
            async with open_talk(corpus=corpus) as talk:
                [message] = await talk.say("/trend 地铁")
                assert message.text.endswith("共3篇。\n最多的是2012年，2篇。\n最近一次提到是2019年。")
                assert drawn[-1].labels == tuple(map(str, range(2012, 2022)))
                assert drawn[-1].series[0].values == (2, 0, 0, 0, 0, 0, 0, 1, 0, 0)
                pressed = await talk.press(message, "按月看")
                assert len(drawn[-1].labels) == MAX_BARS[Period.MONTH]
                assert "图中只有2018年3月以来的部分" in pressed.shown
                assert "最多的是2019年5月，1篇" in pressed.shown
                back = await talk.press(pressed.shown, "按年看")
                assert back.shown.text == message.text

    async def test_a_chart_reaches_up_to_the_newest_article(
        self, open_talk: OpenTalk, undrawable: None, tmp_path: Path
    ) -> None:
        archive = Folder(tmp_path / "posts")
        archive.write("old.md", post("地铁消息", "新线开工。", date="2021-01-04 08:00:00"))
        archive.write("new.md", post("别的事", "下雨了。", date="2021-08-03 08:00:00"))
        with opened(archive.root, tmp_path / "data") as corpus:
            corpus.update()
            async with open_talk(corpus=corpus) as talk:
                [message] = await talk.say("/trend 地铁")
                assert "最近一次提到是2021年1月。" in message
                assert "2021-01 ████████████████ 1\n⋮" in message

    async def test_a_word_that_never_appears_is_said_so(self, talk: Talk, drawn: list[plots.Chart]) -> None:
        [message] = await talk.say("/trend 火星移民")
        assert message.text == "收录的文章里没有提到“火星移民”。"
        assert drawn == []

    @pytest.mark.parametrize("words", ["", "！？", "长" * 41])
    async def test_without_a_word_the_usage_is_shown(self, talk: Talk, words: str) -> None:
        [message] = await talk.say(f"/trend {words}")
        assert "/trend 奥运" in message

    @pytest.mark.parametrize("words", [HOSTILE, "std::vector<int>", "C++", "&amp;"])
    async def test_odd_words_are_shown_literally(
        self, talk: Talk, telegram: BotApiServer, drawn: list[plots.Chart], words: str
    ) -> None:
        telegram.journal.allow(words)
        [message] = await talk.say(f"/trend {words}")
        assert f"“{words}”" in message.text

    async def test_in_a_group_it_answers_in_the_topic(
        self, talk: Talk, telegram: BotApiServer, drawn: list[plots.Chart]
    ) -> None:
        forum = telegram.forum("论坛", talk.me)
        topic = forum.topic("地铁迷", by=talk.me)
        await talk.settle()
        [message] = await talk.say("/trend@baotong_bot 地铁", chat=forum, topic=topic)
        assert message.topic == topic.id
        assert message.reply_to is not None

    async def test_a_forged_button_is_answered(self, talk: Talk, drawn: list[plots.Chart]) -> None:
        [message] = await talk.say("/trend 地铁")
        pressed = await talk.forge(message, encode(Trend("nosuchkey", Period.WEEK)))
        assert pressed.answer is not None
        assert pressed.answer.text
        assert pressed.edits == ()
