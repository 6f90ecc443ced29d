"""Synonyms: words that mean the same, from `synonyms.txt`, and other spellings of numbers."""

import functools
from collections.abc import Sequence
from importlib import resources

from corpus.question.query import CHARACTERS_WEIGHT
from corpus.text import analyzer
from corpus.text.analyzer import Word
from corpus.text.folding import fold
from corpus.text.numbers import separated, spaced
from corpus.text.terms import Family

SYNONYM_WEIGHT = 0.5


@functools.cache
def _synonyms() -> dict[str, tuple[str, ...]]:
    """Read `synonyms.txt`: groups of words that mean the same, and one-way lines."""
    found: dict[str, tuple[str, ...]] = {}
    text = resources.files("corpus.question").joinpath("synonyms.txt").read_text(encoding="utf-8")
    for line in fold(text).splitlines():
        left, arrow, right = line.partition("#")[0].partition(">")
        group = left.split()
        others = right.split() if arrow else group
        for word in group:
            found[word] = tuple(
                dict.fromkeys([*found.get(word, ()), *(other for other in others if other != word)])
            )
    return found


@functools.cache
def _phrase_lengths() -> dict[str, tuple[int, ...]]:
    """Lengths of the words that have synonyms, the greatest first, by their first character."""
    lengths: dict[str, set[int]] = {}
    for word in _synonyms():
        lengths.setdefault(word[0], set()).add(len(word))
    return {first: tuple(sorted(each, reverse=True)) for first, each in lengths.items()}


def find_phrases(folded: str, spans: Sequence[Word]) -> list[Word]:
    """Find words that have synonyms, from the left, the longest first, with where they begin and end.

    They may be parts of one of jieba's words or several of them (川普 is 川 and 普), but not of two in part:
    强生 is not in 加强生产. Latin ones stand alone: ns is not in news.

    Args:
        spans: Words of the question.
    """
    edges = {start for _, start, _ in spans}, {end for _, _, end in spans}
    inside = {place: end for _, start, end in spans for place in range(start, end)}
    found, place = [], 0
    while place < len(folded):
        for length in _phrase_lengths().get(folded[place], ()):
            end = place + length
            whole = (place in edges[0] and end in edges[1]) or end <= inside.get(place, 0)
            if whole and folded[place:end] in _synonyms() and _stands_alone(folded, place, end):
                found.append((folded[place:end], place, end))
                place = end
                break
        else:
            place += 1
    return found


def _stands_alone(folded: str, start: int, end: int) -> bool:
    """Whether a stretch neither begins nor ends within a Latin word or a number."""
    return end <= len(folded) and not any(
        folded[edge - 1].isascii() and folded[edge - 1 : edge + 1].isalnum() and folded[edge].isascii()
        for edge in (start, end)
        if 0 < edge < len(folded)
    )


def synonyms_of(word: str) -> tuple[str, ...]:
    """Return the other words of a folded word's group, and the other spelling of what has a number."""
    spelling = separated(word) or spaced(word)
    return (*_synonyms().get(word, ()), *([] if spelling is None else [spelling]))


@functools.cache
def synonym_terms(phrase: str) -> tuple[tuple[str, Family, float], ...]:
    """The terms of a phrase's synonyms, each with its weight, in order."""
    terms: list[tuple[str, Family, float]] = []
    for synonym in synonyms_of(phrase):
        terms += [(word, Family.WORDS, SYNONYM_WEIGHT) for word in analyzer.words(synonym)]
        terms += [
            (text, Family.CHARACTERS, CHARACTERS_WEIGHT * SYNONYM_WEIGHT)
            for text in analyzer.characters(synonym)
        ]
    return tuple(terms)
