"""What a web page says of itself: title, date, author, site, address and picture of its article.

Each is looked for where pages have it: JSON-LD, `<meta>`, microdata, then the visible page.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from lxml import etree
from lxml import html as lxml_html

from corpus.posts.targets import absolute
from corpus.posts.timestamps import day_in_path, parse_moment
from corpus.text.characters import clean_line

MAX_JSON_CHARS: Final = 1_000_000
MAX_OBJECTS: Final = 500
MAX_NAME_CHARS: Final = 80
MAX_INFO_CHARS: Final = 150
"""A longer line tells the story, not who published it and when."""

_ARTICLE_TYPE: Final = re.compile(r"Article|Posting|Report|Review|NewsMedia|WebPage|Recipe|HowTo")
_TITLE_NAMES: Final = ("og:title", "twitter:title", "dc.title", "parsely-title", "sailthru.title", "title")
_DATE_NAMES: Final = (
    *("article:published_time", "og:article:published_time", "datepublished", "date_published", "pubdate"),
    *(
        "publishdate",
        "publish-date",
        "publish_date",
        "publishtime",
        "publish_time",
        "published_time",
        "pub_date",
    ),
    *("og:published_time", "og:release_date", "bytedance:published_time", "apub:time", "article:create_at"),
    *(
        "weibo:article:create_at",
        "weibo: article:create_at",
        "parsely-pub-date",
        "sailthru.date",
        "article.published",
    ),
    *(
        "dc.date.issued",
        "dcterms.created",
        "dcterms.date",
        "dc.date",
        "dc.date.created",
        "citation_publication_date",
    ),
    *("date", "datecreated", "release_date", "article:modified_time", "og:updated_time", "lastmodified"),
)
_AUTHOR_NAMES: Final = (
    *(
        "author",
        "article:author",
        "og:article:author",
        "article:author_name",
        "byl",
        "dc.creator",
        "dcterms.creator",
    ),
    "authors",
    *("parsely-author", "sailthru.author", "citation_author", "weibo:article:author", "twitter:creator"),
)
_SITE_NAMES: Final = ("og:site_name", "application-name", "publisher", "dc.publisher", "article:publisher")
_IMAGE_NAMES: Final = (
    "og:image",
    "og:image:url",
    "og:image:secure_url",
    "twitter:image",
    "twitter:image:src",
)
_DATE_TEXT: Final = re.compile(
    r"(?:19|20)\d{2}(?: ?年 ?|[-/.])\d{1,2}(?: ?月 ?|[-/.])\d{1,2}(?: ?日)?"
    r"(?:[T ]{1,3}\d{1,2}:\d{2}(?::\d{2})?)?"
)
_DATE_PLACE: Final = re.compile(r"date|time|publish|pub[-_]|info|source|meta|byline|发布", re.I)
_AUTHOR_PLACE: Final = re.compile(
    r"(?:^|[\s_-])(?:author(?:[-_]?name)?|byline|js_name|writer)(?:$|[\s_-])", re.I
)
_AUTHOR_LEAD: Final = re.compile(
    r"(?:by|author|written by|posted by|作者|文|撰文|记者|記者|编辑|責任編輯|责任编辑)\s?[:：/|丨]?\s?", re.I
)
_BY: Final = re.compile(r"(?:by |作者[:：]|文[/丨|]|记者[:：]?|記者[:：]?)", re.I)
_SAVED_FROM: Final = re.compile(r"<!--\s{0,9}saved from url=\(\d{1,6}\)(\S{1,2000})\s{0,9}-->", re.I)
_SINGLE_FILE: Final = re.compile(r"<!--\s{1,9}Page saved with SingleFile\s{1,9}url:\s{0,9}(\S{1,2000})", re.I)
_DATE_LINE: Final = re.compile(
    r"(?:(?:发布|發布|发表|發表|刊登|刊发|更新)?(?:时间|時間|日期|于|於)|发布|發布|Published|Posted)"
    r"(?: on| at)?\s?[:：]?\s?"
    rf"({_DATE_TEXT.pattern})(?!\d).{{0,80}}|({_DATE_TEXT.pattern})(?<=:\d\d)",
    re.I,
)
"""A line that is labelled as a date, or is nothing but a day with a time."""

_WRITER: Final = re.compile(r"(?:^|[\s|｜])(?:作者|撰文|记者|記者)\s?[:：]\s?([^\s:：|｜]{2,20})")
_SEPARATOR: Final = re.compile(r"[|｜_–—·»]|(?<=\s)-(?=\s)")


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """What a page says of its article.

    Attributes:
        title: One line; empty: unknown.
        address: Its canonical address, or None.
        published: Aware UTC, or None.
        author: Who wrote it, or None.
        site: Who publishes it; empty: unknown.
        image: Address of a picture, or None.
        base: What its relative addresses are relative to, or None.
    """

    title: str
    address: str | None
    published: datetime | None
    author: str | None
    site: str
    image: str | None
    base: str | None


def read_metadata(page: str, *, address: str | None, zone: ZoneInfo) -> PageMetadata:
    """Read what a page says of its article. Never fails.

    Args:
        page: The whole page, decoded.
        address: Where it was fetched from, if that is known.
        zone: Zone of dates that name none.
    """
    saved_from = address or _saved_from(page)
    root = _parsed(page)
    if root is None:
        return PageMetadata("", saved_from, None, None, _host(saved_from), None, saved_from)
    meta = _meta(root)
    facts = list(_json_ld(root))
    canonical = _canonical(root, meta, saved_from)
    site = _first(meta, _SITE_NAMES[:1]) or _publisher(facts) or _first(meta, _SITE_NAMES[1:])
    site = "" if site.startswith(("http:", "https:", "@")) else site
    picture = _first(meta, _IMAGE_NAMES)
    base = _base(root, saved_from or canonical)
    return PageMetadata(
        title=_title(root, meta, facts, site),
        address=canonical,
        published=_published(root, meta, facts, canonical, zone),
        author=_author(root, meta, facts, site),
        site=site or _host(canonical),
        image=absolute(picture, base or "") if picture else None,
        base=base,
    )


def _parsed(page: str) -> Any:
    parser = lxml_html.HTMLParser(remove_pis=True, encoding="utf-8")
    try:
        return lxml_html.document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, ValueError):
        return None


def _host(address: str | None) -> str:
    return (urlsplit(address).hostname or "").removeprefix("www.") if address else ""


def _text(element: Any) -> str:
    return clean_line("".join(element.itertext()))


def _meta(root: Any) -> dict[str, str]:
    """Return the contents of `<meta>` by name, property or itemprop in lower case; the first counts."""
    found: dict[str, str] = {}
    for tag in root.iter("meta"):
        content = clean_line(tag.get("content") or "")
        for key in ("name", "property", "itemprop", "http-equiv"):
            name = (tag.get(key) or "").strip().lower()
            if name and content:
                found.setdefault(name, content)
    return found


def _first(meta: Mapping[str, str], names: Iterable[str]) -> str:
    return next((meta[name] for name in names if name in meta), "")


def _json_ld(root: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of JSON-LD that describe an article."""
    for script in root.iter("script"):
        if "ld+json" not in (script.get("type") or ""):
            continue
        text = (script.text or "").strip()[:MAX_JSON_CHARS]
        try:
            pending: list[Any] = [json.loads(text, strict=False)]
        except (ValueError, RecursionError):
            continue
        for _ in range(MAX_OBJECTS):
            if not pending:
                break
            value = pending.pop(0)
            if isinstance(value, list):
                pending += value[:MAX_OBJECTS]
            elif isinstance(value, dict):
                pending += [value[key] for key in ("@graph", "mainEntity") if key in value]
                if _ARTICLE_TYPE.search(str(value.get("@type") or "")):
                    yield value


