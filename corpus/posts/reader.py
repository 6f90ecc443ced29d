"""A post file → `Post`: decoded, front matter parsed, dates and categories normalised."""

import functools
import html
import os
import re
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from corpus.errors import PostError
from corpus.models import Post
from corpus.posts.addresses import SOURCE_KEYS, http_url, without_suffix
from corpus.posts.cleaning import heading_title, is_whole_page, opening_words
from corpus.posts.decoding import decode
from corpus.posts.front_matter import Value, read_front_matter
from corpus.posts.keys import date_values, flattened
from corpus.posts.labels import as_text, author, categories, too_many_labels
from corpus.posts.page_metadata import PageMetadata, read_metadata
from corpus.posts.pages import is_page
from corpus.posts.targets import image_target
from corpus.posts.timestamps import INDEX_NAMES, dated_name, day_in_path, parse_timestamp
from corpus.posts.titles import restore_title, without_markup
from corpus.text.characters import clean_line

UNTITLED: Final = "无题"

MAX_AHEAD: Final = timedelta(days=7)
"""Dates further ahead than this are treated as unknown: they are release dates or mistakes."""

MAX_FUTURE_DATE: Final = timedelta(days=400)
"""A post whose date is at most this far ahead is read again until the date has come."""

MAX_TITLE_CHARS: Final = 300

NO_PAGE: Final = PageMetadata("", None, None, None, "", None, None)
"""What a body says of itself that is no whole page."""

EMPTY_FILE: Final = "an empty file: it may still be being copied"

_SUMMARY_KEYS: Final = ("excerpt", "summary", "description", "abstract", "intro", "digest", "desc", "摘要")
_MAX_EMPTY_BODY: Final = 2_000
_IMAGE_KEYS: Final = ("headimg", "thumbnail", "cover", "image", "header-img", "photos", "banner", "top_img")
_PICTURE_FILE: Final = re.compile(r"\.(?:avif|bmp|gif|jpe?g|png|svg|webp)$", re.I)
"""Ends of relative addresses that are pictures; `cover: true` names none."""

_RANDOM_IMAGE: Final = re.compile(r"https?://picsum\.photos/", re.I)
_YES: Final = frozenset({"true", "yes", "on", "1"})
_NO: Final = frozenset({"false", "no", "off", "0"})
_OPEN_FLAGS: Final = (
    os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)


def read_post(root: Path, path: str, *, zone: ZoneInfo, now: datetime, max_bytes: int) -> Post:
    """Read one post of an archive.

    Only regular files inside the archive are opened; pipes, devices and links that leave the archive are
    refused.

    Args:
        root: The archive's folder.
        path: Relative to `root`, with forward slashes.
        zone: Zone of dates that name none.
        now: The time, aware; dates far beyond it are unknown.
        max_bytes: Files above this size are refused without being read.

    Raises:
        PostError: Not readable, not a regular file, too large, or not text.
    """
    return parse_post(path, _read_bytes(root, path, max_bytes), zone=zone, now=now)


