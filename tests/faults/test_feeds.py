"""Feeds while the bot runs as a process: bad ones beside good ones, and nobody who asks notices."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.sources import FollowedFeed
from corpus.sources.opml import write_opml
from tests.botapi.fixtures import StartBot
from tests.botapi.server import BotApiServer
from tests.corpus.sources.feed_server import FeedServer, Page, bomb, endless, hanging
from tests.corpus.sources.feeds import Item, rss

STORY = Item(
    "霁山缆车十二月五日试运行",
    "https://news.test/2026/11/cable-car",
    "cable-car",
    "<p>霁山缆车将于十二月五日开始试运行，单程票价三十元。</p>" * 2,
    "Mon, 30 Nov 2026 06:00:00 GMT",
)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        running.pages["/rss"] = Page(rss([STORY]).encode())
        running.pages |= {"/hang": hanging, "/endless": endless, "/bomb": bomb(200)}
        yield running


async def test_what_a_feed_brings_is_answered_though_others_are_bad(
    telegram: BotApiServer, baotong: StartBot, server: FeedServer, tmp_path: Path
) -> None:
    archive, listed = tmp_path / "own", tmp_path / "feeds.opml"
    archive.mkdir()
    paths = ("/rss", "/hang", "/endless", "/bomb")
    listed.write_bytes(write_opml(FollowedFeed(server.url(path), path[1:]) for path in paths))
    place = f"127.0.0.1:{server.port}"
    bot = await baotong(archive=archive, FEEDS=listed, FEED_ALLOW_PRIVATE=place)
    person = telegram.person("小满")
    chat = telegram.private(person)
    for _ in range(90):
        person.say(chat, "霁山缆车什么时候试运行")
        await asyncio.sleep(1)
        if any("十二月五日" in str(message) for message in chat.new_answers()):
            break
    else:
        pytest.fail(f"not answered; log:\n{bot.log[-2000:]}")
    assert len(list(archive.rglob("*.md"))) == 1
