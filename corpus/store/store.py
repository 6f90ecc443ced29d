"""All SQL about articles: `corpus.sqlite3`, the truth that the index is derived from.

Numbers are SQLite rowids that are never used twice. An article keeps its number when its post
changes; its passages get new ones, so the index only ever sees passages come and go.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus.errors import DamagedStoreError, StoreError
from corpus.models import Article, Category, Paragraph, Passage, Post
from corpus.posts import addresses
from corpus.store import writing as saving
from corpus.store.database import NewerSchemaError, chunks, migrate, open_database, rows_of
from corpus.store.pool import SENSELESS, Connections, is_damage
from corpus.store.rows import (
    Head,
    Known,
    LinkOptions,
    Located,
    ReadArticle,
    RemovedPassage,
    StoredPassage,
    epoch,
    unpack_body,
)
from corpus.store.schema import IDENTITY, MIGRATIONS, TABLES

__all__ = [
    "FILE_NAME",
    "Head",
    "Known",
    "LinkOptions",
    "Located",
    "ReadArticle",
    "RemovedPassage",
    "Store",
    "StoredPassage",
    "category_tree",
    "epoch",
]

FILE_NAME = "corpus.sqlite3"

READ_AT_ONCE = 1_000

BULK = {"cache_size": -64_000, "wal_autocheckpoint": 8_192}
"""SQLite's settings while much is written: 64 MB of pages, checkpoints at 32 MB. Ids and checksums come in
no order, so that almost every page of their indexes is written again and again."""


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


class Store:
    """Articles, passages, categories and the memory of files read.

    Readers may be many threads, each with a connection of its own; writing is for one at a time. Where
    the file cannot be written it can still be read.
    """

    def __init__(self, path: Path, link_options: LinkOptions = LinkOptions()) -> None:
        """Open or create the database.

        Raises:
            StoreError: It cannot be used; the text says what to do.
        """
        self._links = link_options
        self._connections = Connections(
            path,
            when_damaged=(
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
                raise DamagedStoreError(f"{path}: {error}; {self._connections.when_damaged}") from error
            raise

    def _prepare(self) -> None:
        """Bring the tables up to date, and see that they are those of articles."""
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
        return self._connections.path

    @property
    def size(self) -> int:
        """Bytes on disk."""
        try:
            return self.path.stat().st_size
        except OSError as error:
            raise StoreError(f"cannot read {self.path}: {error.strerror or error}") from error

    def is_cut(self) -> bool:
        """Whether the file ends before the last of its pages, though no log beside it holds the rest.

        The file is not opened for that: closing it again would take SQLite's locks from this process.
        """
        log = self.path.with_name(f"{self.path.name}-wal")
        with self._reading() as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            (page_size,) = connection.execute("PRAGMA page_size").fetchone()
        return self.size < pages * page_size and not (log.exists() and log.stat().st_size)

    @property
    def identity(self) -> int:
        """A number that no other database has: what was derived from this one bears it."""
        return self.number(IDENTITY) or 0

    def close(self) -> None:
        """Close the file for all threads."""
        self._connections.close()

    def tell_of_damage(self, listener: Callable[[str], None]) -> None:
        """Call somebody with what is wrong whenever damage is come across, in whatever thread."""
        self._connections.on_damage = listener

    def reopen(self) -> None:
        """Look at the file anew, for all threads: another one may have taken its place."""
        self._connections.reopen()

    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._connections.reading()

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """One transaction; what is written in it comes to stay together or not at all."""
        return self._connections.writing()

    @contextmanager
    def writing_much(self) -> Iterator[None]:
        """Let this thread's writing take more memory and come into the file itself less often."""
        with self._connections.connected() as connection:
            usual = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in BULK]
            try:
                for name, value in BULK.items():
                    connection.execute(f"PRAGMA {name}={value:d}")
                yield
            finally:
                for name, value in zip(BULK, usual, strict=True):
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
        with self.writing() as connection:
            for path in removed:
                saving.remove_article(connection, path)
                connection.execute("DELETE FROM skipped WHERE path = ?", (path,))
            for path, stat, reason in skipped:
                saving.remove_article(connection, path)
                connection.execute("INSERT OR REPLACE INTO skipped VALUES (?, ?, ?)", (path, stat, reason))
            connection.executemany(
                "UPDATE articles SET stat = ? WHERE path = ?", [(stat, path) for path, stat in touched]
            )
            return saving.put_articles(connection, articles)

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
                f"SELECT sequence, number, {saving.PASSAGE_COLUMNS} FROM removed WHERE sequence > ? "  # noqa: S608 — constant
                "ORDER BY sequence LIMIT ?",
                (sequence, limit),
            ).fetchall()
            return [RemovedPassage(row[0], _stored_passage(row[1:])) for row in rows]

    def forget_removed(self, sequence: int) -> None:
        """Drop removed passages up to `sequence`, which the index has let go durably."""
        with self._reading() as connection:
            (oldest,) = connection.execute("SELECT min(sequence) FROM removed").fetchone()
        if oldest is not None and oldest <= sequence:
            with self.writing() as connection:
                connection.execute("DELETE FROM removed WHERE sequence <= ?", (sequence,))

    def make_durable(self) -> None:
        """Make all that was committed so far survive a power cut, not only a crash of the process."""
        with self._connections.connected() as connection:
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
        """Return the highest passage number ever given."""
        with self._reading() as connection:
            return saving.last_number(connection, "passages")

    def forgotten_removals(self) -> int:
        """Return the sequence number up to which removed passages are not remembered any more."""
        with self._reading() as connection:
            (oldest,) = connection.execute("SELECT min(sequence) FROM removed").fetchone()
            return saving.last_number(connection, "removed") if oldest is None else int(oldest) - 1

    # Reading

    def located(self, numbers: Sequence[int]) -> dict[int, Located]:
        """Load passages with their articles; numbers that are gone are left out."""
        found: dict[int, Located] = {}
        with self._reading() as connection:
            for number, ordinal, text, *columns in rows_of(
                connection,
                f"SELECT p.number, p.ordinal, p.text, {_ARTICLE_COLUMNS} FROM passages p "  # noqa: S608 — constant
                "JOIN articles a ON a.number = p.article WHERE p.number IN ({marks})",
                numbers,
            ):
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
        with self._reading() as connection:
            rows = rows_of(
                connection,
                f"SELECT {_ARTICLE_COLUMNS} FROM articles a WHERE a.number IN ({{marks}})",  # noqa: S608 — constant
                numbers,
            )
            return {row[0]: self._article(connection, row) for row in rows}

    def heads(self, numbers: Sequence[int]) -> dict[int, Head]:
        """Load what ranking needs of articles; numbers that are gone are left out."""
        with self._reading() as connection:
            rows = rows_of(
                connection,
                "SELECT number, id, title, published, coalesce(author, nullif(categories, '[]'), ''), sketch "
                "FROM articles INDEXED BY articles_heads WHERE number IN ({marks})",
                numbers,
            )
            return {row[0]: Head._make(row) for row in rows}

    def heads_of(self, ids: Sequence[str]) -> dict[str, Head]:
        """Load the same by id; ids that are gone are left out."""
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

    def passage_texts(self, numbers: Sequence[int]) -> dict[int, str]:
        """Load the texts of passages; numbers that are gone are left out."""
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

        Args:
            until: Ordinal of a passage: paragraphs after its first one are left out.
        """
        with self._reading() as connection:
            row = connection.execute("SELECT body FROM articles WHERE number = ?", (number,)).fetchone()
            return ((), ()) if row is None else unpack_body(row[0], until=until)

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

    @property
    def empty(self) -> bool:
        """Whether there is no article."""
        with self._reading() as connection:
            return connection.execute("SELECT 1 FROM articles LIMIT 1").fetchone() is None

    def last_number(self) -> int:
        """Return the highest article number given so far, also when that article is gone."""
        with self._reading() as connection:
            return saving.last_number(connection, "articles")

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

    def published_of(self, numbers: Sequence[int]) -> list[int | None]:
        """Return publication times in epoch seconds, for those of the articles that are still there."""
        with self._reading() as connection:
            rows = rows_of(connection, "SELECT published FROM articles WHERE number IN ({marks})", numbers)
            return [published for (published,) in rows]

    def names_mark(self) -> tuple[int, int, int]:
        """Numbers that change whenever there is a new category, author or article; cheap to ask."""
        with self._reading() as connection:
            categories, authors = connection.execute(
                "SELECT (SELECT max(number) FROM categories), (SELECT max(number) FROM authors)"
            ).fetchone()
            return categories or 0, authors or 0, saving.last_number(connection, "articles")

    def check(self) -> str | None:
        """Return what SQLite finds wrong with the file, or None."""
        try:
            with self._reading() as connection:
                (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except DamagedStoreError as error:
            return str(error.__cause__)
        if verdict == "ok":
            return None
        self._connections.on_damage(f"{self.path}: {verdict}")
        return str(verdict)

    def check_rows(self) -> str | None:
        """Read every article and passage; return what makes no sense, or None. Takes minutes for millions."""
        try:
            for number, _ in self.all_articles():
                self.body(number)
            number = 0
            while batch := self.passages_after(number, limit=READ_AT_ONCE):
                number = batch[-1].number
            self.category_rows(), self.author_rows(), self.known_files()
        except DamagedStoreError as error:
            return str(error.__cause__)
        return None

    def set_aside(self, moment: datetime) -> Path:
        """Give the file another name, with the moment in it, and begin an empty one. Nothing is deleted."""
        self._connections.reopen()
        aside = set_aside(self.path, moment)
        self._prepare()
        return aside

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
        link = addresses.article_url(post, site_url=self._links.site_url, permalink=self._links.permalink)
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


def set_aside(path: Path, moment: datetime) -> Path:
    """Give a database and the files beside it other names, with the moment in it. Returns the new name."""
    aside = path.with_name(f"{path.name}.damaged-{moment:%Y%m%d-%H%M%S}")
    try:
        for suffix in ("", "-wal", "-shm"):
            file = path.with_name(f"{path.name}{suffix}")
            if file.exists():
                file.rename(aside.with_name(f"{aside.name}{suffix}"))
    except OSError as error:
        raise StoreError(f"{path} is damaged and cannot be set aside: {error}") from error
    return aside


def remembered(path: Path, key: str) -> str | None:
    """A value in `meta` of a database that may be damaged; None where it cannot be read."""
    try:
        with closing(open_database(path, read_only=True)) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
            return row[0] if row and isinstance(row[0], str) else None
    except (sqlite3.Error, StoreError, *SENSELESS):
        return None


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
        return tuple(
            Category(addresses.category_id(path), path, counts[path], nodes(path)) for path in ordered
        )

    return nodes(())
