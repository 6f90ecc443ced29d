"""A DATA_DIR of version 0.1.0 is opened by this version: same answers, and old buttons and links work.

`tests/earlier` holds what 0.1.0 wrote over the newspaper of the tests: its files, what it said to four
questions, and the data of all buttons under these answers.
"""

import json
import tarfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.messages.callback_data import ArticleLink, CategoryLink, SearchLink, encode_start
from bot.storage import chats, subscriptions
from bot.storage.database import State
from corpus import Corpus, CorpusOptions
from tests.bot.conftest import OpenTalk, newspaper, open_talk
from tests.botapi.harness import Talk
from tests.newspaper import write_newspaper

EARLIER = Path(__file__).parent / "earlier"
RECORD: dict[str, Any] = json.loads((EARLIER / "said.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 9, 21, 16, 30, tzinfo=UTC)

__all__ = ["newspaper", "open_talk"]
"""Fixtures that pytest finds here."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "earlier"
    with tarfile.open(EARLIER / "data-0.1.0.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest_asyncio.fixture
async def talk(data: Path, open_talk: OpenTalk) -> AsyncIterator[Talk]:
    with (
        Corpus.open(CorpusOptions(folder=None, data_dir=data), now=lambda: NOW) as corpus,
        State.open(data / "bot.sqlite3") as state,
    ):
        async with open_talk(corpus=corpus, state=state) as opened:
            yield opened


def test_the_same_articles_answer(data: Path) -> None:
    with Corpus.open(CorpusOptions(folder=None, data_dir=data), now=lambda: NOW) as corpus:
        found = {
            question: [hit.article.path for hit in corpus.ask(question).hits] for question in RECORD["hits"]
        }
        assert found == RECORD["hits"]
        assert corpus.verify() == ()


def test_the_articles_get_their_layout_when_they_are_read_again_and_answer_meanwhile(
    data: Path, tmp_path: Path
) -> None:
    folder = write_newspaper(tmp_path / "archive")
    question, paths = next((question, paths) for question, paths in RECORD["hits"].items() if paths)
    marked = folder / paths[0]
    marked.write_text(
        marked.read_text(encoding="utf-8").replace("</p>", "<b>另附</b></p>", 1), encoding="utf-8"
    )
    answered = []
    with (
        Corpus.open(CorpusOptions(folder=None, data_dir=data), now=lambda: NOW) as answering,
        Corpus.open(CorpusOptions(folder=folder, data_dir=data), now=lambda: NOW) as reading,
    ):
        before = answering.article(paths[0])
        assert before is not None
        assert not any(paragraph.marks for paragraph in before.paragraphs)

        def ask(_: object) -> None:
            answered.append([hit.article.path for hit in answering.ask(question).hits])

        report = reading.update(force=True, workers=0, progress=ask)
        assert report.changed == reading.statistics().articles
        assert len(answered) > 2
        assert all(found[:1] == paths[:1] for found in answered)
        after = answering.article(paths[0])
    assert after is not None
    assert [
        paragraph.text[mark.start : mark.end] for paragraph in after.paragraphs for mark in paragraph.marks
    ] == ["另附"]


async def test_the_same_is_said(talk: Talk) -> None:
    for question, said in RECORD["said"].items():
        [answer] = await talk.say(question)
        assert answer.text == said


async def test_every_old_button_does_something(talk: Talk) -> None:
    assert len(RECORD["buttons"]) > 20
    [card] = await talk.say("临江大桥什么时候通车")
    for data in RECORD["buttons"]:
        outcome = await talk.forge(card, data)
        assert outcome.messages or outcome.edits or outcome.answer is not None, data
        toast = outcome.answer.text if outcome.answer is not None else ""
        assert "过期" not in toast, data
        assert "失效" not in toast, data


async def test_old_links_open_what_they_opened(talk: Talk) -> None:
    button = next(data for data in RECORD["buttons"] if data.startswith("1r:"))
    _, article, _, _, search, _ = button.split(":")
    for link in (ArticleLink(article, 0), SearchLink(search)):
        answers = await talk.say(f"/start {encode_start(link)}")
        assert "临江大桥" in "\n".join(answer.text for answer in answers)
    category = talk.application.bot_data.corpus.categories()[0]
    [answer] = await talk.say(f"/start {encode_start(CategoryLink(category.id))}")
    assert category.name in answer.text


def test_subscriptions_and_settings_are_kept(data: Path) -> None:
    with State.open(data / "bot.sqlite3") as state:
        waiting = subscriptions.waiting(state.connection(), last_number=10**6)
        assert [one.question for one in waiting] == ["地铁"]
        assert chats.load(state.connection(), waiting[0].chat_id) == chats.ChatPreferences()
