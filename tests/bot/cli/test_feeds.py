"""`follow`, `unfollow`, `feeds` and `fetch` as people and programs call them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus import sample_folder
from corpus.sources import read_opml
from tests.bot.command_line import Baotong
from tests.corpus.sources.feed_server import FeedServer, Page
from tests.corpus.sources.feeds import item, rss


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        running.pages["/rss"] = Page(rss([item(1), item(2)]).encode())
        yield running


@pytest.fixture
def baotong(tmp_path: Path) -> Baotong:
    archive = tmp_path / "posts"
    archive.mkdir()
    return Baotong(tmp_path, archive)


def test_from_an_address_to_an_answer(baotong: Baotong, server: FeedServer) -> None:
    url = server.url("/rss")
    followed = baotong.json("follow", url, "--private", "--category", "民生", "--json")
    assert [list(one) for one in followed] == [
        ["url", "state", "title", "entries", "newest", "full_text", "reason"]
    ]
    assert (followed[0]["state"], followed[0]["entries"]) == ("new", 2)
    assert "第1条消息" in baotong("ask", "第1条消息说的是什么").stdout
    assert list((baotong.archive / "民生").rglob("*.md"))
    server.pages["/rss"] = Page(rss([item(0), item(1)]).encode())
    report = baotong.json("fetch", "--json")
    assert (report["feeds"], report["fetched"], report["added"], report["failed"]) == (1, 1, 1, [])
    [one] = baotong.json("feeds", "--json")
    assert (one["url"], one["category"], one["state"], one["entries"]) == (url, "民生", "ok", 3)
    assert baotong("unfollow", url).returncode == 0
    assert baotong("unfollow", url).returncode == 2
    assert "第0条消息" in baotong("latest").stdout


def test_exit_codes_tell_what_became_of_addresses(baotong: Baotong, server: FeedServer) -> None:
    server.pages["/page"] = Page(b"<html>none</html>", content_type="text/html")
    assert baotong("follow", server.url("/rss")).returncode == 1  # a private address
    assert baotong("follow", server.url("/page"), "--private").returncode == 2
    assert baotong("follow", "no-such.opml").returncode == 2
    assert baotong("follow", server.url("/rss"), "--private", "--every", "soon").returncode == 2
    assert baotong("follow", server.url("/rss"), server.url("/page"), "--private").returncode == 1
    assert baotong("follow", server.url("/rss"), "--private").returncode == 0
    assert baotong("fetch", "https://other.test/").returncode == 2
    server.pages["/rss"] = Page(status=500)
    failed = baotong("fetch", "--json")
    assert failed.returncode == 1
    assert '"status": 500' in failed.stdout
    assert "since" in baotong("feeds", "--failing").stdout


def test_a_list_is_followed_and_comes_back(baotong: Baotong, server: FeedServer, tmp_path: Path) -> None:
    given = tmp_path / "list.opml"
    given.write_text(
        f'<opml><body><outline text="民生"><outline xmlUrl="{server.url("/rss")}" text="本地"/></outline>'
        f'<outline xmlUrl="{server.url("/gone")}" text="没了"/></body></opml>',
        "utf-8",
    )
    result = baotong("follow", str(given), "--private", "--json")
    assert result.returncode == 1
    assert "没了" in result.stdout
    assert (baotong.archive / "民生" / "城南日报" / "本地").is_dir()
    assert baotong("feeds", "--opml", str(tmp_path / "out.opml")).returncode == 0
    feeds = read_opml((tmp_path / "out.opml").read_bytes())
    assert [(feed.title, feed.categories) for feed in feeds] == [("本地", ("民生",)), ("没了", ())]


def test_without_an_archive_posts_go_into_data_dir_and_become_it(
    baotong: Baotong, server: FeedServer
) -> None:
    unset = {"CORPUS_DIR": ""}
    result = baotong("follow", server.url("/rss"), "--private", environment=unset)
    assert f"{baotong.data / 'posts'}, which is the archive from now on" in result.stderr
    assert "第1条消息" in baotong("latest", environment=unset).stdout


def test_the_sample_is_replaced_and_never_written(baotong: Baotong, server: FeedServer) -> None:
    before = sorted(sample_folder().rglob("*"))
    sample = {"CORPUS_DIR": str(sample_folder())}
    assert baotong("follow", server.url("/rss"), "--private", environment=sample).returncode == 2
    assert sorted(sample_folder().rglob("*")) == before


def test_a_refused_address_leaves_no_folder(baotong: Baotong) -> None:
    baotong("follow", "http://127.0.0.1:9/", environment={"CORPUS_DIR": ""})
    assert not (baotong.data / "posts").exists()


def test_the_index_is_left_alone_where_that_is_wanted(baotong: Baotong, server: FeedServer) -> None:
    assert baotong("follow", server.url("/rss"), "--private", "--no-index").stderr == ""
    assert "2 added" in baotong("index").stdout


def test_check_says_how_the_feeds_are(baotong: Baotong, server: FeedServer) -> None:
    assert "feeds:" not in baotong("check").stdout
    baotong("follow", server.url("/rss"), "--private")
    assert "ok      feeds: 1 followed, 0 failing" in baotong("check").stdout
    server.pages["/rss"] = Page(status=500)
    baotong("fetch")
    assert "remark  feeds: 1 followed, 1 failing" in baotong("check").stdout
