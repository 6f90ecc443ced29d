"""`FeedReader`, the face of this room: follow, unfollow, fetch, and how the feeds are."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from corpus.sources.addresses import AddressError, feed_address, redacted
from corpus.sources.discovery import feeds_of_page
from corpus.sources.entries import Feed, NotAFeedError
from corpus.sources.feed_list import NotFollowedError, feeds_lock, read_list, write_list
from corpus.sources.fetching import Answer, Fetcher, FetchError
from corpus.sources.full_text import FullTexts
from corpus.sources.opml import FollowedFeed, usable, write_opml
from corpus.sources.options import SourceOptions
from corpus.sources.page_fetching import HOST_SECONDS
from corpus.sources.parsing import parse_feed
from corpus.sources.rebuilding import open_rebuilt
from corpus.sources.rounds import (
    FetchedFeed,
    Round,
    allowed_places,
    fetch_options,
    renamed,
    run_round,
)
from corpus.sources.schedule import is_due
from corpus.sources.state import FILE_NAME, FeedState, FeedStates, open_states
from corpus.sources.storing import Enrich, store_answer

WAIT_SECONDS: Final = 60.0
"""How long a command waits for another process that fetches."""

FAILING: Final = timedelta(days=1)
"""A feed that has failed for so long is told to the operator."""

ROOT_META: Final = "root"
WEEK_META: Final = "week"


class FollowState(StrEnum):
    """What became of an address."""

    NEW = "new"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Followed:
    """What `follow` did with one address.

    Attributes:
        url: The address.
        state: New, known or refused.
        title: The feed's title.
        entries: How many entries it gave.
        newest: Date of the newest one.
        full_text: Whether it gives full texts, or summaries; None: unknown.
        reason: Why it was refused or did not answer.
        is_feed: False: certainly no feed.
        added: Posts that were written.
    """

    url: str
    state: FollowState
    title: str = ""
    entries: int = 0
    newest: datetime | None = None
    full_text: bool | None = None
    reason: str | None = None
    is_feed: bool = True
    added: int = 0


@dataclass(frozen=True, slots=True)
class FailedFeed:
    """A feed that failed in a round."""

    url: str
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What an operator is told: a feed fails for a day, is back, or the week's list.

    Attributes:
        kind: `failing`, `back`, `gone` or `week`.
        title: Its title, or its address without secrets.
        reason: Why it fails.
        since: Since when.
    """

    kind: str
    title: str
    reason: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class RoundReport:
    """What a round gave.

    Attributes:
        feeds: How many were fetched.
        fetched: How many of them gave entries.
        unchanged: How many said that nothing has changed.
        failed: Those that failed.
        added: Posts written.
        updated: Posts written again.
        seconds: How long it took.
        disk: Why nothing could be written; None: it could.
        notices: What the operator should be told.
    """

    feeds: int
    fetched: int
    unchanged: int
    failed: tuple[FailedFeed, ...]
    added: int
    updated: int
    seconds: float
    disk: str | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedOverview:
    """How a feed is.

    Attributes:
        state: `ok`, `failing`, `gone`, or `new`: it was never read.
        entries: How many posts it has.
    """

    url: str
    title: str
    categories: tuple[str, ...]
    outlet: str
    state: str
    entries: int
    last_ok: datetime | None
    next: datetime | None
    failing_since: datetime | None
    reason: str | None
    newest: datetime | None


