"""Inverted lists on disk, built from the store: BM25F over terms, exact and quick."""

from corpus.index.index import Index
from corpus.index.segments import Restriction
from corpus.index.snapshot import Snapshot

__all__ = [
    "Index",
    "Restriction",
    "Snapshot",
]
