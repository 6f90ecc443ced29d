"""The page of an entry → its main text, for feeds of summaries; the extra `fulltext` does the extraction.

Pages are fetched as politely as feeds: only on the feed's own host, robots.txt obeyed, one in five seconds.
The feed's own text stays if the page gives less.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from corpus.sources.decoding import decode_feed
from corpus.sources.entries import Entry
from corpus.sources.fetching import Answer, Fetcher, FetchError, FetchOptions

logger = logging.getLogger(__name__)

HOST_SECONDS: Final = 5.0
"""Pause between two pages of one host."""

MAX_PAGES: Final = 20
"""Pages that one round fetches of one feed; later rounds do not come back to older entries."""

_TAG: Final = re.compile(r"<[^<>]*>")
_ACCEPT: Final = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"


class FullTexts:
    """Completes entries of feeds by their pages.

    Args:
        options: How pages are fetched.
        now: The clock.
        host_seconds: Pause between two pages of one host.
    """

    def __init__(
        self, options: FetchOptions, *, now: Callable[[], datetime], host_seconds: float = HOST_SECONDS
    ) -> None:
        self._options = options
        self._now = now
        self._host_seconds = host_seconds
        self._robots: dict[str, RobotFileParser] = {}
        self._fetched_at: dict[str, float] = {}
        self._pages: dict[str, int] = {}

    def complete(self, entry: Entry, feed_url: str) -> Entry:
        """Return the entry with the text of its page, if the page gives more than the feed."""
        if not entry.link or not _same_site(entry.link, feed_url):
            return entry
        if self._pages.get(feed_url, 0) >= MAX_PAGES:
            return entry
        self._pages[feed_url] = self._pages.get(feed_url, 0) + 1
        try:
            answer = self._page(entry.link)
        except FetchError as error:
            logger.debug("page not fetched: %s", error.reason)
            return entry
        if answer is None or not _same_site(answer.url, feed_url, entry.link):
            return entry
        body = extract(decode_feed(answer.body, answer.content_type))
        if _length(body) <= _length(entry.body):
            return entry
        return replace(entry, body=body, base=answer.url, is_summary=False)

    def _page(self, url: str) -> Answer | None:
        """Fetch a page; None: robots.txt does not allow it."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = self._read_robots(f"{origin}/robots.txt")
        if not self._robots[origin].can_fetch(self._options.user_agent, url):
            return None
        return self._fetch(url)

    def _read_robots(self, url: str) -> RobotFileParser:
        robots = RobotFileParser()
        try:
            text = decode_feed(self._fetch(url).body)
        except FetchError as error:
            # As the standard has it: what is not there allows everything, what fails nothing for now.
            text = "" if 400 <= error.status < 500 else "User-agent: *\nDisallow: /"
        robots.parse(text.splitlines())
        return robots

    def _fetch(self, url: str) -> Answer:
        host = urlsplit(url).netloc
        wait = self._fetched_at.get(host, 0.0) + self._host_seconds - time.monotonic()
        if wait > 0 and not url.endswith("/robots.txt"):
            time.sleep(wait)
        try:
            return asyncio.run(self._once(url))
        finally:
            if not url.endswith("/robots.txt"):
                self._fetched_at[host] = time.monotonic()

    async def _once(self, url: str) -> Answer:
        async with Fetcher(self._options, now=self._now) as fetcher:
            return await fetcher.fetch(url, accept=_ACCEPT)


def _same_site(url: str, *others: str) -> bool:
    """Return whether a page is on the host of one of these addresses, `www.` apart."""

    def host(address: str) -> str:
        return (urlsplit(address).hostname or "").removeprefix("www.")

    return host(url) in {host(other) for other in others}


def extract(page: str) -> str:
    """Return the main text of a page as HTML; empty if there is none, or the extra is not installed."""
    try:
        import trafilatura
    except ImportError:
        return ""
    found = trafilatura.extract(
        page, output_format="html", include_comments=False, include_images=True, include_links=True
    )
    text = str(found or "")
    start, end = text.find("<body>"), text.rfind("</body>")
    return text[start + 6 : end].strip() if 0 <= start < end else text


def _length(body: str) -> int:
    return sum(map(str.isalnum, _TAG.sub("", body)))
