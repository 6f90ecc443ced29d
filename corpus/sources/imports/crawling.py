"""Addresses → fetched pages, several hosts side by side and the pages of each one after the other.

A sitemap among them stands for the pages it lists. What the archive has is not fetched.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from corpus.sources.addresses import AddressError, feed_address, redacted
from corpus.sources.fetching import FetchError, FetchOptions
from corpus.sources.imports.reading import FetchedPage
from corpus.sources.imports.sitemaps import read_sitemap
from corpus.sources.imports.values import Reading
from corpus.sources.page_fetching import HOST_SECONDS, PageFetcher

MAX_SITEMAPS: Final = 100
MAX_DEPTH: Final = 3
MAX_HOSTS_AT_ONCE: Final = 8
MAX_WAITING: Final = 16
"""Pages that were fetched and wait to be read; fetching waits then."""

MAX_FAILURES: Final = 10
"""Failures in a row after which a host is left alone."""

_PAGE_TYPES: Final = ("text/html", "application/xhtml", "text/plain")


@dataclass(slots=True)
class _Host:
    """The addresses of one host that wait: each with the number of sitemaps above it."""

    waiting: deque[tuple[str, int]] = field(default_factory=deque)
    failures: int = 0


class Crawl:
    """One run over addresses.

    Args:
        options: How pages are fetched.
        now: The clock.
        limit: Most pages that are fetched.
        is_known: Whether the archive has an address.
        host_seconds: Pause between two pages of one host.

    Attributes:
        known: How many addresses the archive had.
        left: How many addresses were left, since the limit was reached.
    """

    def __init__(
        self,
        options: FetchOptions,
        *,
        now: Callable[[], datetime],
        limit: int,
        is_known: Callable[[str], bool],
        host_seconds: float = HOST_SECONDS,
    ) -> None:
        self._stopped = threading.Event()
        self._fetcher = PageFetcher(options, now=now, host_seconds=host_seconds, wait=self._stopped.wait)
        self._limit = limit
        self._is_known = is_known
        self._lock = threading.Lock()
        self._results: queue.Queue[FetchedPage | Reading | None] = queue.Queue(MAX_WAITING)
        self._places = threading.Semaphore(MAX_HOSTS_AT_ONCE)
        self._seen: set[str] = set()
        self._taken = self._sitemaps = 0
        self.known = self.left = 0

    @property
    def total(self) -> int:
        """How many pages are fetched in all, as far as it is known."""
        return min(self._limit, len(self._seen) - self._sitemaps - self.known)

    def run(self, addresses: Sequence[str]) -> Iterator[FetchedPage | Reading]:
        """Yield pages as they come, and readings with a reason for those that cannot be had."""
        hosts: dict[str, _Host] = {}
        for one in addresses:
            try:
                url = feed_address(one)
            except AddressError as error:
                yield Reading(redacted(one), reason=str(error))
                continue
            self._add(hosts.setdefault(urlsplit(url).netloc, _Host()), url, 0)
        threads = [threading.Thread(target=self._host, args=(host,), daemon=True) for host in hosts.values()]
        for thread in threads:
            thread.start()
        try:
            running = len(threads)
            while running:
                result = self._results.get()
                if result is None:
                    running -= 1
                else:
                    yield result
        finally:
            self._stopped.set()

    def _add(self, host: _Host, url: str, depth: int) -> None:
        with self._lock:
            if url in self._seen:
                return
            self._seen.add(url)
            if self._is_known(url):
                self.known += 1
                return
        host.waiting.append((url, depth))

    def _host(self, host: _Host) -> None:
        try:
            with self._places:
                while host.waiting and not self._stopped.is_set():
                    if not self._take():
                        with self._lock:
                            self.left += len(host.waiting)
                        return
                    self._one(host, *host.waiting.popleft())
        finally:
            self._put(None)

    def _take(self) -> bool:
        """Whether one more page may be fetched."""
        with self._lock:
            if self._taken >= self._limit:
                return False
            self._taken += 1
            return True

    def _put(self, result: FetchedPage | Reading | None) -> None:
        while not self._stopped.is_set():
            try:
                self._results.put(result, timeout=0.5)
                return
            except queue.Full:
                continue

    def _one(self, host: _Host, url: str, depth: int) -> None:
        try:
            answer = self._fetcher.fetch(url)
        except FetchError as error:
            host.failures += 1
            self._put(Reading(redacted(url), reason=error.reason))
            if host.failures >= MAX_FAILURES and host.waiting:
                left = f"{len(host.waiting):,} pages were left"
                reason = f"the host has failed {MAX_FAILURES} times in a row: {left}"
                self._put(Reading(urlsplit(url).netloc, reason=reason))
                host.waiting.clear()
            return
        except Exception as error:
            self._put(Reading(redacted(url), reason=f"cannot be fetched: {type(error).__name__}"))
            return
        host.failures = 0
        if answer is None:
            self._put(Reading(redacted(url), reason="robots.txt of the site does not allow it"))
            return
        body = bytes(answer.body)
        listed = read_sitemap(body, answer.url)
        if listed is not None:
            with self._lock:
                self._sitemaps += 1
                self._taken -= 1
            if self._sitemaps <= MAX_SITEMAPS and depth < MAX_DEPTH:
                for place in (*listed.sitemaps[:MAX_SITEMAPS], *listed.pages):
                    self._add(host, place, depth + 1)
            if not listed.pages and not listed.sitemaps:
                self._put(Reading(redacted(url), reason="a sitemap without addresses of its own site"))
            return
        kind = answer.content_type.partition(";")[0].strip().lower()
        if not kind.startswith(_PAGE_TYPES) and kind:
            self._put(Reading(redacted(url), reason=f"no web page but {kind[:60]}"))
            return
        self._put(FetchedPage(answer.url, body, answer.content_type))
