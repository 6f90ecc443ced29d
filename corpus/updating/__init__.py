"""A folder of posts → store and index: scan, read, save, let the index follow.

The pipeline is imported when it is first asked for: a process that only shows progress needs no index.
"""

from typing import TYPE_CHECKING, Any

from corpus.updating.progress import Show
from corpus.updating.scanning import is_post_name, scan
from corpus.updating.write_lock import BUSY

if TYPE_CHECKING:
    from corpus.updating.pipeline import update

__all__ = [
    "BUSY",
    "Show",
    "is_post_name",
    "scan",
    "update",
]


def __getattr__(name: str) -> Any:
    if name == "update":
        from corpus.updating.pipeline import update

        return update
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
