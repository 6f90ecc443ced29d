"""Ranked articles → `Answer`: passages, answering sentences, confidence."""

from corpus.answering.parameters import Parameters
from corpus.answering.pipeline import ask
from corpus.answering.relaxation import alternatives, drop_filters

__all__ = [
    "Parameters",
    "alternatives",
    "ask",
    "drop_filters",
]
