"""The page of an entry → its main text, for feeds of summaries; the extra `fulltext` does the extraction.

Pages are fetched as politely as feeds: only on the feed's own host, robots.txt obeyed, one in five seconds.
The feed's own text stays if the page gives less.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from corpus.sources.decoding import decode_feed
from corpus.sources.entries import Entry
from corpus.sources.fetching import FetchError, FetchOptions
from corpus.sources.page_fetching import HOST_SECONDS, PageFetcher

logger = logging.getLogger(__name__)

MAX_PAGES: Final = 20
"""Pages that one round fetches of one feed; later rounds do not come back to older entries."""

_TAG: Final = re.compile(r"<[^<>]*>")


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
        self._fetcher = PageFetcher(options, now=now, host_seconds=host_seconds)
        self._pages: dict[str, int] = {}

    def complete(self, entry: Entry, feed_url: str) -> Entry:
        """Return the entry with the text of its page, if the page gives more than the feed."""
        if not entry.link or not _same_site(entry.link, feed_url):
            return entry
        if self._pages.get(feed_url, 0) >= MAX_PAGES:
            return entry
        self._pages[feed_url] = self._pages.get(feed_url, 0) + 1
        try:
            answer = self._fetcher.fetch(entry.link)
        except FetchError as error:
            logger.debug("page not fetched: %s", error.reason)
            return entry
        if answer is None or not _same_site(answer.url, feed_url, entry.link):
            return entry
        body = extract(decode_feed(answer.body, answer.content_type))
        if _length(body) <= _length(entry.body):
            return entry
        return replace(entry, body=body, base=answer.url, is_summary=False)


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
    # With pictures it keeps teasers of other articles: F1 .958 instead of .964 over 60 public pages.
    found = trafilatura.extract(
        page, output_format="html", include_comments=False, include_links=True, favor_precision=True
    )
    text = str(found or "")
    start, end = text.find("<body>"), text.rfind("</body>")
    return text[start + 6 : end].strip() if 0 <= start < end else text


def _length(body: str) -> int:
    return sum(map(str.isalnum, _TAG.sub("", body)))