class FeedReader:
    """Follows feeds and writes their entries as posts.

    Args:
        options: Where and how.
        now: The clock.
        page_seconds: Pause between two pages of one host, for feeds whose pages are fetched.
    """

    def __init__(
        self, options: SourceOptions, *, now: Callable[[], datetime], page_seconds: float = HOST_SECONDS
    ) -> None:
        self._options = options
        self._now = now
        self._page_seconds = page_seconds
        self._texts: FullTexts | None = None

    def _enrich(self, feed: FollowedFeed) -> Enrich | None:
        """Return what completes entries of a feed before they are written; None: nothing does."""
        if not feed.full_text:
            return None
        if self._texts is None:
            allowed = allowed_places(self._options, (*self.feeds(), feed))
            options = fetch_options(self._options, allowed)
            self._texts = FullTexts(options, now=self._now, host_seconds=self._page_seconds)
        texts = self._texts
        return lambda entry: texts.complete(entry, feed.url)

    def feeds(self) -> tuple[FollowedFeed, ...]:
        """Return the feeds that are followed.

        Raises:
            FeedListError: The list cannot be read.
        """
        return read_list(self._options.feeds_file)

    def opml(self) -> bytes:
        """Return the list as an OPML file."""
        return write_opml(self.feeds())

    # --- Follow ----------------------------------------------------------------------------------

    def follow(self, addresses: Sequence[FollowedFeed]) -> list[Followed]:
        """Follow addresses, each fetched at once; one that is no feed or does not answer is not followed.

        Raises:
            FeedListError: The list cannot be read or written, or another process holds it.
            StoreError: The state cannot be opened.
            DiskError: Posts cannot be written.
        """
        with feeds_lock(self._options.data_dir, wait_seconds=WAIT_SECONDS), self._states() as states:
            return [self._follow_one(states, feed) for feed in addresses]

    def look(self, feed: FollowedFeed) -> Followed:
        """Fetch an address and say what `follow` would find there; nothing is written.

        Raises:
            FeedListError: The list cannot be read.
        """
        try:
            feed = replace(feed, url=feed_address(feed.url))
        except AddressError as error:
            return Followed(feed.url, FollowState.REFUSED, reason=str(error), is_feed=False)
        if any(one.url == feed.url for one in self.feeds()):
            return Followed(feed.url, FollowState.KNOWN)
        found = self._found(feed)
        return found if isinstance(found, Followed) else _summary(feed, found[1], added=0)

    def _found(self, feed: FollowedFeed) -> "tuple[Answer, Feed] | Followed":
        """Fetch and parse a feed; why it is refused, if it is."""
        try:
            answer = asyncio.run(self._answer(feed))
        except FetchError as error:
            return Followed(feed.url, FollowState.REFUSED, reason=error.reason)
        try:
            return answer, parse_feed(
                answer.body, content_type=answer.content_type, address=answer.url, zone=self._options.zone
            )
        except NotAFeedError as error:
            return self._no_feed(feed, answer, str(error))

    def _follow_one(self, states: FeedStates, feed: FollowedFeed) -> Followed:
        try:
            feed = replace(feed, url=feed_address(feed.url))
        except AddressError as error:
            return Followed(feed.url, FollowState.REFUSED, reason=str(error), is_feed=False)
        feeds = self.feeds()
        if any(one.url == feed.url for one in feeds):
            state = states.feed(feed.url)
            states.forget_wait(state)
            return Followed(
                feed.url, FollowState.KNOWN, state.title, states.count(state), states.newest(state)
            )
        got = self._found(feed)
        if isinstance(got, Followed):
            return got
        answer, found = got
        # First the list, then the posts: a post without a feed would never be brought up to date.
        write_list(self._options.feeds_file, (*feeds, feed))
        state = states.feed(feed.url)
        stored = store_answer(
            states,
            self._options.root,
            feed,
            state,
            found,
            now=self._now(),
            first=self._options.first,
            enrich=self._enrich(feed),
        )
        now = self._now()
        states.change(
            state,
            etag=answer.etag,
            modified=answer.modified,
            tried_at=now,
            last_ok=now,
            last_status=200,
            next_at=now + timedelta(minutes=feed.every_minutes or self._options.default_minutes),
        )
        return _summary(feed, found, added=stored.added)

    async def _answer(self, feed: FollowedFeed) -> Answer:
        allowed = allowed_places(self._options, [feed])
        async with Fetcher(fetch_options(self._options, allowed), now=self._now) as fetcher:
            return await fetcher.fetch(feed.url, proxied=feed.proxy)

    def _no_feed(self, feed: FollowedFeed, answer: Answer, reason: str) -> Followed:
        """Say what an address is instead; of a web page, which feeds it names."""
        named = (
            feeds_of_page(bytes(answer.body), answer.content_type, answer.url)
            if reason == "a web page"
            else ()
        )
        if named:
            listed = ", ".join(f"{url} ({title})" if title else url for url, title in named)
            reason = f"a web page; it names these feeds: {listed}"
        return Followed(feed.url, FollowState.REFUSED, reason=f"no feed but {reason}", is_feed=False)

    def accept(self, feeds: Iterable[FollowedFeed]) -> list[Followed]:
        """Put feeds of an OPML file on the list, without fetching them; the next round does.

        Raises:
            FeedListError: The list cannot be read or written, or another process holds it.
        """
        given = list(feeds)
        with feeds_lock(self._options.data_dir, wait_seconds=WAIT_SECONDS):
            before = self.feeds()
            known = {one.url for one in before}
            good = {one.url: one for one in usable(given)}
            results, new = [], []
            for feed in given:
                try:
                    url = feed_address(feed.url)
                except AddressError as error:
                    results.append(Followed(feed.url, FollowState.REFUSED, feed.title, reason=str(error)))
                    continue
                if url in known:
                    results.append(Followed(url, FollowState.KNOWN, feed.title))
                    continue
                known.add(url)
                new.append(good[url])
                results.append(Followed(url, FollowState.NEW, feed.title))
            if new:
                write_list(self._options.feeds_file, (*before, *new))
        return results

    def unfollow(self, address: str) -> FollowedFeed | None:
        """Take a feed off the list; its posts stay. Returns it; None: it was not followed.

        Raises:
            FeedListError: The list cannot be read or written, or another process holds it.
        """
        try:
            url = feed_address(address)
        except AddressError:
            return None
        with feeds_lock(self._options.data_dir, wait_seconds=WAIT_SECONDS):
            feeds = self.feeds()
            left = tuple(feed for feed in feeds if feed.url != url)
            if len(left) == len(feeds):
                return None
            write_list(self._options.feeds_file, left)
            return next(feed for feed in feeds if feed.url == url)

    # --- Fetch -----------------------------------------------------------------------------------

    def due(self, *, resumed: datetime | None = None) -> tuple[FollowedFeed, ...]:
        """Return the feeds that are to be fetched now. Nothing is written.

        Raises:
            FeedListError: The list cannot be read.
            StoreError: The state cannot be opened.
        """
        feeds = self.feeds()
        if not feeds or not (self._options.data_dir / FILE_NAME).exists():
            return feeds
        with open_states(self._options.data_dir, read_only=True) as states:
            known = {state.url: state for state in states.feeds()}
        return tuple(feed for feed in feeds if self._is_due(known.get(feed.url), feed, resumed))

    def _is_due(self, state: FeedState | None, feed: FollowedFeed, resumed: datetime | None) -> bool:
        if state is None:
            return True
        return not state.is_gone and is_due(
            feed.url, self._now(), next_at=state.next_at, tried_at=state.tried_at, resumed=resumed
        )

    def fetch(
        self,
        addresses: Sequence[str] | None = None,
        *,
        due: bool = False,
        resumed: datetime | None = None,
        on_fetched: Callable[[FetchedFeed], None] = lambda _: None,
    ) -> RoundReport:
        """Fetch feeds once and write what is new.

        Args:
            addresses: Only these; None: all.
            due: Only those that are due; then another process that fetches is not waited for.
            resumed: When fetching began again after an outage.
            on_fetched: Called after each feed.

        Raises:
            FeedListError: The list cannot be read, an address is not followed, or another process fetches.
            StoreError: The state cannot be opened.
        """
        started = time.monotonic()
        with (
            feeds_lock(self._options.data_dir, wait_seconds=0 if due else WAIT_SECONDS),
            self._states() as states,
        ):
            everything = self.feeds()
            wanted = self._wanted(everything, addresses)
            if due:
                known = {state.url: state for state in states.feeds()}
                wanted = tuple(feed for feed in wanted if self._is_due(known.get(feed.url), feed, resumed))
            done = asyncio.run(
                run_round(
                    self._options,
                    states,
                    wanted,
                    now=self._now,
                    everything=everything,
                    enrich=self._enrich,
                    on_fetched=on_fetched,
                )
            )
            if done.moved:
                write_list(self._options.feeds_file, renamed(everything, done.moved))
                for old, new in done.moved.items():
                    states.change(states.feed(old), url=new, moved_to="", moves=0, moving_since=None)
            if done.disk is None:
                self._remove_expired(states)
            notices = self._notices(states) if done.disk is None else ()
        return _report(done, time.monotonic() - started, notices)

    def _remove_expired(self, states: FeedStates) -> None:
        """Remove posts that are older than the operator keeps them."""
        if not self._options.keep_days:
            return
        expired = states.expired(self._now() - timedelta(days=self._options.keep_days))
        for _, _, path in expired:
            with contextlib.suppress(OSError):
                (self._options.root / path).unlink(missing_ok=True)
        states.forget_posts(expired)

    def _wanted(
        self, feeds: tuple[FollowedFeed, ...], addresses: Sequence[str] | None
    ) -> tuple[FollowedFeed, ...]:
        """Return the feeds of these addresses.

        Raises:
            NotFollowedError: One is not followed.
        """
        if addresses is None:
            return feeds
        by_url = {feed.url: feed for feed in feeds}
        wanted = []
        for address in addresses:
            try:
                wanted.append(by_url[feed_address(address)])
            except (AddressError, KeyError):
                raise NotFollowedError(f"{redacted(address)} is not followed") from None
        return tuple(dict.fromkeys(wanted))

    def _states(self) -> "_OpenStates":
        return _OpenStates(self)

    def open_states(self) -> FeedStates:
        """Open the state; one that was lost is made again from the posts."""
        return open_rebuilt(self._options, now=self._now())

    # --- How they are ----------------------------------------------------------------------------

    def overview(self) -> list[FeedOverview]:
        """Return how each feed is, in the order of the list.

        Raises:
            FeedListError: The list cannot be read.
            StoreError: The state cannot be opened.
        """
        feeds = self.feeds()
        if not (self._options.data_dir / FILE_NAME).exists():
            return [_overview(feed, None, 0, None) for feed in feeds]
        with open_states(self._options.data_dir, read_only=True) as states:
            known = {state.url: state for state in states.feeds()}
            return [
                _overview(
                    feed,
                    state,
                    states.count(state) if state else 0,
                    states.newest(state) if state else None,
                )
                for feed in feeds
                for state in [known.get(feed.url)]
            ]

    def _notices(self, states: FeedStates) -> tuple[Notice, ...]:
        """Return what the operator should be told now, and note that it was."""
        now = self._now()
        followed = {feed.url: feed for feed in self.feeds()}
        notices, failing = [], []
        for state in states.feeds():
            feed = followed.get(state.url)
            if feed is None:
                continue
            title = feed.title or state.title or redacted(state.url)
            since = state.failing_since
            is_down = since is not None and (state.is_gone or now - since >= FAILING)
            if is_down:
                notice = Notice("gone" if state.is_gone else "failing", title, state.last_error, since)
                failing.append(notice)
                if not state.is_noticed:
                    notices.append(notice)
                    states.change(state, is_noticed=True)
            elif state.is_noticed and since is None:
                notices.append(Notice("back", title))
                states.change(state, is_noticed=False)
        week = f"{now:%G-%V}"
        if states.meta(WEEK_META) != week:
            if failing and states.meta(WEEK_META) is not None:
                notices += [replace(one, kind="week") for one in failing]
            states.set_meta(WEEK_META, week)
        return tuple(notices)


