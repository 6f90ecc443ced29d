import stat
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from corpus.sources import FeedsBusyError, FollowedFeed, FollowState, NotFollowedError
from corpus.sources.feed_list import FeedListError, feeds_lock
from tests.corpus.sources.conftest import Desk
from tests.corpus.sources.feed_server import Page
from tests.corpus.sources.feeds import item


def test_follow_says_what_it_found(desk: Desk) -> None:
    desk.give("/rss", item(1, body="<p>很长的正文。</p>" * 500), item(2))
    feed = FollowedFeed(desk.server.url("/rss"))
    [result] = desk.reader.follow([feed])
    assert (result.state, result.title, result.entries, result.full_text) == (
        FollowState.NEW, "城南日报", 2, True,
    )  # fmt: skip
    assert result.newest == item_date(1)
    [again] = desk.reader.follow([feed])
    assert (again.state, again.entries) == (FollowState.KNOWN, 2)
    assert len(desk.reader.feeds()) == 1


def item_date(number: int) -> object:
    from tests.corpus.sources.feeds import MONDAY

    return MONDAY - timedelta(hours=number)


def test_a_page_is_refused_with_the_feeds_that_it_names(desk: Desk) -> None:
    html = '<html><link rel="alternate" type="application/atom+xml" href="/atom" title="全部"></html>'
    desk.server.pages["/"] = Page(html.encode(), content_type="text/html; charset=utf-8")
    [result] = desk.reader.follow([FollowedFeed(desk.server.url("/"))])
    assert (result.state, result.is_feed) == (FollowState.REFUSED, False)
    assert desk.server.url("/atom") in (result.reason or "")
    assert desk.reader.feeds() == ()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://10.0.0.1/rss", "http://127.0.0.2:9/rss"])
def test_what_cannot_be_followed_is_refused(desk: Desk, url: str) -> None:
    [result] = desk.reader.follow([FollowedFeed(url)])
    assert result.state is FollowState.REFUSED
    assert result.reason


def test_the_list_is_for_its_owner_only_and_can_be_edited(desk: Desk) -> None:
    desk.give("/rss", item(1))
    desk.follow("/rss")
    path = desk.options.feeds_file
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text(
        path.read_text("utf-8").replace("<body>", '<body><outline text="手写" xmlUrl="https://h.test/"/>'),
        "utf-8",
    )
    assert [feed.title for feed in desk.reader.feeds()] == ["手写", ""]
    path.write_text("坏了")
    with pytest.raises(FeedListError, match=r"feeds\.opml"):
        desk.reader.feeds()


def test_a_long_list_is_accepted_at_once(desk: Desk) -> None:
    started = time.monotonic()
    given = [FollowedFeed(f"https://n{number}.test/rss", f"第{number}个") for number in range(1_326)]
    results = desk.reader.accept([*given, given[0], FollowedFeed("gopher://x.test/")])
    assert time.monotonic() - started < 5
    states = [one.state for one in results]
    assert (states.count(FollowState.NEW), states.count(FollowState.KNOWN)) == (1_326, 1)
    assert states[-1] is FollowState.REFUSED
    assert len(desk.reader.due()) == 1_326


def test_unfollowing_leaves_the_posts(desk: Desk) -> None:
    desk.give("/rss", item(1))
    desk.follow("/rss")
    assert desk.reader.unfollow(desk.server.url("/rss")) is not None
    assert desk.reader.unfollow(desk.server.url("/rss")) is None
    assert len(desk.posts()) == 1
    assert desk.fetch().feeds == 0
    desk.follow("/rss")
    assert len(desk.posts()) == 1


def test_one_process_fetches_at_a_time(desk: Desk) -> None:
    with feeds_lock(desk.options.data_dir), pytest.raises(FeedsBusyError):
        desk.reader.fetch(due=True)


def test_only_what_is_followed_is_fetched(desk: Desk) -> None:
    with pytest.raises(NotFollowedError):
        desk.reader.fetch(["https://other.test/rss"])


def test_what_was_lost_of_the_state_is_made_again_from_the_posts(desk: Desk) -> None:
    desk.give("/rss", *(item(number) for number in range(5)))
    desk.follow("/rss", outlet="城南日报")
    before = desk.posts()
    for file in desk.options.data_dir.glob("feeds.sqlite3*"):
        file.unlink()
    desk.give("/rss", *(item(number) for number in range(-1, 5)))
    report = desk.fetch()
    assert (report.added, report.updated) == (1, 0)
    assert before.items() <= desk.posts().items()


def test_an_operator_is_told_once_that_a_feed_fails_and_once_that_it_is_back(desk: Desk) -> None:
    desk.give("/rss", item(1))
    desk.follow("/rss")
    desk.fetch()
    desk.server.pages["/rss"] = Page(status=403)
    told = [[notice.kind for notice in desk.fetch(hours=8).notices] for _ in range(6)]
    assert told == [[], [], [], ["failing"], [], []]
    week = [notice.kind for notice in desk.fetch(hours=24 * 7).notices]
    assert week == ["week"]
    desk.give("/rss", item(1))
    assert [notice.kind for notice in desk.fetch().notices] == ["back"]
    assert desk.fetch().notices == ()


def test_the_list_comes_back_from_its_own_export(desk: Desk) -> None:
    desk.give("/rss", item(1))
    desk.follow("/rss", categories=("民生", "本地"), outlet="城南日报", every_minutes=30, private=True)
    from corpus.sources import read_opml

    assert read_opml(desk.reader.opml()) == desk.reader.feeds()


def test_fetching_loads_neither_dictionary_nor_index() -> None:
    code = (
        "import sys, corpus.sources, corpus.updating.progress\n"
        "print([name for name in ('numpy', 'jieba', 'opencc', 'corpus.index') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
