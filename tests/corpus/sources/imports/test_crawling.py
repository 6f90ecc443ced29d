"""Pages of sites are fetched politely, within bounds, and never twice."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from corpus.sources.fetching import FetchOptions
from corpus.sources.imports.crawling import MAX_FAILURES, Crawl
from corpus.sources.imports.values import Reading
from tests.corpus.sources.feed_server import FeedServer, Page
from tests.corpus.sources.imports.conftest import NOW, Desk

HTML = "text/html; charset=utf-8"


@pytest.fixture
def site() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def article(server: FeedServer, path: str) -> None:
    text = (
        f"<html><title>文章{path}</title><p>这是{path}的正文，说的是望江大桥的事，还有很多别的事。</p></html>"
    )
    server.pages[path] = Page(text.encode(), content_type=HTML)


def sitemap(server: FeedServer, path: str, *places: str, root: str = "urlset", entry: str = "url") -> None:
    listed = "".join(f"<{entry}><loc>{server.url(place)}</loc></{entry}>" for place in places)
    server.pages[path] = Page(f"<{root}>{listed}</{root}>".encode(), content_type="application/xml")


def crawl(
    server: FeedServer, *paths: str, limit: int = 100, known: tuple[str, ...] = (), **values: object
) -> Crawl:
    options = FetchOptions(allowed=frozenset({("127.0.0.1", server.port)}), seconds=2)
    return Crawl(
        options,
        now=lambda: NOW,
        limit=limit,
        is_known=lambda address: address in {server.url(one) for one in known},
        **values,  # type: ignore[arg-type]
    )


def results(made: Crawl, server: FeedServer, *paths: str) -> tuple[list[str], dict[str, str]]:
    pages, reasons = [], {}
    for one in made.run([server.url(path) if path.startswith("/") else path for path in paths]):
        if isinstance(one, Reading):
            reasons[one.source.removeprefix(server.url(""))] = one.reason or ""
        else:
            pages.append(one.address.removeprefix(server.url("")))
    return pages, reasons


def test_pages_of_nested_sitemaps_are_fetched_once_and_known_ones_never(site: FeedServer) -> None:
    for path in ("/1", "/2", "/3"):
        article(site, path)
    sitemap(site, "/index.xml", "/a.xml", "/b.xml", root="sitemapindex", entry="sitemap")
    sitemap(site, "/a.xml", "/1", "/2")
    sitemap(site, "/b.xml", "/2", "/3", "/index.xml")
    made = crawl(site, known=("/3",))
    pages, reasons = results(made, site, "/index.xml", "/1")
    assert (sorted(pages), reasons) == (["/1", "/2"], {})
    assert (made.known, made.left) == (1, 0)
    paths = [path for path, _ in site.requests]
    assert len(paths) == len(set(paths))
    assert "/3" not in paths


def test_no_more_than_the_limit_is_fetched(site: FeedServer) -> None:
    places = [f"/{number}" for number in range(9)]
    for path in places:
        article(site, path)
    sitemap(site, "/s.xml", *places)
    made = crawl(site, limit=4)
    assert len(results(made, site, "/s.xml")[0]) == 4
    assert made.left == 5


def test_robots_are_obeyed(site: FeedServer) -> None:
    site.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /private\n", content_type="text/plain")
    article(site, "/open")
    article(site, "/private/1")
    pages, reasons = results(crawl(site), site, "/open", "/private/1")
    assert pages == ["/open"]
    assert reasons == {"/private/1": "robots.txt of the site does not allow it"}
    assert "/private/1" not in [path for path, _ in site.requests]


def test_a_site_whose_robots_fail_is_left_alone(site: FeedServer) -> None:
    site.pages["/robots.txt"] = Page(status=503)
    article(site, "/1")
    assert "does not allow" in results(crawl(site), site, "/1")[1]["/1"]


def test_what_fails_or_is_no_page_gets_its_reason_and_stops_nobody(site: FeedServer) -> None:
    article(site, "/good")
    site.pages["/picture"] = Page(b"\x89PNG", content_type="image/png")
    site.pages["/slow"] = Page(b"<p>x", content_type=HTML, delay=9)
    site.pages["/moved"] = Page(status=302, headers={"Location": "http://10.0.0.1/"})
    sitemap(site, "/empty.xml")
    pages, reasons = results(
        crawl(site), site, "/none", "/picture", "/slow", "/moved", "/empty.xml", "ftp://x/", "/good"
    )
    assert pages == ["/good"]
    expected = {
        "/none": "404",
        "/picture": "no web page but image/png",
        "/slow": "within 2 s",
        "/moved": "private address",
        "/empty.xml": "a sitemap without addresses",
        "ftp://x/": "only http",
    }
    assert reasons.keys() == expected.keys()
    for path, words in expected.items():
        assert words in reasons[path]


def test_a_host_that_always_fails_is_left_alone(site: FeedServer) -> None:
    paths = [f"/{number}" for number in range(40)]
    _, reasons = results(crawl(site), site, *paths)
    assert len(reasons) == MAX_FAILURES + 1
    assert len(site.requests) == MAX_FAILURES + 1  # robots.txt too
    assert any("30 pages were left" in reason for reason in reasons.values())


def test_private_addresses_are_refused_unless_allowed(site: FeedServer) -> None:
    article(site, "/1")
    made = Crawl(FetchOptions(seconds=2), now=lambda: NOW, limit=9, is_known=lambda _: False)
    assert "private address" in results(made, site, "/1")[1]["/1"]
    assert site.requests == []


def test_pages_of_one_host_are_apart(site: FeedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.sources.page_fetching.is_allowed", lambda *_: False)  # as a host of others
    waited: list[float] = []
    made = crawl(site, host_seconds=5.0)
    monkeypatch.setattr(made._fetcher, "_wait", waited.append)
    for path in ("/1", "/2", "/3"):
        article(site, path)
    site.pages["/robots.txt"] = Page(b"User-agent: *\nCrawl-delay: 9\n", content_type="text/plain")
    assert len(results(made, site, "/1", "/2", "/3")[0]) == 3
    assert len(waited) == 2
    assert all(8 < one <= 9 for one in waited)


def test_ending_early_ends_the_threads(site: FeedServer) -> None:
    for number in range(30):
        article(site, f"/{number}")
    pages = crawl(site).run([site.url(f"/{number}") for number in range(30)])
    next(pages)
    fetching = [thread for thread in threading.enumerate() if "_host" in thread.name]
    assert fetching
    pages.close()  # type: ignore[attr-defined]
    for thread in fetching:
        thread.join(60)
    assert not any(thread.is_alive() for thread in fetching)
    assert len(site.requests) < 30


def test_pages_become_posts_and_a_second_run_fetches_nothing(site: FeedServer, desk: Desk) -> None:
    for path in ("/1", "/2"):
        article(site, path)
    sitemap(site, "/s.xml", "/1", "/2")
    desk.options = replace(desk.options, allowed=frozenset({("127.0.0.1", site.port)}))
    report = desk.run(addresses=(site.url("/s.xml"),))
    assert (report.added, report.skipped) == (2, ())
    assert desk.titles() == ["文章/1", "文章/2"]
    assert desk.shown[-1] == ("import", 2, 2)
    site.requests.clear()
    again = desk.run(addresses=(site.url("/s.xml"),))
    assert (again.added, again.known) == (0, 2)
    assert [path for path, _ in site.requests] == ["/robots.txt", "/s.xml"]


def test_the_report_says_how_many_pages_were_left(site: FeedServer, desk: Desk) -> None:
    for path in ("/1", "/2", "/3"):
        article(site, path)
    sitemap(site, "/s.xml", "/1", "/2", "/3")
    desk.options = replace(desk.options, allowed=frozenset({("127.0.0.1", site.port)}))
    report = desk.run(addresses=(site.url("/s.xml"),), limit=2)
    assert (report.added, report.skipped) == (2, (("--limit", "1 more pages were left after 2"),))
