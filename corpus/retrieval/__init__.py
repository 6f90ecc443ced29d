"""`Query` → articles, best first, each story once."""

from corpus.retrieval.retriever import search

__all__ = [
    "search",
]
