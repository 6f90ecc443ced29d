"""The index's inner loops, compiled by numba: the functions that Python calls.

A segment is read as it lies on disk: bytes, and a directory of where each array begins (`segments.Layout`).
Sums are in units (`ranking`), which makes them exact: scores are identical to those of `maxscore`, which
goes over whole lists with numpy.

Compiled code has no bounds checks, and a file may be damaged. Whatever is read from it is therefore compared
with the size of the array that it leads into before it becomes an address: the beginning and end of lists
once per term (`find_term`), blocks in `enter_block`, documents in the window that they are summed up in. The
lengths of texts (`TERM_GAIN_ROWS`) are a checked copy. A damaged file can make results wrong, never an access
wild.

Passing an argument costs as much as reading a hundred postings, and an array that Python creates for a call
even more. A segment is therefore one row of a table, and a search works in two arrays (`layout`).
"""

from numba import types

from corpus.index.kernels import layout
from corpus.index.kernels.layout import address, compiled, exported, f64, i64, put, put_float, u8
from corpus.index.kernels.lookup import array_start, document_of, find_term, prepare_terms
from corpus.index.kernels.reading import enter_block, posting_units, reset_cursors, tag_in
from corpus.index.kernels.top_k import find_worst, score_documents, sort_top
from corpus.index.kernels.windows import find_top

_INTEGERS = types.Array(types.int64, 1, "C", readonly=True)
_FLOATS = types.Array(types.float64, 1, "C", readonly=True)
_MASK = types.Array(types.boolean, 1, "C", readonly=True)
_VIEWS = types.Array(types.int64, 2, "C", readonly=True)
_FOUND = types.Array(types.int64, 3, "C", readonly=True)


@exported(types.int64, _VIEWS, _INTEGERS, types.int64, types.int64[:, :, ::1], types.int64[::1])
def look_up(views, codes, words, found, frequencies):  # type: ignore[no-untyped-def]
    """Look terms up in all segments. Returns how many lookups met something impossible.

    Args:
        views: A row of `SEGMENT_FIELDS` fields per segment.
        codes: The terms.
        words: How many of them, the first, are words.
        found: For each segment and term a row of `LOOKUP_FIELDS` fields, to be filled.
        frequencies: All 0; receives the number of documents that hold each term.
    """
    wrong = 0
    for segment in range(len(views)):
        view = address(views) + segment * (8 * layout.SEGMENT_FIELDS)
        rows = address(found) + segment * len(codes) * (8 * layout.LOOKUP_FIELDS)
        for each in range(len(codes)):
            row = rows + each * (8 * layout.LOOKUP_FIELDS)
            wrong += find_term(view, codes[each], 0 if each < words else 1, row)
            frequencies[each] += i64(row, layout.TERM_COUNT)
    return wrong


@exported(types.void, _VIEWS, _FOUND, _FLOATS, _INTEGERS, _INTEGERS, types.float64[:, ::1], types.int64[::1])
def contributions(views, found, weights, numbers, order, units, integers):  # type: ignore[no-untyped-def]
    """Write what each term (column) adds to the scores of some passages (rows), in units.

    Args:
        views: As for `search`.
        found: As for `search`.
        weights: As for `search`.
        numbers: Numbers of the passages.
        order: Places of the numbers, by growing number.
        units: All 0.0; receives the result.
        integers: Working memory for the term rows.
    """
    terms = address(integers)
    for segment in range(len(views)):
        view = address(views) + segment * (8 * layout.SEGMENT_FIELDS)
        rows = address(found) + segment * len(weights) * (8 * layout.LOOKUP_FIELDS)
        count = prepare_terms(view, rows, address(weights), len(weights), terms)
        reset_cursors(terms, count)
        bits, block = i64(view, layout.SEGMENT_BLOCK_BITS), -1
        for place in order:
            document = document_of(view, numbers[place])
            if document < 0:
                continue
            if document >> bits != block:
                block = document >> bits
                enter_block(terms, count, block)
            for there in range(count):
                term = terms + there * (8 * layout.TERM_FIELDS)
                tag = tag_in(term, document, document - (block << bits))
                if tag:
                    units[place, i64(term, layout.TERM_COLUMN)] += posting_units(term, tag, document)


def workspace(terms: int, limit: int, window: int, direct: int) -> tuple[int, int, int]:
    """Sizes of the arrays that `search` works in: sums, floats, integers."""
    guesses = max(2 * limit + 20, direct)
    sums, floats = window + layout.SCAN_GROUP, limit + terms + 1 + guesses
    return (
        sums,
        floats,
        3 * limit
        + layout.SEARCH_FIELDS
        + terms * (layout.TERM_FIELDS + 4)
        + 1
        + window
        + layout.SCAN_GROUP
        + guesses,
    )


