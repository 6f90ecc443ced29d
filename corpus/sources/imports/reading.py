"""A file or a fetched page → its articles, in a worker process: it costs bounded time and memory."""

import contextlib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final
from zoneinfo import ZoneInfo

from corpus.errors import PostError
from corpus.files import read_regular
from corpus.posts.decoding import decode
from corpus.posts.timestamps import dated_name, day_in_path
from corpus.sources.entries import Entry
from corpus.sources.imports.files import ImportFile, Kind
from corpus.sources.imports.values import ImportedEntry, Origin, Reading, UnreadableError
from corpus.text.characters import clean_line
from corpus.workers import Bounds, Cause, Refusal

BOUNDS: Final = Bounds(seconds=(2.0, 60.0), stall_seconds=180.0, memory=600_000_000)
"""Bounds of one file. Slow ones come last, so that they keep nobody waiting."""

MAX_BYTES: Final = {
    Kind.PAGE: 30_000_000,
    Kind.MHTML: 60_000_000,
    Kind.TEXT: 5_000_000,
    Kind.DOCX: 50_000_000,
    Kind.PDF: 100_000_000,
}
"""Most bytes of a file, by its kind. Saved pages have their pictures inside."""


_NOTHING: Final = {Kind.PDF: b"%PDF-1.4", Kind.DOCX: b"PK\5\6" + bytes(18)}
"""Empty files, which are refused after all that reading needs was imported."""


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A page that was fetched.

    Attributes:
        address: Where it came from in the end.
        content_type: The header of that name.
    """

    address: str
    raw: bytes
    content_type: str

    @property
    def shown(self) -> str:
        """The address, as reports show it."""
        return self.address


ReadItem = ImportFile | FetchedPage


def read_items(batch: Iterable[ReadItem], *, zone: ZoneInfo, own: bool = False) -> list[Reading]:
    """Read files and pages one after the other.

    Args:
        zone: Zone of dates that name none.
        own: Do not use the extra `fulltext`.
    """
    return [_read(item, zone=zone, own=own) for item in batch]


def refused(item: ReadItem, refusal: Refusal) -> list[Reading]:
    """Return the reading of an item that was given up."""
    reasons = {
        Cause.TIME: f"took more than {refusal.seconds:g} s to read",
        Cause.SLOW: f"took more than {refusal.seconds:g} s to read",
        Cause.STALLED: f"could not be read within {refusal.seconds:g} s",
        Cause.MEMORY: f"needed more than {BOUNDS.memory // 1_000_000} MB to read",
    }
    return [Reading(item.shown, reason=reasons.get(refusal.cause, "reading it ended the process that did"))]


def load_readers(kinds: frozenset[Kind]) -> None:
    """Import what reading some kinds of files needs, so that no file is charged for it."""
    from corpus.sources.imports import documents, pages

    if kinds & {Kind.PAGE, Kind.MHTML}:
        pages.read_page(b"<p>warm up</p>", guid="", address=None, content_type="", zone=ZoneInfo("UTC"))
    for kind, read in ((Kind.PDF, documents.read_pdf), (Kind.DOCX, documents.read_docx)):
        if kind in kinds:
            with contextlib.suppress(UnreadableError):
                read(_NOTHING[kind])


def _read(item: ReadItem, *, zone: ZoneInfo, own: bool) -> Reading:
    try:
        if isinstance(item, FetchedPage):
            return _fetched(item, zone=zone, own=own)
        return _file(item, zone=zone, own=own)
    except UnreadableError as error:
        return Reading(item.shown, reason=str(error))
    except PostError as error:
        return Reading(item.shown, reason=error.reason)
    except OSError as error:
        return Reading(item.shown, reason=f"cannot be read: {error.strerror or error}")
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # a library's own mistake about a strange file
        return Reading(item.shown, reason=f"cannot be read: {type(error).__name__}")


def _fetched(item: FetchedPage, *, zone: ZoneInfo, own: bool) -> Reading:
    from corpus.sources.imports.pages import read_page

    found, reader = read_page(
        item.raw, guid=item.address, address=item.address, content_type=item.content_type, zone=zone, own=own
    )
    return Reading(item.shown, (found,), reader=reader)


def _file(item: ImportFile, *, zone: ZoneInfo, own: bool) -> Reading:
    raw = read_regular(Path(item.path), MAX_BYTES[item.kind])
    if not raw:
        raise UnreadableError("an empty file")
    if item.kind in (Kind.PAGE, Kind.MHTML):
        return _page(item, raw, zone=zone, own=own)
    if item.kind is Kind.TEXT:
        return Reading(item.shown, (_text(item, raw, zone),))
    return Reading(item.shown, (_document(item, raw, zone),))


def _page(item: ImportFile, raw: bytes, *, zone: ZoneInfo, own: bool) -> Reading:
    from dataclasses import replace

    from corpus.sources.imports.pages import read_page, unpack_mhtml

    content_type, address = "", None
    if item.kind is Kind.MHTML or raw[:200].lstrip().lower().startswith(
        (b"from: <saved by", b"mime-version:")
    ):
        raw, content_type, address = unpack_mhtml(raw)
    found, reader = read_page(
        raw, guid=file_key(item.path), address=address, content_type=content_type, zone=zone, own=own
    )
    entry = found.entry
    if not entry.title:
        entry = replace(entry, title=_name_title(item.path))
    return Reading(item.shown, (replace(found, entry=entry),), reader=reader)


def _text(item: ImportFile, raw: bytes, zone: ZoneInfo) -> ImportedEntry:
    from corpus.sources.imports.texts import title_and_body

    text, _ = decode(item.shown, raw)
    title, body = title_and_body(text)
    if not any(map(str.isalnum, text)):
        raise UnreadableError("a file without text")
    return _from_file(item, title, body, zone)


def _document(item: ImportFile, raw: bytes, zone: ZoneInfo) -> ImportedEntry:
    from dataclasses import replace

    from corpus.sources.imports.documents import read_docx, read_pdf

    found = read_docx(raw) if item.kind is Kind.DOCX else read_pdf(raw)
    made = _from_file(item, found.title, found.body, zone)
    if not found.title and not any(map(str.isalnum, found.body)):
        raise UnreadableError("a document without text")
    entry = made.entry
    entry = replace(entry, author=found.author, published=entry.published or found.published)
    return replace(made, entry=entry)


def _from_file(item: ImportFile, title: str, body: str, zone: ZoneInfo) -> ImportedEntry:
    """Return the article of a file that names no address; its name may name the day."""
    from datetime import UTC, datetime, time

    name = PurePath(item.path).stem
    day = day_in_path("/".join((*item.folders, name)))
    moment = datetime.combine(day, time(), zone).astimezone(UTC) if day else None
    entry = Entry(
        title=title or _name_title(item.path),
        guid=file_key(item.path),
        link=None,
        body=body,
        published=moment,
    )
    return ImportedEntry(entry, Origin.FILES, folders=item.folders)


def file_key(path: str) -> str:
    """Return what identifies a file: its place, which nobody else needs to know, and its name."""
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return f"file:{digest}/{clean_line(PurePath(path).name)}"


def _name_title(path: str) -> str:
    """Return the name of a file as a title: without the day it begins with."""
    stem = PurePath(path).stem
    return clean_line((dated_name(stem).rest or stem).replace("_", " "))
