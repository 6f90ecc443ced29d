"""Imported entries → posts on disk, by the chain of feeds: promise the name, write the post, note its digest.

What the archive has already is not written again, however it came there. A post that was deleted is written
again: whoever imports it once more wants it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from corpus.sources.entries import Feed
from corpus.sources.identity import Identified, identify
from corpus.sources.imports.known_posts import KnownPosts
from corpus.sources.imports.values import ImportedEntry, Origin
from corpus.sources.post import Place, shown_title
from corpus.sources.state import FeedState, FeedStates, KnownEntry
from corpus.sources.storing import PostWriter, promise

MIN_COPY_CHARS: Final = 20
"""A shorter body is that of another file by chance."""

MAX_LEVELS: Final = 6
"""Most folders that categories make."""


@dataclass(slots=True)
class Counts:
    """What became of entries: written, known, written again."""

    added: int = 0
    known: int = 0
    updated: int = 0

    def add(self, other: "Counts") -> None:
        """Add those of another batch."""
        self.added += other.added
        self.known += other.known
        self.updated += other.updated


@dataclass(slots=True)
class EntryStore:
    """Writes imported entries of one run.

    Args:
        root: Folder of the archive.
        posts: What the archive has; what is written is noted there.
        categories: Stand before those of the entry.
        below: Folders below `root` that posts stand in.
    """

    root: Path
    posts: KnownPosts
    categories: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    _seen: set[str] = field(default_factory=set)

    def store(self, states: FeedStates, entries: Sequence[ImportedEntry], *, now: datetime) -> Counts:
        """Write what is new of a batch, and what has changed since it was imported.

        Raises:
            DiskError: The disk is full or may not be written.
            StoreError: The state cannot be written.
        """
        counts = Counts()
        for origin in Origin:
            own = [one for one in entries if one.origin is origin]
            if own:
                counts.add(self._store(states, states.feed(origin.value), own, now.replace(microsecond=0)))
        return counts

    def _store(
        self, states: FeedStates, state: FeedState, entries: Sequence[ImportedEntry], now: datetime
    ) -> Counts:
        pairs = self._unseen(entries)
        counts = Counts(known=len(entries) - len(pairs))
        old = {one.key: one for one in states.known(state, [found.key for _, found in pairs], [])}
        same = states.same_text(state, [text for _, found in pairs if (text := _telling_text(found))])
        writers: dict[Place, PostWriter] = {}
        new: list[tuple[PostWriter, Identified, KnownEntry]] = []
        changed: list[tuple[PostWriter, Identified, KnownEntry]] = []
        for one, found in pairs:
            place = self._place(one, state.url)
            writer = writers.setdefault(place, PostWriter(states, self.root, place, below=self.below))
            known = old.get(found.key) or same.get(_telling_text(found))
            path = self._where(found, known)
            if path is None:
                promised = promise(found, writer.path(found), now, last_seen=now, is_news=False)
                new.append((writer, found, promised))
            elif known is not None and known.key == found.key and known.digest and known.text != found.text:
                update = replace(known, path=path, text=found.text, title=shown_title(one.entry.title))
                changed.append((writer, found, update))
            elif known is not None and known.key == found.key and not known.digest:
                new.append((writer, found, replace(known, text=found.text)))  # promised, and cut off
            else:
                counts.known += 1
        states.save(state, added=[known for _, _, known in new])
        written = [writer.write(found, known) for writer, found, known in new]
        states.save(state, changed=written)
        states.save(
            state, changed=[writer.write(found, known, updated=now) for writer, found, known in changed]
        )
        for (_, found, _), known in zip(
            (*new, *changed), (*written, *(one for *_, one in changed)), strict=True
        ):
            self.posts.note(known.path or "", page=found.page, guid=found.key)
        counts.added += len(new)
        counts.updated += len(changed)
        return counts

    def _unseen(self, entries: Sequence[ImportedEntry]) -> list[tuple[ImportedEntry, Identified]]:
        """Return entries with what identifies them, each once in a run: also copies of one file."""
        pairs = []
        for one in entries:
            [found] = identify(Feed("", None, (one.entry,)))
            marks = {found.key, _telling_text(found)} - {""}
            if marks & self._seen:
                continue
            self._seen |= marks
            pairs.append((one, found))
        return pairs

    def _where(self, found: Identified, known: KnownEntry | None) -> str | None:
        """Return the path of the post that an entry has; None: it has none, or it was deleted."""
        path = self.posts.guids.get(found.key) or self.posts.pages.get(found.page)
        if path is not None:
            return path
        if known is None or known.path is None:
            return None
        return known.path if not known.digest or (self.root / known.path).exists() else None

    def _place(self, one: ImportedEntry, feed: str) -> Place:
        chain = [*self.categories, *one.folders, *([one.outlet] if one.outlet else [])]
        author = one.outlet or one.entry.author or ""
        return Place(tuple(dict.fromkeys(chain))[:MAX_LEVELS], author, feed)


def _telling_text(found: Identified) -> str:
    """Return the hash of a text that stands for its file, wherever it lies; empty: the link tells."""
    return found.text if not found.entry.link and len(found.entry.body) >= MIN_COPY_CHARS else ""