def _ordered(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return articles before the pages they stand on."""
    return sorted(facts, key=lambda fact: "WebPage" in str(fact.get("@type")))


# --- Address -------------------------------------------------------------------------------------


def _saved_from(page: str) -> str | None:
    """Return the address that browsers write into the pages they save."""
    head = page[:20_000]
    found = _SAVED_FROM.search(head) or _SINGLE_FILE.search(head)
    return absolute(found[1], "") if found else None


def _canonical(root: Any, meta: Mapping[str, str], saved_from: str | None) -> str | None:
    """Return the address that the page gives for itself, else the one that it was saved from."""
    base = saved_from or ""
    links = [
        link.get("href") or ""
        for link in root.iter("link")
        if "canonical" in (link.get("rel") or "").lower().split()
    ]
    named = [one for one in (*links, meta.get("og:url", "")) if one]
    for address in filter(None, (absolute(one, base) for one in named)):
        # Some sites name their home page as the canonical address of everything.
        is_home = urlsplit(address).path in ("", "/") and not urlsplit(address).query
        if not is_home or saved_from is None:
            return address
    return saved_from


def _base(root: Any, address: str | None) -> str | None:
    """Return what the page's relative addresses are relative to: as its first `<base>` says, or itself."""
    given = next((tag.get("href") for tag in root.iter("base") if tag.get("href")), None)
    return (absolute(given, address or "") if given else None) or address


# --- Title ---------------------------------------------------------------------------------------


def _key(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _title(root: Any, meta: Mapping[str, str], facts: list[dict[str, Any]], site: str) -> str:
    """Return the heading that the page's title holds; else the title without the site's name."""
    shown = root.find(".//title")
    page_title = _text(shown) if shown is not None else ""
    given = [page_title, *(meta[name] for name in _TITLE_NAMES if name in meta)]
    given += [
        clean_line(str(fact["headline"])) for fact in _ordered(facts) if isinstance(fact.get("headline"), str)
    ]
    given = [one for one in given if one]
    keys = [_key(one) for one in given]
    headings = [text for tag in ("h1", "h2") for one in root.iter(tag) if (text := _text(one))]
    for text in _title_headings(headings, keys, _key(site)):
        return text
    best = _first(meta, _TITLE_NAMES[:2]) or (given[-1] if facts and given else "") or page_title
    if not best and headings:
        return headings[0]
    return without_site(best, site)


def _title_headings(headings: list[str], titles: list[str], site: str) -> list[str]:
    """Return the headings that a title of the page holds; those that it begins with first.

    The name of the site is a heading on some pages, and stands at the end of their titles.
    """
    held = [
        (text, key)
        for text in headings
        if len(key := _key(text)) >= 3 and key != site and any(key in title for title in titles)
    ]
    return [text for text, _ in sorted(held, key=lambda one: not any(t.startswith(one[1]) for t in titles))]


def without_site(title: str, site: str) -> str:
    """Return a title without the name of its site at the end.

    >>> without_site("大桥抢通 - 望江日报", "望江日报"), without_site("A - B", "C")
    ('大桥抢通', 'A - B')
    """
    if not site:
        return title
    for found in reversed(list(_SEPARATOR.finditer(title))):
        rest = _key(title[found.end() :])
        if rest and (rest in _key(site) or _key(site) in rest) and found.start():
            return title[: found.start()].rstrip()
    return title


# --- Date ----------------------------------------------------------------------------------------


def _published(
    root: Any, meta: Mapping[str, str], facts: list[dict[str, Any]], address: str | None, zone: ZoneInfo
) -> datetime | None:
    for text in _date_texts(root, meta, facts):
        if (moment := parse_moment(text, zone)) is not None and moment.year >= 1990:
            return moment
    day = (
        day_in_path(urlsplit(address).path.rpartition(".")[0] or urlsplit(address).path) if address else None
    )
    return datetime(day.year, day.month, day.day, tzinfo=zone) if day else None


def _date_texts(root: Any, meta: Mapping[str, str], facts: list[dict[str, Any]]) -> Iterator[str]:
    for name in ("datePublished", "uploadDate", "dateCreated"):
        yield from (str(fact[name]) for fact in _ordered(facts) if isinstance(fact.get(name), str))
    yield from (meta[name] for name in _DATE_NAMES[:-3] if name in meta)
    for element in root.iter("time", "span", "div", "p", "em", "abbr"):
        if (element.get("itemprop") or "").lower() == "datepublished":
            yield element.get("datetime") or element.get("content") or _text(element)
    times = [element for element in root.iter("time") if element.get("datetime") or element.text]
    times.sort(key=lambda one: one.get("pubdate") is None)
    yield from (text for one in times[:3] for text in (one.get("datetime") or "", _text(one)) if text)
    yield from _shown_dates(root)
    yield from (meta[name] for name in _DATE_NAMES[-3:] if name in meta)


def _shown_dates(root: Any) -> Iterator[str]:
    """Yield dates of short lines that are named for them, in the page's order."""
    for element in root.iter("span", "div", "p", "em", "li", "td", "i", "a", "dd", "small"):
        name = f"{element.get('class') or ''} {element.get('id') or ''}"
        if not _DATE_PLACE.search(name):
            continue
        text = _text(element)
        if len(text) <= MAX_INFO_CHARS and (found := _DATE_TEXT.search(text)):
            yield found[0]
    for line in _lines(root):
        if found := _DATE_LINE.fullmatch(line):
            yield found[1] or found[2]


def _lines(root: Any) -> Iterator[str]:
    """Yield the short stretches of text between two tags, in the page's order, without scripts."""
    for element in root.iter():
        stretches = (None if element.tag in ("script", "style", "title") else element.text, element.tail)
        yield from (clean_line(text) for text in stretches if text and len(text) <= MAX_INFO_CHARS)


# --- Author and site -----------------------------------------------------------------------------


def _names(value: Any) -> Iterator[str]:
    """Yield names of what JSON-LD has for a person: a name, an object, a list of either."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _names(value.get("name"))
    elif isinstance(value, list):
        for one in value[:10]:
            yield from _names(one)


def _publisher(facts: list[dict[str, Any]]) -> str:
    found = (name for fact in facts for name in _names(fact.get("publisher")))
    return next((clean_line(name) for name in found if _is_name(name)), "")


def _is_name(text: str) -> bool:
    text = text.strip()
    return 0 < len(text) <= MAX_NAME_CHARS and "://" not in text and any(map(str.isalnum, text))


def _author(root: Any, meta: Mapping[str, str], facts: list[dict[str, Any]], site: str) -> str | None:
    names = [
        clean_line(name) for fact in _ordered(facts) for name in _names(fact.get("author")) if _is_name(name)
    ]
    if names:
        return "、".join(dict.fromkeys(names))[:200]
    for text in _author_texts(root, meta):
        name = clean_line(text).lstrip("@")
        if lead := _AUTHOR_LEAD.match(name) if _BY.match(name) else None:
            name = name[lead.end() :]
        if _is_name(name) and _key(name) != _key(site):
            return name
    return None


def _author_texts(root: Any, meta: Mapping[str, str]) -> Iterator[str]:
    yield from (meta[name] for name in _AUTHOR_NAMES if name in meta)
    for element in root.iter("a", "span", "p", "div", "strong", "em"):
        rel, prop = element.get("rel") or "", (element.get("itemprop") or "").lower()
        name = f"{element.get('class') or ''} {element.get('id') or ''}"
        if "author" in rel.split() or prop == "author" or _AUTHOR_PLACE.search(name):
            yield _text(element)
    for line in _lines(root):
        if found := _WRITER.search(line):
            yield found[1]
