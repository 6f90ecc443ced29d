"""The posts of feeds → `feeds.sqlite3` again, where that was lost."""

import html
import logging
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from corpus.posts.addresses import SUFFIXES
from corpus.posts.front_matter import read_front_matter
from corpus.posts.timestamps import parse_moment
from corpus.sources.addresses import clean_link, public_address, without_host
from corpus.sources.feed_list import read_list
from corpus.sources.identity import text_hash
from corpus.sources.opml import FollowedFeed
from corpus.sources.options import SourceOptions
from corpus.sources.post import shown_title
from corpus.sources.state import FILE_NAME, IMPORT_SCHEME, FeedStates, KnownEntry

logger = logging.getLogger(__name__)

MAX_BYTES: Final = 6_000_000
BATCH: Final = 500

_FRAME: Final = re.compile(r"<div>   \n")


def open_rebuilt(options: SourceOptions, *, now: datetime) -> FeedStates:
    """Open the state; one that was lost is made again from the posts.

    Raises:
        FeedListError: The list cannot be read.
        StoreError: The state cannot be opened.
    """
    states = FeedStates(options.data_dir / FILE_NAME)
    try:
        if states.is_empty and options.root.is_dir():
            rebuild(states, options.root, read_list(options.feeds_file), zone=options.zone, now=now)
    except BaseException:
        states.close()
        raise
    return states


def rebuild(
    states: FeedStates, root: Path, feeds: tuple[FollowedFeed, ...], *, zone: ZoneInfo, now: datetime
) -> int:
    """Note the posts of these feeds, and those of imports, that stand in the archive; return how many.

    A feed with posts counts as read before, so that its next answer is no first one.
    """
    by_address = {public_address(feed.url): feed for feed in feeds}
    found: dict[str, list[KnownEntry]] = {}
    for path in _paths(root):
        noted = _read(root, path, zone, now)
        if noted is not None and (noted[0] in by_address or noted[0].startswith(IMPORT_SCHEME)):
            found.setdefault(noted[0], []).append(noted[1])
    for address, entries in found.items():
        followed = by_address.get(address)
        state = states.feed(followed.url if followed else address)
        keys: dict[str, KnownEntry] = {}
        for entry in entries:
            keys.setdefault(entry.key, entry)
        states.save(state, added=keys.values())
        if followed:
            states.change(state, started=True, outlet=_outlet(followed, root, entries[0]))
    total = sum(map(len, found.values()))
    if total:
        logger.info("feeds.sqlite3 made again from %d posts of %d feeds", total, len(found))
    return total


def _paths(root: Path) -> Iterator[str]:
    """Yield the posts of an archive; hidden files and folders are none."""
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if not name.startswith(".")]
        for name in names:
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield Path(folder, name).relative_to(root).as_posix()


def _outlet(feed: FollowedFeed, root: Path, entry: KnownEntry) -> str:
    values = read_front_matter((root / (entry.path or "")).read_text("utf-8", "replace")).values
    return feed.outlet or str(values.get("author") or "")


def _read(root: Path, path: str, zone: ZoneInfo, now: datetime) -> tuple[str, KnownEntry] | None:
    """Return the feed and the entry of a post; None: it is not of a feed."""
    try:
        with (root / path).open("rb") as file:
            head = file.read(5_000)
            if b"\nguid: '" not in head or b"\nfeed: '" not in head:
                return None
            text = (head + file.read(MAX_BYTES)).decode("utf-8", "replace")
    except OSError:
        return None
    front = read_front_matter(text)
    values = {name: html.unescape(value) for name, value in front.values.items() if isinstance(value, str)}
    key, feed, title = values.get("guid", ""), values.get("feed", ""), values.get("title", "")
    if not key or not feed:
        return None
    digest = text_hash(title, _body(front.body))
    link = front.values.get("link")
    alt = without_host(link if isinstance(link, str) else key)
    page = (
        clean_link(link).rstrip("/").partition("//")[2].removeprefix("www.") if isinstance(link, str) else ""
    )
    date = parse_moment(values["date"], zone) if values.get("date") else None
    seen = parse_moment(values.get("fetched", ""), zone) or date or now
    return feed, KnownEntry(key, alt, page, path, digest, digest, shown_title(title), date, seen, _LONG_AGO)


_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""No answer is known in which these entries stood."""


def _body(body: str) -> str:
    frame = _FRAME.search(body)
    return body[frame.end() :].rpartition("  \n</div>")[0] if frame else body
