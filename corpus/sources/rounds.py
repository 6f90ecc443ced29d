"""A round: feeds are fetched, several hosts at a time and each host in turn, and what is new is written.

Whatever a feed does, the others are not affected. A full disk ends the round.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from corpus.errors import StoreError
from corpus.sources.addresses import redacted
from corpus.sources.entries import Feed, NotAFeedError
from corpus.sources.fetching import Answer, Fetcher, FetchError, FetchOptions
from corpus.sources.network import Place, is_allowed
from corpus.sources.opml import FollowedFeed
from corpus.sources.options import SourceOptions
from corpus.sources.parsing import parse_feed
from corpus.sources.schedule import next_seconds
from corpus.sources.state import MOVE_SECONDS, MOVES, FeedState, FeedStates
from corpus.sources.storing import DiskError, Enrich, Stored, store_answer

logger = logging.getLogger(__name__)

GONE: Final = 410


@dataclass(frozen=True, slots=True)
class FetchedFeed:
    """What one fetch of a feed gave.

    Attributes:
        feed: The feed, with its new address if it has moved.
        stored: What was written; None: nothing had changed, or it failed.
        reason: Why it failed; None: it did not.
        status: Status of the answer.
        found: What the feed said; None: it failed or had not changed.
    """

    feed: FollowedFeed
    stored: Stored | None = None
    reason: str | None = None
    status: int = 0
    found: Feed | None = None


@dataclass(slots=True)
class Round:
    """What a round gave so far."""

    fetched: list[FetchedFeed] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    disk: str | None = None

    @property
    def failed(self) -> list[FetchedFeed]:
        """The feeds that failed."""
        return [one for one in self.fetched if one.reason is not None]

    @property
    def added(self) -> int:
        """Posts that were written for the first time."""
        return sum(one.stored.added for one in self.fetched if one.stored)

    @property
    def updated(self) -> int:
        """Posts that were written again."""
        return sum(one.stored.updated for one in self.fetched if one.stored)

    @property
    def unchanged(self) -> int:
        """Feeds that said that nothing has changed."""
        return sum(one.stored is None and one.reason is None for one in self.fetched)


class HostTurns:
    """The pause between two requests to one host.

    A place that is allowed to be private is the operator's own: there is no pause.
    """

    def __init__(self, options: SourceOptions, allowed: frozenset[Place]) -> None:
        self._options = options
        self._allowed = allowed
        self._ended: dict[str, float] = {}

    def host(self, url: str) -> str:
        """Return what stands for the host of an address."""
        parts = urlsplit(url)
        return parts.netloc.rpartition("@")[2].lower() if self._is_own(url) else (parts.hostname or "")

    def _is_own(self, url: str) -> bool:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return is_allowed(parts.hostname or "", port, self._allowed)

    async def pause(self, url: str) -> None:
        """Wait until the host of an address may be asked again."""
        ended = self._ended.get(self.host(url))
        if ended is not None and not self._is_own(url):
            await asyncio.sleep(ended + self._options.host_seconds - asyncio.get_running_loop().time())

    def note(self, url: str) -> None:
        """Note that the host of an address has answered."""
        self._ended[self.host(url)] = asyncio.get_running_loop().time()


def allowed_places(options: SourceOptions, feeds: Iterable[FollowedFeed]) -> frozenset[Place]:
    """Return the places that may be private: those of the settings, and hosts of feeds followed so."""
    own = set()
    for feed in feeds:
        if feed.private:
            parts = urlsplit(feed.url)
            own.add(((parts.hostname or ""), parts.port or (443 if parts.scheme == "https" else 80)))
    return options.allowed | own


def fetch_options(options: SourceOptions, allowed: frozenset[Place]) -> FetchOptions:
    """Return how addresses are fetched."""
    return FetchOptions(
        user_agent=options.user_agent,
        max_bytes=options.max_bytes,
        seconds=options.seconds,
        allowed=allowed,
        proxy=options.proxy,
    )


async def run_round(
    options: SourceOptions,
    states: FeedStates,
    feeds: Sequence[FollowedFeed],
    *,
    now: Callable[[], datetime],
    everything: Sequence[FollowedFeed] | None = None,
    enrich: Callable[[FollowedFeed], Enrich | None] = lambda _: None,
    on_fetched: Callable[[FetchedFeed], None] = lambda _: None,
) -> Round:
    """Fetch feeds once and write what is new.

    Args:
        options: Where and how.
        states: The open database.
        feeds: The feeds to fetch.
        now: The clock.
        everything: All feeds that are followed; None: `feeds`.
        enrich: What completes entries of a feed before they are written.
        on_fetched: Called after each feed.
    """
    work = _Work(options, states, feeds if everything is None else everything, now, enrich, on_fetched)
    return await work.run(feeds)


class _Work:
    def __init__(
        self,
        options: SourceOptions,
        states: FeedStates,
        everything: Sequence[FollowedFeed],
        now: Callable[[], datetime],
        enrich: Callable[[FollowedFeed], Enrich | None],
        on_fetched: Callable[[FetchedFeed], None],
    ) -> None:
        allowed = allowed_places(options, everything)
        self._options = options
        self._states = states
        self._addresses = {feed.url for feed in everything}
        self._now = now
        self._enrich = enrich
        self._on_fetched = on_fetched
        self._turns = HostTurns(options, allowed)
        self._fetcher = Fetcher(fetch_options(options, allowed), now=now)
        self._writing = asyncio.Lock()
        self._round = Round()

    async def run(self, feeds: Sequence[FollowedFeed]) -> Round:
        """Fetch hosts side by side, and the feeds of each one after the other."""
        hosts: dict[str, list[FollowedFeed]] = {}
        for feed in feeds:
            hosts.setdefault(self._turns.host(feed.url), []).append(feed)
        # Hosts with many feeds begin first: they take longest.
        waiting = sorted(hosts.values(), key=len, reverse=True)
        places = asyncio.Semaphore(self._options.at_once)

        async def host(own: list[FollowedFeed]) -> None:
            for feed in own:
                await self._turns.pause(feed.url)
                async with places:
                    if self._round.disk is None:
                        await self._one(feed)

        async with self._fetcher:
            await asyncio.gather(*(host(own) for own in waiting))
        return self._round

    async def _one(self, feed: FollowedFeed) -> None:
        """Fetch a feed and write what is new; nothing is raised."""
        try:
            async with self._writing:
                state = await asyncio.to_thread(self._states.feed, feed.url)
            try:
                answer = await self._fetcher.fetch(
                    feed.url, etag=state.etag, modified=state.modified, proxied=feed.proxy
                )
            finally:
                self._turns.note(feed.url)
            async with self._writing:
                result = await asyncio.to_thread(self._keep, feed, state, answer)
        except FetchError as error:
            result = await self._note_failure(feed, error.reason, error.status, error.wait_seconds)
        except NotAFeedError as error:
            result = await self._note_failure(feed, f"no feed but {error}", 200, 0)
        except (DiskError, StoreError, sqlite3.Error) as error:
            self._round.disk = str(error)
            result = FetchedFeed(feed, reason=str(error))
        except Exception as error:
            logger.exception("feed failed: %s", redacted(feed.url))
            result = await self._note_failure(feed, f"unexpected {type(error).__name__}", 0, 0)
        self._round.fetched.append(result)
        self._on_fetched(result)

    def _keep(self, feed: FollowedFeed, state: FeedState, answer: Answer) -> FetchedFeed:
        """Write what an answer brings; then, and only then, keep its validators."""
        now = self._now()
        stored, found = None, None
        if answer.status == 200:
            found = parse_feed(
                answer.body,
                content_type=answer.content_type,
                address=answer.url,
                zone=self._options.zone,
            )
            if not found.is_complete:
                raise FetchError("the document breaks off", status=200)
            stored = store_answer(
                self._states,
                self._options.root,
                feed,
                state,
                found,
                now=now,
                first=self._options.first,
                enrich=self._enrich(feed),
            )
        state = self._states.feed(feed.url)
        values = _moves(state, answer, now)
        if values.pop("is_settled", False) and answer.moved_to and answer.moved_to not in self._addresses:
            known = stored is None or stored.recognised > 0
            if known:
                self._round.moved[feed.url] = answer.moved_to
        self._states.change(
            state,
            etag=answer.etag if answer.status == 200 else state.etag,
            modified=answer.modified if answer.status == 200 else state.modified,
            fails=0,
            failing_since=None,
            is_gone=False,
            tried_at=now,
            last_ok=now,
            last_status=answer.status,
            last_error="",
            next_at=now + timedelta(seconds=self._next(feed, state, answer.max_age_seconds, fails=0)),
            **values,
        )
        return FetchedFeed(feed, stored, status=answer.status, found=found)

    def _next(self, feed: FollowedFeed, state: FeedState, asked: float, *, fails: int) -> float:
        return next_seconds(
            feed.url,
            default_minutes=self._options.default_minutes,
            every_minutes=feed.every_minutes,
            gap_seconds=state.gap_seconds,
            asked_seconds=max(asked, state.ttl_seconds),
            fails=fails,
        )

    async def _note_failure(self, feed: FollowedFeed, reason: str, status: int, wait: float) -> FetchedFeed:
        try:
            async with self._writing:
                await asyncio.to_thread(self._fail, feed, reason, status, wait)
        except (StoreError, sqlite3.Error) as error:
            self._round.disk = str(error)
        return FetchedFeed(feed, reason=reason, status=status)

    def _fail(self, feed: FollowedFeed, reason: str, status: int, wait: float) -> None:
        now = self._now()
        state = self._states.feed(feed.url)
        fails = state.fails + 1
        self._states.change(
            state,
            fails=fails,
            failing_since=state.failing_since or now,
            is_gone=status == GONE,
            tried_at=now,
            last_status=status,
            last_error=reason,
            next_at=now + timedelta(seconds=self._next(feed, state, wait, fails=fails)),
        )


def _moves(state: FeedState, answer: Answer, now: datetime) -> dict[str, object]:
    """Return what is noted about a move for good, and whether it is settled.

    A maintenance page behind a redirect must not overwrite a good address: the move counts after several
    fetches over a day, all with the same target.
    """
    if answer.moved_to is None:
        return {"moved_to": "", "moves": 0, "moving_since": None}
    if answer.moved_to != state.moved_to or state.moving_since is None:
        return {"moved_to": answer.moved_to, "moves": 1, "moving_since": now}
    settled = state.moves + 1 >= MOVES and (now - state.moving_since).total_seconds() >= MOVE_SECONDS
    return {"moves": state.moves + 1, "is_settled": settled}


def renamed(feeds: Iterable[FollowedFeed], moved: dict[str, str]) -> tuple[FollowedFeed, ...]:
    """Return a list in which feeds that have moved have their new addresses."""
    return tuple(replace(feed, url=moved.get(feed.url, feed.url)) for feed in feeds)
