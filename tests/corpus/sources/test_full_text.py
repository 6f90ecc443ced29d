import pytest

from corpus.sources import FeedReader, FollowedFeed
from tests.corpus.sources.conftest import Desk
from tests.corpus.sources.feed_server import Page
from tests.corpus.sources.feeds import item

pytest.importorskip("trafilatura")

TEXT = "城南的夜市昨晚六点开张，沿河两百多个摊位一字排开，卖糖水的老陈说，这是他十年来最忙的一晚。"
PAGE = (
    "<html><head><title>夜市</title></head><body><nav><a href='/'>首页</a></nav><article>"
    + "".join(f"<p>{number}。{TEXT}</p>" for number in range(8))
    + "</article><footer>版权所有</footer></body></html>"
)


def follow(desk: Desk, link: str) -> str:
    desk.give("/rss", item(1, link=link, body="<p>夜市开张……</p>"))
    reader = FeedReader(desk.options, now=lambda: desk.now, page_seconds=0)
    [result] = reader.follow([FollowedFeed(desk.server.url("/rss"), full_text=True)])
    assert result.reason is None
    [text] = desk.posts().values()
    return text


def test_a_summary_is_completed_by_its_page(desk: Desk) -> None:
    desk.server.pages["/night"] = Page(PAGE.encode(), content_type="text/html; charset=utf-8")
    text = follow(desk, desk.server.url("/night"))
    assert text.count("卖糖水的老陈") == 8
    assert "版权所有" not in text
    assert text.endswith("  \n</div>\n            ")
    assert desk.fetch().updated == 0


def test_robots_are_obeyed(desk: Desk) -> None:
    desk.server.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /night", content_type="text/plain")
    desk.server.pages["/night"] = Page(PAGE.encode(), content_type="text/html")
    assert "夜市开张……" in follow(desk, desk.server.url("/night"))
    assert desk.server.seen("/night") == []


def test_pages_of_other_hosts_are_not_fetched(desk: Desk) -> None:
    assert "夜市开张……" in follow(desk, "http://127.0.0.9:1/night")


@pytest.mark.parametrize("page", [Page(status=403), Page("<html><p>短</p></html>".encode())])
def test_the_feeds_own_text_stays_if_the_page_gives_less(desk: Desk, page: Page) -> None:
    desk.server.pages["/night"] = page
    assert "夜市开张……" in follow(desk, desk.server.url("/night"))
