"""Feeds followed in a folder of their own, with a clock that the test sets."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from corpus.sources import FeedReader, FollowedFeed, RoundReport, SourceOptions
from tests.corpus.sources.feed_server import FeedServer, Page
from tests.corpus.sources.feeds import Item, rss

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@dataclass
class Desk:
    """A place with a server, an archive and feeds."""

    server: FeedServer
    options: SourceOptions
    now: datetime = NOW
    feeds: list[str] = field(default_factory=list)

    @property
    def reader(self) -> FeedReader:
        return FeedReader(self.options, now=lambda: self.now)

    @property
    def root(self) -> Path:
        return self.options.root

    def posts(self) -> dict[str, str]:
        """The posts by their names, whatever their folders."""
        return {path.name: path.read_text("utf-8") for path in sorted(self.root.rglob("*.md"))}

    def titles(self) -> list[str]:
        return [text.split("title: '")[1].split("'\n")[0] for text in self.posts().values()]

    def give(self, path: str, *items: Item, title: str = "城南日报", **values: str) -> None:
        """Let the server give these entries."""
        page = Page(rss(items, title=title).encode(), **values)  # type: ignore[arg-type]
        self.server.pages[path] = page

    def follow(self, path: str, **values: object) -> None:
        feed = FollowedFeed(self.server.url(path), **values)  # type: ignore[arg-type]
        [result] = self.reader.follow([feed])
        assert result.reason is None, result

    def fetch(self, *, hours: float = 1) -> RoundReport:
        """Let time pass, then fetch all."""
        self.now += timedelta(hours=hours)
        return self.reader.fetch()


@pytest.fixture(scope="session")
def running_server() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


@pytest.fixture
def desk(running_server: FeedServer, tmp_path: Path) -> Desk:
    running_server.pages.clear()
    running_server.requests.clear()
    options = SourceOptions(
        data_dir=tmp_path / "data",
        root=tmp_path / "posts",
        zone=ZONE,
        allowed=frozenset({("127.0.0.1", running_server.port)}),
        seconds=5,
    )
    return Desk(running_server, options)


def changed(options: SourceOptions, **values: object) -> SourceOptions:
    return replace(options, **values)  # type: ignore[arg-type]
