"""A post file → `Post`: decoded, front matter parsed, dates and categories normalised."""

import functools
import html
import os
import re
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from corpus.errors import PostError
from corpus.models import Post
from corpus.posts.addresses import SOURCE_KEYS, SUFFIXES, http_url
from corpus.posts.cleaning import opening_words
from corpus.posts.front_matter import Value, read_front_matter
from corpus.posts.titles import restore_title
from corpus.text.characters import clean_line, single_spaced

UNTITLED: Final = "无题"

MAX_AHEAD: Final = timedelta(days=7)
"""Dates further ahead than this are treated as unknown: they are release dates or mistakes."""

MAX_FUTURE_DATE: Final = timedelta(days=400)
"""A post whose date is at most this far ahead is read again until the date has come."""

MAX_DATE_CHARS: Final = 200
"""Characters of a date that are parsed."""

MAX_TITLE_CHARS: Final = 300
MAX_NAME_CHARS: Final = 200
MAX_LABELS: Final = 50

_DATE_KEYS: Final = ("date", "published_at", "pubdate", "publishdate", "created")
_IMAGE_KEYS: Final = ("headimg", "thumbnail", "cover", "image", "header-img", "photos", "banner", "top_img")
_RANDOM_IMAGE: Final = re.compile(r"https?://picsum\.photos/", re.I)
_SITE_IMAGE: Final = re.compile(
    r"(?:^|[_.-])(?:qr|qrcode|erweima|favicon|avatar|spacer|blank|placeholder|loading|(?<![_.-])logo|external-link)"
    r"(?:[_.-]|$)",
    re.I,
)
"""File names of pictures that belong to a site, not to an article."""
_PROXIED: Final = re.compile(r"https?://[^/?]+/\?(?=https?://)", re.I)
_YES: Final = frozenset({"true", "yes", "on", "1"})
_NO: Final = frozenset({"false", "no", "off", "0"})
_CLOCK: Final = (
    r"(?P<half>上午|下午)? ?(?P<hour>\d{1,2}):(?P<minute>\d{1,2})"
    r"(?::(?P<second>\d{1,2})(?:[.,]\d{1,9})?)?(?: ?(?P<late>[ap]m))?"
)
_WEEKDAY: Final = r"(?:周|週|星期|礼拜|禮拜)[一二三四五六日天]|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_ISO: Final = re.compile(
    r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})(?:[-/.月](?P<day>\d{1,2})日?|月?)"
    rf"(?: ?[(（]?(?:{_WEEKDAY})[)）]?)?"
    rf"(?:(?:T| | ?(?=[上下])){_CLOCK})?"
    r" ?(?P<zone>Z|UTC|GMT|CST|[+-]\d{2}:?\d{2}|[+-]\d{1,2})?",
    re.I,
)
_COMPACT: Final = re.compile(
    r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2}))?"
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED_MONTH: Final = (
    r"(?P<{name}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_ENGLISH: Final = re.compile(
    rf"(?:(?:{_WEEKDAY}),? )?"
    rf"(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)? {_NAMED_MONTH.format(name='month')}"
    rf"|{_NAMED_MONTH.format(name='first_month')} (?P<second_day>\d{{1,2}})(?:st|nd|rd|th)?)"
    rf",? (?P<year>\d{{4}})(?:,? {_CLOCK})?",
    re.I,
)
_MORNING: Final = frozenset({"上午", "am"})
_AFTERNOON: Final = frozenset({"下午", "pm"})
_CHINA: Final = timezone(timedelta(hours=8))
"""The zone that CST means in a Chinese post."""
_EPOCH: Final = re.compile(r"\d{10}(\d{3})?")
_OPEN_FLAGS: Final = (
    os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)
_DATED_NAME: Final = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})-")


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


def decode(path: str, raw: bytes) -> tuple[str, str | None]:
    r"""Decode a file. Returns its text, with lines ending in `\n`, and what was wrong with it.

    Accepted: UTF-8, UTF-16 with a byte order mark, GB18030 if the result is plausible Chinese, and UTF-8 with
        a few damaged bytes, which become U+FFFD.

    Raises:
        PostError: The file is binary, or its encoding cannot be determined.
    """
    warning = None
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        if b"\0" in raw:
            raise PostError(path, "binary, not text") from error
        text = _decode_chinese(raw)
        if not text:
            text, warning = _decode_damaged(raw), "some bytes are not UTF-8"
        if not text:
            raise PostError(path, "neither UTF-8 nor GB18030 text") from error
    if "\0" in text:
        raise PostError(path, "binary, not text")
    text = text.replace("\r\n", "\n")
    return (text if "\n" in text else text.replace("\r", "\n")), warning


