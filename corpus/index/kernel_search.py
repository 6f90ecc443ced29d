"""Search of one snapshot with the compiled kernels."""

import threading
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import DamagedIndexError
from corpus.index import maxscore, posting_writer
from corpus.index.bm25 import BM25F, Floats
from corpus.index.posting_writer import Integers
from corpus.index.ranking import GainTable, QueryTerms, bound_stretch, query_idfs, score_unit
from corpus.index.segments import Mask, Segment
from corpus.index.top_k import Match
from corpus.text.terms import Family, Term

WINDOW_DOCUMENTS = 8_192
"""Documents that are summed up at a time: their sums fit into a processor's nearest caches. Measured: 4,096
and 16,384 are 5 % slower."""

MAX_GUESS_POSTINGS = 8_192

MIN_GUESS_POSTINGS = 2_048

DOCUMENTS_PER_GUESS_POSTING = 64
"""Postings that a first guess at the top may read: one per so many documents, within the two limits."""

EXTRA_READ_FACTOR = 4
"""How many times the necessary postings may be read, so that fewer documents have to be looked up."""

MAX_LIMIT = 1_000
"""Searches for more matches than this use numpy: the kernels' top-k collector is linear."""

_ALL_DOCUMENTS: Mask = np.empty(0, bool)

_NO_FACTORS: Floats = np.empty(0)


def is_readable(segment: Segment) -> bool:
    """Whether the kernels can read a segment: its gain rows must fit into two bytes.

    They do unless tens of thousands of texts are all extremely long and of different lengths.
    """
    return all(lists.gain_rows.dtype == np.uint16 for lists in segment.lists)


