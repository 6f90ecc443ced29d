"""A row of the table `articles` → `Article` with its address."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from corpus.models import Article, Post
from corpus.posts import addresses
from corpus.posts.targets import complete_target
from corpus.store.rows import LinkOptions

ARTICLE_COLUMNS = (
    "a.number, a.id, a.path, a.title, a.raw_title, a.published, a.local_date, a.author, a.categories, "
    "a.source_url, a.site_path, a.abbrlink, a.slug, a.image, a.checksum"
)


def _optional_text(value: object) -> str | None:
    return None if value is None else str(value)


def read_article(connection: sqlite3.Connection, links: LinkOptions, columns: Sequence[object]) -> Article:
    """Make an article, with its address, from a row of `ARTICLE_COLUMNS`."""
    post = _read_post(columns)
    url = _address(connection, links, columns, post)
    return Article(
        id=str(columns[1]),
        path=post.path,
        title=post.title,
        url=url,
        published=post.published,
        author=post.author,
        categories=post.categories,
        image=complete_target(post.image, url) if post.image else None,
    )


def site_address(connection: sqlite3.Connection, links: LinkOptions, columns: Sequence[object]) -> str | None:
    """Return where an article stands on the operator's site, whatever source its front matter names."""
    return _address(connection, links, columns, replace(_read_post(columns), source_url=None))


def _read_post(columns: Sequence[object]) -> Post:
    (_, _, path, title, raw_title, published, local_date, author, categories) = columns[:9]
    (source_url, site_path, abbrlink, slug, image, _) = columns[9:]
    return Post(
        path=str(path),
        title=str(title),
        raw_title=str(raw_title),
        body="",
        published=None if published is None else datetime.fromtimestamp(int(str(published)), UTC),
        local_date=None if local_date is None else datetime.fromisoformat(str(local_date)),
        author=_optional_text(author),
        categories=tuple(json.loads(str(categories))),
        source_url=_optional_text(source_url),
        site_path=_optional_text(site_path),
        abbrlink=_optional_text(abbrlink),
        slug=_optional_text(slug),
        image=_optional_text(image),
    )


def _address(
    connection: sqlite3.Connection, links: LinkOptions, columns: Sequence[object], post: Post
) -> str | None:
    link = addresses.article_url(post, site_url=links.site_url, permalink=links.permalink)
    if link.url is None or link.computed_abbrlink is None:
        return link.url
    # Sixteen bits collide: two articles with the same number have no computed address.
    (others,) = connection.execute(
        "SELECT count(*) FROM articles WHERE checksum = ? AND number != ?", (columns[14], columns[0])
    ).fetchone()
    return None if others else link.url
