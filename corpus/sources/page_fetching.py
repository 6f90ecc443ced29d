"""Web pages, fetched one by one: robots.txt obeyed, and a pause between two pages of one host."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from corpus.sources.decoding import decode_feed
from corpus.sources.fetching import Answer, Fetcher, FetchError, FetchOptions
from corpus.sources.network import is_allowed

logger = logging.getLogger(__name__)

HOST_SECONDS: Final = 5.0
"""Pause between two pages of one host."""

MAX_DELAY_SECONDS: Final = 60.0
"""Longest pause that robots.txt is granted."""

MAX_ROBOTS_CHARS: Final = 500_000
ACCEPT_PAGES: Final = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"


class PageFetcher:
    """Fetches pages politely. Pages of one host must be asked for by one thread.

    Args:
        options: How pages are fetched.
        now: The clock.
        host_seconds: Pause between two pages of one host; none for places that may be private: they are the
            operator's own.
        wait: Waits for a number of seconds.
    """

    def __init__(
        self,
        options: FetchOptions,
        *,
        now: Callable[[], datetime],
        host_seconds: float = HOST_SECONDS,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._options = options
        self._now = now
        self._host_seconds = host_seconds
        self._wait = wait
        self._robots: dict[str, RobotFileParser] = {}
        self._fetched_at: dict[str, float] = {}

    def fetch(self, url: str) -> Answer | None:
        """Fetch a page; None: robots.txt does not allow it.

        Raises:
            FetchError: It cannot be fetched.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = self._read_robots(f"{origin}/robots.txt")
        robots = self._robots[origin]
        if not robots.can_fetch(self._options.user_agent, url):
            return None
        self._pause(url, robots)
        try:
            return asyncio.run(self._once(url))
        finally:
            self._fetched_at[parts.netloc] = time.monotonic()

    def _pause(self, url: str, robots: RobotFileParser) -> None:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if is_allowed(parts.hostname or "", port, self._options.allowed):
            return
        asked = float(robots.crawl_delay(self._options.user_agent) or 0)
        pause = max(self._host_seconds, min(asked, MAX_DELAY_SECONDS))
        left = self._fetched_at.get(parts.netloc, 0.0) + pause - time.monotonic()
        if parts.netloc in self._fetched_at and left > 0:
            self._wait(left)

    def _read_robots(self, url: str) -> RobotFileParser:
        """Read what a site allows.

        Raises:
            FetchError: It does not answer.
        """
        robots = RobotFileParser()
        try:
            text = decode_feed(asyncio.run(self._once(url)).body)[:MAX_ROBOTS_CHARS]
        except FetchError as error:
            if not error.status:
                raise  # the site does not answer at all
            # As the standard has it: what is not there allows everything, what fails nothing for now.
            text = "" if 400 <= error.status < 500 else "User-agent: *\nDisallow: /"
        robots.parse(text.splitlines())
        return robots

    async def _once(self, url: str) -> Answer:
        async with Fetcher(self._options, now=self._now) as fetcher:
            return await fetcher.fetch(url, accept=ACCEPT_PAGES)
