"""Writing articles into the tables of the store, within a transaction of the caller."""

import json
import sqlite3
from collections.abc import Iterable, Iterator

from corpus import links
from corpus.records import ReadArticle, StoredPassage, epoch

PASSAGE_COLUMNS = (
    "article, ordinal, title, text, published, author, author_number, categories, category_number"
)
"""What `removed` keeps of a passage and its article, beside its number."""

_ARTICLE_COLUMNS = (
    *("id", "stat", "digest", "title", "raw_title", "published", "local_date", "author", "author_number"),
    *("categories", "category_number", "source_url", "site_path", "abbrlink", "slug", "image", "checksum"),
    *("body", "path"),
)
_INSERT = (
    f"INSERT INTO articles({', '.join(_ARTICLE_COLUMNS)}) "  # noqa: S608 — constants
    f"VALUES ({', '.join('?' * len(_ARTICLE_COLUMNS))})"
)
_UPDATE = f"UPDATE articles SET {', '.join(f'{name} = ?' for name in _ARTICLE_COLUMNS[:-1])} WHERE path = ?"  # noqa: S608 — constants


def remove_article(connection: sqlite3.Connection, path: str) -> None:
    """Take an article out, if there is one of this path, leaving its passages for the index to follow."""
    row = connection.execute("SELECT number FROM articles WHERE path = ?", (path,)).fetchone()
    if row is not None:
        _remove_passages(connection, row[0])
        connection.execute("DELETE FROM articles WHERE number = ?", (row[0],))


def _remove_passages(connection: sqlite3.Connection, article: int) -> None:
    connection.execute(
        f"INSERT INTO removed(number, {PASSAGE_COLUMNS}) "  # noqa: S608 — constant
        """SELECT p.number, p.article, p.ordinal, a.title, p.text, a.published, a.author, a.author_number,
                  a.categories, a.category_number
           FROM passages p JOIN articles a ON a.number = p.article WHERE p.article = ?""",
        (article,),
    )
    connection.execute("DELETE FROM passages WHERE article = ?", (article,))


def last_number(connection: sqlite3.Connection, table: str) -> int:
    """The highest number ever given in a table whose numbers are never used twice; 0 before the first."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return 0 if row is None else int(row[0])


def put_articles(connection: sqlite3.Connection, articles: Iterable[ReadArticle]) -> list[StoredPassage]:
    """Write new and changed articles.

    An article keeps its number when its post changes; its passages always get new ones.

    Returns:
        The new passages, by growing number.
    """
    names = _Names(connection)
    number = last_number(connection, "passages")
    stored: list[StoredPassage] = []
    for article in articles:
        for passage in _put_article(connection, article, names, number):
            stored.append(passage)
            number = passage.number
    connection.executemany(
        "INSERT INTO passages(number, article, ordinal, text) VALUES (?, ?, ?, ?)",
        [(passage.number, passage.article, passage.ordinal, passage.text) for passage in stored],
    )
    return stored


def _put_article(
    connection: sqlite3.Connection, article: ReadArticle, names: "_Names", last_passage: int
) -> Iterator[StoredPassage]:
    post = article.post
    category, author = names.category(post.categories), names.author(post.author)
    published = epoch(post.published)
    row = connection.execute("SELECT number FROM articles WHERE path = ?", (post.path,)).fetchone()
    if row is not None:
        _remove_passages(connection, row[0])
    connection.execute("DELETE FROM skipped WHERE path = ?", (post.path,))
    values = (
        _free_id(connection, post.path),
        article.stat,
        article.digest,
        post.title,
        post.raw_title,
        published,
        None if post.local_date is None else post.local_date.isoformat(),
        post.author,
        author,
        json.dumps(post.categories, ensure_ascii=False),
        category,
        post.source_url,
        post.site_path,
        post.abbrlink,
        post.slug,
        post.image,
        links.crc16(post.raw_title or post.title),
        article.body,
        post.path,
    )
    cursor = connection.execute(_INSERT if row is None else _UPDATE, values)
    number = int(cursor.lastrowid or 0) if row is None else int(row[0])
    for ordinal, text in enumerate(article.passages):
        yield StoredPassage(
            last_passage + 1 + ordinal,
            number,
            ordinal,
            post.title,
            text,
            published,
            post.author,
            author,
            post.categories,
            category,
        )


def _free_id(connection: sqlite3.Connection, path: str) -> str:
    """The id of a path; of 2**64 two may coincide, then the later path is hashed with a mark."""
    id_ = links.article_id(path)
    attempt = 0
    while True:
        row = connection.execute("SELECT path FROM articles WHERE id = ?", (id_,)).fetchone()
        if row is None or row[0] == path:
            return id_
        attempt += 1
        id_ = links.article_id(f"{path}\0{attempt}")


class _Names:
    """Numbers of categories and authors, each looked up once in a transaction."""

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
