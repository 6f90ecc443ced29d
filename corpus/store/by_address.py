"""Which article stands at an address: the opposite of `corpus.posts.article_url`."""

import sqlite3
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from corpus.models import Article
from corpus.posts.addresses import SUFFIXES, http_url
from corpus.store.article_rows import ARTICLE_COLUMNS, read_article, site_address
from corpus.store.rows import LinkOptions

MAX_CANDIDATES: Final = 50
"""How many articles are compared whose path holds the last part of an address."""

MAX_SEGMENTS: Final = 16
MAX_NAME_CHARS: Final = 200

TRACKING: Final = ("utm_", "fbclid=", "gclid=")
"""How the parameters begin that are added to an address to follow its readers."""


def find_by_address(
    connection: sqlite3.Connection, links: LinkOptions, url: str
) -> tuple[int, Article] | None:
    """Return the article whose address this is, and its number; None if there is none.

    An article with a source has two addresses: its source, and its page on the operator's site. Scheme,
    `www.`, fragment, a final slash, the order of parameters and how characters are encoded make no
    difference, nor does what is added to follow readers (`utm_…`), nor any query on the operator's own site,
    whose addresses have none. Whatever is looked up by, the addresses that the article has are compared in
    the end.
    """
    url = _without_tracking(url.strip(), links)
    wanted = _comparable(url)
    if wanted is None:
        return None
    is_on_site = _is_on_site(url, links)
    for row in _candidates(connection, links, url):
        article = read_article(connection, links, row)
        own = [article.url, site_address(connection, links, row) if is_on_site else None]
        if wanted in [_comparable(address) for address in own if address is not None]:
            return int(str(row[0])), article
    return None


def _without_tracking(url: str, links: LinkOptions) -> str:
    """Return an address without its fragment, and without what is added to it to follow readers."""
    address = url.partition("#")[0]
    page, _, query = address.partition("?")
    if not query or _is_on_site(page, links):
        return page
    kept = "&".join(part for part in query.split("&") if not part.lower().startswith(TRACKING))
    return f"{page}?{kept}" if kept else page


def _is_on_site(url: str, links: LinkOptions) -> bool:
    site = _comparable(links.site_url or "")
    return site is not None and f"{_comparable(url)}/".startswith(f"{site}/")


def _comparable(url: str) -> str | None:
    """Return an address without what makes no difference; None if it is none."""
    address = http_url(url.partition("#")[0])
    if address is None:
        return None
    page, _, query = address.partition("://")[2].removeprefix("www.").partition("?")
    path, parameters = unquote(page).rstrip("/"), sorted(map(unquote, query.split("&")))
    return f"{path}?{'&'.join(parameters)}" if query else path


def _candidates(connection: sqlite3.Connection, links: LinkOptions, url: str) -> Iterator[tuple[object, ...]]:
    """Yield the rows of articles that may have an address, the likeliest first."""

    def found(condition: str, *values: str) -> Iterator[tuple[object, ...]]:
        yield from connection.execute(
            f"SELECT {ARTICLE_COLUMNS} FROM articles a WHERE {condition} LIMIT {MAX_CANDIDATES}",  # noqa: S608 — constants
            values,
        ).fetchall()

    for source in _spellings(url):
        yield from found("a.source_url = ?", source)
    if "?" in url:  # the parameters may stand in another order
        for page in _spellings(url.partition("?")[0]):
            yield from found("a.source_url > ? AND a.source_url < ?", f"{page}?", f"{page}@")
    if not _is_on_site(url, links):
        return
    path = urlsplit(url).path
    for on_site in dict.fromkeys((path, path.lstrip("/"), unquote(path), unquote(path).lstrip("/"))):
        yield from found("a.site_path = ?", on_site)
    names = [_without_suffix(part) for part in unquote(path).split("/") if part][-MAX_SEGMENTS:]
    for name in reversed(names):
        yield from found("a.checksum = ?", name)
        yield from found("a.abbrlink = ?", name)
    if names and len(names[-1]) <= MAX_NAME_CHARS:
        yield from found(r"a.path LIKE ? ESCAPE '\' ORDER BY length(a.path)", f"%{_escaped(names[-1])}%")
        # In an address that holds a title, hyphens stand for whatever is neither a letter nor a digit.
        title = "%".join(map(_escaped, names[-1].split("-")))
        yield from found(r"a.raw_title LIKE ? ESCAPE '\' ORDER BY length(a.raw_title)", f"%{title}%")


def _spellings(url: str) -> tuple[str, ...]:
    """Return how the source of an article may be written that is this address."""
    page, mark, query = (http_url(url) or "").partition("?")
    rest = page.partition("://")[2].removeprefix("www.").rstrip("/")
    return tuple(
        f"{scheme}://{www}{rest}{end}{mark}{query}"
        for www in ("", "www.")
        for scheme in ("https", "http")
        for end in ("", "/")
    )


def _without_suffix(name: str) -> str:
    return next((name.removesuffix(suffix) for suffix in (*SUFFIXES, ".htm") if name.endswith(suffix)), name)


def _escaped(name: str) -> str:
    """Return a name as a pattern of SQL that matches nothing else."""
    return "".join(f"\\{character}" if character in "\\%_" else character for character in name)