@compiled
def compute_bounds(view, terms, count):  # type: ignore[no-untyped-def]
    """Compute the bound and the effort of each list. Returns whether lists may be pruned at all."""
    prunable = True
    for each in range(count):
        term = terms + each * (8 * layout.TERM_FIELDS)
        family, max_gain = i64(term, layout.TERM_FAMILY), f64(view, layout.SEGMENT_MAX_GAIN)
        stretch, weight = f64(view, layout.SEGMENT_BOUND_STRETCH + family), f64(term, layout.TERM_WEIGHT)
        if stretch > 0:
            bounds = i64(view, layout.SEGMENT_FILE) + array_start(
                view, family * layout.DIR_FAMILY_ARRAYS + layout.DIR_BOUNDS
            )
            share = u8(bounds, i64(term, layout.TERM_ORDINAL)) / 255
            stretched = stretch * share
            max_gain *= stretched / (1 - share + stretched)
        bound = weight * max_gain + 1
        effort = (
            i64(view, layout.SEGMENT_SIZE)
            if i64(term, layout.TERM_KIND) == layout.KIND_DENSE
            else i64(term, layout.TERM_COUNT)
        )
        put(term, layout.TERM_EFFORT, effort)
        put_float(term, layout.TERM_BOUND, bound)
        put_float(term, layout.TERM_BOUND_PER_POSTING, bound / effort)
        prunable &= weight >= 0
    return prunable


@compiled
def sort_terms_by(terms, count, field, places):  # type: ignore[no-untyped-def]
    """Fill `places` with the addresses of term rows, by falling value of a float field."""
    for each in range(count):
        term = terms + each * (8 * layout.TERM_FIELDS)
        place = each
        while place and f64(i64(places, place - 1), field) < f64(term, field):
            put(places, place, i64(places, place - 1))
            place -= 1
        put(places, place, term)


@compiled
def order_lists(terms, count, order, by_bound, costs, rests):  # type: ignore[no-untyped-def]
    """Order lists by bound per posting and by bound. Returns the sum of all bounds.

    Args:
        terms: Address of the term rows.
        count: How many there are.
        order: Receives the rows by falling bound per posting.
        by_bound: Receives the rows by falling bound.
        costs: Receives the effort of reading the first n lists of `order`, for n from 0.
        rests: Receives the sum of the bounds of all but the first n.
    """
    sort_terms_by(terms, count, layout.TERM_BOUND_PER_POSTING, order)
    sort_terms_by(terms, count, layout.TERM_BOUND, by_bound)
    put(costs, 0, 0)
    put_float(rests, count, 0.0)
    for each in range(count):
        put(costs, each + 1, i64(costs, each) + i64(i64(order, each), layout.TERM_EFFORT))
    for each in range(count - 1, -1, -1):
        put_float(rests, each, f64(rests, each + 1) + f64(i64(order, each), layout.TERM_BOUND))
    return f64(rests, 0)


@compiled
def set_segment(job, view):  # type: ignore[no-untyped-def]
    """Copy to a search what it needs of its segment."""
    file = i64(view, layout.SEGMENT_FILE)
    put(job, layout.SEARCH_SIZE, i64(view, layout.SEGMENT_SIZE))
    put(job, layout.SEARCH_BLOCK_BITS, i64(view, layout.SEGMENT_BLOCK_BITS))
    put(job, layout.SEARCH_WINDOW, i64(view, layout.SEGMENT_WINDOW))
    put(job, layout.SEARCH_EXTRA_READ, i64(view, layout.SEGMENT_EXTRA_READ))
    put(job, layout.SEARCH_NUMBERS, file + 4 * array_start(view, layout.DIR_NUMBERS))
    put(job, layout.SEARCH_ARTICLES, file + 4 * array_start(view, layout.DIR_ARTICLES))
    put(job, layout.SEARCH_PUBLISHED, file + 4 * array_start(view, layout.DIR_PUBLISHED))


@compiled
def set_workspace(job, terms, count, floats, sums):  # type: ignore[no-untyped-def]
    """Divide the working memory of a search. `workspace` counts its elements.

    Args:
        job: The search.
        terms: Address of the term rows; the arrays of integers follow them.
        count: How many terms there are.
        floats: Where the arrays of floats begin.
        sums: Address of the window's sums.
    """
    by_density = terms + count * (8 * layout.TERM_FIELDS)
    by_bound = by_density + 8 * count
    costs = by_bound + 8 * count
    pending = costs + 8 * (count + 1)
    candidates = pending + 8 * count
    guesses = candidates + 8 * (i64(job, layout.SEARCH_WINDOW) + layout.SCAN_GROUP)
    put(job, layout.SEARCH_TERMS, terms)
    put(job, layout.SEARCH_TERM_COUNT, count)
    put(job, layout.SEARCH_BY_DENSITY, by_density)
    put(job, layout.SEARCH_BY_BOUND, by_bound)
    put(job, layout.SEARCH_COSTS, costs)
    put(job, layout.SEARCH_PENDING, pending)
    put(job, layout.SEARCH_CANDIDATES, candidates)
    put(job, layout.SEARCH_GUESSES, guesses)
    put(job, layout.SEARCH_REMAINING_BOUNDS, floats)
    put(job, layout.SEARCH_GUESS_VALUES, floats + 8 * (count + 1))
    put(job, layout.SEARCH_SUMS, sums)


