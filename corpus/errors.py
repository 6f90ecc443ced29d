"""Errors of the corpus, one tree.

CorpusError
├── PostError            one post cannot be read; it is skipped and reported
├── ArchiveError         the folder as a whole must not be indexed as it is
├── StoreError           the database cannot be opened, read or written
│   └── DamagedStoreError  it can be opened, and what is in it makes no sense
└── IndexUnavailableError  the inverted lists cannot be opened or written
    └── DamagedIndexError  something impossible was read from them
"""

from pathlib import Path


class CorpusError(Exception):
    """Base of everything that `corpus` raises on purpose; its text is fit for an operator."""


class PostError(CorpusError):
    """One post cannot be read. The rest of the archive is not affected."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class ArchiveError(CorpusError):
    """The folder is missing, another one than before, or emptied: indexing it would lose articles."""


class StoreError(CorpusError):
    """The database of articles cannot be used; the text says why and what to do."""


class DamagedStoreError(StoreError):
    """What is in the database of articles makes no sense; it can be made again from the archive."""


class IndexUnavailableError(CorpusError):
    """The inverted lists cannot be opened or written; they can be rebuilt from the store."""


class DamagedIndexError(IndexUnavailableError):
    """Something impossible was read from the inverted lists: a file of theirs must be damaged."""
