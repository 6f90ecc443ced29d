import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.sources import withheld
from corpus.sources.storing import DiskError
from corpus.updating.scanning import scan
from tests.corpus.sources.conftest import Desk, changed
from tests.corpus.sources.feeds import Item, item


def test_entries_become_posts_once(desk: Desk) -> None:
    desk.give("/rss", item(1), item(2))
    desk.follow("/rss", categories=("民生",), outlet="城南日报", title="本地")
    before = desk.posts()
    assert sorted(desk.titles()) == ["第1条消息", "第2条消息"]
    assert (desk.root / "民生" / "城南日报" / "本地").is_dir()
    report = desk.fetch()
    assert (report.added, report.updated) == (0, 0)
    assert desk.posts() == before
    desk.give("/rss", item(0), item(1), item(2))
    assert desk.fetch().added == 1
    assert len(scan(desk.root).files) == 3


def test_equal_titles_are_different_posts(desk: Desk) -> None:
    desk.give("/rss", *(item(number, title="招生简章") for number in range(27)))
    desk.follow("/rss")
    assert len(desk.posts()) == 27


def test_two_feeds_with_one_title_do_not_overwrite_each_other(desk: Desk) -> None:
    desk.give("/a", item(1, link="https://a.test/one", guid="1"), title="首页")
    desk.give("/b", item(1, link="https://b.test/two", guid="1", body="<p>另一家的正文</p>"), title="首页")
    desk.follow("/a")
    desk.follow("/b")
    assert len(desk.posts()) == 2


def test_the_same_article_in_two_feeds_of_one_outlet_is_written_once(desk: Desk) -> None:
    desk.give("/home", item(1))
    desk.give("/local", item(1, link="http://www.news.test/a/1"), item(2))
    desk.follow("/home", outlet="城南日报", title="首页")
    desk.follow("/local", outlet="城南日报", title="本地")
    assert sorted(desk.titles()) == ["第1条消息", "第2条消息"]
    desk.give("/other", item(1))
    desk.follow("/other", outlet="转载社", title="首页")
    assert len(desk.posts()) == 3


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(item(1, link="https://news.test/2026/11/1", guid="another"), id="another guid"),
        pytest.param(item(1, link="https://news.test/moved/1"), id="another link"),
        pytest.param(item(1, link="https://m.news.test/2026/11/1", guid="other"), id="another host and guid"),
        pytest.param(item(1, link="https://news.test/2026/11/1?utm_source=x&chksm=7#rd"), id="tracking"),
        pytest.param(item(1, link="https://x.test/t?token=9", guid="t9"), id="all but its text"),
        pytest.param(item(1, date="Mon, 30 Nov 2026 11:59:00 GMT"), id="another date at each fetch"),
        pytest.param(item(1, title="第1条消息（更新）"), id="another title"),
    ],
)
def test_an_entry_is_recognised(desk: Desk, again: Item) -> None:
    body = "<p>第1条消息的正文，说的是第1件事，而且说得足够长，长到别的文章不会碰巧和它一个字也不差。</p>" * 2
    link = "https://news.test/2026/11/1"
    desk.give("/rss", replace(item(1), body=body, link=link), item(2), item(3))
    desk.follow("/rss")
    names = set(desk.posts())
    desk.give("/rss", replace(again, body=body), item(2), item(3))
    for _ in range(3):
        assert desk.fetch().added == 0
        assert set(desk.posts()) == names


def test_a_feed_that_renames_everything_brings_nothing_again(desk: Desk) -> None:
    desk.give("/rss", *(item(n, guid=None, link=f"https://k.test/x?t=a{n}") for n in range(10)))
    desk.follow("/rss")
    before = desk.posts()
    desk.give("/rss", *(item(n, guid=None, link=f"https://k.test/x?t=b{n}") for n in range(10)))
    assert desk.fetch().added == 0
    assert desk.posts() == before
    desk.give("/rss", *(item(n, guid=None, link=f"https://k.test/x?t=c{n}") for n in range(-1, 9)))
    assert desk.fetch().added == 1


def test_a_title_that_comes_every_day_is_another_article(desk: Desk) -> None:
    for day in range(3):
        date = f"{26 + day} Nov 2026 06:00:00 GMT"
        desk.give(
            "/rss",
            Item("城南早报", f"https://news.test/z/{day}", f"z{day}", f"<p>第{day}天的早报。</p>", date),
        )
        if day:
            desk.fetch(hours=24)
        else:
            desk.follow("/rss")
    assert desk.titles() == ["城南早报"] * 3


def test_entries_that_share_a_guid_do_not_take_turns(desk: Desk) -> None:
    desk.give("/rss", item(1, guid="same"), item(2, guid="same"))
    desk.follow("/rss")
    before = desk.posts()
    for order in (
        (item(2, guid="same"),),
        (item(1, guid="same"),),
        (item(2, guid="same"), item(1, guid="same")),
    ):
        desk.give("/rss", *order)
        report = desk.fetch()
        assert (report.added, report.updated) == (0, 0)
    assert desk.posts() == before


