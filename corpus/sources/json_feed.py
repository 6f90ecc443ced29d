"""JSON Feed 1.0 and 1.1 → `Feed`."""

import json
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from corpus.posts.targets import absolute
from corpus.posts.timestamps import parse_moment
from corpus.sources.entries import MAX_BODY_CHARS, MAX_ENTRIES, Entry, Feed, NotAFeedError
from corpus.sources.markup import plain_title, text_as_html
from corpus.text.characters import clean_line


def parse_json_feed(text: str, *, address: str, zone: ZoneInfo) -> Feed:
    """Parse a JSON Feed; arguments as for `parse_feed`.

    Raises:
        NotAFeedError: It is no JSON, or no feed.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise NotAFeedError("JSON that breaks off or is damaged") from error
    except RecursionError as error:
        raise NotAFeedError("JSON that is nested too deeply") from error
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise NotAFeedError("JSON, but no feed")
    site = absolute(_text(document, "home_page_url"), address)
    items = [one for one in document["items"][:MAX_ENTRIES] if isinstance(one, dict)]
    return Feed(
        title=clean_line(plain_title(_text(document, "title"))),
        link=site,
        entries=tuple(_entry(one, site or address, zone) for one in items),
    )


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _entry(values: Mapping[str, Any], base: str, zone: ZoneInfo) -> Entry:
    guid = clean_line(_text(values, "id"))
    # `external_url` is what a link list points at; `url` is the entry's own page.
    link = absolute(_text(values, "url"), base) or absolute(_text(values, "external_url"), base)
    if link is None and guid.startswith(("http://", "https://")):
        link = absolute(guid, base)
    content = _text(values, "content_html")
    plain = _text(values, "content_text")
    body = content or text_as_html(plain) or text_as_html(_text(values, "summary"))
    date = _text(values, "date_published") or _text(values, "date_modified")
    image = absolute(_text(values, "image"), base) or absolute(_text(values, "banner_image"), base)
    return Entry(
        title=clean_line(plain_title(_text(values, "title"))),
        guid=guid,
        link=link,
        body=body[:MAX_BODY_CHARS],
        author=_authors(values),
        published=parse_moment(date, zone) if date else None,
        image=image,
        base=link or base,
        is_summary=not (content or plain),
    )


def _authors(values: Mapping[str, Any]) -> str | None:
    several = values.get("authors")
    found = several if isinstance(several, list) else [values.get("author")]
    names = [clean_line(_text(one, "name")) for one in found if isinstance(one, dict)]
    return "、".join(dict.fromkeys(filter(None, names)))[:200] or None
