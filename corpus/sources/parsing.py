"""The text of a feed → `Feed`: RSS, RDF and Atom by feedparser, JSON Feed by hand.

feedparser gets text that was decoded already, as UTF-8 bytes, so it neither guesses nor opens anything.
"""

import calendar
import functools
import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html.entities import html5
from typing import Any, Final
from zoneinfo import ZoneInfo

from corpus.posts.targets import absolute
from corpus.posts.timestamps import parse_moment
from corpus.sources.decoding import decode_feed
from corpus.sources.entries import MAX_BODY_CHARS, MAX_ENTRIES, Entry, Feed, NotAFeedError
from corpus.sources.markup import plain_title, text_as_html
from corpus.text.characters import clean_line

SUMMARY_CHARS: Final = 400
"""Bodies shorter than this are summaries if the feed has no longer one."""

_MARK: Final = "\ue0f5"
"""Stands after blanks at the end of a body, which the parser would strip; posts are to keep them."""

_BODY_END: Final = re.compile(r"(?:\]\]>)?</(?:description|content:encoded|content|summary)>")
_DECLARATION: Final = re.compile(r"<\?xml[^>]{0,500}>")
_HEAD: Final = re.compile(r"<\?xml|<!DOCTYPE\s+rss|<(?:[\w-]{1,20}:)?(?:rss|feed|rdf|channel)\b", re.I)
_ROOT: Final = re.compile(r"<((?:[\w-]{1,20}:)?(?:rss|feed|rdf|channel))\b", re.I)
_PREFIXED: Final = re.compile(r"<([\w-]{1,20}):(?:channel|item)>")
_ENTITY: Final = re.compile(r"<!ENTITY\s+([\w.-]{1,60})\s+[\"'][^\"'&<>]{0,99}&")
_REFERENCE: Final = re.compile(r"&([\w.-]{1,60});")
_TTL_MINUTES: Final = {"hourly": 60, "daily": 1440, "weekly": 10080, "monthly": 43200, "yearly": 525600}
_IMAGE_TYPE: Final = re.compile(r"image/", re.I)
_MEDIA_NAME: Final = re.compile(r"\.(?:mp3|m4a|m4v|mp4|ogg|opus|wav|aac|torrent)(?:[?#]|$)", re.I)
_IMAGE_NAME: Final = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:[?#]|$)", re.I)


def parse_feed(raw: bytes | bytearray, *, content_type: str = "", address: str, zone: ZoneInfo) -> Feed:
    """Parse an answer.

    Args:
        raw: Its bytes, uncompressed. A bytearray is emptied once it is known to be a feed: a large one is not
            to be in memory twice.
        content_type: The header of that name.
        address: Where it came from; relative links are relative to it.
        zone: Zone of dates that name none.

    Raises:
        NotAFeedError: It is no feed.
    """
    if not raw.strip():
        raise NotAFeedError("an empty answer")
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n\0\xff\xfe")[:1] == b"{":
        from corpus.sources.json_feed import parse_json_feed

        text = decode_feed(raw, content_type).lstrip("\ufeff \t\n")
        return parse_json_feed(text, address=address, zone=zone)
    # No variable here holds the text: of a large feed, each copy that is kept is many megabytes.
    document = [_trimmed(decode_feed(raw, content_type))]
    if isinstance(raw, bytearray):
        raw.clear()
    return _parse_xml(document.pop(), address, zone)


def _trimmed(text: str) -> str:
    """Return a document from its root element on: strict XML accepts no blanks or comments before it.

    Raises:
        NotAFeedError: It has no root element of a feed.
    """
    head = text[:20_000]
    position = 0
    while True:
        position += len(head[position:]) - len(head[position:].lstrip("\ufeff \t\n"))
        if not head.startswith("<!--", position) or (end := head.find("-->", position)) < 0:
            break
        position = end + 3
    root = _ROOT.search(head, position)
    if root is None:
        raise NotAFeedError(_instead(head[position:]))
    if head[position : position + 5].lower() in ("<html", "<head"):
        raise NotAFeedError("a web page")
    declaration = _DECLARATION.match(head, position)
    body = text[declaration.end() :] if declaration else text[position:]
    if not _HEAD.match(body.lstrip()) and not body.lstrip().startswith("<!"):
        # Notices of a program that stand before the document.
        body = text[root.start() :]
    return _without_prefix(_without_own_entities(_DECLARATION.sub("", body, count=1).lstrip()))


def _without_own_entities(text: str) -> str:
    """Remove references to entities that consist of others: they are bombs."""
    names = {name for name in _ENTITY.findall(text, 0, 50_000) if f"{name};" not in html5}
    return _REFERENCE.sub(lambda found: "" if found[1] in names else found[0], text) if names else text


def _instead(head: str) -> str:
    lower = head[:5_000].lower()
    if "<opml" in lower:
        return "an outline of feeds (OPML): save it, and follow the file"
    if "<html" in lower or "<!doctype html" in lower or "<body" in lower:
        return "a web page"
    return "neither XML of a feed nor JSON"


def _without_prefix(text: str) -> str:
    """Remove a prefix that stands before all elements and is declared nowhere."""
    found = _PREFIXED.search(text, 0, 20_000)
    if found is None or f"xmlns:{found[1]}" in text[:20_000]:
        return text
    return text.replace(f"<{found[1]}:", "<").replace(f"</{found[1]}:", "</")


def _keep_final_blanks(text: str) -> str:
    parts, position = [], 0
    for end in _BODY_END.finditer(text):
        if text[end.start() - 1].isspace():
            parts += [text[position : end.start()], _MARK]
            position = end.start()
    return "".join((*parts, text[position:]))


def _parse_xml(text: str, address: str, zone: ZoneInfo) -> Feed:
    import feedparser

    root = _ROOT.search(text, 0, 20_000)
    end = f"</{root[1]}" if root else "</"
    is_complete = any(one in text[-2_000:].lower() for one in (end.lower(), "</channel>"))
    text = '<?xml version="1.0" encoding="utf-8"?>\n' + _keep_final_blanks(text.replace(_MARK, ""))
    source = _Handed(text.encode("utf-8", "replace"))
    del text
    found = feedparser.parse(
        source,
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": address},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    channel = found.feed
    site = absolute(str(channel.get("link") or ""), address)
    entries = tuple(_entry(one, site or address, address, zone) for one in found.entries[:MAX_ENTRIES])
    if not found.version and not entries and root is None:
        raise NotAFeedError("no feed")
    return Feed(
        title=_title(channel),
        link=site,
        entries=entries,
        ttl_minutes=_ttl(channel),
        is_complete=is_complete,
    )


class _Handed:
    """A file that forgets what it was read for: a parser that keeps the file keeps no second copy."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self) -> bytes:
        """Return the content, once."""
        content, self._content = self._content, b""
        return content


def _ttl(channel: dict[str, Any]) -> float:
    """Return how many minutes the feed asks to be left alone."""
    text = str(channel.get("ttl") or "").strip()
    if text.isdecimal() and len(text) < 7:
        return float(text)
    period = str(channel.get("sy_updateperiod") or "").strip().lower()
    often = str(channel.get("sy_updatefrequency") or "1").strip()
    if period in _TTL_MINUTES:
        # Many sites leave the default of their program, an hour, where nothing is meant.
        return _TTL_MINUTES[period] / max(1, int(often) if often.isdecimal() and len(often) < 5 else 1)
    return 0


def _title(values: dict[str, Any]) -> str:
    text = str(values.get("title") or "").replace(_MARK, "")
    detail = values.get("title_detail") or {}
    if detail.get("type") == "text/plain" and "<" not in text:
        return clean_line(html.unescape(text))
    return clean_line(plain_title(text))


def _entry(values: dict[str, Any], site: str, address: str, zone: ZoneInfo) -> Entry:
    body, base, is_summary = _body(values)
    link = _link(values, address)
    guid = clean_line(str(values.get("id") or ""))
    return Entry(
        title=_title(values),
        guid=guid,
        link=link,
        body=body[:MAX_BODY_CHARS],
        author=_author(values),
        published=_published(values, zone),
        image=_image(values, address),
        base=(absolute(base, address) if base and base != address else None) or link or site,
        is_summary=is_summary,
    )


def _link(values: dict[str, Any], address: str) -> str | None:
    """Return the address of the entry's page; never that of a file beside it."""
    files = {str(one.get("href")) for one in values.get("enclosures") or ()}
    candidates = [str(values.get("feedburner_origlink") or "")]
    candidates += [
        str(one.get("href") or "")
        for one in values.get("links") or ()
        if one.get("rel", "alternate") == "alternate" and not str(one.get("type")).endswith("+xml")
    ]
    candidates.append(str(values.get("link") or ""))
    guid = str(values.get("id") or "").strip()
    candidates.append(guid if guid.startswith(("http://", "https://")) else "")
    pages = (one for one in candidates if one and one not in files and not _MEDIA_NAME.search(one))
    return next((found for one in pages if (found := absolute(one, address))), None)


def _body(values: dict[str, Any]) -> tuple[str, str, bool]:
    """Return the fullest body, the base of its links, and whether it is a summary."""
    contents = [one for one in values.get("content") or () if one.get("value")]
    html_first = sorted(contents, key=lambda one: "html" not in str(one.get("type")))
    summary = values.get("summary_detail") or {}
    media = values.get("media_description") or ""
    for one in (*html_first, summary):
        text = str(one.get("value") or "")
        if text.strip(_MARK + " \n\t"):
            kind = str(one.get("type") or "text/html")
            plain = kind.startswith("text/") and kind not in ("text/html", "text/xhtml")
            marked = text.replace(_MARK, "")
            whole = bool(contents) or len(marked) > SUMMARY_CHARS * 4
            body = text_as_html(marked) if plain else marked
            return body, str(one.get("base") or ""), not whole
    return text_as_html(str(media)), "", True


def _author(values: dict[str, Any]) -> str | None:
    names = [str(one.get("name") or "") for one in values.get("authors") or ()]
    text = "、".join(dict.fromkeys(clean_line(name) for name in names if name.strip()))
    text = text or clean_line(str(values.get("author") or ""))
    return clean_line(html.unescape(plain_title(text)))[:200] or None


_DATES: Final = ("published", "created", "updated")


# Plain lookups: feedparser's own give the date of publication for that of the change, and warn.
def _published(values: dict[str, Any], zone: ZoneInfo) -> datetime | None:
    for name in _DATES:
        text = str(dict.get(values, name) or "")
        if not text:
            continue
        moment = parse_moment(text, zone)
        parsed = dict.get(values, f"{name}_parsed")
        if moment is None and parsed:
            moment = _from_parts(tuple(parsed))
        if moment is not None and moment.year > 1970:
            return moment
    return None


def _from_parts(parts: tuple[int, ...]) -> datetime | None:
    try:
        return datetime.fromtimestamp(calendar.timegm(parts), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _image(values: dict[str, Any], address: str) -> str | None:
    """Return the picture that stands beside the body: an enclosure, a thumbnail."""
    candidates = [
        str(one.get("href") or "")
        for one in values.get("enclosures") or ()
        if _IMAGE_TYPE.match(str(one.get("type") or "")) or _IMAGE_NAME.search(str(one.get("href") or ""))
    ]
    candidates += [
        str(one.get("url") or "")
        for one in values.get("media_content") or ()
        if one.get("medium") == "image" or _IMAGE_TYPE.match(str(one.get("type") or ""))
    ]
    candidates += [str(one.get("url") or "") for one in values.get("media_thumbnail") or ()]
    picture = values.get("image") or {}
    candidates.append(str(picture.get("href") or "") if isinstance(picture, Mapping) else "")
    resolve = functools.partial(absolute, base=address)
    return next((found for one in candidates if one and (found := resolve(one))), None)
