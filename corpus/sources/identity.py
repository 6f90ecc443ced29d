"""Which entry of an answer is which known entry: pure.

Feeds change guids with titles, move from host to host, and write tokens into links. An entry that was seen is
recognised by its key, by its link without host, by what it says, and, where a feed renames more than half of
its entries at once, by their titles.
"""

import hashlib
import html
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from corpus.sources.addresses import clean_link, without_host
from corpus.sources.entries import Entry, Feed
from corpus.sources.post import shown_title
from corpus.sources.state import KnownEntry

MAX_KEY_CHARS: Final = 1_000
MIN_BODY_CHARS: Final = 60
"""Shorter bodies are the same by chance."""


@dataclass(frozen=True, slots=True)
class Identified:
    """An entry of an answer, and what identifies it.

    Attributes:
        candidates: Everything it can be recognised by, the best first.
        key: The first candidate that no other entry of the answer has.
        alt: Its link or guid without scheme and host; empty: none.
        page: Its link without scheme and `www.`; empty: none.
        text: Hash of what readers see.
    """

    entry: Entry
    candidates: tuple[str, ...]
    key: str
    alt: str
    page: str
    text: str


def identify(feed: Feed) -> list[Identified]:
    """Return the entries of an answer with their keys; one that stands there twice is returned once."""
    home = {clean_link(feed.link).rstrip("/")} if feed.link else set()
    candidates = [_candidates(entry, home) for entry in feed.entries]
    often = Counter(one for found in candidates for one in found)
    taken: set[str] = set()
    identified = []
    for entry, found in zip(feed.entries, candidates, strict=True):
        key = next((one for one in found if often[one] == 1), found[-1])
        if key in taken:
            continue  # the very same entry
        taken.add(key)
        identified.append(
            Identified(
                entry, found, key, _alt(entry, home), _page(entry, home), text_hash(entry.title, entry.body)
            )
        )
    alts = Counter(one.alt for one in identified)
    return [one if alts[one.alt] == 1 else replace(one, alt="", page="") for one in identified]


def _candidates(entry: Entry, home: set[str]) -> tuple[str, ...]:
    """Return guid, link, title with day, and a hash of the text; what all entries share is none."""
    found = []
    guid = entry.guid
    if guid and clean_link(guid).rstrip("/") not in home:
        found.append(_short(clean_link(guid) if guid.startswith(("http://", "https://")) else guid))
    if entry.link and (link := clean_link(entry.link)).rstrip("/") not in home:
        found.append(_short(link))
    title = shown_title(entry.title)
    if title:
        day = f"{entry.published:%Y-%m-%d}" if entry.published else ""
        found.append(f"{title} {day}".strip())
    found.append(f"sha256:{text_hash(entry.title, entry.body)}")
    return tuple(dict.fromkeys(found))


def _short(key: str) -> str:
    if len(key) <= MAX_KEY_CHARS:
        return key
    return f"sha256:{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:32]}"


def _alt(entry: Entry, home: set[str]) -> str:
    for address in (entry.link, entry.guid):
        if address and clean_link(address).rstrip("/") not in home:
            return without_host(address)[:MAX_KEY_CHARS]
    return ""


def _page(entry: Entry, home: set[str]) -> str:
    link = clean_link(entry.link or "").rstrip("/")
    return "" if link in home else link.partition("//")[2].removeprefix("www.")[:MAX_KEY_CHARS]


_TAG: Final = re.compile(r"<[^<>]*>")


def text_hash(title: str, body: str) -> str:
    """Return a hash of what readers see: the title and the words of the body, without markup and blanks.

    Addresses of pictures change from fetch to fetch, and so do other parts of the markup.
    """
    words = "".join(html.unescape(_TAG.sub("", body)).split())
    return hashlib.sha256(f"{shown_title(title)}\n{words}".encode("utf-8", "replace")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Matching:
    """What an answer holds.

    Attributes:
        known: Entries that were seen before, with what is known of them.
        moved: Entries of a feed that has renamed most of its entries: only their keys change.
        new: Entries that were never seen.
    """

    known: tuple[tuple[Identified, KnownEntry], ...]
    moved: tuple[tuple[Identified, KnownEntry], ...]
    new: tuple[Identified, ...]


def match(
    answer: Sequence[Identified], known: Iterable[KnownEntry], *, last: Sequence[KnownEntry]
) -> Matching:
    """Match an answer with what is known of its feed.

    Args:
        answer: Its entries.
        known: Known entries with a key or alt of the answer, and those of `last`.
        last: The entries of the answer before.
    """
    by_key = {one.key: one for one in known}
    often = Counter(one for found in answer for one in found.candidates)
    found: dict[str, KnownEntry] = {}
    claimed: set[str] = set()
    for one in answer:
        for candidate in one.candidates:
            old = by_key.get(candidate)
            # A key that several entries share tells nothing, unless the link agrees.
            if old and old.key not in claimed and (often[candidate] == 1 or (one.alt and one.alt == old.alt)):
                found[one.key] = old
                claimed.add(old.key)
                break
    _match_by(lambda one: one.alt, lambda old: old.alt, answer, by_key.values(), found, claimed)
    _match_by(
        lambda one: one.text if len(one.entry.body) >= MIN_BODY_CHARS else "",
        lambda old: old.text,
        answer,
        by_key.values(),
        found,
        claimed,
    )
    rest = [one for one in answer if one.key not in found]
    moved = _renamed(rest, [old for old in last if old.key not in claimed], len(last))
    return Matching(
        known=tuple((one, found[one.key]) for one in answer if one.key in found),
        moved=tuple((one, moved[one.key]) for one in rest if one.key in moved),
        new=tuple(one for one in rest if one.key not in moved),
    )


def _match_by(
    of_new: Callable[[Identified], str],
    of_old: Callable[[KnownEntry], str],
    answer: Sequence[Identified],
    known: Iterable[KnownEntry],
    found: dict[str, KnownEntry],
    claimed: set[str],
) -> None:
    """Match what is left by something that only one known entry has, which is absent from the answer."""
    absent: dict[str, list[KnownEntry]] = {}
    for old in known:
        if old.key not in claimed and of_old(old):
            absent.setdefault(of_old(old), []).append(old)
    for one in answer:
        if one.key in found or not of_new(one):
            continue
        olds = [old for old in absent.get(of_new(one), ()) if old.key not in claimed]
        if len(olds) == 1:
            found[one.key] = olds[0]
            claimed.add(olds[0].key)


def _renamed(
    rest: Sequence[Identified], vanished: Sequence[KnownEntry], total: int
) -> Mapping[str, KnownEntry]:
    """Pair entries by title if a feed has renamed more than half of its entries at once."""
    if len(vanished) * 2 <= total:
        return {}
    titles: dict[str, list[KnownEntry]] = {}
    for old in vanished:
        titles.setdefault(old.title, []).append(old)
    pairs: dict[str, KnownEntry] = {}
    for one in rest:
        olds = titles.get(shown_title(one.entry.title))
        if olds and one.entry.title:
            # A title that comes every day, such as 早报, is that of another article.
            same = [old for old in olds if old.text == one.text or _same_time(old, one.entry)]
            if same:
                olds.remove(same[0])
                pairs[one.key] = same[0]
    return pairs if len(pairs) * 2 > total else {}


def _same_time(old: KnownEntry, entry: Entry) -> bool:
    return old.published is not None and old.published == entry.published
