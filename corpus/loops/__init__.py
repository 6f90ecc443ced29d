"""The index's inner loops, compiled by numba: what Python calls.

A segment is seen as it lies on disk: bytes, and a directory that says where each array begins
(`segments.Layout`). Sums are in units (`ranking`), so whatever order they are made in, scores are the
same to the last bit as those of `pruning`, which goes over whole lists with numpy instead.
"""

import numpy as np
from numba import types

from corpus.loops import memory as m
from corpus.loops.best import (
    complete_each,
)
from corpus.loops.memory import address, compiled, exported, f64, i64, put, put_float, u32
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
        at = family * m.ARRAYS
        row = terms[each]
        row[:] = 0
        row[m.T_FAMILY] = family
        dictionary, count = first + 8 * directory[at + m.CODES, 0], directory[at + m.CODES, 1]
        ordinal = find_place(dictionary, count, codes[each])
        if ordinal == count or i64(dictionary, ordinal) != codes[each]:
            continue
        starts = first + 4 * directory[at + m.STARTS, 0]
        start, end = u32(starts, ordinal), u32(starts, ordinal + 1)
        row[m.T_ORDINAL], row[m.T_COUNT] = ordinal, end - start
        row[m.T_LOWS] = first + 2 * (directory[at + m.LOWS, 0] + start)
        row[m.T_TAGS] = first + directory[at + m.TAGS, 0] + start
        if start == end:
            dense = first + 8 * directory[at + m.DENSE_TERMS, 0]
            place = find_place(dense, directory[at + m.DENSE_TERMS, 1], ordinal)
            row[m.T_KIND] = m.DENSE_ROW
            row[m.T_COUNT] = i64(first + 8 * directory[at + m.DENSE_COUNTS, 0], place)
            row[m.T_EXTRA] = first + directory[at + m.DENSE, 0] + place * size
        elif blocks > 1:
            long, count = first + 8 * directory[at + m.LONG_TERMS, 0], directory[at + m.LONG_TERMS, 1]
            place = find_place(long, count, ordinal)
            if place < count and i64(long, place) == ordinal:
                row[m.T_KIND] = m.LONG
                row[m.T_EXTRA] = first + 4 * (directory[at + m.EDGES, 0] + place * (blocks + 1))
            else:
                row[m.T_KIND] = m.SHORT
                before = i64(first + 8 * directory[at + m.LONG_ENDS, 0], place - 1) if place else 0
                row[m.T_EXTRA] = first + directory[at + m.HIGHS, 0] + start - before


@compiled
def prepare(first, directory, terms, count, weights, gains):  # type: ignore[no-untyped-def]
    """Fill in what `look_up` leaves open. `gains`: addresses of rows, table and escapes for each family."""
    for each in range(count):
        term = terms + each * (8 * m.TERM)
        family = i64(term, m.T_FAMILY)
        at = family * m.ARRAYS
        put(term, m.T_ROWS, gains[family])
        put(term, m.T_TABLE, gains[2 + family])
        put(term, m.T_ESCAPES, gains[4 + family])
        put(term, m.T_KEYS, first + 8 * directory[at + m.ESCAPE_KEYS, 0])
        put(term, m.T_KEY_COUNT, directory[at + m.ESCAPE_KEYS, 1])
        put_float(term, m.T_WEIGHT, weights[each])


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
            term = first + place * (8 * m.TERM)
            tag = tag_in(term, document, document - (block << bits))
            units[each, place] = units_of(term, tag, document) if tag else 0.0


def workspace(terms: int, limit: int, window: int, direct: int) -> tuple[int, int, int]:
    """How many sums, other floats and whole numbers `search` needs to work with."""
    guesses = max(2 * limit + 20, direct)
    wholes = m.SEARCH + 4 * terms + 1 + window + m.GROUP + guesses
    return window + m.GROUP, terms + 1 + guesses, wholes


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
        put_float(terms + each * (8 * m.TERM), m.T_BOUND, bounds[each])
        put(order, each, ranking[each])
        put(by_bound, each, terms + ranking_by_bound[each] * (8 * m.TERM))
        put(costs, each + 1, i64(costs, each) + efforts[ranking[each]])
    for each in range(count - 1, -1, -1):
        put_float(rests, each, f64(rests, each + 1) + bounds[ranking[each]])
    return f64(rests, 0)


