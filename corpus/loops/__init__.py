"""The index's inner loops, compiled by numba: what Python calls.

A segment is seen as it lies on disk: bytes, and a directory that says where each array begins
(`segments.Layout`). Sums are in units (`ranking`), so whatever order they are made in, scores are the
same to the last bit as those of `pruning`, which goes over whole lists with numpy instead.
"""

from typing import Any

import numpy as np
from numba import types

from corpus.loops.best import (
    complete_each,
)
from corpus.loops.memory import (
    ARRAYS,
    ARTICLES,
    BOUNDS,
    CODES,
    DENSE,
    DENSE_COUNTS,
    DENSE_ROW,
    DENSE_TERMS,
    EDGES,
    ESCAPE_KEYS,
    GROUP,
    HIGHS,
    LONG,
    LONG_ENDS,
    LONG_TERMS,
    LOWS,
    NUMBERS,
    PUBLISHED,
    S_ALLOWED,
    S_ARTICLES,
    S_BEST_ARTICLES,
    S_BEST_NUMBERS,
    S_BITS,
    S_BY_BOUND,
    S_CANDIDATES,
    S_COSTS,
    S_COUNT,
    S_DATES,
    S_EVERY,
    S_EXTENT,
    S_FACTORS,
    S_GUESSED,
    S_HEAP,
    S_HELD,
    S_LIMIT,
    S_MOST_FACTOR,
    S_NUMBERS,
    S_ORDER,
    S_PER_ARTICLE,
    S_PRUNABLE,
    S_PUBLISHED,
    S_RESTS,
    S_ROOM,
    S_SCORES,
    S_SIZE,
    S_SUMS,
    S_TERMS,
    S_UNIT,
    S_WINDOW,
    S_WORST,
    SEARCH,
    SHORT,
    STARTS,
    T_BOUND,
    T_COUNT,
    T_ESCAPES,
    T_EXTRA,
    T_FAMILY,
    T_KEY_COUNT,
    T_KEYS,
    T_KIND,
    T_LOWS,
    T_ORDINAL,
    T_ROWS,
    T_TABLE,
    T_TAGS,
    T_WEIGHT,
    TAGS,
    TERM,
    address,
    compiled,
    exported,
    f64,
    i64,
    put,
    put_float,
    u32,
)
from corpus.loops.reading import (
    begin,
    enter_block,
    find_place,
    tag_in,
    units_of,
)
from corpus.loops.windows import (
    find_best,
)

_RAW = types.Array(types.uint8, 1, "C", readonly=True)
_DIRECTORY = types.Array(types.int64, 2, "C", readonly=True)
_INTEGERS = types.Array(types.int64, 1, "C", readonly=True)
_FLOATS = types.Array(types.float64, 1, "C", readonly=True)
_ROWS = types.Array(types.uint16, 1, "C", readonly=True)
_MASK = types.Array(types.boolean, 1, "C", readonly=True)
_SEGMENT = (_RAW, _DIRECTORY, types.int64, types.int64)
_GAINS = (_ROWS, _ROWS, _FLOATS, _FLOATS, _FLOATS, _FLOATS)
_TERMS = types.int64[:, ::1]


@exported(*_SEGMENT, _INTEGERS, types.int64, _TERMS)
def look_up(raw, directory, size, bits, codes, words, terms):  # type: ignore[no-untyped-def]
    """Find terms, the first so many of them words, in a segment: one row of `terms` each."""
    first = address(raw)
    blocks = ((size - 1) >> bits) + 1
    for each in range(len(codes)):
        family = 0 if each < words else 1
        at = family * ARRAYS
        row = terms[each]
        row[:] = 0
        row[T_FAMILY] = family
        dictionary, count = first + 8 * directory[at + CODES, 0], directory[at + CODES, 1]
        ordinal = find_place(dictionary, count, codes[each])
        if ordinal == count or i64(dictionary, ordinal) != codes[each]:
            continue
        starts = first + 4 * directory[at + STARTS, 0]
        start, end = u32(starts, ordinal), u32(starts, ordinal + 1)
        row[T_ORDINAL], row[T_COUNT] = ordinal, end - start
        row[T_LOWS] = first + 2 * (directory[at + LOWS, 0] + start)
        row[T_TAGS] = first + directory[at + TAGS, 0] + start
        if start == end:
            dense = first + 8 * directory[at + DENSE_TERMS, 0]
            place = find_place(dense, directory[at + DENSE_TERMS, 1], ordinal)
            row[T_KIND] = DENSE_ROW
            row[T_COUNT] = i64(first + 8 * directory[at + DENSE_COUNTS, 0], place)
            row[T_EXTRA] = first + directory[at + DENSE, 0] + place * size
        elif blocks > 1:
            long, count = first + 8 * directory[at + LONG_TERMS, 0], directory[at + LONG_TERMS, 1]
            place = find_place(long, count, ordinal)
            if place < count and i64(long, place) == ordinal:
                row[T_KIND] = LONG
                row[T_EXTRA] = first + 4 * (directory[at + EDGES, 0] + place * (blocks + 1))
            else:
                row[T_KIND] = SHORT
                before = i64(first + 8 * directory[at + LONG_ENDS, 0], place - 1) if place else 0
                row[T_EXTRA] = first + directory[at + HIGHS, 0] + start - before


