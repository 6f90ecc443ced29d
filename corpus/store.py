"""All SQL about articles: `corpus.sqlite3`, the truth that the index is derived from.

Numbers are SQLite rowids that are never used twice. An article keeps its number when its post
changes; its passages get new ones, so the index only ever sees passages come and go.
"""

import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus import links
from corpus.database import Migration, migrate, open_database, transaction
from corpus.errors import StoreError
from corpus.models import Article, BlockKind, Category, Paragraph, Passage, Post

FILE_NAME = "corpus.sqlite3"


def _create(connection: sqlite3.Connection) -> None:
    for statement in (
        "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """CREATE TABLE categories(
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            path TEXT NOT NULL UNIQUE)""",
        "CREATE TABLE authors(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        """CREATE TABLE articles(
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            path TEXT NOT NULL UNIQUE,
            stat TEXT NOT NULL,
            digest TEXT NOT NULL,
            title TEXT NOT NULL,
            raw_title TEXT NOT NULL,
            published INTEGER,
            local_date TEXT,
            author TEXT,
            author_number INTEGER NOT NULL,
            categories TEXT NOT NULL,
            category_number INTEGER NOT NULL,
            source_url TEXT,
            site_path TEXT,
            abbrlink TEXT,
            slug TEXT,
            image TEXT,
            checksum TEXT NOT NULL,
            body BLOB NOT NULL)""",
        "CREATE INDEX articles_newest ON articles(published DESC, number DESC)",
        "CREATE INDEX articles_checksum ON articles(checksum)",
        "CREATE INDEX articles_category ON articles(category_number, published DESC)",
        """CREATE TABLE passages(
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            article INTEGER NOT NULL REFERENCES articles(number) ON DELETE CASCADE,
            ordinal INTEGER NOT NULL,
            text TEXT NOT NULL)""",
        "CREATE INDEX passages_article ON passages(article, ordinal)",
        # Passages that the index still holds; their words are needed to keep its statistics exact.
        """CREATE TABLE removed(
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            number INTEGER NOT NULL UNIQUE,
            article INTEGER NOT NULL,
            ordinal INTEGER NOT NULL,
            title TEXT NOT NULL,
            text TEXT NOT NULL,
            published INTEGER,
            author TEXT,
            author_number INTEGER NOT NULL,
            categories TEXT NOT NULL,
            category_number INTEGER NOT NULL)""",
        "CREATE TABLE skipped(path TEXT PRIMARY KEY, stat TEXT NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID",
    ):
        connection.execute(statement)


MIGRATIONS = (Migration(1, _create),)


@dataclass(frozen=True, slots=True)
class Known:
    """What the store remembers of a file it has read.

    Attributes:
        stat: Size and time of change, as `ingest` writes them.
        digest: Of the post's content; empty for a file that was skipped.
        reason: Why the file was skipped, or None when it is an article.
    """

    stat: str
    digest: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """A post read completely, ready to be stored."""

    post: Post
    stat: str
    digest: str
    paragraphs: tuple[Paragraph, ...]
    passages: tuple[str, ...]
    passage_starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with what the index needs to know of its article."""

    number: int
    article: int
    ordinal: int
    title: str
    text: str
    published: int | None
    author: str | None
    author_number: int
    categories: tuple[str, ...]
    category_number: int


@dataclass(frozen=True, slots=True)
class RemovedPassage:
    """A passage that is gone from the store but not yet from the index."""

    sequence: int
    passage: StoredPassage


@dataclass(frozen=True, slots=True)
class Located:
    """A passage with its article, as loaded for an answer."""

    number: int
    article_number: int
    article: Article
    passage: Passage


@dataclass(frozen=True, slots=True)
class Head:
    """What tells one article from another, as loaded for ranking.

    Attributes:
        published: Seconds of the Unix epoch, or None.
    """

    number: int
    id: str
    title: str
    published: int | None
    author: str | None
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """The operator's site, as far as links need it."""

    site_url: str | None = None
    permalink: str | None = None


_PASSAGE_COLUMNS = (
    "article, ordinal, title, text, published, author, author_number, categories, category_number"
)


def _stored_passage(row: Sequence[Any]) -> StoredPassage:
    number, article, ordinal, title, text, published, author, author_number, categories, category = row
    return StoredPassage(
        number,
        article,
        ordinal,
        title,
        text,
        published,
        author,
        author_number,
        tuple(json.loads(categories)),
        category,
    )


def epoch(moment: datetime | None) -> int | None:
    """Whole seconds of the Unix epoch, as times are stored."""
    return None if moment is None else int(moment.timestamp())


class Store:
    """Articles, passages, categories and the memory of files read.

    Readers may be many threads, each with a connection of its own; writing is for one at a time.
    """

    def __init__(self, path: Path, link_options: LinkOptions = LinkOptions()) -> None:
        self._path = path
        self._links = link_options
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        migrate(self._connection, MIGRATIONS)

    @property
    def path(self) -> Path:
        """The database file."""
        return self._path

    @property
    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = open_database(self._path)
            self._local.connection = connection
            with self._lock:
                self._connections.append(connection)
        return connection

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connection
        except sqlite3.Error as error:
            raise StoreError(f"cannot read {self._path}: {error}") from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; what is written in it comes to stay together or not at all."""
        try:
            with transaction(self._connection) as connection:
                yield connection
        except sqlite3.Error as error:
            raise StoreError(f"cannot write {self._path}: {error}") from error

    # Meta

    def meta(self, key: str) -> str | None:
        """Return a remembered value, such as the archive's root."""
        with self._reading() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        """Remember a value."""
        with self.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # Files against the store

    def known_files(self) -> dict[str, Known]:
        """Return what was read before, by path."""
        with self._reading() as connection:
            known = {
                path: Known(stat, digest, None)
                for path, stat, digest in connection.execute("SELECT path, stat, digest FROM articles")
            }
            for path, stat, reason in connection.execute("SELECT path, stat, reason FROM skipped"):
                known[path] = Known(stat, "", reason)
        return known

    def apply(
        self,
        articles: Iterable[ReadArticle] = (),
        *,
        removed: Iterable[str] = (),
        skipped: Iterable[tuple[str, str, str]] = (),
        touched: Iterable[tuple[str, str]] = (),
    ) -> list[StoredPassage]:
        """Write one batch as one transaction.

        Args:
            articles: New or changed articles.
            removed: Paths of articles or skipped files that are gone.
            skipped: (path, stat, reason) of files that cannot be read.
            touched: (path, stat) of files whose time changed but not their content.

        Returns:
            The new passages with their numbers, in growing order.
        """
        passages: list[StoredPassage] = []
        with self.writing() as connection:
            for path in removed:
                _remove_article(connection, path)
                connection.execute("DELETE FROM skipped WHERE path = ?", (path,))
            for path, stat, reason in skipped:
                _remove_article(connection, path)
                connection.execute("INSERT OR REPLACE INTO skipped VALUES (?, ?, ?)", (path, stat, reason))
            connection.executemany(
                "UPDATE articles SET stat = ? WHERE path = ?", [(stat, path) for path, stat in touched]
            )
            for article in articles:
                passages.extend(_put_article(connection, article))
        return passages

    # For the index

    def passages_after(self, number: int, *, limit: int) -> list[StoredPassage]:
        """Return the next passages by number, for an index that has all up to `number`."""
        with self._reading() as connection:
            rows = connection.execute(
                """SELECT p.number, p.article, p.ordinal, a.title, p.text, a.published, a.author,
                          a.author_number, a.categories, a.category_number
                   FROM passages p JOIN articles a ON a.number = p.article
                   WHERE p.number > ? ORDER BY p.number LIMIT ?""",
                (number, limit),
            ).fetchall()
        return [_stored_passage(row) for row in rows]

    def removed_after(self, sequence: int, *, limit: int) -> list[RemovedPassage]:
        """Return the next removed passages, in order of removal."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT sequence, number, {_PASSAGE_COLUMNS} FROM removed WHERE sequence > ? "  # noqa: S608 — constant
                "ORDER BY sequence LIMIT ?",
                (sequence, limit),
            ).fetchall()
        return [RemovedPassage(row[0], _stored_passage(row[1:])) for row in rows]

    def forget_removed(self, sequence: int) -> None:
        """Drop removed passages up to `sequence`, which the index has let go durably."""
        with self.writing() as connection:
            connection.execute("DELETE FROM removed WHERE sequence <= ?", (sequence,))

    def last_passage(self) -> int:
        """Return the highest passage number ever given."""
        with self._reading() as connection:
            row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'passages'").fetchone()
        return 0 if row is None else int(row[0])

    # Reading

    def located(self, numbers: Sequence[int]) -> dict[int, Located]:
        """Load passages with their articles; numbers that are gone are left out."""
        found: dict[int, Located] = {}
        with self._reading() as connection:
            for chunk in _chunks(numbers, 500):
                marks = ",".join("?" * len(chunk))
                rows = connection.execute(
                    f"SELECT p.number, p.ordinal, p.text, {_ARTICLE_COLUMNS} FROM passages p "  # noqa: S608 — constants and question marks
                    f"JOIN articles a ON a.number = p.article WHERE p.number IN ({marks})",
                    chunk,
                ).fetchall()
                for number, ordinal, text, *columns in rows:
                    article = self._article(connection, columns)
                    found[number] = Located(
                        number, columns[0], article, Passage(f"{article.id}.{ordinal}", ordinal, text)
                    )
        return found

    def article(self, id_or_path: str) -> tuple[int, Article] | None:
        """Return an article and its number by id or by path."""
        with self._reading() as connection:
            row = connection.execute(
                f"SELECT {_ARTICLE_COLUMNS} FROM articles a WHERE a.id = ? OR a.path = ?",  # noqa: S608 — constant
                (id_or_path, id_or_path),
            ).fetchone()
            return None if row is None else (row[0], self._article(connection, row))

    def articles_by_number(self, numbers: Sequence[int]) -> dict[int, Article]:
        """Load articles; numbers that are gone are left out."""
        found = {}
        with self._reading() as connection:
            for chunk in _chunks(numbers, 500):
                marks = ",".join("?" * len(chunk))
                for row in connection.execute(
                    f"SELECT {_ARTICLE_COLUMNS} FROM articles a WHERE a.number IN ({marks})",  # noqa: S608 — constants
                    chunk,
                ).fetchall():
                    found[row[0]] = self._article(connection, row)
        return found

    def heads(self, numbers: Sequence[int]) -> dict[int, Head]:
        """Load what ranking needs of articles; numbers that are gone are left out."""
        found = {}
        with self._reading() as connection:
            for chunk in _chunks(numbers, 500):
                marks = ",".join("?" * len(chunk))
                for number, id_, title, published, author, categories in connection.execute(
                    "SELECT number, id, title, published, author, categories FROM articles "  # noqa: S608 — question marks
                    f"WHERE number IN ({marks})",
                    chunk,
                ):
                    path = tuple(json.loads(categories))
                    found[number] = Head(number, id_, title, published, author, path)
        return found

    def passage_numbers(self, articles: Sequence[int]) -> dict[int, list[int]]:
        """Return the numbers of the passages of articles, in reading order. Reads no text."""
        found: dict[int, list[int]] = {}
        with self._reading() as connection:
            for chunk in _chunks(articles, 500):
                marks = ",".join("?" * len(chunk))
                for article, number in connection.execute(
                    f"SELECT article, number FROM passages WHERE article IN ({marks}) "  # noqa: S608 — question marks
                    "ORDER BY article, ordinal",
                    chunk,
                ):
                    found.setdefault(article, []).append(number)
        return found

    def passage_texts(self, numbers: Sequence[int]) -> dict[int, str]:
        """Load the texts of passages; numbers that are gone are left out."""
        found: dict[int, str] = {}
        with self._reading() as connection:
            for chunk in _chunks(numbers, 500):
                marks = ",".join("?" * len(chunk))
                found.update(
                    connection.execute(
                        f"SELECT number, text FROM passages WHERE number IN ({marks})",  # noqa: S608 — question marks
                        chunk,
                    )
                )
        return found

    def beginnings(self, articles: Sequence[int], *, passages: int) -> dict[int, str]:
        """Load the text of the first passages of articles, joined by line breaks."""
        found: dict[int, list[str]] = {}
        with self._reading() as connection:
            for chunk in _chunks(articles, 500):
                marks = ",".join("?" * len(chunk))
                for article, text in connection.execute(
                    f"SELECT article, text FROM passages WHERE article IN ({marks}) "  # noqa: S608 — question marks
                    "AND ordinal < ? ORDER BY article, ordinal",
                    [*chunk, passages],
                ):
                    found.setdefault(article, []).append(text)
        return {article: "\n".join(texts) for article, texts in found.items()}

    def body(self, number: int) -> tuple[tuple[Paragraph, ...], tuple[int, ...]]:
        """Return an article's paragraphs and, for each passage, the index of its first paragraph."""
        with self._reading() as connection:
            row = connection.execute("SELECT body FROM articles WHERE number = ?", (number,)).fetchone()
        return ((), ()) if row is None else _unpack_body(row[0])

    def passages_of(self, article_number: int) -> list[tuple[int, Passage]]:
        """Return an article's passages with their numbers, in reading order."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT p.number, a.id, p.ordinal, p.text FROM passages p "
                "JOIN articles a ON a.number = p.article WHERE p.article = ? ORDER BY p.ordinal",
                (article_number,),
            ).fetchall()
        return [(number, Passage(f"{id_}.{ordinal}", ordinal, text)) for number, id_, ordinal, text in rows]

    def newest(
        self,
        *,
        categories: Sequence[int] | None = None,
        authors: Sequence[int] | None = None,
        limit: int,
        offset: int,
    ) -> tuple[list[Article], int]:
        """Return articles by date, newest first, those without a date last, and their number in all.

        Args:
            categories: Only articles with one of these category numbers.
            authors: Only articles with one of these author numbers.
        """
        clauses = ["1"]
        if categories is not None:
            clauses.append(f"a.category_number IN ({','.join(map(str, map(int, categories)))})")
        if authors is not None:
            clauses.append(f"a.author_number IN ({','.join(map(str, map(int, authors)))})")
        where = " AND ".join(clauses)
        with self._reading() as connection:
            (total,) = connection.execute(
                f"SELECT count(*) FROM articles a WHERE {where}"  # noqa: S608 — integers only
            ).fetchone()
            rows = connection.execute(
                f"SELECT {_ARTICLE_COLUMNS} FROM articles a WHERE {where} "  # noqa: S608 — integers only
                "ORDER BY a.published DESC, a.number DESC LIMIT ? OFFSET ?",
                [limit, offset],
            ).fetchall()
            return [self._article(connection, row) for row in rows], total

    def added_after(self, number: int, *, limit: int) -> list[tuple[int, Article]]:
        """Return articles in order of arrival."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT {_ARTICLE_COLUMNS} FROM articles a WHERE a.number > ? ORDER BY a.number LIMIT ?",  # noqa: S608 — constant
                (number, limit),
            ).fetchall()
            return [(row[0], self._article(connection, row)) for row in rows]

    def last_number(self) -> int:
        """Return the highest article number given so far."""
        with self._reading() as connection:
            (number,) = connection.execute("SELECT coalesce(max(number), 0) FROM articles").fetchone()
        return int(number)

    def all_articles(self) -> Iterator[tuple[int, Article]]:
        """Return all articles with their numbers by path, so that an export is the same from run to run."""
        with self._reading() as connection:
            numbers = [
                number for (number,) in connection.execute("SELECT number FROM articles ORDER BY path")
            ]
        for chunk in _chunks(numbers, 500):
            articles = self.articles_by_number(chunk)
            yield from ((number, articles[number]) for number in chunk if number in articles)

    def counts(self) -> tuple[int, int, int | None]:
        """Return the number of articles, of passages, and the newest date in epoch seconds."""
        with self._reading() as connection:
            (articles, newest) = connection.execute(
                "SELECT count(*), max(published) FROM articles"
            ).fetchone()
            (passages,) = connection.execute("SELECT count(*) FROM passages").fetchone()
        return articles, passages, newest

    def category_rows(self) -> list[tuple[int, str, tuple[str, ...], int]]:
        """Return (number, id, path, articles exactly there) of all category nodes that hold articles."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT c.number, c.id, c.path, count(a.number) FROM categories c "
                "JOIN articles a ON a.category_number = c.number GROUP BY c.number"
            ).fetchall()
        return [(number, id_, tuple(json.loads(path)), count) for number, id_, path, count in rows]

    def author_rows(self) -> list[tuple[int, str]]:
        """Return (number, name) of all authors."""
        with self._reading() as connection:
            return connection.execute("SELECT number, name FROM authors").fetchall()

    def published_of(self, numbers: Sequence[int]) -> list[int | None]:
        """Return publication times in epoch seconds, for those of the articles that are still there."""
        found: list[int | None] = []
        with self._reading() as connection:
            for chunk in _chunks(numbers, 500):
                marks = ",".join("?" * len(chunk))
                found.extend(
                    published
                    for (published,) in connection.execute(
                        f"SELECT published FROM articles WHERE number IN ({marks})",  # noqa: S608 — question marks
                        chunk,
                    )
                )
        return found

    def change_mark(self) -> int:
        """A number that changes whenever another connection has written; cheap to ask."""
        with self._reading() as connection:
            (mark,) = connection.execute("PRAGMA data_version").fetchone()
        return int(mark)

    def check(self) -> str | None:
        """Return what SQLite finds wrong with the file, or None."""
        with self._reading() as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        return None if verdict == "ok" else str(verdict)

    def _article(self, connection: sqlite3.Connection, columns: Sequence[object]) -> Article:
        (number, id_, path, title, raw_title, published, local_date, author, categories) = columns[:9]
        (source_url, site_path, abbrlink, slug, image, checksum) = columns[9:]
        post = Post(
            path=str(path),
            title=str(title),
            raw_title=str(raw_title),
            body="",
            published=None if published is None else datetime.fromtimestamp(int(str(published)), UTC),
            local_date=None if local_date is None else datetime.fromisoformat(str(local_date)),
            author=_text(author),
            categories=tuple(json.loads(str(categories))),
            source_url=_text(source_url),
            site_path=_text(site_path),
            abbrlink=_text(abbrlink),
            slug=_text(slug),
            image=_text(image),
        )
        link = links.article_url(post, site_url=self._links.site_url, permalink=self._links.permalink)
        url = link.url
        if url is not None and link.computed_abbrlink is not None:
            # Sixteen bits collide: two articles with the same number have no computed address.
            (others,) = connection.execute(
                "SELECT count(*) FROM articles WHERE checksum = ? AND number != ?", (checksum, number)
            ).fetchone()
            if others:
                url = None
        return Article(
            id=str(id_),
            path=post.path,
            title=post.title,
            url=url,
            published=post.published,
            author=post.author,
            categories=post.categories,
            image=post.image,
        )


_ARTICLE_COLUMNS = (
    "a.number, a.id, a.path, a.title, a.raw_title, a.published, a.local_date, a.author, a.categories, "
    "a.source_url, a.site_path, a.abbrlink, a.slug, a.image, a.checksum"
)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _chunks(values: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _remove_article(connection: sqlite3.Connection, path: str) -> None:
    row = connection.execute("SELECT number FROM articles WHERE path = ?", (path,)).fetchone()
    if row is not None:
        _remove_passages(connection, row[0])
        connection.execute("DELETE FROM articles WHERE number = ?", (row[0],))


def _remove_passages(connection: sqlite3.Connection, article: int) -> None:
    connection.execute(
        f"INSERT INTO removed(number, {_PASSAGE_COLUMNS}) "  # noqa: S608 — constant
        """SELECT p.number, p.article, p.ordinal, a.title, p.text, a.published, a.author, a.author_number,
                  a.categories, a.category_number
           FROM passages p JOIN articles a ON a.number = p.article WHERE p.article = ?""",
        (article,),
    )
    connection.execute("DELETE FROM passages WHERE article = ?", (article,))


def _put_article(connection: sqlite3.Connection, article: ReadArticle) -> list[StoredPassage]:
    post = article.post
    category = _category_number(connection, post.categories)
    author = _author_number(connection, post.author)
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
        _pack_body(article),
        post.path,
    )
    names = (
        "id, stat, digest, title, raw_title, published, local_date, author, author_number, categories, "
        "category_number, source_url, site_path, abbrlink, slug, image, checksum, body, path"
    )
    if row is None:
        cursor = connection.execute(
            f"INSERT INTO articles({names}) VALUES ({','.join('?' * len(values))})",  # noqa: S608 — constants
            values,
        )
        number = int(cursor.lastrowid or 0)
    else:
        number = int(row[0])
        assignments = ", ".join(f"{name} = ?" for name in names.split(", ")[:-1])
        connection.execute(f"UPDATE articles SET {assignments} WHERE path = ?", values)  # noqa: S608 — constants
    stored = []
    for ordinal, text in enumerate(article.passages):
        cursor = connection.execute(
            "INSERT INTO passages(article, ordinal, text) VALUES (?, ?, ?)", (number, ordinal, text)
        )
        stored.append(
            StoredPassage(
                int(cursor.lastrowid or 0),
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
        )
    return stored


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


def _category_number(connection: sqlite3.Connection, path: tuple[str, ...]) -> int:
    if not path:
        return 0
    key = json.dumps(path, ensure_ascii=False)
    row = connection.execute("SELECT number FROM categories WHERE path = ?", (key,)).fetchone()
    if row is None:
        cursor = connection.execute(
            "INSERT INTO categories(id, path) VALUES (?, ?)", (links.category_id(path), key)
        )
        return int(cursor.lastrowid or 0)
    return int(row[0])


def _author_number(connection: sqlite3.Connection, name: str | None) -> int:
    if not name:
        return 0
    row = connection.execute("SELECT number FROM authors WHERE name = ?", (name,)).fetchone()
    if row is None:
        cursor = connection.execute("INSERT INTO authors(name) VALUES (?)", (name,))
        return int(cursor.lastrowid or 0)
    return int(row[0])


def _pack_body(article: ReadArticle) -> bytes:
    paragraphs = [[paragraph.kind.value, paragraph.text] for paragraph in article.paragraphs]
    packed = json.dumps([paragraphs, list(article.passage_starts)], ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(packed.encode(), 6)


def _unpack_body(packed: bytes) -> tuple[tuple[Paragraph, ...], tuple[int, ...]]:
    paragraphs, starts = json.loads(zlib.decompress(packed))
    return tuple(Paragraph(text, BlockKind(kind)) for kind, text in paragraphs), tuple(starts)


def category_tree(rows: Iterable[tuple[int, str, tuple[str, ...], int]]) -> tuple[Category, ...]:
    """Build the tree of categories, those with most articles first.

    Args:
        rows: (number, id, path, articles exactly there), as `Store.category_rows` gives them.
    """
    counts: dict[tuple[str, ...], int] = {}
    for _, _, path, count in rows:
        for depth in range(1, len(path) + 1):
            counts[path[:depth]] = counts.get(path[:depth], 0) + count
    children: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for path in counts:
        children.setdefault(path[:-1], []).append(path)

    def nodes(parent: tuple[str, ...]) -> tuple[Category, ...]:
        ordered = sorted(children.get(parent, ()), key=lambda path: (-counts[path], path))
        return tuple(Category(links.category_id(path), path, counts[path], nodes(path)) for path in ordered)

    return nodes(())