class _OpenStates:
    """The state, open for the length of a block."""

    def __init__(self, reader: FeedReader) -> None:
        self._reader = reader
        self._states: FeedStates | None = None

    def __enter__(self) -> FeedStates:
        self._states = self._reader.open_states()
        return self._states

    def __exit__(self, *_: object) -> None:
        if self._states is not None:
            self._states.close()


def _summary(feed: FollowedFeed, found: Feed, *, added: int) -> Followed:
    dates = [entry.published for entry in found.entries if entry.published is not None]
    return Followed(
        feed.url,
        FollowState.NEW,
        found.title,
        len(found.entries),
        max(dates, default=None),
        any(not entry.is_summary for entry in found.entries) if found.entries else None,
        added=added,
    )


def _report(done: Round, seconds: float, notices: tuple[Notice, ...]) -> RoundReport:
    return RoundReport(
        feeds=len(done.fetched),
        fetched=sum(one.stored is not None for one in done.fetched),
        unchanged=done.unchanged,
        failed=tuple(FailedFeed(one.feed.url, one.status, one.reason or "") for one in done.failed),
        added=done.added,
        updated=done.updated,
        seconds=seconds,
        disk=done.disk,
        notices=notices,
    )


def _overview(
    feed: FollowedFeed, state: FeedState | None, entries: int, newest: datetime | None
) -> FeedOverview:
    if state is None:
        kind = "new"
    elif state.is_gone:
        kind = "gone"
    elif state.fails:
        kind = "failing"
    else:
        kind = "ok" if state.last_ok else "new"
    return FeedOverview(
        url=feed.url,
        title=feed.title or (state.title if state else ""),
        categories=feed.categories,
        outlet=feed.outlet or (state.outlet if state else ""),
        state=kind,
        entries=entries,
        last_ok=state.last_ok if state else None,
        next=state.next_at if state else None,
        failing_since=state.failing_since if state else None,
        reason=(state.last_error or None) if state else None,
        newest=newest,
    )
