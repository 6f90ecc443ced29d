"""A folder of posts → store and index: scan, read, save, let the index follow."""

from corpus.updating.pipeline import update
from corpus.updating.scanning import scan
from corpus.updating.write_lock import BUSY

__all__ = [
    "BUSY",
    "scan",
    "update",
]
