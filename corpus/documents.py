"""A passage and its article → the terms and facets under which it is indexed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from corpus import analyzer
from corpus.building import Document
from corpus.dates import date_terms
from corpus.store import StoredPassage

TITLE_REPEATS: Final = 2
"""How often each term of a title is counted in the title field, against once for those of outlet,
category and date: the model's weights of 2 and 1 in whole numbers, with a field weight of 1."""


@dataclass(frozen=True, slots=True)
class FieldTerms:
    """Terms of one text: words, and codes of characters, each as often as it occurs."""

    words: list[str]
    characters: NDArray[np.int64]


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
    # An outlet is mostly a category as well, and a feed's name repeats its outlet's.
    about = analyzer.fold(" ".join(dict.fromkeys((*categories, author or ""))))
    words = analyzer.words(folded) * TITLE_REPEATS + list(dict.fromkeys(analyzer.words(about)))
    if published is not None:
        words += date_terms(datetime.fromtimestamp(published, UTC).astimezone(zone).date())
    characters = np.concatenate(
        [analyzer.character_codes(folded)] * TITLE_REPEATS + [np.unique(analyzer.character_codes(about))]
    )
    return FieldTerms(words, characters)


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


def document_of(passage: StoredPassage, zone: ZoneInfo) -> Document:
    """Make a document from what the store holds alone."""
    title = title_terms(passage.title, passage.author, passage.categories, passage.published, zone)
    return document(passage, text_terms(passage.text), title)
