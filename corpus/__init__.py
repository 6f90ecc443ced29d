"""Everything about articles: reading posts, indexing, finding, answering. Knows nothing of Telegram."""

from corpus.corpus import Corpus, sample_folder
from corpus.errors import ArchiveError, CorpusError, IndexUnavailableError, PostError, StoreError
from corpus.models import (
    Answer,
    Article,
    ArticlePage,
    ArticleText,
    BlockKind,
    Category,
    Confidence,
    CorpusOptions,
    Filters,
    Hit,
    Order,
    Paragraph,
    Passage,
    Skipped,
    Span,
    Statistics,
    UpdateReport,
)
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
    "Filters",
    "Hit",
    "IndexUnavailableError",
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