def test_an_entry_whose_guid_is_the_site_is_not_all_others(desk: Desk) -> None:
    for number in (1, 2):
        desk.give("/rss", item(number, guid="https://news.test/", link="https://news.test"))
        if number == 1:
            desk.follow("/rss")
        else:
            desk.fetch()
    assert sorted(desk.titles()) == ["第1条消息", "第2条消息"]


def test_an_edit_rewrites_the_post_and_keeps_its_date(desk: Desk) -> None:
    desk.give("/rss", item(1))
    desk.follow("/rss")
    [(name, before)] = desk.posts().items()
    desk.give(
        "/rss",
        item(1, title="改了的标题", body="<p>更正后的正文。</p>", date="Mon, 30 Nov 2026 11:00:00 GMT"),
    )
    assert desk.fetch().updated == 1
    [(same, after)] = desk.posts().items()
    assert same == name
    assert "title: '改了的标题'" in after
    assert "updated: Mon, 30 Nov 2026 13:00:00 GMT" in after
    assert [line for line in after.splitlines() if line.startswith("date:")] == [
        line for line in before.splitlines() if line.startswith("date:")
    ]


def test_other_markup_alone_is_no_edit(desk: Desk) -> None:
    desk.give("/rss", item(1, body='<p>正文<img src="https://i.test/a?t=1"></p>'))
    desk.follow("/rss")
    desk.give("/rss", item(1, body='<p class="x">正文<img src="https://i.test/a?t=2"></p>'))
    assert desk.fetch().updated == 0


def test_what_left_the_feed_stays_and_what_the_operator_deleted_stays_deleted(desk: Desk) -> None:
    desk.give("/rss", item(1), item(2))
    desk.follow("/rss")
    desk.give("/rss", item(2))
    desk.fetch()
    assert len(desk.posts()) == 2
    next(desk.root.rglob("第2条*")).unlink()
    desk.give("/rss", item(1), item(2, body="<p>又改了</p>"))
    desk.fetch()
    assert desk.titles() == ["第1条消息"]


def test_a_promise_without_a_digest_is_kept_the_next_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.give("/rss", item(1))
    desk.follow("/rss")
    desk.give("/rss", item(0), item(1), etag='"2"')

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("corpus.sources.storing.write_post", die)
        with pytest.raises(KeyboardInterrupt):
            desk.fetch()
    assert desk.titles() == ["第1条消息"]
    assert desk.fetch().added == 1
    assert len(desk.posts()) == 2


def test_a_full_disk_ends_the_round_and_keeps_no_validators(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.give("/rss", item(1), etag='"1"')
    desk.follow("/rss")
    desk.give("/rss", item(0), item(1), etag='"2"')

    def full(self: Path, _: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        report = desk.fetch()
    assert report.disk is not None
    assert "No space left" in report.disk
    assert desk.fetch().added == 1
    assert desk.server.seen("/rss")[-1]["if-none-match"] == '"1"'


def test_a_folder_that_may_not_be_written_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, _: bytes) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    desk.give("/rss", item(1))
    with pytest.raises(DiskError, match="cannot be written"):
        desk.follow("/rss")


def test_of_a_first_answer_the_newest_are_written_and_the_rest_never(desk: Desk) -> None:
    desk.options = changed(desk.options, first=3)
    desk.give("/rss", *(item(number) for number in (5, 1, 4, 2, 3)))
    desk.follow("/rss")
    assert sorted(desk.titles()) == ["第1条消息", "第2条消息", "第3条消息"]
    assert desk.fetch().added == 0
    desk.give("/rss", *(item(number) for number in (0, 5, 1, 4, 2, 3)))
    assert desk.fetch().added == 1


def test_subscribers_get_no_backlog(desk: Desk) -> None:
    def held() -> set[str]:
        paths = [path.relative_to(desk.root).as_posix() for path in desk.root.rglob("*.md")]
        return {path.rpartition("/")[2].partition("-")[0] for path in withheld(desk.options.data_dir, paths)}

    desk.give("/rss", item(1))
    desk.follow("/rss")
    assert held() == {"第1条消息"}
    desk.give("/rss", item(0), item(1), item(24 * 5), item(2, date=None))
    desk.fetch()
    assert held() == {"第1条消息", "第120条消息", "第2条消息"}  # most of the answer is new: undated is none
    desk.give("/rss", item(0), item(1), item(24 * 5), item(2, date=None), item(3, date=None))
    desk.fetch()
    assert "第3条消息" not in held()


def test_posts_of_feeds_are_removed_when_their_time_is_over(desk: Desk) -> None:
    desk.give("/rss", item(1), item(24 * 40))
    desk.follow("/rss")
    desk.options = changed(desk.options, keep_days=30)
    desk.fetch()
    assert desk.titles() == ["第1条消息"]
    desk.fetch()
    assert desk.titles() == ["第1条消息"]
