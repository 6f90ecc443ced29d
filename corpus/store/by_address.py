"""Which article stands at an address: the opposite of `corpus.posts.article_url`."""

import sqlite3
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from corpus.models import Article
from corpus.posts.addresses import SUFFIXES, http_url
from corpus.store.article_rows import ARTICLE_COLUMNS, read_article
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

    Scheme, fragment, a final slash and how characters are encoded make no difference, nor does what is added
    to follow readers (`utm_…`), nor any query on the operator's own site, whose addresses have none. Whatever
    is looked up by, the address that the article has is compared in the end. Not found are addresses on the
    operator's site that hold nothing of the article but its title in another spelling (`:post_title`).
    """
    url = _without_tracking(url.strip(), links)
    wanted = _comparable(url)
    if wanted is None:
        return None
    for number, article in _candidates(connection, links, url):
        if article.url is not None and _comparable(article.url) == wanted:
            return number, article
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
    return unquote(address.partition("://")[2]).rstrip("/")


def _candidates(
    connection: sqlite3.Connection, links: LinkOptions, url: str
) -> Iterator[tuple[int, Article]]:
    """Yield the articles that may have an address, the likeliest first."""

    def found(condition: str, *values: str) -> Iterator[tuple[int, Article]]:
        rows = connection.execute(
            f"SELECT {ARTICLE_COLUMNS} FROM articles a WHERE {condition} LIMIT {MAX_CANDIDATES}",  # noqa: S608 — constants
            values,
        ).fetchall()
        return ((int(row[0]), read_article(connection, links, row)) for row in rows)

    for source in _spellings(url):
        yield from found("a.source_url = ?", source)
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
        yield from found(r"a.path LIKE ? ESCAPE '\'", f"%{_escaped(names[-1])}%")


def _spellings(url: str) -> tuple[str, ...]:
    """Return how the source of an article may be written that is this address."""
    address = http_url(url) or ""
    rest = address.partition("://")[2].rstrip("/")
    return tuple(f"{scheme}://{rest}{end}" for scheme in ("https", "http") for end in ("", "/"))


def _without_suffix(name: str) -> str:
    return next((name.removesuffix(suffix) for suffix in (*SUFFIXES, ".htm") if name.endswith(suffix)), name)


def _escaped(name: str) -> str:
    """Return a name as a pattern of SQL that matches nothing else."""
    return "".join(f"\\{character}" if character in "\\%_" else character for character in name)
