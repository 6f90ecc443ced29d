"""Top-k collector of the kernels, in the same order as `corpus.index.top_k`; and guesses at the top."""

import numpy as np

from corpus.index.kernels import layout
from corpus.index.kernels.layout import compiled, f64, i64, put, put_float, u32
from corpus.index.kernels.reading import enter_block, posting_units, reset_cursors, tag_in


@compiled
def comes_before(search, score, published, number, place):  # type: ignore[no-untyped-def]
    """Whether a passage comes before the one that is kept in a place."""
    held = f64(i64(search, layout.SEARCH_TOP_SCORES), place)
    if score != held:
        return score > held
    date = i64(i64(search, layout.SEARCH_TOP_DATES), place)
    if published != date:
        return published > date
    return number < i64(i64(search, layout.SEARCH_TOP_NUMBERS), place)


@compiled
def threshold(search):  # type: ignore[no-untyped-def]
    """Score below which no passage is kept any more, minus rounding slack; 0.0 while there is room."""
    if i64(search, layout.SEARCH_TOP_COUNT) < i64(search, layout.SEARCH_LIMIT):
        return 0.0
    return (
        f64(i64(search, layout.SEARCH_TOP_SCORES), i64(search, layout.SEARCH_WORST)) * layout.ROUNDING_SLACK
    )


@compiled
def store_top(search, place, score, published, number, article):  # type: ignore[no-untyped-def]
    """Keep a passage in a place."""
    put_float(i64(search, layout.SEARCH_TOP_SCORES), place, score)
    put(i64(search, layout.SEARCH_TOP_DATES), place, published)
    put(i64(search, layout.SEARCH_TOP_NUMBERS), place, number)
    put(i64(search, layout.SEARCH_TOP_ARTICLES), place, article)


@compiled
def load_top(search, place):  # type: ignore[no-untyped-def]
    """The passage that is kept in a place: score, date, number, article."""
    return (
        f64(i64(search, layout.SEARCH_TOP_SCORES), place),
        i64(i64(search, layout.SEARCH_TOP_DATES), place),
        i64(i64(search, layout.SEARCH_TOP_NUMBERS), place),
        i64(i64(search, layout.SEARCH_TOP_ARTICLES), place),
    )


@compiled
def collect(search, document, score):  # type: ignore[no-untyped-def]
    """Keep a document if it is good enough; see `corpus.index.top_k.TopK.collect`."""
    if score <= 0 or score < threshold(search):
        return
    number = u32(i64(search, layout.SEARCH_NUMBERS), document)
    article = u32(i64(search, layout.SEARCH_ARTICLES), document)
    published = u32(i64(search, layout.SEARCH_PUBLISHED), document)
    held, limit = i64(search, layout.SEARCH_TOP_COUNT), i64(search, layout.SEARCH_LIMIT)
    per_article = i64(search, layout.SEARCH_PER_ARTICLE)
    keys = i64(search, layout.SEARCH_TOP_ARTICLES if per_article else layout.SEARCH_TOP_NUMBERS)
    key = article if per_article else number
    place = 0
    while place < held and i64(keys, place) != key:
        place += 1
    if place == held and held < limit:
        held += 1
        put(search, layout.SEARCH_TOP_COUNT, held)
    else:
        if place == held:
            place = i64(search, layout.SEARCH_WORST)
        if not comes_before(search, score, published, number, place):
            return
    store_top(search, place, score, published, number, article)
    if held == limit:
        find_worst(search, limit)


@compiled
def find_worst(search, limit):  # type: ignore[no-untyped-def]
    """Note the place of the kept passage that comes last."""
    scores, dates = i64(search, layout.SEARCH_TOP_SCORES), i64(search, layout.SEARCH_TOP_DATES)
    numbers = i64(search, layout.SEARCH_TOP_NUMBERS)
    worst = 0
    for place in range(1, limit):
        if f64(scores, place) <= f64(scores, worst) and comes_before(
            search, f64(scores, worst), i64(dates, worst), i64(numbers, worst), place
        ):
            worst = place
    put(search, layout.SEARCH_WORST, worst)


