"""Everything about articles: reading posts, indexing, finding, answering. Knows nothing of Telegram."""

import importlib
from typing import TYPE_CHECKING, Any

from corpus.errors import ArchiveError, CorpusError, IndexUnavailableError, PostError, StoreError
from corpus.files import sample_folder
from corpus.models import (
    Answer,
    Article,
    ArticlePage,
    ArticleText,
    BlockKind,
    Category,
    Confidence,
    CorpusOptions,
    EngineOptions,
    Filters,
    Hit,
    Mark,
    MarkKind,
    Order,
    Paragraph,
    Passage,
    Skipped,
    Span,
    Statistics,
    UpdateReport,
)

if TYPE_CHECKING:
    from corpus.corpus import Corpus
    from corpus.updating.progress import Progress

__all__ = [
    "Answer",
    "ArchiveError",
    "Article",
    "ArticlePage",
    "ArticleText",
    "BlockKind",
    "Category",
    "Confidence",
    "Corpus",
    "CorpusError",
    "CorpusOptions",
    "EngineOptions",
    "Filters",
    "Hit",
    "IndexUnavailableError",
    "Mark",
    "MarkKind",
    "Order",
    "Paragraph",
    "Passage",
    "PostError",
    "Progress",
    "Skipped",
    "Span",
    "Statistics",
    "StoreError",
    "UpdateReport",
    "sample_folder",
]

_LATE = {"Corpus": "corpus.corpus", "Progress": "corpus.updating.progress"}
"""What is imported when it is first asked for: a process that fetches feeds needs no index."""


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LATE[name]), name)