@compiled
def prepare(first, directory, terms, count, weights, gains):  # type: ignore[no-untyped-def]
    """Fill in what `look_up` leaves open. `gains`: addresses of rows, table and escapes for each family."""
    for each in range(count):
        term = terms + each * (8 * TERM)
        family = i64(term, T_FAMILY)
        at = family * ARRAYS
        put(term, T_ROWS, gains[family])
        put(term, T_TABLE, gains[2 + family])
        put(term, T_ESCAPES, gains[4 + family])
        put(term, T_KEYS, first + 8 * directory[at + ESCAPE_KEYS, 0])
        put(term, T_KEY_COUNT, directory[at + ESCAPE_KEYS, 1])
        put_float(term, T_WEIGHT, weights[each])


@exported(*_SEGMENT, _TERMS, _FLOATS, *_GAINS, _INTEGERS, types.float64[:, ::1])
def contributions(  # type: ignore[no-untyped-def]
    raw, directory, size, bits, terms, weights, rows_0, rows_1, table_0, table_1, escapes_0, escapes_1,
    documents, units,
):  # fmt: skip
    """Fill in what each term (columns) adds to the scores of some documents (rows, growing), in units.

    Args: as those of `search`.
    """
    first, count = address(terms), len(terms)
    gains = (
        address(rows_0), address(rows_1), address(table_0), address(table_1),
        address(escapes_0), address(escapes_1),
    )  # fmt: skip
    prepare(address(raw), directory, first, count, weights, gains)
    begin(first, count)
    block = -1
    for each in range(len(documents)):
        document = documents[each]
        if document >> bits != block:
            block = document >> bits
            enter_block(first, count, block)
        for place in range(count):
            term = first + place * (8 * TERM)
            tag = tag_in(term, document, document - (block << bits))
            units[each, place] = units_of(term, tag, document) if tag else 0.0


def workspace(terms: int, limit: int, window: int, direct: int) -> tuple[np.ndarray[Any, Any], ...]:
    """Memory that `search` works in: whole numbers and floats, the latter all 0.0."""
    guesses = max(2 * limit + 20, direct)
    wholes = SEARCH + 3 * terms + 1 + window + GROUP + guesses
    return np.zeros(wholes, np.int64), np.zeros(window + GROUP + terms + 1 + guesses)


@compiled
def rank(terms, bounds, efforts, order, by_bound, costs, rests):  # type: ignore[no-untyped-def]
    """Order lists: those first that can add much for their length. Returns the sum of all bounds.

    Fills `order` and `by_bound`; `costs`, what reading the first so many lists takes; `rests`, what all
    but the first so many can add.
    """
    count = len(bounds)
    ranking, ranking_by_bound = np.argsort(-bounds / efforts), np.argsort(-bounds)
    put(costs, 0, 0)
    put_float(rests, count, 0.0)
    for each in range(count):
        put_float(terms + each * (8 * TERM), T_BOUND, bounds[each])
        put(order, each, ranking[each])
        put(by_bound, each, ranking_by_bound[each])
        put(costs, each + 1, i64(costs, each) + efforts[ranking[each]])
    for each in range(count - 1, -1, -1):
        put_float(rests, each, f64(rests, each + 1) + bounds[ranking[each]])
    return f64(rests, 0)


