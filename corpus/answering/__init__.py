"""Ranked articles → `Answer`: passages, answering sentences, confidence."""

from corpus.answering.pipeline import ask
from corpus.answering.relaxation import respelled, without

__all__ = [
    "ask",
    "respelled",
    "without",
]
