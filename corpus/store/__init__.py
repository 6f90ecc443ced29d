"""`corpus.sqlite3`: the articles and passages that were read. The index can be built from it."""

from corpus.store.database import Migration, migrate, open_database, open_frozen, transaction
from corpus.store.open_file import OpenFile
from corpus.store.rows import LinkOptions
from corpus.store.store import FILE_NAME, Store

__all__ = [
    "FILE_NAME",
    "LinkOptions",
    "Migration",
    "OpenFile",
    "Store",
    "migrate",
    "open_database",
    "open_frozen",
    "transaction",
]
