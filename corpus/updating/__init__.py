"""A folder of posts → store and index: scan, read, save, let the index follow."""

from corpus.updating.pipeline import update
from corpus.updating.progress import Show
from corpus.updating.scanning import is_post_name, scan
from corpus.updating.write_lock import BUSY

__all__ = [
    "BUSY",
    "Show",
    "is_post_name",
    "scan",
    "update",
]