@compiled
def sort_top(search, held):  # type: ignore[no-untyped-def]
    """Sort the kept passages, best first (shell sort)."""
    gap = 1
    while gap * 3 + 1 < held:
        gap = gap * 3 + 1
    while gap:
        for each in range(gap, held):
            score, date, number, article = load_top(search, each)
            place = each
            while place >= gap and comes_before(search, score, date, number, place - gap):
                store_top(search, place, *load_top(search, place - gap))
                place -= gap
            store_top(search, place, score, date, number, article)
        gap //= 3


@compiled
def factor_of(search, document):  # type: ignore[no-untyped-def]
    """What a document's score is multiplied by."""
    factors = i64(search, layout.SEARCH_FACTORS)
    return f64(factors, document) if factors else 1.0


@compiled
def score_document(search, document, low, total, rest, lists, count):  # type: ignore[no-untyped-def]
    """Look a document up in the lists that its sum lacks, as long as it can be among the top; collect it.

    Args:
        search: The search.
        document: In the current block, not before any cursor.
        low: Its place in the block.
        total: Its sum so far.
        rest: Sum of the bounds of the other lists.
        lists: Addresses of their term rows.
        count: How many there are.
    """
    factor = factor_of(search, document)
    least = (
        threshold(search) / (f64(search, layout.SEARCH_UNIT) * factor)
        if i64(search, layout.SEARCH_PRUNABLE)
        else -np.inf
    )
    for place in range(count):
        if total + rest < least:
            return
        term = i64(lists, place)
        tag = tag_in(term, document, low)
        if tag:
            total += posting_units(term, tag, document)
        rest -= f64(term, layout.TERM_BOUND)
    collect(search, document, total * f64(search, layout.SEARCH_UNIT) * factor)


@compiled
def score_documents(search, documents, count):  # type: ignore[no-untyped-def]
    """Score documents (growing) one by one, each until it cannot be among the top any more."""
    terms, term_count, bits = (
        i64(search, layout.SEARCH_TERMS),
        i64(search, layout.SEARCH_TERM_COUNT),
        i64(search, layout.SEARCH_BLOCK_BITS),
    )
    by_bound, every = i64(search, layout.SEARCH_BY_BOUND), f64(search, layout.SEARCH_TOTAL_BOUND)
    reset_cursors(terms, term_count)
    block = -1
    for place in range(count):
        document = i64(documents, place)
        if document >> bits != block:
            block = document >> bits
            enter_block(terms, term_count, block)
        score_document(search, document, document - (block << bits), 0.0, every, by_bound, term_count)


@compiled
def push_guess(search, held, value, document):  # type: ignore[no-untyped-def]
    """Push a guess onto the heap of those with the greatest values (the least on top). Returns its size."""
    heap, kept, room = (
        i64(search, layout.SEARCH_GUESS_VALUES),
        i64(search, layout.SEARCH_GUESSES),
        i64(search, layout.SEARCH_MAX_GUESSES),
    )
    place = held
    if held < room:
        while place and f64(heap, (place - 1) >> 1) > value:
            put_float(heap, place, f64(heap, (place - 1) >> 1))
            put(kept, place, i64(kept, (place - 1) >> 1))
            place = (place - 1) >> 1
        put_float(heap, place, value)
        put(kept, place, document)
        return held + 1
    if value <= f64(heap, 0):
        return held
    place = 0
    child = 1
    while child < room:
        if child + 1 < room and f64(heap, child + 1) < f64(heap, child):
            child += 1
        if f64(heap, child) >= value:
            break
        put_float(heap, place, f64(heap, child))
        put(kept, place, i64(kept, child))
        place = child
        child = 2 * place + 1
    put_float(heap, place, value)
    put(kept, place, document)
    return held
