"""The store: all SQL about articles. The index is derived from it.

Numbers are SQLite rowids that are never reused. An article keeps its number when its post changes, while its
passages get new ones. For the index, passages are therefore only ever added and removed.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus.errors import DamagedStoreError, StoreError
from corpus.models import Article, ArticleText, Paragraph, Passage
from corpus.posts import addresses
from corpus.store import writing
from corpus.store.article_rows import ARTICLE_COLUMNS, read_article
from corpus.store.by_address import find_by_address
from corpus.store.categories import category_tree
from corpus.store.damaged_file import set_aside
from corpus.store.database import NewerSchemaError, chunks, migrate, rows_of
from corpus.store.pool import ConnectionPool, is_damage
from corpus.store.rows import (
    ArticleHead,
    KnownFile,
    LinkOptions,
    LocatedPassage,
    PackedArticle,
    ParsedArticle,
    PassageText,
    RemovedPassage,
    StoredPassage,
    epoch,
    unpack_body,
    with_layout,
)
from corpus.store.schema import IDENTITY, MIGRATIONS, TABLES

__all__ = [
    "FILE_NAME",
    "ArticleHead",
    "KnownFile",
    "LinkOptions",
    "LocatedPassage",
    "ParsedArticle",
    "RemovedPassage",
    "Store",
    "StoredPassage",
    "category_tree",
    "epoch",
]

FILE_NAME = "corpus.sqlite3"

CHECK_BATCH_PASSAGES = 1_000

INDEXED_COLUMNS = (
    "p.article, p.ordinal, a.title, p.text, a.published, a.author, a.author_number, a.categories, "
    "a.category_number, p.heading FROM passages p JOIN articles a ON a.number = p.article"
)

BULK_PRAGMAS = {"cache_size": -64_000, "wal_autocheckpoint": 8_192}
"""SQLite settings during bulk writes: 64 MB of page cache, checkpoints at 32 MB. Ids and checksums are
inserted in random order, so almost every page of their indexes is written again and again."""


def _stored_passage(row: Sequence[Any]) -> StoredPassage:
    number, article, ordinal, title, text, published, author, author_number, categories, category, heading = (
        row
    )
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
        heading,
    )


class Store:
    """Articles, passages, categories and known files.

    Many threads may read, each with its own connection; only one may write at a time. A file that cannot be
    written can still be read.
    """

    def __init__(self, path: Path, link_options: LinkOptions = LinkOptions()) -> None:
        """Open or create the database.

        Raises:
            StoreError: It cannot be used; the message says what to do.
        """
        self._links = link_options
        self._pool = ConnectionPool(
            path,
            damage_advice=(
                f"`baotong index` sets {path.name} in {path.parent} aside and makes a new one: it holds "
                "nothing but what was read from the archive"
            ),
        )
        try:
            self._prepare()
        except NewerSchemaError as error:
            self.close()
            raise StoreError(
                f"{path}: {error}; or delete it and the files whose names begin like it, and index again: it "
                "holds nothing but what was read from the archive"
            ) from error
        except StoreError as error:
            self.close()
            if is_damage(error) and not isinstance(error, DamagedStoreError):
                raise DamagedStoreError(f"{path}: {error}; {self._pool.damage_advice}") from error
            raise

    def _prepare(self) -> None:
        """Migrate the schema, and check that the tables are those of this program."""
        with self._reading() as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            if tables and "articles" not in tables:
                raise ValueError("its tables are not those of articles")
            migrate(connection, MIGRATIONS)
            for table in TABLES:
                connection.execute(f"SELECT 1 FROM {table} LIMIT 0")  # noqa: S608 — constant
            int(connection.execute("SELECT value FROM meta WHERE key = ?", (IDENTITY,)).fetchone()[0])

    @property
    def path(self) -> Path:
        """The database file."""
        return self._pool.path

    @property
    def size(self) -> int:
        """Bytes on disk."""
        try:
            return self.path.stat().st_size
        except OSError as error:
            raise StoreError(f"cannot read {self.path}: {error.strerror or error}") from error

    def is_truncated(self) -> bool:
        """Whether the file is shorter than its pages, and no log beside it holds the rest.

        The file is not opened for this check: closing it again would release this process's SQLite locks.
        """
        log = self.path.with_name(f"{self.path.name}-wal")
        with self._reading() as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            (page_size,) = connection.execute("PRAGMA page_size").fetchone()
        return self.size < pages * page_size and not (log.exists() and log.stat().st_size)

    @property
    def identity(self) -> int:
        """Random number that identifies this database; data derived from it carries the number."""
        return self.number(IDENTITY) or 0

    def close(self) -> None:
        """Close the file for all threads."""
        self._pool.close()

    def listen_for_damage(self, listener: Callable[[str], None]) -> None:
        """Have `listener` called, from any thread, with a description of damage that is encountered."""
        self._pool.on_damage = listener

    def reopen(self) -> None:
        """Have all threads open the file again, because another one may have replaced it."""
        self._pool.reopen()

    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._pool.reading()

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """This thread's connection, inside a transaction."""
        return self._pool.writing()

    @contextmanager
    def bulk_writing(self) -> Iterator[None]:
        """Use more memory and fewer checkpoints for this thread's writes (`BULK_PRAGMAS`)."""
        with self._pool.connected() as connection:
            usual = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in BULK_PRAGMAS]
            try:
                for name, value in BULK_PRAGMAS.items():
                    connection.execute(f"PRAGMA {name}={value:d}")
                yield
            finally:
                for name, value in zip(BULK_PRAGMAS, usual, strict=True):
                    connection.execute(f"PRAGMA {name}={value:d}")

    # Meta

    def meta(self, key: str) -> str | None:
        """Return a remembered value, such as the archive's root."""
        with self._reading() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def number(self, key: str) -> int | None:
        """Return a remembered number."""
        with self._reading():
            value = self.meta(key)
            return None if value is None else int(value)

    def moment(self, key: str) -> datetime | None:
        """Return a remembered time."""
        with self._reading():
            seconds = self.number(key)
            return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

    def set_meta(self, key: str, value: str) -> None:
        """Remember a value."""
        with self.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def forget_meta(self, key: str) -> None:
        """Forget a remembered value."""
        if self.meta(key) is not None:
            with self.writing() as connection:
                connection.execute("DELETE FROM meta WHERE key = ?", (key,))

    # Files against the store

    def known_files(self) -> dict[str, KnownFile]:
        """Return what was read before, by path."""
        with self._reading() as connection:
            known = {
                path: KnownFile(stat, digest, None)
                for path, stat, digest in connection.execute("SELECT path, stat, digest FROM articles")
            }
            for path, stat, reason in connection.execute("SELECT path, stat, reason FROM skipped"):
                known[path] = KnownFile(stat, "", reason)
        return known

    def apply(
        self,
        articles: Iterable[ParsedArticle] = (),
        *,
        removed: Iterable[str] = (),
        skipped: Iterable[tuple[str, str, str]] = (),
        touched: Iterable[tuple[str, str]] = (),
    ) -> list[StoredPassage]:
        """Write one batch as one transaction.

        Args:
            articles: New or changed articles.
            removed: Paths of deleted articles and skipped files.
            skipped: (path, stat, reason) of files that cannot be read.
            touched: (path, stat) of files whose modification time changed but not their content.

        Returns:
            The new passages with their numbers, in growing order.
        """
        with self.writing() as connection:
            for path in removed:
                writing.remove_article(connection, path)
                connection.execute("DELETE FROM skipped WHERE path = ?", (path,))
            for path, stat, reason in skipped:
                writing.remove_article(connection, path)
                connection.execute("INSERT OR REPLACE INTO skipped VALUES (?, ?, ?)", (path, stat, reason))
            connection.executemany(
                "UPDATE articles SET stat = ? WHERE path = ?", [(stat, path) for path, stat in touched]
            )
            return writing.write_articles(connection, articles)

    # For the index

    def passages_after(self, number: int, *, limit: int) -> list[StoredPassage]:
        """Return the next passages with numbers above `number`, in growing order."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT p.number, {INDEXED_COLUMNS} WHERE p.number > ? ORDER BY p.number LIMIT ?",
                (number, limit),
            ).fetchall()
            return [_stored_passage(row) for row in rows]

    def removed_after(self, sequence: int, *, limit: int) -> list[RemovedPassage]:
        """Return the next removed passages, in order of removal."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT sequence, number, {writing.PASSAGE_COLUMNS} FROM removed WHERE sequence > ? "  # noqa: S608 — constant
                "ORDER BY sequence LIMIT ?",
                (sequence, limit),
            ).fetchall()
            return [RemovedPassage(row[0], _stored_passage(row[1:])) for row in rows]

    def forget_removed(self, sequence: int) -> None:
        """Delete entries of `removed` up to `sequence`, which the index has durably applied."""
        with self._reading() as connection:
            (oldest,) = connection.execute("SELECT min(sequence) FROM removed").fetchone()
        if oldest is not None and oldest <= sequence:
            with self.writing() as connection:
                connection.execute("DELETE FROM removed WHERE sequence <= ?", (sequence,))

    def make_durable(self) -> None:
        """Make all commits so far survive a power cut, not only a crash of the process."""
        with self._pool.connected() as connection:
            connection.execute("PRAGMA synchronous=FULL")
            try:
                self.set_meta("durable", str(self.last_passage()))
            finally:
                connection.execute("PRAGMA synchronous=NORMAL")

    def passages_beyond(self, number: int) -> int:
        """Return how many passages have a higher number."""
        with self._reading() as connection:
            (count,) = connection.execute(
                "SELECT count(*) FROM passages WHERE number > ?", (number,)
            ).fetchone()
        return int(count)

    def last_passage(self) -> int:
        """Return the highest passage number ever assigned."""
        with self._reading() as connection:
            return writing.last_number(connection, "passages")

    def forgotten_removals(self) -> int:
        """Return the sequence number up to which entries of `removed` were deleted."""
        with self._reading() as connection:
            (oldest,) = connection.execute("SELECT min(sequence) FROM removed").fetchone()
            return writing.last_number(connection, "removed") if oldest is None else int(oldest) - 1

    # For an engine beyond this machine

    def revisions_after(self, number: int, *, limit: int) -> list[tuple[int, str]]:
        """Return the next articles by number, each with a text that changes whenever the article does."""
        with self._reading() as connection:
            rows = connection.execute(
                """SELECT number, digest, (SELECT max(number) FROM passages WHERE article = a.number)
                   FROM articles a WHERE number > ? ORDER BY number LIMIT ?""",
                (number, limit),
            ).fetchall()
            return [(article, f"{digest}.{last}") for article, digest, last in rows]

    def packed_articles(self, numbers: Sequence[int]) -> dict[int, PackedArticle]:
        """Load bodies and labels of articles; missing numbers are omitted."""
        with self._reading() as connection:
            rows = rows_of(
                connection,
                "SELECT number, category_number, author_number, body FROM articles WHERE number IN ({marks})",
                numbers,
            )
            return {number: PackedArticle(*columns) for number, *columns in rows}

    def passages_of(self, articles: Sequence[int]) -> dict[int, list[StoredPassage]]:
        """Load the passages of articles, in reading order."""
        found: dict[int, list[StoredPassage]] = {}
        with self._reading() as connection:
            for row in rows_of(
                connection,
                f"SELECT p.number, {INDEXED_COLUMNS} WHERE p.article IN ({{marks}}) "
                "ORDER BY p.article, p.ordinal",
                articles,
            ):
                passage = _stored_passage(row)
                found.setdefault(passage.article, []).append(passage)
        return found

    # For the vectors

    def openings_after(self, number: int, *, limit: int) -> list[tuple[int, str, str]]:
        """Return number, title and first passage of the next articles, by growing number."""
        with self._reading() as connection:
            return connection.execute(
                """SELECT a.number, a.title, coalesce(p.text, '')
                   FROM articles a LEFT JOIN passages p ON p.article = a.number AND p.ordinal = 0
                   WHERE a.number > ? ORDER BY a.number LIMIT ?""",
                (number, limit),
            ).fetchall()

    def contents_mark(self) -> tuple[int, int]:
        """Numbers that change whenever an article is added, changed or removed."""
        with self._reading() as connection:
            return writing.last_number(connection, "passages"), writing.last_number(connection, "removed")

    # Reading

    def located(self, numbers: Sequence[int]) -> dict[int, LocatedPassage]:
        """Load passages with their articles; missing numbers are omitted."""
        found: dict[int, LocatedPassage] = {}
        with self._reading() as connection:
            for number, ordinal, text, *columns in rows_of(
                connection,
                f"SELECT p.number, p.ordinal, p.text, {ARTICLE_COLUMNS} FROM passages p "  # noqa: S608 — constant
                "JOIN articles a ON a.number = p.article WHERE p.number IN ({marks})",
                numbers,
            ):
                article = read_article(connection, self._links, columns)
                found[number] = LocatedPassage(
                    number, columns[0], article, Passage(f"{article.id}.{ordinal}", ordinal, text)
                )
        return found

    def article(self, id_or_path: str) -> tuple[int, Article] | None:
        """Return an article and its number by id or by path."""
        with self._reading() as connection:
            row = connection.execute(
                f"SELECT {ARTICLE_COLUMNS} FROM articles a WHERE a.id = ? OR a.path = ?",  # noqa: S608 — constant
                (id_or_path, id_or_path),
            ).fetchone()
            return None if row is None else (row[0], read_article(connection, self._links, row))

    def article_at(self, url: str) -> tuple[int, Article] | None:
        """Return an article and its number by its address."""
        with self._reading() as connection:
            return find_by_address(connection, self._links, url)

    def articles_by_number(self, numbers: Sequence[int]) -> dict[int, Article]:
        """Load articles; missing numbers are omitted."""
        with self._reading() as connection:
            rows = rows_of(
                connection,
                f"SELECT {ARTICLE_COLUMNS} FROM articles a WHERE a.number IN ({{marks}})",  # noqa: S608 — constant
                numbers,
            )
            return {row[0]: read_article(connection, self._links, row) for row in rows}

    def heads(self, numbers: Sequence[int]) -> dict[int, ArticleHead]:
        """Load the fields of articles that ranking needs; missing numbers are omitted."""
        with self._reading() as connection:
            rows = rows_of(
                connection,
                "SELECT number, id, title, published, coalesce(author, nullif(categories, '[]'), ''), sketch "
                "FROM articles INDEXED BY articles_heads WHERE number IN ({marks})",
                numbers,
            )
            return {row[0]: ArticleHead._make(row) for row in rows}

    def heads_by_id(self, ids: Sequence[str]) -> dict[str, ArticleHead]:
        """Load the same fields by id; missing ids are omitted."""
        with self._reading() as connection:
            numbers = [
                number
                for (number,) in rows_of(connection, "SELECT number FROM articles WHERE id IN ({marks})", ids)
            ]
        return {head.id: head for head in self.heads(numbers).values()}

    def passage_numbers(self, articles: Sequence[int]) -> dict[int, list[int]]:
        """Return the numbers of the passages of articles, in reading order. Reads no text."""
        found: dict[int, list[int]] = {}
        with self._reading() as connection:
            for article, number in rows_of(
                connection,
                "SELECT article, number FROM passages WHERE article IN ({marks}) ORDER BY article, ordinal",
                articles,
            ):
                found.setdefault(article, []).append(number)
        return found

    def passage_units(self, numbers: Sequence[int]) -> dict[int, PassageText]:
        """Load the texts of passages with the heads above them; missing numbers are omitted."""
        with self._reading() as connection:
            return {
                number: PassageText(text, heading)
                for number, text, heading in rows_of(
                    connection,
                    "SELECT number, text, heading FROM passages WHERE number IN ({marks})",
                    numbers,
                )
            }

    def passage_texts(self, numbers: Sequence[int]) -> dict[int, str]:
        """Load the texts of passages; missing numbers are omitted."""
        with self._reading() as connection:
            return dict(
                rows_of(connection, "SELECT number, text FROM passages WHERE number IN ({marks})", numbers)
            )

    def beginnings(self, articles: Sequence[int], *, passages: int) -> dict[int, str]:
        """Load the text of the first passages of articles, joined by line breaks."""
        found: dict[int, list[str]] = {}
        with self._reading() as connection:
            for article, text in rows_of(
                connection,
                "SELECT article, text FROM passages WHERE article IN ({marks}) AND ordinal < ? "
                "ORDER BY article, ordinal",
                articles,
                passages,
            ):
                found.setdefault(article, []).append(text)
        return {article: "\n".join(texts) for article, texts in found.items()}

    def body(self, number: int, *, until: int | None = None) -> tuple[tuple[Paragraph, ...], tuple[int, ...]]:
        """Return an article's paragraphs and, for each passage, the index of its first paragraph.

        The paragraphs are without levels and marks, which `text` gives.

        Args:
            until: Ordinal of a passage: paragraphs after its first one are left out.
        """
        with self._reading() as connection:
            row = connection.execute("SELECT body FROM articles WHERE number = ?", (number,)).fetchone()
            return ((), ()) if row is None else unpack_body(row[0], until=until)

    def text(self, article: Article, number: int) -> ArticleText:
        """Return an article whole, for reading."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT body, layout FROM articles WHERE number = ?", (number,)
            ).fetchone()
            if row is None:
                return ArticleText(article, (), ())
            body, layout = row
            plain, starts = unpack_body(body)
            paragraphs, images = with_layout(plain, layout, base=article.url)
            return ArticleText(article, paragraphs, starts, images)

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
                f"SELECT {ARTICLE_COLUMNS} FROM articles a WHERE {where} "  # noqa: S608 — integers only
                "ORDER BY a.published DESC, a.number DESC LIMIT ? OFFSET ?",
                [limit, offset],
            ).fetchall()
            return [read_article(connection, self._links, row) for row in rows], total

    def added_after(self, number: int, *, limit: int) -> list[tuple[int, Article]]:
        """Return articles in order of arrival."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT {ARTICLE_COLUMNS} FROM articles a WHERE a.number > ? ORDER BY a.number LIMIT ?",  # noqa: S608 — constant
                (number, limit),
            ).fetchall()
            return [(row[0], read_article(connection, self._links, row)) for row in rows]

    @property
    def empty(self) -> bool:
        """Whether there is no article."""
        with self._reading() as connection:
            return connection.execute("SELECT 1 FROM articles LIMIT 1").fetchone() is None

    def last_number(self) -> int:
        """Return the highest article number given so far, also when that article is gone."""
        with self._reading() as connection:
            return writing.last_number(connection, "articles")

    def all_articles(self) -> Iterator[tuple[int, Article]]:
        """Return all articles with their numbers by path, so that an export is the same from run to run."""
        with self._reading() as connection:
            numbers = [
                number for (number,) in connection.execute("SELECT number FROM articles ORDER BY path")
            ]
        for chunk in chunks(numbers):
            articles = self.articles_by_number(chunk)
            yield from ((number, articles[number]) for number in chunk if number in articles)

    def counts(self) -> tuple[int, int, datetime | None]:
        """Return the number of articles, of passages, and the newest date."""
        with self._reading() as connection:
            (articles, newest) = connection.execute(
                "SELECT count(*), max(published) FROM articles"
            ).fetchone()
            (passages,) = connection.execute("SELECT count(*) FROM passages").fetchone()
            return articles, passages, None if newest is None else datetime.fromtimestamp(newest, UTC)

    def category_rows(self) -> list[tuple[int, str, tuple[str, ...], int]]:
        """Return (number, id, path, articles exactly there) of all category nodes that hold articles."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT c.number, c.path, count(a.number) FROM categories c "
                "JOIN articles a ON a.category_number = c.number GROUP BY c.number"
            ).fetchall()
            paths = ((number, tuple(json.loads(path)), count) for number, path, count in rows)
            return [(number, addresses.category_id(path), path, count) for number, path, count in paths]

    def author_rows(self) -> list[tuple[int, str]]:
        """Return (number, name) of all authors."""
        with self._reading() as connection:
            return connection.execute("SELECT number, name FROM authors").fetchall()

    def author_counts(self) -> list[tuple[str, int]]:
        """Return the names of all authors with their numbers of articles, the largest first."""
        with self._reading() as connection:
            return connection.execute(
                "SELECT u.name, count(*) FROM authors u JOIN articles a ON a.author_number = u.number "
                "GROUP BY u.number ORDER BY count(*) DESC, u.name"
            ).fetchall()

    def first_published(self) -> datetime | None:
        """Return the oldest date of an article; None if none has a date."""
        with self._reading() as connection:
            (oldest,) = connection.execute("SELECT min(published) FROM articles").fetchone()
            return None if oldest is None else datetime.fromtimestamp(oldest, UTC)

    def published_of(self, numbers: Sequence[int]) -> list[int | None]:
        """Return publication times in epoch seconds; missing articles are omitted."""
        with self._reading() as connection:
            rows = rows_of(connection, "SELECT published FROM articles WHERE number IN ({marks})", numbers)
            return [published for (published,) in rows]

    def names_mark(self) -> tuple[int, int, int]:
        """Numbers that change with every new category, author or article; a cheap version of the names."""
        with self._reading() as connection:
            categories, authors = connection.execute(
                "SELECT (SELECT max(number) FROM categories), (SELECT max(number) FROM authors)"
            ).fetchone()
            return categories or 0, authors or 0, writing.last_number(connection, "articles")

    def check(self) -> str | None:
        """Run SQLite's quick check. Returns the first problem, or None."""
        try:
            with self._reading() as connection:
                (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except DamagedStoreError as error:
            return str(error.__cause__)
        if verdict == "ok":
            return None
        self._pool.on_damage(f"{self.path}: {verdict}")
        return str(verdict)

    def check_rows(self) -> str | None:
        """Decode every article and passage. Returns the first problem or None. Minutes for millions."""
        try:
            for number, article in self.all_articles():
                self.text(article, number)
            number = 0
            while batch := self.passages_after(number, limit=CHECK_BATCH_PASSAGES):
                number = batch[-1].number
            self.category_rows(), self.author_rows(), self.known_files()
        except DamagedStoreError as error:
            return str(error.__cause__)
        return None

    def set_aside(self, moment: datetime) -> Path:
        """Rename the file, with the time in its name, and begin an empty one. Returns the new path."""
        self._pool.reopen(create=True)
        aside = set_aside(self.path, moment)
        self._prepare()
        return aside
