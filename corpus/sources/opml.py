"""OPML, the list of feeds as all readers write it: read in its dialects, written whole.

Settings of one feed are attributes of a namespace of this program; other readers pass over them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from corpus.sources.addresses import AddressError, feed_address
from corpus.sources.decoding import decode_feed
from corpus.sources.names import MAX_LEVELS
from corpus.text.characters import clean_line

NAMESPACE: Final = "urn:baotong:feeds"
MAX_DEPTH: Final = 20
MAX_FEEDS: Final = 20_000
_OURS: Final = f"{{{NAMESPACE}}}"
_YES: Final = frozenset({"true", "yes", "1", "on"})


class OpmlError(ValueError):
    """A file is no OPML; the text says why."""


@dataclass(frozen=True, slots=True)
class FollowedFeed:
    """A feed that is followed, with its settings.

    Attributes:
        url: Its address; what identifies it.
        title: Its name as readers show it; empty: the feed's own title is taken.
        categories: The folders it stands in, the widest first.
        outlet: Who publishes it; empty: its title.
        every_minutes: How often it is fetched; 0: as often as it publishes.
        full_text: Whether the pages of its entries are fetched.
        proxy: Whether it is fetched through FEED_PROXY_URL; None: it is if that is set.
        private: Whether its host may have a private address.
    """

    url: str
    title: str = ""
    categories: tuple[str, ...] = ()
    outlet: str = ""
    every_minutes: float = 0
    full_text: bool = False
    proxy: bool | None = None
    private: bool = False


def read_opml(raw: bytes) -> tuple[FollowedFeed, ...]:
    """Return the feeds of an OPML file, in its order; outlines without an address are folders or nothing.

    Addresses are returned as they are written: `feed_address` says whether they can be followed.

    Raises:
        OpmlError: It is no OPML.
    """
    text = decode_feed(raw).lstrip("\ufeff \n\t")
    if text.startswith("<?xml"):
        text = text[text.find("?>") + 2 :].lstrip()
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise OpmlError("no OPML") from error
    if root is None or etree.QName(root).localname.lower() != "opml":
        raise OpmlError("no OPML")
    found = []
    for outline in _outlines(root):
        found.append(outline)
        if len(found) >= MAX_FEEDS:
            break
    return tuple(found)


def _outlines(root: etree._Element) -> Iterator[FollowedFeed]:
    """Yield the feeds below an element; iterative, so that no depth is too great."""
    waiting: list[tuple[etree._Element, tuple[str, ...]]] = [(root, ())]
    while waiting:
        element, folders = waiting.pop()
        below = folders
        if isinstance(element.tag, str) and etree.QName(element).localname.lower() == "outline":
            values = {etree.QName(name).localname.lower(): str(value) for name, value in element.items()}
            url = values.get("xmlurl", "").strip()
            name = clean_line(values.get("title", "").strip() or values.get("text", ""))
            if url:
                yield _followed(element, values, url, name, folders)
            elif name and len(folders) < MAX_DEPTH:
                below = (*folders, name)
        waiting.extend((child, below) for child in reversed(element))


def _followed(
    element: etree._Element, values: dict[str, str], url: str, name: str, folders: tuple[str, ...]
) -> FollowedFeed:
    if not folders and values.get("category"):
        folders = tuple(filter(None, map(clean_line, values["category"].split(",")[0].split("/"))))
    named = ((str(name), str(value)) for name, value in element.items())
    own = {name.removeprefix(_OURS): value for name, value in named if name.startswith(_OURS)}
    proxy = own.get("proxy")
    return FollowedFeed(
        url=url,
        title="" if name == url else name,
        categories=folders[:MAX_LEVELS],
        outlet=clean_line(own.get("outlet", "")),
        every_minutes=_minutes(own.get("every", "")),
        full_text=own.get("fullText", "").lower() in _YES,
        proxy=None if proxy is None else proxy.lower() in _YES,
        private=own.get("private", "").lower() in _YES,
    )


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        return 0
    return minutes if 0 < minutes < 1e6 else 0


def write_opml(feeds: Iterable[FollowedFeed], *, title: str = "Baotong 报童") -> bytes:
    """Return an OPML file of feeds, in their order; neighbours of one folder stand in one outline."""
    root = etree.Element("opml", {"version": "2.0"}, nsmap={"baotong": NAMESPACE})
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    body = etree.SubElement(root, "body")
    open_folders: list[tuple[str, etree._Element]] = []
    for feed in feeds:
        common = 0
        for (name, _), wanted in zip(open_folders, feed.categories, strict=False):
            if name != wanted:
                break
            common += 1
        del open_folders[common:]
        for name in feed.categories[common:]:
            parent = open_folders[-1][1] if open_folders else body
            open_folders.append((name, etree.SubElement(parent, "outline", {"text": name, "title": name})))
        parent = open_folders[-1][1] if open_folders else body
        etree.SubElement(parent, "outline", dict(_attributes(feed)))
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)


def _attributes(feed: FollowedFeed) -> Iterator[tuple[str, str]]:
    yield "type", "rss"
    yield "text", feed.title or feed.url
    if feed.title:
        yield "title", feed.title
    yield "xmlUrl", feed.url
    if feed.outlet:
        yield f"{_OURS}outlet", feed.outlet
    if feed.every_minutes:
        yield f"{_OURS}every", f"{feed.every_minutes:g}"
    if feed.full_text:
        yield f"{_OURS}fullText", "true"
    if feed.proxy is not None:
        yield f"{_OURS}proxy", str(feed.proxy).lower()
    if feed.private:
        yield f"{_OURS}private", "true"


def usable(feeds: Iterable[FollowedFeed]) -> Iterator[FollowedFeed]:
    """Yield the feeds with an address that can be fetched, each address once, in its one form."""
    seen = set()
    for feed in feeds:
        try:
            url = feed_address(feed.url)
        except AddressError:
            continue
        if url not in seen:
            seen.add(url)
            yield replace(feed, url=url)