@compiled
def set_top(job, scores, integers, limit, top_count):  # type: ignore[no-untyped-def]
    """Point a search to the passages that are kept so far."""
    put(job, layout.SEARCH_TOP_SCORES, scores)
    put(job, layout.SEARCH_TOP_DATES, integers)
    put(job, layout.SEARCH_TOP_NUMBERS, integers + 8 * limit)
    put(job, layout.SEARCH_TOP_ARTICLES, integers + 16 * limit)
    put(job, layout.SEARCH_LIMIT, limit)
    put(job, layout.SEARCH_TOP_COUNT, top_count)
    put(job, layout.SEARCH_MAX_GUESSES, 2 * limit + 20)
    if top_count == limit:
        find_worst(job, limit)


@compiled
def set_bounds(job, view):  # type: ignore[no-untyped-def]
    """Compute the bounds of a search's lists and order the lists by them."""
    terms, count = i64(job, layout.SEARCH_TERMS), i64(job, layout.SEARCH_TERM_COUNT)
    put(job, layout.SEARCH_PRUNABLE, compute_bounds(view, terms, count))
    total = order_lists(
        terms,
        count,
        i64(job, layout.SEARCH_BY_DENSITY),
        i64(job, layout.SEARCH_BY_BOUND),
        i64(job, layout.SEARCH_COSTS),
        i64(job, layout.SEARCH_REMAINING_BOUNDS),
    )
    put_float(job, layout.SEARCH_TOTAL_BOUND, total)


@compiled
def score_allowed(job, size):  # type: ignore[no-untyped-def]
    """Score each allowed document on its own. There must be room for them among the guesses."""
    allowed, documents = i64(job, layout.SEARCH_ALLOWED), i64(job, layout.SEARCH_GUESSES)
    count = 0
    for document in range(size):
        if u8(allowed, document):
            put(documents, count, document)
            count += 1
    score_documents(job, documents, count)


@exported(
    types.int64, _VIEWS, types.int64, _FOUND, _FLOATS, types.float64, _MASK, _FLOATS, types.float64,
    types.boolean, types.int64, types.int64, types.float64[::1], types.float64[::1], types.int64[::1],
)  # fmt: skip
def search(  # type: ignore[no-untyped-def]
    views, place, found, weights, unit, allowed, factors, max_factor, per_article, limit, top_count,
    sums, floats, integers,
):  # fmt: skip
    """Collect the documents of a segment that are among the top. Returns how many passages are kept then.

    The kept passages stand at the beginning of the workspace and are carried from segment to segment.

    Args:
        views: A row of `SEGMENT_FIELDS` fields per segment.
        place: Place of the segment in `views`.
        found: For each segment and term the row that `look_up` filled.
        weights: The factor of each term's gain, in units.
        unit: Score of one unit.
        allowed: Mask of the documents that count; empty: all.
        factors: What each document's score is multiplied by; empty: 1.
        max_factor: The greatest of the factors.
        per_article: Only the best passage of each article is kept.
        limit: How many passages are kept at most.
        top_count: How many are kept already.
        sums: All 0.0, before and after. `workspace` gives the sizes of this and the next two arrays.
        floats: First `limit` scores of the kept passages, best first; the rest is working memory.
        integers: First `limit` dates, numbers and articles of the kept passages; the rest is working memory.
    """
    view, count = address(views) + place * (8 * layout.SEGMENT_FIELDS), len(weights)
    rows = address(found) + place * count * (8 * layout.LOOKUP_FIELDS)
    scores, job = address(floats), address(integers) + 24 * limit
    terms = job + 8 * layout.SEARCH_FIELDS
    count = prepare_terms(view, rows, address(weights), count, terms)
    if not count:
        return top_count
    set_segment(job, view)
    set_workspace(job, terms, count, scores + 8 * limit, address(sums))
    put(job, layout.SEARCH_ALLOWED, address(allowed) if len(allowed) else 0)
    put(job, layout.SEARCH_FACTORS, address(factors) if len(factors) else 0)
    put(job, layout.SEARCH_PER_ARTICLE, per_article)
    put_float(job, layout.SEARCH_UNIT, unit)
    put_float(job, layout.SEARCH_MAX_FACTOR, max_factor)
    set_top(job, scores, address(integers), limit, top_count)
    set_bounds(job, view)

    max_direct, size = i64(view, layout.SEGMENT_MAX_DIRECT), i64(view, layout.SEGMENT_SIZE)
    allowed_count = max_direct + 1
    if len(allowed):
        allowed_count = 0
        for document in range(size):
            allowed_count += allowed[document]
    if allowed_count <= max_direct:
        score_allowed(job, size)
    else:
        find_top(job, i64(view, layout.SEGMENT_GUESS_BUDGET))
    top_count = i64(job, layout.SEARCH_TOP_COUNT)
    sort_top(job, top_count)
    return top_count
