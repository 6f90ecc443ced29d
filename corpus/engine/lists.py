"""`Lists` over an engine: what a question asks of the index of passages, remembered for its length."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from corpus.engine.client import Json
from corpus.engine.mapping import FIELDS, WINDOW, read_head
from corpus.engine.session import Session
from corpus.index.bm25 import Floats
from corpus.index.posting_writer import Integers
from corpus.index.segments import Restriction
from corpus.index.snapshot import Openings
from corpus.index.top_k import Match
from corpus.retrieval.protocols import TermKey
from corpus.text import analyzer, folding
from corpus.text.terms import Family, Term, code_of

PASSAGES_PER_ARTICLE: Final = 5
"""How many passages are asked for each article that is wanted: 300 hold sixty articles nearly always."""

MAX_ARTICLES: Final = 65_535
"""Articles with some terms that are listed at most, the engine's own limit."""

MAX_FREQUENCIES: Final = 20_000
"""Frequencies that are asked in one request."""

EXPECTED_ARTICLES: Final = 5
"""Articles at the head of a search that come along when others have to be fetched: they will be shown."""

MAX_EXPECTED_CHARS: Final = 200
"""Of a question whose terms are expected."""

CodeKey = tuple[int, Family]


class EngineLists:
    """Finds passages in an engine; for one question and one thread."""

    def __init__(self, session: Session, expected: Iterable[CodeKey] = ()) -> None:
        """Begin with nothing known.

        Args:
            session: Of the question.
            expected: Terms that will probably be asked for: they go with the first request.
        """
        self._session = session
        self._expected = list(expected)
        self._frequencies: dict[CodeKey, int] = {}

    @property
    def count(self) -> int:
        """Number of passages."""
        return self._session.model.count

    # Frequencies

    def document_frequency(self, term: Term) -> int:
        """Number of passages that hold a term in text or title."""
        return self.document_frequencies([term])[0]

    def document_frequencies(self, terms: Sequence[Term]) -> list[int]:
        """Number of passages that hold each term; 0 for an empty term."""
        keys = [(code_of(term.text), term.family) if term.text else None for term in terms]
        self._learn(key for key in keys if key is not None)
        return [0 if key is None else self._frequencies[key] for key in keys]

    def frequencies_of_codes(self, codes: Integers, family: Family) -> Integers:
        """Number of passages that hold each term, by its code."""
        keys = [(code, family) for code in codes.tolist()]
        self._learn(keys)
        return np.array([self._frequencies[key] for key in keys], np.int64)

    def _learn(self, keys: Iterable[CodeKey]) -> None:
        """Ask for the frequencies that are not known yet, all together."""
        new = [key for key in dict.fromkeys(keys) if key not in self._frequencies]
        if new:
            new = list(dict.fromkeys([*new, *self._expected]))
            self._expected = []
        for start in range(0, len(new), MAX_FREQUENCIES):
            several = new[start : start + MAX_FREQUENCIES]
            counts = self._count([_holds(code, family) for code, family in several])
            self._frequencies.update(zip(several, counts, strict=True))

    def _count(self, filters: Sequence[Json]) -> list[int]:
        """Number of passages that pass each filter."""
        body = {"size": 0, "aggs": {"each": {"filters": {"filters": list(filters)}}}}
        answer = self._session.search_passages(body)
        return [bucket["doc_count"] for bucket in answer["aggregations"]["each"]["buckets"]]

    def idfs(self, terms: Sequence[Term]) -> list[float]:
        """The model's idf of each term, without its weight; the largest if unknown, 0 for empty ones."""
        formula = self._session.model.formula
        frequencies = self.document_frequencies(terms)
        return [
            formula.idf_of(frequency, term.family) if term.text else 0.0
            for term, frequency in zip(terms, frequencies, strict=True)
        ]

    def idfs_of_codes(self, codes: Integers, family: Family) -> Floats:
        """The model's idf of each term, by its code; the largest if unknown."""
        formula = self._session.model.formula
        return np.array(
            [formula.idf_of(each, family) for each in self.frequencies_of_codes(codes, family).tolist()],
            float,
        )

    def idf_by_term(self, terms: Sequence[Term]) -> dict[TermKey, float]:
        """`idfs` by text and family, of each distinct term; weights do not matter."""
        distinct = {(term.text, term.family): term for term in terms}
        return dict(zip(distinct, self.idfs(list(distinct.values())), strict=True))

    # Finding

    def search(
        self,
        terms: Sequence[Term],
        *,
        limit: int,
        where: Restriction | None = None,
        per_article: bool = True,
        together: Sequence[Term] = (),
    ) -> list[Match]:
        """The best passages, best first; see `Lists.search`."""
        should = [
            {"term": {FIELDS[term.family]: {"value": f"{code_of(term.text):x}", "boost": term.weight}}}
            for term in terms
            if term.text and term.weight > 0
        ]
        filters = _filters(where)
        if together:
            numbers = self.articles_with(together, where=where)
            filters.append({"terms": {"article": numbers.tolist()}})
        if not should:
            return []
        query = {"bool": {"should": should, "filter": filters, "minimum_should_match": 1}}
        size = min(WINDOW, limit * PASSAGES_PER_ARTICLE if per_article else limit)
        while True:
            body = {"size": size, "query": query, "_source": ["number", "article", "day", "head"]}
            hits = self._session.search_passages(
                {**body, "track_total_hits": False}, search_type="dfs_query_then_fetch"
            )["hits"]["hits"]
            matches = self._matches(hits, per_article=per_article)
            self._session.expect(match.article for match in matches[:EXPECTED_ARTICLES])
            if len(matches) >= limit or len(hits) < size or size == WINDOW:
                return matches[:limit]
            size = min(WINDOW, 4 * size)

    def _matches(self, hits: Sequence[Json], *, per_article: bool) -> list[Match]:
        found: dict[int, Match] = {}
        ordered = sorted(
            hits, key=lambda hit: (-hit["_score"], -hit["_source"]["day"], hit["_source"]["number"])
        )
        for hit in ordered:
            source = hit["_source"]
            article, number = source["article"], source["number"]
            self._session.remember_head(read_head(article, source["head"]["values"]), number)
            found.setdefault(article if per_article else number, Match(number, article, hit["_score"]))
        return list(found.values())

    def articles_with(self, terms: Sequence[Term], *, where: Restriction | None = None) -> NDArray[np.int32]:
        """Numbers, growing, of the articles that have a passage which holds all terms."""
        if not terms:
            return np.empty(0, np.int32)
        filters = [*_filters(where), *(_holds(code_of(term.text), term.family) for term in terms)]
        body = {
            "size": 0,
            "query": {"bool": {"filter": filters}},
            "aggs": {"articles": {"terms": {"field": "article", "size": MAX_ARTICLES}}},
        }
        buckets = self._session.search_passages(body)["aggregations"]["articles"]["buckets"]
        return np.array(sorted(bucket["key"] for bucket in buckets), np.int32)

    def first_together(self, groups: Iterable[Sequence[Term]]) -> int | None:
        """Place of the first group of terms that one passage holds all of; None if there is none."""
        several = [list(group) for group in groups]
        places = [place for place, group in enumerate(several) if group]
        if not places:
            return None
        held = self._count(
            [
                {"bool": {"filter": [_holds(code_of(term.text), term.family) for term in several[place]]}}
                for place in places
            ]
        )
        return next((place for place, count in zip(places, held, strict=True) if count), None)

    def articles_opening_with(self, terms: Sequence[Term], *, where: Restriction | None = None) -> Openings:
        """Find the articles that hold all terms in the title, or in the text of their first passage."""
        if not terms:
            return Openings(np.empty(0, np.int32), np.empty(0, np.int32))
        return Openings(*(self._opening_with(prefix, terms, where) for prefix in "to"))

    def _opening_with(
        self, prefix: str, terms: Sequence[Term], where: Restriction | None
    ) -> NDArray[np.int32]:
        filters = [
            *_filters(where, article="number"),
            *({"term": {f"{prefix}{FIELDS[term.family]}": f"{code_of(term.text):x}"}} for term in terms),
        ]
        return np.array(sorted(self._newest(filters, WINDOW)[0]), np.int32)

    def newest(self, *, where: Restriction | None = None, limit: int) -> tuple[list[int], int]:
        """Numbers of the newest articles, those without a date last; and the number of all articles."""
        return self._newest(_filters(where, article="number"), limit)

    def _newest(self, filters: Sequence[Json], limit: int) -> tuple[list[int], int]:
        body = {
            "size": min(limit, 10 * WINDOW),
            "track_total_hits": True,
            "_source": ["number"],
            "query": {"bool": {"filter": list(filters)}},
            "sort": [{"day": "desc"}, {"number": "desc"}],
        }
        hits = self._session.search_articles(body)["hits"]
        return [hit["_source"]["number"] for hit in hits["hits"]], hits["total"]["value"]

    # Scores

    def scores_of(self, numbers: Sequence[int], terms: Sequence[Term]) -> list[float]:
        """Scores of the passages with these numbers; 0.0 for a number that is not there."""
        weights = np.array([term.weight for term in terms])
        scores: list[float] = (
            (self.shares_of(numbers, terms) @ weights).tolist() if len(terms) else [0.0 for _ in numbers]
        )
        return scores

    def shares_of(self, numbers: Sequence[int], terms: Sequence[Term]) -> Floats:
        """What each term contributes to the score of each passage, computed here from the texts."""
        gains = self._session.gains_of(numbers)
        idfs = self.idfs(terms)
        shares = np.zeros((len(numbers), len(terms)))
        codes = [code_of(term.text) if term.text else None for term in terms]
        for row, number in enumerate(numbers):
            held = gains.get(number)
            if held is not None:
                for column, (term, code) in enumerate(zip(terms, codes, strict=True)):
                    if code is not None:
                        shares[row, column] = idfs[column] * held[term.family].get(code, 0.0)
        return shares


