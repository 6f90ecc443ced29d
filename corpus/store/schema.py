"""Schema of `corpus.sqlite3` as numbered migrations."""

import secrets
import sqlite3
from typing import Final

from corpus.store.database import Migration

IDENTITY: Final = "identity"
"""Key in `meta`: a random number that identifies this database."""


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
        # Passages that the index still holds; their texts are needed to keep its statistics exact.
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


def _identify(connection: sqlite3.Connection) -> None:
    """Give the database a random number, by which an index of another database is recognised."""
    connection.execute("INSERT INTO meta VALUES (?, ?)", (IDENTITY, str(1 + secrets.randbelow(2**62))))


def _free_category_ids(connection: sqlite3.Connection) -> None:
    """Drop the unique ids of categories: ids are computed when shown, and a collision must stop no update."""
    connection.execute("ALTER TABLE categories RENAME TO old_categories")
    connection.execute("CREATE TABLE categories(number INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE)")
    connection.execute("INSERT INTO categories SELECT number, path FROM old_categories")
    connection.execute("DROP TABLE old_categories")


def _index_heads(connection: sqlite3.Connection) -> None:
    """Add a covering index for ranking, which reads sixty articles per question without their bodies."""
    connection.execute("ALTER TABLE articles ADD COLUMN sketch BLOB")
    connection.execute(
        "CREATE INDEX articles_heads ON articles(number, id, title, published, author, categories, sketch)"
    )


def _add_headings(connection: sqlite3.Connection) -> None:
    """Add to each passage the heads before it under which it stands; they are indexed with it."""
    for table in ("passages", "removed"):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN heading TEXT NOT NULL DEFAULT ''")


def _index_addresses(connection: sqlite3.Connection) -> None:
    """Index what addresses are made of, by which the article at an address is found."""
    for column in ("source_url", "site_path", "abbrlink"):
        connection.execute(f"CREATE INDEX articles_{column} ON articles({column}) WHERE {column} IS NOT NULL")


def _add_layouts(connection: sqlite3.Connection) -> None:
    """Add to each article the levels and marks of its paragraphs; none until it is read again."""
    connection.execute("ALTER TABLE articles ADD COLUMN layout BLOB")


MIGRATIONS = (
    Migration(1, _create),
    Migration(2, _identify),
    Migration(3, _free_category_ids),
    Migration(4, _index_heads),
    Migration(5, _add_headings),
    Migration(6, _index_addresses),
    Migration(7, _add_layouts),
)

TABLES: Final = ("meta", "categories", "authors", "articles", "passages", "removed", "skipped")
"""All tables."""
