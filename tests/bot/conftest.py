"""The real application over the newspaper of `tests.newspaper`, talking to the local Bot API server."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot import feed_rounds, refresh
from bot.service.application import build_application
from bot.settings import Settings
from bot.storage.database import State
from corpus import Corpus, CorpusOptions
from tests.bot.command_line import Baotong
from tests.botapi.harness import Talk
from tests.botapi.server import BotApiServer
from tests.newspaper import Story, write_newspaper

NOW = datetime(2026, 9, 21, 16, 30, tzinfo=UTC)
"""Half past midnight of 22 September in Shanghai: the local day is not that of UTC."""

OpenTalk = Callable[..., AbstractAsyncContextManager[Talk]]


def open_archive(folder: Path, stories: tuple[Story, ...] | None = None) -> Corpus:
    """Write stories (by default the whole newspaper) below a folder and index them."""
    if stories is None:
        archive = write_newspaper(folder / "archive")
    else:
        archive = write_newspaper(folder / "archive", stories)
    corpus = Corpus.open(CorpusOptions(folder=archive, data_dir=folder / "data"), now=lambda: NOW)
    corpus.update(workers=0)
    return corpus


@pytest.fixture(autouse=True)
def _in_a_hurry() -> Iterator[None]:
    """Tests share their machine: a child that steps back behind all of them may wait for minutes."""
    # Not by `monkeypatch`, which would then end behind the fixtures of tests that use it.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(refresh, "NICENESS", 0)
        patched.setattr(refresh, "VECTORS_NICENESS", 0)
        patched.setattr(feed_rounds, "NICENESS", 0)
        yield


@pytest.fixture(scope="session")
def newspaper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    """The newspaper, indexed once; tests only read it."""
    with open_archive(tmp_path_factory.mktemp("newspaper")) as corpus:
        yield corpus


@pytest.fixture
def open_talk(telegram: BotApiServer, newspaper: Corpus, tmp_path: Path) -> OpenTalk:
    """Open the application; `state` and `corpus` may be the test's own, other words are settings."""

    @asynccontextmanager
    async def opened(
        *,
        state: State | None = None,
        corpus: Corpus | None = None,
        now: Callable[[], datetime] = lambda: NOW,
        **changes: Any,
    ) -> AsyncIterator[Talk]:
        settings = Settings.load(
            None,
            bot_token=telegram.token,
            telegram_api_base=telegram.url,
            data_dir=tmp_path / "data",
            **changes,
        )
        own = state or State.in_memory()
        application = build_application(settings, corpus or newspaper, own, now=now)
        try:
            async with Talk(telegram, application) as talk:
                yield talk
        finally:
            if state is None:
                own.close()

    return opened


@pytest_asyncio.fixture
async def talk(open_talk: OpenTalk) -> AsyncIterator[Talk]:
    """A talk with the usual settings."""
    async with open_talk() as opened:
        yield opened


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, newspaper_folder: Path) -> Baotong:
    """The command line over the newspaper, indexed; not to be changed."""
    baotong = Baotong(tmp_path_factory.mktemp("cli"), newspaper_folder)
    assert baotong("index").returncode == 0
    return baotong


@pytest.fixture
def fresh(tmp_path: Path, newspaper_folder: Path) -> Baotong:
    """The command line over the newspaper, not indexed yet."""
    return Baotong(tmp_path, newspaper_folder)
