"""What a question asks of an archive: `Lists` finds passages by terms, `Articles` reads what was found.

Everything above knows these two promises and nothing of who keeps them: `Snapshot` and `Store` on one
machine, a session with an engine beyond it. Each method takes any number of keys: over a network each call
is a round trip, so callers collect what they need and ask once.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.index.bm25 import Floats
from corpus.index.posting_writer import Integers
from corpus.index.segments import Restriction
from corpus.index.snapshot import Openings
from corpus.index.top_k import Match
from corpus.models import Article, Paragraph
from corpus.store.rows import ArticleHead, LocatedPassage, PassageText
from corpus.text.terms import Family, Term

TermKey = tuple[str, Family]
"""What a term is, without its weight."""


class Lists(Protocol):
    """Finds passages by terms; one state of the archive, for the length of a question.

    Implementations see terms, never text, so every one shares the same analyzer. Numbers of passages and
    articles are those of `Articles`.

    Raises:
        IndexUnavailableError: From any method: what has the lists cannot be read.
    """

    @property
    def count(self) -> int:
        """Number of passages."""
        ...

    def document_frequency(self, term: Term) -> int:
        """Number of passages that hold a term in text or title."""
        ...

    def document_frequencies(self, terms: Sequence[Term]) -> list[int]:
        """Number of passages that hold each term; 0 for an empty term."""
        ...

    def frequencies_of_codes(self, codes: Integers, family: Family) -> Integers:
        """Number of passages that hold each term, by its code (`terms.code_of`)."""
        ...

    def idfs(self, terms: Sequence[Term]) -> list[float]:
        """The model's idf of each term, without its weight; the largest if unknown, 0 for empty ones."""
        ...

    def idfs_of_codes(self, codes: Integers, family: Family) -> Floats:
        """The model's idf of each term, by its code (`terms.code_of`); the largest if unknown."""
        ...

    def idf_by_term(self, terms: Sequence[Term]) -> dict[TermKey, float]:
        """`idfs` by text and family, of each distinct term; weights do not matter."""
        ...

    def search(
        self,
        terms: Sequence[Term],
        *,
        limit: int,
        where: Restriction | None = None,
        per_article: bool = True,
        together: Sequence[Term] = (),
    ) -> list[Match]:
        """The best passages, best first; ties: the later date, then the smaller number.

        Only passages with a score above 0 are found.

        Args:
            terms: In any order; one that is given twice counts twice.
            limit: How many matches at most.
            where: Other passages are not found.
            per_article: Only the best passage of each article is found; `limit` counts articles.
            together: Only articles are found one passage of which holds all of these terms.
        """
        ...

    def articles_with(self, terms: Sequence[Term], *, where: Restriction | None = None) -> NDArray[np.int32]:
        """Numbers, growing, of the articles that have a passage which holds all terms in text or title.

        Weights do not matter. Without terms the result is empty.
        """
        ...

    def first_together(self, groups: Iterable[Sequence[Term]]) -> int | None:
        """Place of the first group of terms that one passage holds all of; None if there is none."""
        ...

    def articles_opening_with(self, terms: Sequence[Term], *, where: Restriction | None = None) -> Openings:
        """Find the articles that hold all terms in the title, or in the text of their first passage."""
        ...

    def newest(self, *, where: Restriction | None = None, limit: int) -> tuple[list[int], int]:
        """Numbers of the newest articles, those without a date last; and the number of all articles."""
        ...

    def scores_of(self, numbers: Sequence[int], terms: Sequence[Term]) -> list[float]:
        """Scores of the passages with these numbers; 0.0 for a number that is not there."""
        ...

    def shares_of(self, numbers: Sequence[int], terms: Sequence[Term]) -> Floats:
        """What each term (column) contributes to the score of each passage (row), without its weight."""
        ...


class Articles(Protocol):
    """Reads articles and passages by number. What is missing is left out of an answer, never an error.

    Raises:
        StoreError: From any method: what has the articles cannot be read.
    """

    def heads(self, numbers: Sequence[int]) -> dict[int, ArticleHead]:
        """Load the fields of articles that ranking needs."""
        ...

    def heads_by_id(self, ids: Sequence[str]) -> dict[str, ArticleHead]:
        """Load the same fields by id."""
        ...

    def passage_numbers(self, articles: Sequence[int]) -> dict[int, list[int]]:
        """Return the numbers of the passages of articles, in reading order."""
        ...

    def passage_texts(self, numbers: Sequence[int]) -> dict[int, str]:
        """Load the texts of passages."""
        ...

    def passage_units(self, numbers: Sequence[int]) -> dict[int, PassageText]:
        """Load the texts of passages with the heads above them."""
        ...

    def located(self, numbers: Sequence[int]) -> dict[int, LocatedPassage]:
        """Load passages with their articles."""
        ...

    def beginnings(self, articles: Sequence[int], *, passages: int) -> dict[int, str]:
        """Load the text of the first passages of articles, joined by line breaks."""
        ...

    def body(self, number: int, *, until: int | None = None) -> tuple[tuple[Paragraph, ...], tuple[int, ...]]:
        """Return an article's paragraphs and, for each passage, the index of its first paragraph.

        Args:
            number: Of the article.
            until: Ordinal of a passage: paragraphs after its first one are left out.
        """
        ...

    def article(self, id_or_path: str) -> tuple[int, Article] | None:
        """Return an article and its number by id or by path."""
        ...

    def articles_by_number(self, numbers: Sequence[int]) -> dict[int, Article]:
        """Load articles."""
        ...

    def newest(
        self,
        *,
        categories: Sequence[int] | None = None,
        authors: Sequence[int] | None = None,
        limit: int,
        offset: int,
    ) -> tuple[list[Article], int]:
        """Return articles by date, newest first, those without a date last, and their number in all.

        Args:
            categories: Only articles with one of these category numbers.
            authors: Only articles with one of these author numbers.
            limit: How many at most.
            offset: How many before the first.
        """
        ...

    def published_of(self, numbers: Sequence[int]) -> list[int | None]:
        """Return publication times in epoch seconds."""
        ...

    def last_number(self) -> int:
        """Return the highest article number given so far, also when that article is gone."""
        ...

    def counts(self) -> tuple[int, int, datetime | None]:
        """Return the number of articles, of passages, and the newest date."""
        ...

    def first_published(self) -> datetime | None:
        """Return the oldest date of an article; None if none has a date."""
        ...

    def category_rows(self) -> list[tuple[int, str, tuple[str, ...], int]]:
        """Return (number, id, path, articles exactly there) of all category nodes that hold articles."""
        ...

    def author_rows(self) -> list[tuple[int, str]]:
        """Return (number, name) of all authors."""
        ...

    def author_counts(self) -> list[tuple[str, int]]:
        """Return the names of all authors with their numbers of articles, the largest first."""
        ...
