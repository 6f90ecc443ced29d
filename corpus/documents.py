"""A passage and its article → the terms and facets under which it is indexed."""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from corpus import analyzer
from corpus.building import CodedWords, Document
from corpus.dates import date_terms
from corpus.records import StoredPassage

TITLE_REPEATS: Final = 2
"""How often each term of a title is counted in the title field, against once for those of outlet,
category and date: the model's weights of 2 and 1 in whole numbers, with a field weight of 1."""


@dataclass(frozen=True, slots=True)
class FieldTerms:
    """Terms of one text: words, and codes of characters, each as often as it occurs."""

    words: Sequence[str]
    characters: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PackedTerms:
    """Terms of many texts in a few arrays: these pass between processes ten times faster than lists.

    Attributes:
        vocabulary: The different words.
        words: The words of all texts in order, as places in `vocabulary`.
        word_ends: For each text where its words end in `words`.
        characters: The codes of all texts in order.
        character_ends: For each text where its codes end in `characters`.
    """

    vocabulary: list[str]
    words: NDArray[np.int32]
    word_ends: NDArray[np.int64]
    characters: NDArray[np.int64]
    character_ends: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[FieldTerms]) -> "PackedTerms":
        """Pack the terms of some texts."""
        places: dict[str, int] = {}
        words = [places.setdefault(word, len(places)) for text in texts for word in text.words]
        return cls(
            list(places),
            np.array(words, np.int32),
            np.cumsum([len(text.words) for text in texts], dtype=np.int64),
            np.concatenate([np.empty(0, np.int64), *(text.characters for text in texts)]),
            np.cumsum([len(text.characters) for text in texts], dtype=np.int64),
        )

    def __iter__(self) -> Iterator[FieldTerms]:
        """The terms of each text, in order."""
        word_ends = [0, *self.word_ends.tolist()]
        character_ends = [0, *self.character_ends.tolist()]
        for (start, end), (first, last) in zip(pairwise(word_ends), pairwise(character_ends), strict=True):
            yield FieldTerms(CodedWords(self.vocabulary, self.words[start:end]), self.characters[first:last])


def text_terms(text: str) -> FieldTerms:
    """Return the terms of a passage's text."""
    folded = analyzer.fold(text)
    return FieldTerms(analyzer.words(folded), analyzer.character_codes(folded))


def title_terms(
    title: str,
    author: str | None,
    categories: tuple[str, ...],
    published: int | None,
    zone: ZoneInfo,
) -> FieldTerms:
    """Return the terms of the title field: the title's, doubled, and those of outlet, category and date.

    Args:
        published: Seconds of the Unix epoch, or None.
        zone: In which the day is counted.
    """
    folded = analyzer.fold(title)
    about = _about_terms(categories, author)
    words = [*analyzer.words(folded) * TITLE_REPEATS, *about.words]
    if published is not None:
        words += date_terms(datetime.fromtimestamp(published, UTC).astimezone(zone).date())
    characters = [analyzer.character_codes(folded)] * TITLE_REPEATS + [about.characters]
    return FieldTerms(words, np.concatenate(characters))


@functools.lru_cache(maxsize=1_000)
def _about_terms(categories: tuple[str, ...], author: str | None) -> FieldTerms:
    """Terms of outlet and category, each once. Few different ones serve many articles."""
    # An outlet is mostly a category as well, and a feed's name repeats its outlet's.
    about = analyzer.fold(" ".join(dict.fromkeys((*categories, author or ""))))
    words = tuple(dict.fromkeys(analyzer.words(about)))
    return FieldTerms(words, np.unique(analyzer.character_codes(about)))


def category_label(number: int) -> int:
    """Label by which articles of a category are filtered."""
    return number * 2


def author_label(number: int) -> int:
    """Label by which articles of an author are filtered."""
    return number * 2 + 1


def document(passage: StoredPassage, text: FieldTerms, title: FieldTerms) -> Document:
    """Put together what the index takes."""
    return Document(
        number=passage.number,
        article=passage.article,
        words=text.words,
        title_words=title.words,
        characters=text.characters,
        title_characters=title.characters,
        published=max(0, passage.published or 0),
        labels=(category_label(passage.category_number), author_label(passage.author_number)),
    )


def documents(passages: Iterable[StoredPassage], terms: Iterable[FieldTerms]) -> Iterator[Document]:
    """Put together passages and terms.

    Args:
        passages: Those of an article one after the other.
        terms: For each article in turn those of its title field, then those of each of its passages.
    """
    rest = iter(terms)
    article, title = None, FieldTerms((), np.empty(0, np.int64))
    for passage in passages:
        if passage.article != article:
            article, title = passage.article, next(rest)
        yield document(passage, next(rest), title)


def terms_of(passages: Iterable[StoredPassage], *, zone: ZoneInfo) -> Iterator[FieldTerms]:
    """Make the terms that `documents` takes from what the store holds alone."""
    article = None
    for passage in passages:
        if passage.article != article:
            article = passage.article
            yield title_terms(passage.title, passage.author, passage.categories, passage.published, zone)
        yield text_terms(passage.text)


def packed_terms_of(passages: Iterable[StoredPassage], *, zone: ZoneInfo) -> PackedTerms:
    """`terms_of`, packed."""
    return PackedTerms.of(list(terms_of(passages, zone=zone)))


def document_of(passage: StoredPassage, zone: ZoneInfo) -> Document:
    """Make a document from what the store holds alone."""
    [made] = documents([passage], terms_of([passage], zone=zone))
    return made