class _SegmentTable:
    """The segments of a snapshot in the form that the kernels read.

    Attributes:
        rows: One row of `SEGMENT_…` fields (`kernels.layout`) per segment.
        window: Documents that are summed up at a time.
    """

    def __init__(
        self,
        kernels: ModuleType,
        segments: Sequence[Segment],
        model: BM25F,
        gain_tables: Sequence[Sequence[GainTable]],
    ) -> None:
        fields = kernels.layout
        self.window = min(WINDOW_DOCUMENTS, 1 << posting_writer.BLOCK_BITS)
        self.rows = np.zeros((len(segments), fields.SEGMENT_FIELDS), np.int64)
        self._held: list[object] = [gain_tables]  # keeps alive what the rows hold addresses of
        for row, segment, tables in zip(self.rows, segments, gain_tables, strict=True):
            layout, directory = segment.layout, np.ascontiguousarray(segment.layout.directory)
            gain_rows = [lists.gain_rows for lists in segment.lists]
            self._held += [layout.raw, directory, gain_rows]
            guess = max(MIN_GUESS_POSTINGS, segment.size // DOCUMENTS_PER_GUESS_POSTING)
            row[fields.SEGMENT_FILE] = _address(layout.raw, np.uint8)
            row[fields.SEGMENT_DIRECTORY] = _address(directory, np.int64)
            row[fields.SEGMENT_SIZE] = segment.size
            row[fields.SEGMENT_BLOCK_BITS] = posting_writer.BLOCK_BITS
            row[fields.SEGMENT_WINDOW] = self.window
            row[fields.SEGMENT_MAX_DIRECT] = maxscore.MAX_DIRECT_DOCUMENTS
            row[fields.SEGMENT_GUESS_BUDGET] = min(MAX_GUESS_POSTINGS, guess)
            row[fields.SEGMENT_EXTRA_READ] = EXTRA_READ_FACTOR
            if segment.alive is not None:
                row[fields.SEGMENT_ALIVE] = _address(segment.alive, np.bool_)
            floats = row.view(np.float64)
            floats[fields.SEGMENT_MAX_GAIN] = model.k1 + 1
            for family in Family:
                row[fields.SEGMENT_GAIN_ROWS + family] = _address(gain_rows[family], np.uint16)
                row[fields.SEGMENT_GAIN_TABLES + family] = _address(tables[family].table, np.float64)
                row[fields.SEGMENT_ESCAPE_GAINS + family] = _address(tables[family].escapes, np.float64)
                floats[fields.SEGMENT_BOUND_STRETCH + family] = bound_stretch(segment, family, model)


def _address(array: NDArray[Any], dtype: type[np.generic]) -> int:
    if array.dtype != dtype or not array.flags.c_contiguous:
        raise TypeError(f"the compiled loops read {dtype.__name__} without gaps, not {array.dtype}")
    return array.ctypes.data


class _Workspace(threading.local):
    """A thread's working memory, reused from one search to the next.

    Allocating a hundred kilobytes anew, zeroed, takes as long as a tenth of a search.
    """

    def __init__(self) -> None:
        self._sums = np.zeros(0)
        self._floats = np.empty(0)
        self._integers = np.empty(0, np.int64)

    def reserve(self, sums: int, floats: int, integers: int) -> tuple[Floats, Floats, Integers]:
        """Arrays of at least so many elements: sums (all 0.0), floats, integers."""
        if len(self._sums) < sums:
            self._sums = np.zeros(sums)
        if len(self._floats) < floats:
            self._floats = np.empty(floats)
        if len(self._integers) < integers:
            self._integers = np.empty(integers, np.int64)
        return self._sums, self._floats, self._integers


_WORKSPACE = _Workspace()


def forget_workspaces() -> None:
    """Drop all threads' working memory: an interrupted search may have left sums in it."""
    global _WORKSPACE
    _WORKSPACE = _Workspace()


class _TermLookup(NamedTuple):
    """Terms looked up in all segments.

    Attributes:
        codes: The terms.
        word_count: How many of them, the first, are words.
        rows: For each segment and term the row that the kernel `look_up` filled.
        frequencies: Number of passages that hold each term.
    """

    codes: Sequence[int]
    word_count: int
    rows: NDArray[np.int64]
    frequencies: Sequence[int]


class _WeightedTerms(NamedTuple):
    """A query's terms, looked up and weighted.

    Attributes:
        weights: The factor of each term's gain, in units.
        unit: Score of one unit.
        rows: As in `_TermLookup`.
    """

    weights: Floats
    unit: float
    rows: NDArray[np.int64]


class KernelSearcher:
    """Searches one snapshot with the compiled kernels; results as promised by `Snapshot`."""

    def __init__(
        self,
        kernels: ModuleType,
        segments: Sequence[Segment],
        model: BM25F,
        gain_tables: Sequence[Sequence[GainTable]],
    ) -> None:
        self._kernels = kernels
        self._segments = segments
        self._model = model
        self._table = _SegmentTable(kernels, segments, model, gain_tables)
        self._by_size = sorted(range(len(segments)), key=lambda place: -segments[place].count)
        self._with_removals = [segment for segment in segments if segment.alive is not None]
        self._last_lookup: _TermLookup | None = None

    def _lookup(self, query: QueryTerms) -> _TermLookup:
        """Look terms up. The last lookup is remembered.

        Each question asks for the same terms three times: for their idfs, for the passages that hold them,
        and for what they contribute to the passages that were found.
        """
        last = self._last_lookup
        if last is None or last.word_count != query.word_count or last.codes != query.codes:
            rows, frequencies = self._run_lookup(np.array(query.codes, np.int64), query.word_count)
            last = _TermLookup(query.codes, query.word_count, rows, frequencies.tolist())
            self._last_lookup = last
        return last

    def _run_lookup(self, codes: Integers, word_count: int) -> tuple[NDArray[np.int64], Integers]:
        """Look terms up. Returns the rows of `_TermLookup`, and the document frequencies.

        Raises:
            DamagedIndexError: What a segment says of a term is impossible.
        """
        rows = np.empty((len(self._segments), len(codes), self._kernels.layout.LOOKUP_FIELDS), np.int64)
        frequencies = np.zeros(len(codes), np.int64)
        if self._kernels.look_up(self._table.rows, codes, word_count, rows, frequencies):
            raise DamagedIndexError("a list of postings reaches beyond its array")
        for segment in self._with_removals:
            frequencies[:word_count] -= segment.removals.taken(Family.WORDS, codes[:word_count])
            frequencies[word_count:] -= segment.removals.taken(Family.CHARACTERS, codes[word_count:])
        return rows, np.maximum(frequencies, 0) if self._with_removals else frequencies

    def frequencies(self, query: QueryTerms) -> Sequence[int]:
        """Number of passages that hold each term of a query."""
        return self._lookup(query).frequencies

    def frequencies_of(self, codes: Integers, family: Family) -> Integers:
        """Number of passages that hold each of any number of terms of one family."""
        return self._run_lookup(codes, len(codes) if family == Family.WORDS else 0)[1]

    def _weigh(self, query: QueryTerms) -> _WeightedTerms | None:
        """Look a query's terms up and multiply their weights by their idfs; None without terms."""
        if not query.codes:
            return None
        lookup = self._lookup(query)
        idfs = query_idfs(query, lookup.frequencies, self._model)
        weights = [weight * idf for weight, idf in zip(query.weights, idfs, strict=True)]
        unit = score_unit(weights, self._model)
        return _WeightedTerms(np.array([weight / unit for weight in weights]), unit, lookup.rows)

    def search(
        self,
        terms: Sequence[Term],
        *,
        limit: int,
        per_article: bool,
        masks: Callable[[Segment], Mask] | None = None,
        factors: Callable[[Segment], Floats] | None = None,
    ) -> list[Match]:
        """`Snapshot.search`.

        Args:
            terms: The query.
            limit: How many matches at most; up to `MAX_LIMIT`.
            per_article: Only the best passage of each article is found.
            masks: Gives the documents of a segment that count; None: all that were not removed.
            factors: Gives what each score in a segment is multiplied by; None: 1.
        """
        query = self._weigh(QueryTerms.from_terms(terms))
        if query is None:
            return []
        sums, floats, integers = _WORKSPACE.reserve(
            *self._kernels.workspace(
                len(query.weights), limit, self._table.window, maxscore.MAX_DIRECT_DOCUMENTS
            )
        )
        top_count = 0
        for place in self._by_size:
            segment = self._segments[place]
            allowed = masks(segment) if masks else segment.alive
            segment_factors = factors(segment) if factors else _NO_FACTORS
            top_count = self._kernels.search(
                self._table.rows,
                place,
                query.rows,
                query.weights,
                query.unit,
                _ALL_DOCUMENTS if allowed is None else allowed,
                segment_factors,
                float(segment_factors.max()) if factors else 1.0,
                per_article,
                limit,
                top_count,
                sums,
                floats,
                integers,
            )
        numbers = integers[limit : limit + top_count].tolist()
        articles = integers[2 * limit : 2 * limit + top_count].tolist()
        scores = floats[:top_count].tolist()
        return list(map(Match._make, zip(numbers, articles, scores, strict=True)))

    def contributions(self, query: QueryTerms, numbers: Sequence[int]) -> Floats:
        """What each term (column) adds to the scores of some passages (rows).

        Args:
            query: The terms.
            numbers: Numbers of the passages; the row of one that is not there is all zeros.
        """
        units = np.zeros((len(numbers), len(query.codes)))
        weighted = self._weigh(query)
        if weighted is None:
            return units
        wanted = np.array(numbers, np.int64)
        _, _, integers = _WORKSPACE.reserve(0, 0, len(query.codes) * self._kernels.layout.TERM_FIELDS)
        self._kernels.contributions(
            self._table.rows,
            weighted.rows,
            weighted.weights,
            wanted,
            wanted.argsort(kind="stable"),
            units,
            integers,
        )
        units *= weighted.unit
        return units
