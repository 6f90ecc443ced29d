"""`Archive`: everything a question is asked of, and `ResolvedQuery`: a query looked up in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from corpus.question.query import Query
from corpus.retrieval.names import Names
from corpus.retrieval.protocols import Articles, Lists, TermKey
from corpus.semantic.reader import SemanticReader
from corpus.text.terms import Term


@dataclass(frozen=True, slots=True)
class ResolvedQuery:
    """A query with the inverse document frequencies of its words and terms.

    Attributes:
        idfs: For each term of the query, and for each content word as a term.
    """

    query: Query
    idfs: Mapping[TermKey, float]


@dataclass(frozen=True, slots=True)
class Archive:
    """What a question is asked of: one state of the index, the store and the calendar.

    Attributes:
        names: Loads the names of categories and authors, which few questions need.
        zone: In which days are counted.
        today: On which the question is asked.
        semantic: Gives the vectors of articles; None: without the extra.
    """

    snapshot: Lists
    store: Articles
    names: Callable[[], Names]
    zone: ZoneInfo
    today: date
    semantic: SemanticReader | None = None

    def resolve(self, query: Query) -> ResolvedQuery:
        """Look up the terms of a query, once for all that is done with it."""
        words = [Term(word) for word in dict.fromkeys((*query.words, *query.proximity))]
        return ResolvedQuery(query, self.snapshot.idf_by_term([*query.terms, *words]))
