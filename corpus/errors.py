"""Errors of the corpus, one tree.

CorpusError
├── PostError            one post cannot be read; it is skipped and reported
├── ArchiveError         the folder as a whole must not be indexed as it is
├── SourceError          feeds cannot be listed, or their posts cannot be written
├── LanguageDataError    a data file of the language of questions is wrong
├── StoreError           the database cannot be opened, read or written
│   └── DamagedStoreError  its content is damaged
└── IndexUnavailableError  the inverted lists cannot be opened or written
    ├── DamagedIndexError  their content is damaged
    └── EngineUnavailableError  an engine beyond this machine cannot be asked, or not in full
"""

from pathlib import Path


class CorpusError(Exception):
    """Base of all errors that `corpus` raises on purpose; the message is written for an operator."""


class PostError(CorpusError):
    """One post cannot be read; the rest of the archive is not affected."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class ArchiveError(CorpusError):
    """The folder is missing, emptied, or another one than before: indexing it would lose articles."""


class SourceError(CorpusError):
    """Feeds cannot be listed, or their posts cannot be written; the message says why."""


class LanguageDataError(CorpusError):
    """A data file of `corpus/question/language` is wrong; the message names the entry."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class StoreError(CorpusError):
    """The database of articles cannot be used; the message says why and what to do."""


class DamagedStoreError(StoreError):
    """The database of articles is damaged; it can be rebuilt from the archive."""


class IndexUnavailableError(CorpusError):
    """The inverted lists cannot be opened or written; they can be rebuilt from the store."""


class DamagedIndexError(IndexUnavailableError):
    """An impossible value was read from the inverted lists: one of their files is damaged."""


class EngineUnavailableError(IndexUnavailableError):
    """The engine does not answer, does not let us in, or has only a part of the archive at the moment."""
