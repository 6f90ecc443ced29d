"""An answer of a feed → posts on disk and what is remembered of them.

The name of a post is promised in the database, then the post is written, then its digest is noted. Whatever
interrupts this, nothing is written twice and nothing is lost: a promise without a digest is kept next time.
"""

import contextlib
import errno
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final

from corpus.errors import SourceError
from corpus.sources.addresses import public_address
from corpus.sources.entries import Entry, Feed
from corpus.sources.identity import Identified, identify, match
from corpus.sources.names import MAX_LEVELS, file_name, folder_name
from corpus.sources.opml import FollowedFeed
from corpus.sources.post import Place, post_text, shown_title
from corpus.sources.state import FeedState, FeedStates, KnownEntry
from corpus.text.characters import clean_line

NEWS_AGE: Final = timedelta(days=2)
"""Entries that are older than this when they arrive are no news to subscribers."""

FULL_DISK: Final = frozenset({errno.ENOSPC, errno.EROFS, errno.EDQUOT})

Enrich = Callable[[Entry], Entry]


class DiskError(SourceError):
    """Posts cannot be written; the text says why. Nothing else can be fetched meanwhile."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What an answer has brought.

    Attributes:
        added: Posts that were written for the first time.
        updated: Posts that were written again since their text had changed.
        remembered: New entries of which no post was made: a backlog, or posts of another feed.
        recognised: Entries that were known.
    """

    added: int
    updated: int
    remembered: int
    recognised: int


def place_of(feed: FollowedFeed, found: Feed) -> Place:
    """Return where posts of a feed stand: folders of the list, outlet, feed."""
    name = clean_line(feed.title) or clean_line(found.title) or _host(feed.url)
    outlet = clean_line(feed.outlet) or clean_line(found.title) or name
    chain = [*feed.categories[:MAX_LEVELS], outlet, name]
    return Place(tuple(dict.fromkeys(chain)), outlet, public_address(feed.url))


def _host(url: str) -> str:
    return public_address(url).partition("//")[2].partition("/")[0]


def store_answer(
    states: FeedStates,
    root: Path,
    feed: FollowedFeed,
    state: FeedState,
    answer: Feed,
    *,
    now: datetime,
    first: int = 200,
    enrich: Enrich | None = None,
) -> Stored:
    """Write what is new in an answer, and note what was seen.

    Args:
        states: The database.
        root: Folder of the archive.
        feed: The feed as it is followed.
        state: What is known of it.
        answer: What it gave.
        now: The time.
        first: How many entries of a first answer are written, the newest ones; the rest is only remembered.
        enrich: Completes an entry before it is written, such as by its page.

    Raises:
        DiskError: The disk is full or may not be written.
        OSError: Another failure to write.
    """
    # What is stored has seconds only.
    now = now.replace(microsecond=0)
    entries = identify(answer)
    last_seen = _after_last(state, now)
    known = states.known(
        state, [key for one in entries for key in one.candidates], [one.alt for one in entries]
    )
    last = [one for one in known if one.last_seen == state.answered_at]
    matching = match(entries, known, last=last)
    place = place_of(feed, answer)
    elsewhere = states.elsewhere(state, place.outlet, [one.page for one in matching.new])
    writer = PostWriter(states, root, place, enrich=enrich)

    chosen = _newest(matching.new, first) if not state.started else {one.key for one in matching.new}
    flood = len(matching.new) * 2 > len(entries)
    promised = []
    for one in matching.new:
        is_written = one.key in chosen and one.page not in elsewhere and _says_something(one.entry)
        path = writer.path(one) if is_written else None
        is_news = state.started and _is_news(one.entry, now, flood=flood)
        promised.append(promise(one, path, now, last_seen=last_seen, is_news=is_news))
    # A feed that has renamed everything: the posts stay as they are, only what identifies them changes.
    moved = [
        (old.key, replace(old, key=one.key, alt=one.alt, page=one.page, last_seen=last_seen))
        for one, old in matching.moved
    ]
    states.save(state, added=promised, renamed=moved)

    written = [writer.write(one, old) for one, old in zip(matching.new, promised, strict=True) if old.path]
    seen = []
    updated = 0
    for one, old in matching.known:
        changed = replace(old, alt=one.alt or old.alt, page=one.page or old.page, last_seen=last_seen)
        if old.path and not old.digest:
            changed = writer.write(one, changed)
            written.append(changed)
        elif old.text != one.text or (one.alt and old.alt and one.alt != old.alt):
            changed = replace(changed, text=one.text, title=shown_title(one.entry.title))
            # A post that the operator has deleted stays deleted.
            if old.path and (root / old.path).exists():
                changed = writer.write(one, changed, updated=now)
                updated += 1
        seen.append(changed)
    states.save(state, added=[one for one in written if one.digest], changed=seen)
    states.change(
        state,
        title=clean_line(answer.title),
        outlet=place.outlet,
        started=True,
        answered_at=last_seen,
        gap_seconds=median_gap([one.entry.published for one in entries], now),
        ttl_seconds=answer.ttl_minutes * 60,
    )
    return Stored(
        len(written), updated, len(promised) - sum(one.path is not None for one in promised), len(seen)
    )


