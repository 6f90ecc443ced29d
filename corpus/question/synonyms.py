"""Synonyms: words of the same meaning, from `synonyms.txt`, and other spellings of numbers."""

import functools
from collections.abc import Sequence
from importlib import resources
from typing import Final

from corpus.text import analyzer
from corpus.text.analyzer import Word
from corpus.text.folding import fold
from corpus.text.numbers import regrouped
from corpus.text.terms import Family

FILE_NAME: Final = "synonyms.txt"


@functools.cache
def _synonyms() -> dict[str, tuple[str, ...]]:
    """Read `synonyms.txt`: word → its synonyms.

    A line `a b c` is a group of words of the same meaning. A line `a b > c d` is one-way: it gives `a` and
    `b` the synonyms `c` and `d`.
    """
    found: dict[str, tuple[str, ...]] = {}
    text = resources.files("corpus.question").joinpath(FILE_NAME).read_text(encoding="utf-8")
    for line in fold(text).splitlines():
        left, arrow, right = line.partition("#")[0].partition(">")
        group = left.split()
        others = right.split() if arrow else group
        for word in group:
            synonyms = [*found.get(word, ()), *(other for other in others if other != word)]
            found[word] = tuple(dict.fromkeys(synonyms))
    return found


@functools.cache
def _phrase_lengths() -> dict[str, tuple[int, ...]]:
    """First character → lengths of the words with synonyms that begin with it, longest first."""
    lengths: dict[str, set[int]] = {}
    for word in _synonyms():
        lengths.setdefault(word[0], set()).add(len(word))
    return {first: tuple(sorted(each, reverse=True)) for first, each in lengths.items()}


def find_synonym_phrases(folded: str, words: Sequence[Word]) -> list[Word]:
    """Find the stretches of a question that have synonyms, from the left, the longest first.

    A stretch may be part of one of jieba's words or consist of several whole ones (川普 is 川 and 普), but it
    never takes parts of two words: 强生 is not in 加强生产. Latin words stand alone: ns is not in news.

    Args:
        folded: The question.
        words: Its words.
    """
    starts, ends = {word.start for word in words}, {word.end for word in words}
    end_of_word = {place: word.end for word in words for place in range(word.start, word.end)}
    found, place = [], 0
    while place < len(folded):
        for length in _phrase_lengths().get(folded[place], ()):
            end = place + length
            is_whole = (place in starts and end in ends) or end <= end_of_word.get(place, 0)
            if is_whole and folded[place:end] in _synonyms() and _stands_alone(folded, place, end):
                found.append(Word(folded[place:end], place, end))
                place = end
                break
        else:
            place += 1
    return found


def _stands_alone(folded: str, start: int, end: int) -> bool:
    """Tell whether a stretch neither begins nor ends within a Latin word or a number."""
    return end <= len(folded) and not any(
        folded[edge - 1].isascii() and folded[edge - 1 : edge + 1].isalnum() and folded[edge].isascii()
        for edge in (start, end)
        if 0 < edge < len(folded)
    )


def synonyms_of(word: str) -> tuple[str, ...]:
    """Return the synonyms of a folded word, and the other spelling of one that has a number."""
    spelling = regrouped(word)
    return (*_synonyms().get(word, ()), *([] if spelling is None else [spelling]))


@functools.cache
def synonym_terms(phrase: str) -> tuple[tuple[str, Family], ...]:
    """Return the terms of a phrase's synonyms, in order and with repeats."""
    terms: list[tuple[str, Family]] = []
    for synonym in synonyms_of(phrase):
        terms += [(word, Family.WORDS) for word in analyzer.words(synonym)]
        terms += [(text, Family.CHARACTERS) for text in analyzer.characters(synonym)]
    return tuple(terms)