@exported(
    *_SEGMENT, _TERMS, _FLOATS, *_GAINS, _MASK, _FLOATS, types.float64, types.float64, types.float64, _FLOATS,
    types.int64, types.int64, types.int64, types.int64, types.int64, types.boolean,
    types.float64[::1], _TERMS, types.int64[::1], types.int64[::1], types.float64[::1],
)  # fmt: skip
def search(  # type: ignore[no-untyped-def]
    raw, directory, size, bits, terms, weights, rows_0, rows_1, table_0, table_1, escapes_0, escapes_1,
    allowed, factors, most_factor, unit, most_gain, stretch,
    window, budget, growth, extent, direct, per_article,
    scores, best, state, wholes, floats,
):  # fmt: skip
    """Offer a selection all documents of a segment that belong there.

    Args:
        raw: The segment's bytes.
        directory: What lies where.
        size: Documents in the segment.
        bits: Bits of a document's lower half.
        terms: As `look_up` found them, all of them there.
        weights: Of each term, in units.
        rows_0: For each document its row in the table of gains, for words; `rows_1`: for characters.
        table_0: Gains by row and tag; `table_1` likewise.
        escapes_0: Gains of the postings whose tag does not tell; `escapes_1` likewise.
        allowed: Documents that count; empty: all.
        factors: What each document's score is multiplied by; empty: 1.
        most_factor: The greatest of them.
        unit: What sums count.
        most_gain: The most that any gain can be.
        stretch: `ranking.stretch` for each family.
        window: Documents that are summed up at a time; no more than a block has.
        budget: Postings read for the first guess at the best.
        growth: How many times as much the next guess may read.
        extent: How many times as many postings as need be may be read.
        direct: So many allowed documents are scored one by one.
        per_article: Only the best passage of each article is kept.
        scores: Of what is kept.
        best: Dates, numbers and articles of what is kept.
        state: How much is kept, and which is the worst.
        wholes: `workspace`, as is `floats`.
    """
    count, limit = len(terms), len(scores)
    first = address(raw)
    gains = (
        address(rows_0), address(rows_1), address(table_0), address(table_1),
        address(escapes_0), address(escapes_1),
    )  # fmt: skip
    term_rows = address(terms)
    prepare(first, directory, term_rows, count, weights, gains)

    bounds, efforts = np.empty(count), np.empty(count, np.int64)
    prunable = True
    for each in range(count):
        family = terms[each, T_FAMILY]
        most = most_gain
        if stretch[family] > 0:
            place = directory[family * ARRAYS + BOUNDS, 0] + terms[each, T_ORDINAL]
            stretched = stretch[family] * (raw[place] / 255)
            most *= stretched / (1 - raw[place] / 255 + stretched)
        bounds[each] = weights[each] * most + 1
        efforts[each] = size if terms[each, T_KIND] == DENSE_ROW else terms[each, T_COUNT]
        prunable &= weights[each] >= 0

    job = address(wholes)
    order = job + 8 * SEARCH
    by_bound, costs = order + 8 * count, order + 16 * count
    candidates = costs + 8 * (count + 1)
    guesses = candidates + 8 * (window + GROUP)
    sums = address(floats)
    rests = sums + 8 * (window + GROUP)
    heap = rests + 8 * (count + 1)
    put_float(job, S_EVERY, rank(term_rows, bounds, efforts, order, by_bound, costs, rests))
    wholes[S_SIZE], wholes[S_BITS], wholes[S_TERMS], wholes[S_COUNT] = size, bits, term_rows, count
    wholes[S_ALLOWED] = address(allowed) if len(allowed) else 0
    wholes[S_FACTORS] = address(factors) if len(factors) else 0
    wholes[S_NUMBERS] = first + 4 * directory[NUMBERS, 0]
    wholes[S_ARTICLES] = first + 4 * directory[ARTICLES, 0]
    wholes[S_PUBLISHED] = first + 4 * directory[PUBLISHED, 0]
    wholes[S_SCORES], wholes[S_DATES] = address(scores), address(best)
    wholes[S_BEST_NUMBERS] = address(best) + 8 * limit
    wholes[S_BEST_ARTICLES] = address(best) + 16 * limit
    wholes[S_LIMIT], wholes[S_HELD], wholes[S_WORST] = limit, state[0], state[1]
    wholes[S_PER_ARTICLE], wholes[S_PRUNABLE] = per_article, prunable
    wholes[S_WINDOW], wholes[S_EXTENT] = window, extent
    wholes[S_SUMS], wholes[S_CANDIDATES], wholes[S_ORDER], wholes[S_BY_BOUND] = (
        sums,
        candidates,
        order,
        by_bound,
    )
    wholes[S_COSTS], wholes[S_RESTS] = costs, rests
    wholes[S_HEAP], wholes[S_GUESSED], wholes[S_ROOM] = heap, guesses, 2 * limit + 20
    put_float(job, S_UNIT, unit)
    put_float(job, S_MOST_FACTOR, most_factor)

    chosen = direct + 1
    if len(allowed):
        chosen = 0
        for document in range(size):
            chosen += allowed[document]
    if chosen <= direct:
        chosen = 0
        for document in range(size):
            if allowed[document]:
                put(guesses, chosen, document)
                chosen += 1
        complete_each(job, guesses, chosen)
    else:
        find_best(job, budget, growth)
    state[0], state[1] = wholes[S_HELD], wholes[S_WORST]
