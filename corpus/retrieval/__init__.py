"""`Query` → articles, best first, each story once."""

from corpus.retrieval.archive import Archive
from corpus.retrieval.parameters import RetrievalParameters
from corpus.retrieval.retriever import retrieve

__all__ = [
    "Archive",
    "RetrievalParameters",
    "retrieve",
]
