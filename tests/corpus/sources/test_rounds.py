from datetime import timedelta
from email.utils import format_datetime

import pytest

from corpus.sources import FollowedFeed
from corpus.sources.rounds import HostTurns
from tests.corpus.sources.conftest import NOW, Desk, changed
from tests.corpus.sources.feed_server import FeedServer, Page, bad_pages, bomb, endless, hanging, slow
from tests.corpus.sources.feeds import item, rss


def state(desk: Desk) -> str:
    [one] = desk.reader.overview()
    return one.state


def reason(desk: Desk) -> str:
    [one] = desk.reader.overview()
    return one.reason or ""


@pytest.mark.parametrize("values", [{"etag": '"1"'}, {"modified": "Mon, 30 Nov 2026 06:00:00 GMT"}])
def test_what_has_not_changed_is_not_sent_again(desk: Desk, values: dict[str, str]) -> None:
    desk.give("/rss", item(1), **values)
    desk.follow("/rss")
    report = desk.fetch()
    assert (report.unchanged, report.fetched, report.added) == (1, 0, 0)


def test_an_etag_that_changes_each_time_does_no_harm(desk: Desk) -> None:
    desk.server.pages["/rss"] = Page(rss([item(1)]).encode(), changing_etag=True)
    desk.follow("/rss")
    for _ in range(3):
        assert (desk.fetch().added, desk.fetch().updated) == (0, 0)
    assert len(desk.posts()) == 1


@pytest.mark.parametrize(
    "page",
    [
        Page(b""),
        Page(b"<html><body>busy</body></html>", content_type="text/html"),
        Page(rss([item(1), item(2)]).encode()[:-200]),
        Page(rss([item(1)]).encode(), cut=10),
        Page(b'{"items": [{"id": 1', content_type="application/feed+json"),
        Page(b"", status=500),
        Page(b"", status=404),
    ],
    ids=["empty", "page", "half", "cut off", "json", "500", "404"],
)
def test_a_bad_answer_is_a_failure_and_changes_nothing(desk: Desk, page: Page) -> None:
    desk.give("/rss", item(1), item(2))
    desk.follow("/rss")
    before = desk.posts()
    desk.server.pages["/rss"] = page
    report = desk.fetch()
    assert len(report.failed) == 1
    assert state(desk) == "failing"
    assert desk.posts() == before
    desk.give("/rss", item(1), item(2))
    assert desk.fetch().failed == ()
    assert state(desk) == "ok"
    assert desk.posts() == before


def test_failures_wait_longer_and_longer(desk: Desk) -> None:
    desk.give("/rss", item(1))
    desk.follow("/rss")
    desk.server.pages["/rss"] = Page(status=500)
    waits = []
    for _ in range(6):
        desk.fetch()
        [one] = desk.reader.overview()
        assert one.next is not None
        waits.append(one.next - desk.now)
    assert waits == sorted(waits)
    assert timedelta(hours=20) < waits[-1] < timedelta(hours=27)
    assert one.failing_since == NOW + timedelta(hours=1)


@pytest.mark.parametrize("header", ["7200", format_datetime(NOW + timedelta(hours=3), usegmt=True)])
def test_a_server_is_left_alone_as_long_as_it_asks(desk: Desk, header: str) -> None:
    desk.give("/rss", item(1))
    desk.follow("/rss", every_minutes=1)
    desk.server.pages["/rss"] = Page(status=429, headers={"Retry-After": header})
    desk.fetch()
    [one] = desk.reader.overview()
    assert one.next is not None
    assert one.next - desk.now >= timedelta(hours=2)
    assert "too often" in reason(desk)


def test_410_is_left_alone_until_somebody_asks(desk: Desk) -> None:
    desk.give("/rss", item(1))
    desk.follow("/rss")
    desk.server.pages["/rss"] = Page(status=410)
    desk.fetch()
    assert state(desk) == "gone"
    desk.now += timedelta(days=30)
    assert desk.reader.due() == ()
    desk.reader.follow([FollowedFeed(desk.server.url("/rss"))])
    assert len(desk.reader.due()) == 1


