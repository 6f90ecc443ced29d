"""Stored passages → documents of the index: terms and facets."""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from corpus.index.inverting import TITLE_REPEATS, Document, Inverted, Inverter
from corpus.index.labels import author_label, category_label
from corpus.index.segment_writer import FacetRow
from corpus.store.rows import StoredPassage
from corpus.text import analyzer, folding
from corpus.text.dates import date_terms

MAX_ARTICLE_PASSAGES: Final = 8_192
MAX_INVERTED_CHARACTERS: Final = 2_000_000
MAX_INVERTED_PASSAGES: Final = 32_768
"""Limits of what is inverted at a time: about 200 MB of memory."""


@dataclass(frozen=True, slots=True)
class FieldTerms:
    """Terms of one text: words, and codes of characters, with repetitions."""

    words: Sequence[str]
    characters: NDArray[np.int64]


def indexed_text(text: str, heading: str) -> str:
    """Return what is indexed of a passage: its text below the heads under which it stands."""
    return f"{heading}\n{text}" if heading else text


def text_terms(text: str) -> FieldTerms:
    """Return the terms of a passage's text."""
    folded = folding.fold(text)
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
        title: The title.
        author: Outlet or author, or None.
        categories: From the widest to the narrowest.
        published: Seconds of the Unix epoch, or None.
        zone: Time zone in which the day is counted.
    """
    folded = folding.fold(title)
    about = _about_terms(categories, author)
    words = [*analyzer.words(folded) * TITLE_REPEATS, *about.words]
    if published is not None:
        words += _day_terms(published, zone)
    characters = [analyzer.character_codes(folded)] * TITLE_REPEATS + [about.characters]
    return FieldTerms(words, np.concatenate(characters))


@functools.lru_cache(maxsize=1_000)
def _about_terms(categories: tuple[str, ...], author: str | None) -> FieldTerms:
    """Distinct terms of outlet and category. Cached, because many articles share them."""
    about = _about(categories, author)
    words = tuple(dict.fromkeys(analyzer.words(about)))
    return FieldTerms(words, np.unique(analyzer.character_codes(about)))


@functools.lru_cache(maxsize=1_000)
def _about(categories: tuple[str, ...], author: str | None) -> str:
    # The outlet is usually a category as well, and the name of a feed repeats that of its outlet.
    return folding.fold(" ".join(dict.fromkeys((*categories, author or ""))))


def _day_terms(published: int, zone: ZoneInfo) -> Sequence[str]:
    return date_terms(datetime.fromtimestamp(published, UTC).astimezone(zone).date())


def facets(passage: StoredPassage) -> FacetRow:
    """What the index stores of a passage beside its terms."""
    labels = (category_label(passage.category_number), author_label(passage.author_number))
    return passage.number, passage.article, max(0, passage.published or 0), labels


@dataclass(frozen=True, slots=True)
class ArticleTexts:
    """What is indexed of an article or of consecutive passages of it; `published` as in `title_terms`.

    Attributes:
        passages: Each as `indexed_text` gives it.
    """

    title: str
    author: str | None
    categories: tuple[str, ...]
    published: int | None
    passages: Sequence[str]


def texts_of(passages: Iterable[StoredPassage]) -> Iterator[ArticleTexts]:
    """Group consecutive passages of the same article."""
    for _, group in groupby(passages, lambda passage: passage.article):
        several = list(group)
        first = several[0]
        yield ArticleTexts(
            first.title,
            first.author,
            first.categories,
            first.published,
            [indexed_text(each.text, each.heading) for each in several],
        )


def invert(articles: Iterable[ArticleTexts], *, zone: ZoneInfo) -> list[Inverted]:
    """Invert the passages of articles, mostly in one piece; the terms are those of `document_of`.

    Args:
        articles: Articles in order.
        zone: Time zone in which days are counted.
    """
    pieces = []
    inverter = Inverter()
    for article in articles:
        for start in range(0, len(article.passages), MAX_ARTICLE_PASSAGES):
            texts = (article.title, *article.passages[start : start + MAX_ARTICLE_PASSAGES])
            title, *passages = folding.fold_each(texts)
            about = _about(article.categories, article.author)
            extra = [] if article.published is None else _day_terms(article.published, zone)
            inverter.add(title, about, extra, passages)
            if inverter.characters >= MAX_INVERTED_CHARACTERS or inverter.passages >= MAX_INVERTED_PASSAGES:
                pieces.append(inverter.finish())
                inverter = Inverter()
    if inverter.passages:
        pieces.append(inverter.finish())
    return pieces


def document_of(passage: StoredPassage, zone: ZoneInfo) -> Document:
    """Make a document from a stored passage."""
    text = text_terms(indexed_text(passage.text, passage.heading))
    title = title_terms(passage.title, passage.author, passage.categories, passage.published, zone)
    number, article, published, labels = facets(passage)
    return Document(
        number=number,
        article=article,
        words=text.words,
        title_words=title.words,
        characters=text.characters,
        title_characters=title.characters,
        published=published,
        labels=labels,
    )
