"""Write side of the store: articles and passages, within a transaction of the caller."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from corpus.posts import addresses
from corpus.store.database import rows_of
from corpus.store.rows import ParsedArticle, StoredPassage, epoch

PASSAGE_COLUMNS = (
    "article, ordinal, title, text, published, author, author_number, categories, category_number, heading"
)
"""Columns that `removed` keeps of a passage and its article, beside its number."""

_ARTICLE_COLUMNS = (
    *("id", "stat", "digest", "title", "raw_title", "published", "local_date", "author", "author_number"),
    *("categories", "category_number", "source_url", "site_path", "abbrlink", "slug", "image", "checksum"),
    *("body", "layout", "sketch", "path", "number"),
)
_INSERT = (
    f"INSERT INTO articles({', '.join(_ARTICLE_COLUMNS)}) "  # noqa: S608 — constants
    f"VALUES ({', '.join('?' * len(_ARTICLE_COLUMNS))})"
)
_UPDATE = f"UPDATE articles SET {', '.join(f'{name} = ?' for name in _ARTICLE_COLUMNS[:-1])} WHERE number = ?"  # noqa: S608 — constants


def remove_article(connection: sqlite3.Connection, path: str) -> None:
    """Remove the article of a path, if there is one; its passages are recorded in `removed` for the index."""
    row = connection.execute("SELECT number FROM articles WHERE path = ?", (path,)).fetchone()
    if row is not None:
        _remove_passages(connection, row[0])
        connection.execute("DELETE FROM articles WHERE number = ?", (row[0],))


def _remove_passages(connection: sqlite3.Connection, article: int) -> None:
    connection.execute(
        f"INSERT INTO removed(number, {PASSAGE_COLUMNS}) "  # noqa: S608 — constant
        """SELECT p.number, p.article, p.ordinal, a.title, p.text, a.published, a.author, a.author_number,
                  a.categories, a.category_number, p.heading
           FROM passages p JOIN articles a ON a.number = p.article WHERE p.article = ?""",
        (article,),
    )
    connection.execute("DELETE FROM passages WHERE article = ?", (article,))


def last_number(connection: sqlite3.Connection, table: str) -> int:
    """Highest number ever assigned in a table whose numbers are never reused; 0 before the first."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return 0 if row is None else int(row[0])


def write_articles(connection: sqlite3.Connection, articles: Iterable[ParsedArticle]) -> list[StoredPassage]:
    """Write new and changed articles; no path may occur twice.

    An article keeps its number when its post changes; its passages always get new numbers.

    Returns:
        The new passages, by growing number.
    """
    batch = list(articles)
    paths = [article.post.path for article in batch]
    known = dict(rows_of(connection, "SELECT path, number FROM articles WHERE path IN ({marks})", paths))
    ids = _unique_ids(connection, paths)
    for number in known.values():
        _remove_passages(connection, number)
    connection.executemany("DELETE FROM skipped WHERE path = ?", [(path,) for path in paths])
    names = _LabelNumbers(connection)
    next_article = last_number(connection, "articles") + 1
    next_passage = last_number(connection, "passages") + 1
    new: list[tuple[object, ...]] = []
    changed: list[tuple[object, ...]] = []
    stored: list[StoredPassage] = []
    for article in batch:
        path = article.post.path
        number = known.get(path)
        if number is None:
            number, next_article = next_article, next_article + 1
            new.append((*_values(article, ids[path], names), number))
        else:
            changed.append((*_values(article, ids[path], names), number))
        passages = _passages(article, number, next_passage, names)
        next_passage += len(passages)
        stored += passages
    connection.executemany(_INSERT, new)
    connection.executemany(_UPDATE, changed)
    connection.executemany(
        "INSERT INTO passages(number, article, ordinal, text, heading) VALUES (?, ?, ?, ?, ?)",
        [(each.number, each.article, each.ordinal, each.text, each.heading) for each in stored],
    )
    return stored


def _values(article: ParsedArticle, id_: str, names: "_LabelNumbers") -> tuple[object, ...]:
    """Values of `_ARTICLE_COLUMNS` without the number."""
    post = article.post
    return (
        id_,
        article.stat,
        article.digest,
        post.title,
        post.raw_title,
        epoch(post.published),
        None if post.local_date is None else post.local_date.isoformat(),
        post.author,
        names.author(post.author),
        json.dumps(post.categories, ensure_ascii=False),
        names.category(post.categories),
        post.source_url,
        post.site_path,
        post.abbrlink,
        post.slug,
        post.image,
        addresses.crc16(post.raw_title or post.title),
        article.body,
        article.layout,
        article.sketch,
        post.path,
    )


def _passages(article: ParsedArticle, number: int, first: int, names: "_LabelNumbers") -> list[StoredPassage]:
    post = article.post
    about = (epoch(post.published), post.author, names.author(post.author))
    category = names.category(post.categories)
    headings = article.headings or ("",) * len(article.passages)
    return [
        StoredPassage(
            first + ordinal, number, ordinal, post.title, text, *about, post.categories, category, heading
        )
        for ordinal, (text, heading) in enumerate(zip(article.passages, headings, strict=True))
    ]


def _unique_ids(connection: sqlite3.Connection, paths: Sequence[str]) -> dict[str, str]:
    """Unique ids of paths. If two of 64 bits collide, the later path is hashed again with a counter."""
    ids = {path: addresses.article_id(path) for path in paths}
    by_id = "SELECT id, path FROM articles WHERE id IN ({marks})"
    owners: dict[str, str] = dict(rows_of(connection, by_id, list(ids.values())))
    for path, id_ in ids.items():
        attempt = 0
        while owners.setdefault(id_, path) != path:
            attempt += 1
            id_ = ids[path] = addresses.article_id(f"{path}\0{attempt}")
            owners.update(rows_of(connection, by_id, [id_]))
    return ids


class _LabelNumbers:
    """Numbers of categories and authors; each is looked up or inserted once per transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._categories: dict[tuple[str, ...], int] = {(): 0}
        self._authors: dict[str | None, int] = {None: 0, "": 0}

    def category(self, path: tuple[str, ...]) -> int:
        number = self._categories.get(path)
        if number is None:
            key = json.dumps(path, ensure_ascii=False)
            number = self._categories[path] = self._number("categories", "path", key)
        return number

    def author(self, name: str | None) -> int:
        number = self._authors.get(name)
        if number is None:
            number = self._authors[name] = self._number("authors", "name", name)
        return number

    def _number(self, table: str, column: str, key: str | None) -> int:
        row = self._connection.execute(f"SELECT number FROM {table} WHERE {column} = ?", (key,)).fetchone()  # noqa: S608 — constants
        if row is not None:
            return int(row[0])
        cursor = self._connection.execute(f"INSERT INTO {table}({column}) VALUES (?)", (key,))  # noqa: S608 — constants
        return int(cursor.lastrowid or 0)