def test_a_move_for_good_is_taken_over_after_three_fetches_over_a_day(desk: Desk) -> None:
    desk.give("/old", item(1))
    desk.give("/new", item(0), item(1))
    desk.follow("/old", categories=("民生",))
    desk.server.pages["/old"] = Page(status=301, headers={"Location": "/new"})
    for hours in (1, 1, 1):
        desk.fetch(hours=hours)
        assert [feed.url for feed in desk.reader.feeds()] == [desk.server.url("/old")]
    desk.fetch(hours=24)
    [feed] = desk.reader.feeds()
    assert (feed.url, feed.categories) == (desk.server.url("/new"), ("民生",))
    assert desk.fetch().added == 0
    assert len(desk.posts()) == 2


def test_a_maintenance_page_behind_a_redirect_moves_nothing(desk: Desk) -> None:
    desk.give("/rss", item(1))
    desk.follow("/rss")
    desk.server.pages["/sorry"] = Page(rss([item(99)]).encode())
    desk.server.pages["/rss"] = Page(status=301, headers={"Location": "/sorry"})
    desk.fetch()
    desk.give("/rss", item(1))
    desk.fetch(hours=30)
    desk.server.pages["/rss"] = Page(status=302, headers={"Location": "/sorry"})
    for _ in range(4):
        desk.fetch(hours=30)
    assert [feed.url for feed in desk.reader.feeds()] == [desk.server.url("/rss")]


def test_a_bad_feed_does_not_touch_the_others(desk: Desk) -> None:
    desk.options = changed(desk.options, seconds=1.5)
    for path in ("/good1", "/hang", "/slow", "/endless", "/bomb", "/good2"):
        desk.give(path, item(1, link=f"https://news.test{path}/long/enough"), title=path)
        desk.follow(path)
    desk.server.pages |= {"/hang": hanging, "/slow": slow, "/endless": endless, "/bomb": bomb(100)}
    for path in ("/good1", "/good2"):
        desk.give(path, item(0, link=f"https://news.test{path}/new/entry"), title=path)
    report = desk.fetch()
    assert len(report.failed) == 4
    assert report.added == 2


def test_a_host_is_asked_by_one_request_at_a_time(desk: Desk) -> None:
    with FeedServer() as server:
        desk.options = changed(desk.options, allowed=frozenset({("127.0.0.1", server.port)}))
        for number in range(6):
            server.pages[f"/{number}"] = Page(rss([item(number)]).encode(), delay=0.05)
        desk.reader.accept([FollowedFeed(server.url(f"/{number}")) for number in range(6)])
        assert desk.fetch().fetched == 6
        assert server.busiest == 1


async def test_a_public_host_gets_a_pause_between_two_requests(desk: Desk) -> None:
    import asyncio

    options = changed(desk.options, host_seconds=0.2)
    turns = HostTurns(options, options.allowed)
    loop = asyncio.get_running_loop()
    started = loop.time()
    await turns.pause("https://news.test/a")
    turns.note("https://news.test/a")
    await turns.pause("https://other.test/a")
    assert loop.time() - started < 0.1
    await turns.pause("https://news.test/b")
    assert loop.time() - started >= 0.2
    turns.note(desk.server.url("/x"))
    await turns.pause(desk.server.url("/x"))
    assert loop.time() - started < 0.4


def test_a_clock_that_is_set_back_stops_nothing(desk: Desk) -> None:
    desk.give("/rss", item(1))
    desk.follow("/rss")
    desk.now -= timedelta(days=400)
    assert len(desk.reader.due()) == 1
    desk.give("/rss", item(0), item(1))
    assert desk.fetch(hours=0).added == 1
    assert desk.fetch(hours=1).added == 0
    assert len(desk.posts()) == 2


def test_22_bad_addresses_at_once_stop_neither_each_other_nor_a_good_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each address as a host of its own: none waits for another.
    monkeypatch.setattr("corpus.sources.rounds.HostTurns.host", lambda _, url: url)
    desk.options = changed(desk.options, seconds=2, at_once=32, max_bytes=5_000_000)
    bad = bad_pages(megabytes=100)
    desk.server.pages |= bad
    desk.give("/good", item(1))
    desk.reader.accept([FollowedFeed(desk.server.url(path)) for path in (*bad, "/good")])
    report = desk.fetch()
    assert (len(bad), report.added, report.disk) == (22, 1, None)
    assert {one.url for one in report.failed} == {desk.server.url(path) for path in bad}
    assert all(one.reason and "unexpected" not in one.reason for one in report.failed)
    assert report.seconds < 20  # two seconds and the machine's other work, not 22 times that
