"""/follow, /feeds, /unfollow and OPML files: for operators, in private."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.feed_rounds import FeedRounds
from bot.refresh import Refresh
from bot.settings import Settings
from corpus import Corpus
from corpus.sources import FollowedFeed
from tests.bot.conftest import OpenTalk
from tests.botapi.harness import Talk
from tests.botapi.server import BotApiServer
from tests.corpus.sources import feed_server
from tests.corpus.sources.feed_server import FeedServer, Page
from tests.corpus.sources.feeds import item, rss


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FeedServer]:
    """A server that counts as one of the internet."""
    monkeypatch.setattr("corpus.sources.network.is_public", lambda address: address == "127.0.0.1")
    with feed_server.FeedServer() as running:
        running.pages["/rss"] = Page(rss([item(1), item(2)]).encode())
        yield running


@pytest_asyncio.fixture
async def talk(
    open_talk: OpenTalk, telegram: BotApiServer, newspaper: Corpus, tmp_path: Path
) -> AsyncIterator[Talk]:
    operator = telegram.person("先到").id + 1  # the next person of the server is `talk.me`
    async with open_talk(admin_ids=frozenset({operator})) as talk:
        settings = Settings.load(None, data_dir=tmp_path / "data")
        data = talk.application.bot_data
        data.feeds = FeedRounds(settings, newspaper, Refresh(settings, newspaper.folder))
        yield talk


def followed(talk: Talk) -> tuple[FollowedFeed, ...]:
    rounds = talk.application.bot_data.feeds
    assert rounds is not None
    return rounds.reader().feeds()


async def test_an_address_is_shown_and_followed_under_the_category_that_is_pressed(
    talk: Talk, server: FeedServer
) -> None:
    [message] = await talk.say(f"/follow {server.url('/rss')}")
    assert "《城南日报》，2篇，最新 2026年11月30日" in message
    assert followed(talk) == ()
    category = message.buttons[0]
    outcome = await talk.press(message, category.text)
    assert "已关注《城南日报》" in outcome.shown
    [feed] = followed(talk)
    assert (feed.url, feed.categories) == (server.url("/rss"), (category.text,))
    [again] = await talk.say(f"/follow {server.url('/rss')}")
    assert "已经在关注" in again
    [listed] = await talk.say("/feeds")
    assert "订阅源1个" in listed
    [ended] = await talk.say(f"/unfollow {server.url('/rss')}")
    assert "不再关注" in ended
    assert followed(talk) == ()


@pytest.mark.parametrize(
    "address", ["http://10.0.0.1/rss", "http://localhost:1/", "file:///etc/passwd", "http://[::1]/"]
)
async def test_nothing_private_is_reached(talk: Talk, address: str) -> None:
    [message] = await talk.say(f"/follow {address}")
    assert "没有关注" in message
    assert followed(talk) == ()


async def test_others_are_turned_away(talk: Talk, telegram: BotApiServer) -> None:
    stranger = telegram.person("路人")
    for words in ("/follow https://news.test/rss", "/feeds", "/unfollow https://news.test/rss"):
        [message] = await talk.say(words, by=stranger)
        assert "只有运营者" in message