def promise(
    one: Identified, path: str | None, now: datetime, *, last_seen: datetime, is_news: bool
) -> KnownEntry:
    """Return what is remembered of an entry before its post is written; path None: no post is made of it."""
    return KnownEntry(
        key=one.key,
        alt=one.alt,
        page=one.page,
        path=path,
        digest="",
        text=one.text,
        title=shown_title(one.entry.title),
        published=one.entry.published,
        first_seen=now,
        last_seen=last_seen,
        is_news=is_news,
    )


def _after_last(state: FeedState, now: datetime) -> datetime:
    """Return the time that marks this answer: another one than the last, also if the clock was set back."""
    if state.answered_at is None or now > state.answered_at:
        return now
    return state.answered_at + timedelta(seconds=1)


def _says_something(entry: Entry) -> bool:
    return bool(entry.title or entry.body.strip())


def _newest(entries: Sequence[Identified], most: int) -> set[str]:
    """Return the keys of the newest entries; those without a date count as new, in the feed's order."""
    dated = sorted(
        enumerate(entries),
        key=lambda pair: (
            -pair[1].entry.published.timestamp() if pair[1].entry.published else float("-inf"),
            pair[0],
        ),
    )
    return {one.key for _, one in dated[:most]}


def _is_news(entry: Entry, now: datetime, *, flood: bool) -> bool:
    """Return whether subscribers get an entry. One without a date is no news if most of the answer is new."""
    if entry.published is None:
        return not flood
    return abs(now - entry.published) <= NEWS_AGE


def median_gap(dates: Sequence[datetime | None], now: datetime) -> float:
    """Return the median time between entries in seconds, of those with a date that has come; 0: unknown."""
    known = sorted({date for date in dates if date is not None and date <= now})[-30:]
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(known)]
    return median(gaps) if len(gaps) >= 2 else 0.0


class PostWriter:
    """Names and writes posts of one place.

    Args:
        states: The database, which knows the paths that are promised.
        root: Folder of the archive.
        place: Where the posts stand.
        enrich: Completes an entry before it is written.
        below: Folders below `root` that stand before those of the categories.
    """

    def __init__(
        self,
        states: FeedStates,
        root: Path,
        place: Place,
        *,
        enrich: Enrich | None = None,
        below: tuple[str, ...] = (),
    ) -> None:
        self._states = states
        self._root = root
        self._place = place
        self._enrich = enrich
        self._folders = (*below, *map(folder_name, place.categories))
        self._promised: set[str] = set()

    def path(self, one: Identified) -> str:
        """Return a path that was promised to nobody."""
        for number in range(1_000):
            key = f"{self._place.feed}\0{one.key}" + (f"\0{number}" if number else "")
            path = "/".join((*self._folders, file_name(one.entry.title, key)))
            if path not in self._promised and not self._states.taken(path):
                self._promised.add(path)
                return path
        raise DiskError("no free name")

    def write(self, one: Identified, known: KnownEntry, *, updated: datetime | None = None) -> KnownEntry:
        """Write a post; return the entry with its digest.

        Raises:
            DiskError: The disk is full or may not be written.
        """
        entry = self._enrich(one.entry) if self._enrich else one.entry
        # The date never changes: feeds set it anew at each fetch, some to the time of the fetch.
        entry = replace(entry, published=known.published)
        text = post_text(entry, self._place, key=one.key, fetched=known.first_seen, updated=updated)
        if known.path is not None:
            write_post(self._root, known.path, text)
        return replace(known, digest=one.text)


def write_post(root: Path, path: str, text: str) -> None:
    """Write a file of the archive whole: under a hidden name beside it, then renamed.

    Raises:
        DiskError: The disk is full or may not be written.
    """
    target = root / path
    hidden = target.with_name(f".{target.name[-100:]}.tmp")
    try:
        try:
            hidden.write_bytes(text.encode("utf-8", "replace"))
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            hidden.write_bytes(text.encode("utf-8", "replace"))
        hidden.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            hidden.unlink(missing_ok=True)
        if error.errno in FULL_DISK or isinstance(error, PermissionError):
            raise DiskError(f"{root} cannot be written: {error.strerror}") from error
        raise