@exported(
    *_SEGMENT, _TERMS, _FLOATS, *_GAINS, _MASK, _FLOATS, types.float64, types.float64, types.float64, _FLOATS,
    types.int64, types.int64, types.int64, types.int64, types.int64, types.boolean,
    types.float64[::1], _TERMS, types.int64[::1], types.float64[::1], types.float64[::1], types.int64[::1],
)  # fmt: skip
def search(  # type: ignore[no-untyped-def]
    raw, directory, size, bits, terms, weights, rows_0, rows_1, table_0, table_1, escapes_0, escapes_1,
    allowed, factors, most_factor, unit, most_gain, stretch,
    window, budget, growth, extent, direct, per_article,
    scores, best, state, sums, floats, wholes,
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
        sums: All 0.0, before and after; `workspace` says how many, and how many `floats` and `wholes`.
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
        family = terms[each, m.T_FAMILY]
        most = most_gain
        if stretch[family] > 0:
            place = directory[family * m.ARRAYS + m.BOUNDS, 0] + terms[each, m.T_ORDINAL]
            stretched = stretch[family] * (raw[place] / 255)
            most *= stretched / (1 - raw[place] / 255 + stretched)
        bounds[each] = weights[each] * most + 1
        efforts[each] = size if terms[each, m.T_KIND] == m.DENSE_ROW else terms[each, m.T_COUNT]
        prunable &= weights[each] >= 0

    job = address(wholes)
    order = job + 8 * m.SEARCH
    by_bound, costs = order + 8 * count, order + 16 * count
    waiting = costs + 8 * (count + 1)
    candidates = waiting + 8 * count
    guesses = candidates + 8 * (window + m.GROUP)
    rests = address(floats)
    heap = rests + 8 * (count + 1)
    put_float(job, m.S_EVERY, rank(term_rows, bounds, efforts, order, by_bound, costs, rests))
    wholes[m.S_SIZE], wholes[m.S_BITS], wholes[m.S_TERMS], wholes[m.S_COUNT] = size, bits, term_rows, count
    wholes[m.S_ALLOWED] = address(allowed) if len(allowed) else 0
    wholes[m.S_FACTORS] = address(factors) if len(factors) else 0
    wholes[m.S_NUMBERS] = first + 4 * directory[m.NUMBERS, 0]
    wholes[m.S_ARTICLES] = first + 4 * directory[m.ARTICLES, 0]
    wholes[m.S_PUBLISHED] = first + 4 * directory[m.PUBLISHED, 0]
    wholes[m.S_SCORES], wholes[m.S_DATES] = address(scores), address(best)
    wholes[m.S_BEST_NUMBERS] = address(best) + 8 * limit
    wholes[m.S_BEST_ARTICLES] = address(best) + 16 * limit
    wholes[m.S_LIMIT], wholes[m.S_HELD], wholes[m.S_WORST] = limit, state[0], state[1]
    wholes[m.S_PER_ARTICLE], wholes[m.S_PRUNABLE] = per_article, prunable
    wholes[m.S_WINDOW], wholes[m.S_EXTENT] = window, extent
    wholes[m.S_SUMS], wholes[m.S_CANDIDATES], wholes[m.S_ORDER], wholes[m.S_BY_BOUND] = (
        address(sums),
        candidates,
        order,
        by_bound,
    )
    wholes[m.S_COSTS], wholes[m.S_RESTS], wholes[m.S_WAITING] = costs, rests, waiting
    wholes[m.S_HEAP], wholes[m.S_GUESSED], wholes[m.S_ROOM] = heap, guesses, 2 * limit + 20
    put_float(job, m.S_UNIT, unit)
    put_float(job, m.S_MOST_FACTOR, most_factor)

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
    state[0], state[1] = wholes[m.S_HELD], wholes[m.S_WORST]