def expected_terms(question: str) -> list[CodeKey]:
    """The words, characters and pairs of a question, and words joined, as terms of either family."""
    folded = folding.fold(question[:MAX_EXPECTED_CHARS])
    words = analyzer.words(folded)
    texts = [*words, *map("".join, pairwise(words)), *map("".join, pairwise("".join(words)))]
    codes = [*map(code_of, texts), *analyzer.character_codes(folded).tolist()]
    return [(code, family) for code in dict.fromkeys(codes) for family in Family]


def _holds(code: int, family: Family) -> Json:
    return {"term": {FIELDS[family]: f"{code:x}"}}


def _filters(where: Restriction | None, *, article: str = "article") -> list[Json]:
    """What a restriction demands, for either index."""
    if where is None:
        return []
    filters: list[Json] = [{"terms": {"labels": sorted(accepted)}} for accepted in where.labels]
    if where.since is not None:
        filters.append({"range": {"day": {"gte": max(where.since, 1)}}})
    if where.until is not None:
        filters.append({"range": {"day": {"gt": 0, "lt": max(where.until, 0)}}})
    if where.articles is not None:
        filters.append({"terms": {article: sorted(where.articles)}})
    if where.excluded_articles:
        excluded: Mapping[str, Any] = {"terms": {article: sorted(where.excluded_articles)}}
        filters.append({"bool": {"must_not": [excluded]}})
    return filters
