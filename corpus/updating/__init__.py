"""A folder of posts → store and index: scan, read, save, let the index follow."""

from corpus.updating.maintenance import BUSY
from corpus.updating.pipeline import update
from corpus.updating.scanning import scan

__all__ = [
    "BUSY",
    "scan",
    "update",
]
