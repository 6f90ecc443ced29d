"""Feeds while the bot runs: fetched in a child process, indexed, told, counted."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.feed_rounds import FeedRounds
from bot.metrics import Metrics
from bot.refresh import Refresh
from bot.settings import Settings
from corpus import Corpus
from corpus.sources import FollowedFeed, RoundReport
from tests.corpus.sources.feed_server import FeedServer, Page
from tests.corpus.sources.feeds import item, rss


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        running.pages["/rss"] = Page(rss([item(1), item(2)]).encode())
        yield running


@pytest.fixture
def settings(server: FeedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    allowed = f"127.0.0.1:{server.port}"
    monkeypatch.setenv("FEED_ALLOW_PRIVATE", allowed)
    monkeypatch.setenv("BOT_TOKEN", "1:geheim")
    return Settings.load(None, data_dir=tmp_path / "data", feed_allow_private=allowed)


async def test_a_round_writes_posts_and_the_archive_follows(settings: Settings, server: FeedServer) -> None:
    metrics = Metrics()
    with Corpus.open(settings.corpus_options()) as corpus:
        refresh = Refresh(settings, corpus.folder)
        rounds = FeedRounds(settings, corpus, refresh, metrics=metrics)
        reports: list[RoundReport] = []

        async def keep(report: RoundReport) -> None:
            reports.append(report)

        rounds.on_report.append(keep)
        rounds.reader().accept([FollowedFeed(server.url("/rss")), FollowedFeed(server.url("/none"))])
        await rounds._tick()
        [report] = reports
        assert (report.added, len(report.failed)) == (2, 1)
        assert rounds.problem is None
        assert refresh.apart_seconds == 0
        assert refresh._changed.is_set()
        await refresh.once()
        assert "第1条消息" in [article.title for article in corpus.latest().articles]
        await rounds._tick()
        assert len(reports) == 1, "nothing is due"
    text = metrics.text().decode()
    assert 'baotong_feeds{state="ok"} 1.0' in text
    assert 'baotong_feeds{state="failing"} 1.0' in text
    assert 'baotong_feed_entries_total{kind="added"} 2.0' in text
    assert 'baotong_feed_fetches_total{result="failed"} 1.0' in text
    assert str(server.port) not in text


async def test_the_child_gets_no_secret_of_telegram(settings: Settings) -> None:
    with Corpus.open(settings.corpus_options()) as corpus:
        rounds = FeedRounds(settings, corpus, Refresh(settings, corpus.folder))
        environment = rounds._environment(Path("/posts"))
    assert "BOT_TOKEN" not in environment
    assert environment["CORPUS_DIR"] == "/posts"


async def test_without_a_list_nothing_happens(settings: Settings) -> None:
    with Corpus.open(settings.corpus_options()) as corpus:
        rounds = FeedRounds(settings, corpus, Refresh(settings, corpus.folder))
        await rounds._tick()
        assert not (settings.data_dir / "posts").exists()


async def test_a_list_that_cannot_be_read_is_a_problem_and_no_crash(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True)
    settings.feeds_file.write_text("坏了")
    with Corpus.open(settings.corpus_options()) as corpus:
        rounds = FeedRounds(settings, corpus, Refresh(settings, corpus.folder), tick_seconds=0.1)
        running = asyncio.create_task(rounds.run())
        async with asyncio.timeout(60):
            while rounds.problem is None:  # noqa: ASYNC110 — looks from outside
                await asyncio.sleep(0.05)
        assert not running.done()
        running.cancel()
        assert "feeds.opml" in rounds.problem