def _decode_chinese(raw: bytes) -> str:
    """Decode GB18030; empty if the result is noise, which consists of rarely used characters."""
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    beyond = sum(character > "\x7f" for character in text)
    usual = len(text.encode("gb2312", "ignore").decode("gb2312")) - (len(text) - beyond)
    return text if usual >= 0.9 * beyond else ""


def _decode_damaged(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace")
    return text if text.count("\ufffd") <= max(2, len(text) // 200) else ""


def parse_post(path: str, raw: bytes, *, zone: ZoneInfo, now: datetime) -> Post:
    """Parse a file's bytes; a pure function. Arguments and errors as for `read_post`."""
    text, damage = decode(path, raw)
    front = read_front_matter(text)
    values = front.values
    stem = path.rpartition("/")[2]
    for suffix in SUFFIXES:
        if stem.lower().endswith(suffix):
            stem = stem[: -len(suffix)]
            break
    named = _text(values.get("title"), strip=False) or ""
    # A post that names what it was made from has its true title: its marks stand for nothing else.
    shown = _shown_title(named) if "guid" not in values else _cut_title(clean_line(html.unescape(named)))
    title = shown or _shown_title(_DATED_NAME.sub("", stem, count=1))
    categories, labels = _categories(values)
    moment, problem, coming = _date(values, stem, zone=zone, now=now)
    permalink = _text(values.get("permalink"))
    url = _text(values.get("url"))
    return Post(
        path=path,
        title=title or opening_words(front.body) or UNTITLED,
        body=front.body,
        published=moment,
        local_date=None if moment is None else moment.astimezone(zone),
        author=_author(values),
        categories=categories,
        tags=labels,
        source_url=_source(values) or http_url(permalink),
        site_path=next((link for link in (permalink, url) if link and "://" not in link), None),
        abbrlink=_text(values.get("abbrlink")) or None,
        slug=_text(values.get("slug")) or None,
        image=_image(values),
        warning="; ".join(filter(None, (damage, front.warning, problem, *_too_many_labels(values)))) or None,
        raw_title=named,
        draft=_flag(values.get("draft"), _YES) or _flag(values.get("published"), _NO),
        coming=coming,
    )


def _shown_title(text: str) -> str:
    return _cut_title(restore_title(clean_line(html.unescape(text))))


def _cut_title(title: str) -> str:
    return title if len(title) <= MAX_TITLE_CHARS else title[: MAX_TITLE_CHARS - 1].rstrip() + "…"


def _text(value: Value, *, strip: bool = True) -> str | None:
    """A value as text; the first when there are several."""
    while isinstance(value, list):
        value = next((item for item in value if item is not None), None)
    if value is None or isinstance(value, dict):
        return None
    return str(value).strip() if strip else str(value)


def _flag(value: Value, meaning: frozenset[str]) -> bool:
    return str(value).strip().lower() in meaning


def _name(value: Value) -> str:
    """A category, tag or author: entities unescaped once, on one line."""
    return clean_line(html.unescape(_text(value) or ""))[:MAX_NAME_CHARS].rstrip()


def _author(values: Mapping[str, Value]) -> str | None:
    value = values.get("author") or values.get("authors")
    if isinstance(value, list):
        return "、".join(filter(None, map(_name, value[:MAX_LABELS]))) or None
    if isinstance(value, dict):
        value = value.get("name")
    return _name(value) or None


def _categories(values: Mapping[str, Value]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The first chain of categories, and all other labels.

    As in Hexo, a list is one chain from the widest to the narrowest, and a list of lists is
    several chains.
    """
    value = values.get("categories") or values.get("category")
    chains: list[list[str]] = []
    if isinstance(value, list) and any(isinstance(item, list) for item in value):
        chains = [list(_names(item)) for item in value[:MAX_LABELS]]
    elif value is not None:
        chains = [list(_names(value))]
    chains = [chain for chain in chains if chain]
    first = tuple(chains[0]) if chains else ()
    labels = [name for chain in chains[1:] for name in chain] + list(
        _names(values.get("tags") or values.get("tag"))
    )
    return first, tuple(dict.fromkeys(label for label in labels if label not in first))[:MAX_LABELS]


def _too_many_labels(values: Mapping[str, Value]) -> Iterator[str]:
    """What is left out by `MAX_LABELS`."""
    for kind, other in (("categories", "category"), ("tags", "tag")):
        value = values.get(kind) or values.get(other)
        lists = [value, *value] if isinstance(value, list) else []
        most = max((len(item) for item in lists if isinstance(item, list)), default=0)
        if most > MAX_LABELS:
            yield f"{most} {kind}, of which the first {MAX_LABELS} are kept"


def _names(value: Value) -> Iterator[str]:
    items = value if isinstance(value, list) else [value]
    for item in items[:MAX_LABELS]:
        name = _name(item)
        if name:
            yield name


def _source(values: Mapping[str, Value]) -> str | None:
    return next((url for key in SOURCE_KEYS if (url := http_url(_text(values.get(key))))), None)


def _image(values: Mapping[str, Value]) -> str | None:
    """The first usable head image: no random picture, no QR code; a proxy prefix is removed."""
    for key in _IMAGE_KEYS:
        text = _text(values.get(key)) or ""
        url = http_url(_PROXIED.sub("", text, count=1))
        if url and not _RANDOM_IMAGE.match(url) and not _SITE_IMAGE.search(_file_name(url)):
            return url
    return None


def _file_name(url: str) -> str:
    return url.partition("?")[0].partition("#")[0].rpartition("/")[2]


def _date(
    values: Mapping[str, Value], stem: str, *, zone: ZoneInfo, now: datetime
) -> tuple[datetime | None, str | None, bool]:
    """Publication time (aware UTC), what was wrong with it, and whether it is a date that will come."""
    text = next(filter(None, (_text(values.get(key)) for key in _DATE_KEYS)), "")
    problem = None
    moment = parse_date(text, zone) if text else None
    if text and moment is None:
        problem = f"date not understood: {clean_line(text)[:60]}"
    if moment is None and (named := _DATED_NAME.match(stem)):
        moment = parse_date(named[1], zone)
    if moment is not None and moment > now + MAX_AHEAD:
        return (
            None,
            f"the date lies ahead: {moment.astimezone(zone):%Y-%m-%d}",
            moment <= now + MAX_FUTURE_DATE,
        )
    if moment is not None and moment.year <= 1970:
        return None, problem, False
    return moment, problem, False


def parse_date(text: str, zone: ZoneInfo) -> datetime | None:
    """Parse a date in any of the forms that posts use; None for anything else.

    ISO 8601 and its looser relatives (`2022-9-6 8:05`, `2022/09/06`, `2022年9月6日 下午3:20`, `20220906`), a
    month alone, RFC 822 and dates in English, seconds or milliseconds since 1970. Without a zone it is taken
    in `zone`.
    """
    text = single_spaced(text[:MAX_DATE_CHARS])
    try:
        if match := _ISO.fullmatch(text) or _COMPACT.fullmatch(text) or _ENGLISH.fullmatch(text):
            moment = _moment(match.groupdict(), zone)
        elif match := _EPOCH.fullmatch(text):
            moment = datetime.fromtimestamp(int(text) / (1000 if match[1] else 1), UTC)
        else:
            moment = parsedate_to_datetime(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=zone)
        # Through `zone`: a moment that has no local day there, as in the last hours of 9999, is no date.
        return moment.astimezone(zone).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _moment(parts: Mapping[str, str | None], zone: ZoneInfo) -> datetime:
    """A time from the groups of a pattern.

    Raises:
        ValueError: The day or hour does not exist.
    """
    named = parts.get("month") or parts.get("first_month") or ""
    month = int(named) if named.isdecimal() else _MONTHS.index(named[:3].lower()) + 1
    day = int(parts.get("day") or parts.get("second_day") or 1)
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    return datetime(
        int(parts["year"] or 0),
        month,
        day,
        _hour(hour, (parts.get("half") or parts.get("late") or "").lower()),
        minute,
        min(second, 59),
        tzinfo=_offset(parts.get("zone")) or zone,
    )


def _hour(hour: int, half: str) -> int:
    """The hour in 24-hour form; 12 am is 0."""
    if half in _AFTERNOON and hour < 12:
        return hour + 12
    return 0 if half in _MORNING and hour == 12 else hour


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    if text.upper() == "CST":
        return _CHINA
    digits = text[1:].replace(":", "").rjust(2, "0").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