def _read_bytes(root: Path, path: str, max_bytes: int) -> bytes:
    try:
        # Plain strings: for each post, creating a Path would cost as much as reading.
        folder, name = os.path.split(os.path.join(root, path))  # noqa: PTH118
        status = os.stat(folder)  # noqa: PTH116
        file = os.path.join(_resolved(folder, status.st_dev, status.st_ino), name)  # noqa: PTH118
        if stat.S_ISLNK(os.lstat(file).st_mode):
            file = os.path.realpath(file, strict=True)
        # The root is usually resolved already; resolving it for each post is avoided.
        if not file.startswith(os.path.join(root, "")) and not Path(file).is_relative_to(root.resolve()):  # noqa: PTH118
            raise PostError(path, "a link that leads out of the archive")
        if not stat.S_ISREG(os.stat(file).st_mode):  # noqa: PTH116
            raise PostError(path, "not a regular file")
        # It may have become a pipe or a link since; the flags prevent waiting and following.
        with open(os.open(file, _OPEN_FLAGS), "rb") as stream:  # noqa: PTH123 — opens a descriptor, not a path
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise PostError(path, "not a regular file")
            if status.st_size > max_bytes:
                raise PostError(path, f"{status.st_size} bytes, more than the {max_bytes} allowed")
            # One byte more than its size, in case it grows; reading max_bytes would allocate that much.
            raw = stream.read(min(status.st_size, max_bytes) + 1)
            if len(raw) > status.st_size:
                raw += stream.read(max_bytes - len(raw) + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise PostError(path, f"cannot be read: {reason}") from error
    if len(raw) > max_bytes:
        raise PostError(path, f"more than the {max_bytes} bytes allowed")
    return raw


@functools.lru_cache(maxsize=64)
def _resolved(folder: str, _device: int, _inode: int) -> str:
    """A folder's path without links, cached: device and inode identify the folder."""
    return os.path.realpath(folder, strict=True)


def parse_post(path: str, raw: bytes, *, zone: ZoneInfo, now: datetime) -> Post:
    """Parse a file's bytes; a pure function. Arguments and errors as for `read_post`."""
    text, damage = decode(path, raw)
    if not text:
        raise PostError(path, EMPTY_FILE)
    front = read_front_matter(text)
    values = flattened(front.values)
    name = without_suffix(path)
    page = read_metadata(front.body, address=None, zone=zone) if is_whole_page(front.body) else NO_PAGE
    date = _date(values, name, page, zone=zone, now=now)
    chain, labels = categories(values)
    body = _body(front.body, values)
    permalink = as_text(values.get("permalink"))
    url = as_text(values.get("url"))
    return Post(
        path=path,
        title=_title(values, name, page.title, body),
        body=body,
        published=date.moment,
        local_date=None if date.moment is None else date.moment.astimezone(zone),
        author=author(values) or page.author,
        categories=chain,
        tags=labels,
        source_url=_source(values) or http_url(permalink) or http_url(page.address),
        site_path=next(
            (link for link in (permalink, url) if link and "://" not in link and "{" not in link), None
        ),
        abbrlink=as_text(values.get("abbrlink")) or None,
        slug=as_text(values.get("slug")) or None,
        image=_image(values) or image_target(page.image or ""),
        warning="; ".join(filter(None, (damage, front.warning, date.problem, *too_many_labels(values))))
        or None,
        raw_title=as_text(values.get("title"), strip=False) or "",
        draft=_flag(values.get("draft"), _YES) or _flag(values.get("published"), _NO),
        page=is_page(name, values, dated=date.moment is not None),
        coming=date.is_coming,
    )


def _title(values: Mapping[str, Value], name: str, page_title: str, body: str) -> str:
    """The title of the front matter, else of the page or text, else the name of the file or of its bundle."""
    given = as_text(values.get("title"), strip=False) or ""
    # A post that names what it was made from has its true title: its marks stand for nothing else.
    if title := _shown_title(given) if "guid" not in values else _cut_title(clean_line(html.unescape(given))):
        return title
    if title := _shown_title(page_title or heading_title(body)):
        return title
    folder, _, stem = name.rpartition("/")
    if stem.partition(".")[0].lower() in INDEX_NAMES and folder:
        stem = folder.rpartition("/")[2]
        stem = "" if stem.isdecimal() else stem  # 2026/11/20/index.md
    named = dated_name(stem).rest or stem
    return _shown_title(named) or opening_words(body) or UNTITLED


def _body(body: str, values: Mapping[str, Value]) -> str:
    """The body; the summary in its place where the body has no text."""
    summary = max((as_text(values.get(key)) or "" for key in _SUMMARY_KEYS), key=len)
    if not summary or len(body) > _MAX_EMPTY_BODY or opening_words(body):
        return body
    return summary


def _shown_title(text: str) -> str:
    return _cut_title(restore_title(clean_line(without_markup(html.unescape(text)))))


def _cut_title(title: str) -> str:
    return title if len(title) <= MAX_TITLE_CHARS else title[: MAX_TITLE_CHARS - 1].rstrip() + "…"


def _flag(value: Value, meaning: frozenset[str]) -> bool:
    return str(value).strip().lower() in meaning


def _source(values: Mapping[str, Value]) -> str | None:
    return next((url for key in SOURCE_KEYS if (url := http_url(as_text(values.get(key))))), None)


def _image(values: Mapping[str, Value]) -> str | None:
    """The first usable head image: no random picture, no QR code; a proxy prefix is removed."""
    for key in _IMAGE_KEYS:
        url = image_target(as_text(values.get(key)) or "")
        if url and not _RANDOM_IMAGE.match(url) and ("://" in url or _PICTURE_FILE.search(url)):
            return url
    return None


class _Date(NamedTuple):
    """Publication time (aware UTC), what was wrong with it, and whether it is a date that will come."""

    moment: datetime | None
    problem: str | None = None
    is_coming: bool = False


def _date(
    values: Mapping[str, Value], name: str, page: PageMetadata, *, zone: ZoneInfo, now: datetime
) -> _Date:
    """The date of the front matter, else the one that the page says, else the one that the path names."""
    moment, problem = None, None
    for text in _dates_written(values):
        found = parse_timestamp(text, zone)
        if found is not None:
            moment = found.moment
            if found.unknown_zone:
                problem = f"zone {found.unknown_zone} not known, read as {zone.key}: {clean_line(text)[:60]}"
            break
        problem = problem or f"date not understood: {clean_line(text)[:60]}"
    if moment is None and page.published is not None:
        moment = page.published.astimezone(UTC)
    if moment is None and (day := day_in_path(name)):
        moment = datetime.combine(day, clock(), zone).astimezone(UTC)
    if moment is not None and moment > now + MAX_AHEAD:
        ahead = f"the date lies ahead: {moment.astimezone(zone):%Y-%m-%d}"
        return _Date(None, ahead, moment <= now + MAX_FUTURE_DATE)
    if moment is not None and moment.year <= 1970:
        return _Date(None, problem)
    return _Date(moment, problem)


def _dates_written(values: Mapping[str, Value]) -> Iterator[str]:
    """The dates of the front matter, the most telling key first. `published` may be a flag."""
    for value in date_values(values):
        text = as_text(value) or ""
        if text and text.lower() not in _YES | _NO:
            yield text
