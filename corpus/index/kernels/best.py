"""The best passages so far, in the one order that searches give (`selection`), and guesses at them."""

import numpy as np

from corpus.index.kernels import layout as m
from corpus.index.kernels.layout import compiled, f64, i64, put, put_float, u32
from corpus.index.kernels.reading import begin, enter_block, tag_in, units_of


@compiled
def comes_before(search, score, published, number, place):  # type: ignore[no-untyped-def]
    """Whether a passage comes before the one held in a place."""
    held = f64(i64(search, m.S_SCORES), place)
    if score != held:
        return score > held
    date = i64(i64(search, m.S_DATES), place)
    if published != date:
        return published > date
    return number < i64(i64(search, m.S_BEST_NUMBERS), place)


@compiled
def threshold(search):  # type: ignore[no-untyped-def]
    """Score below which a passage cannot be kept any more, with some slack; 0.0 while there is room."""
    if i64(search, m.S_HELD) < i64(search, m.S_LIMIT):
        return 0.0
    return f64(i64(search, m.S_SCORES), i64(search, m.S_WORST)) * m.SLACK


@compiled
def keep(search, place, score, published, number, article):  # type: ignore[no-untyped-def]
    """Keep a passage in a place."""
    put_float(i64(search, m.S_SCORES), place, score)
    put(i64(search, m.S_DATES), place, published)
    put(i64(search, m.S_BEST_NUMBERS), place, number)
    put(i64(search, m.S_BEST_ARTICLES), place, article)


@compiled
def kept(search, place):  # type: ignore[no-untyped-def]
    """What is kept in a place: score, date, number, article."""
    return (
        f64(i64(search, m.S_SCORES), place),
        i64(i64(search, m.S_DATES), place),
        i64(i64(search, m.S_BEST_NUMBERS), place),
        i64(i64(search, m.S_BEST_ARTICLES), place),
    )


@compiled
def offer(search, document, score):  # type: ignore[no-untyped-def]
    """Keep a document if it is good enough; see `selection.Selection.offer`."""
    if score <= 0 or score < threshold(search):
        return
    number = u32(i64(search, m.S_NUMBERS), document)
    article = u32(i64(search, m.S_ARTICLES), document)
    published = u32(i64(search, m.S_PUBLISHED), document)
    held, limit = i64(search, m.S_HELD), i64(search, m.S_LIMIT)
    per_article = i64(search, m.S_PER_ARTICLE)
    keys = i64(search, m.S_BEST_ARTICLES if per_article else m.S_BEST_NUMBERS)
    key = article if per_article else number
    place = 0
    while place < held and i64(keys, place) != key:
        place += 1
    if place == held and held < limit:
        held += 1
        put(search, m.S_HELD, held)
    else:
        if place == held:
            place = i64(search, m.S_WORST)
        if not comes_before(search, score, published, number, place):
            return
    keep(search, place, score, published, number, article)
    if held == limit:
        find_worst(search, limit)


@compiled
def find_worst(search, limit):  # type: ignore[no-untyped-def]
    """Note which of what is kept comes last."""
    scores, dates = i64(search, m.S_SCORES), i64(search, m.S_DATES)
    numbers = i64(search, m.S_BEST_NUMBERS)
    worst = 0
    for place in range(1, limit):
        if f64(scores, place) <= f64(scores, worst) and comes_before(
            search, f64(scores, worst), i64(dates, worst), i64(numbers, worst), place
        ):
            worst = place
    put(search, m.S_WORST, worst)


@compiled
def sort_best(search, held):  # type: ignore[no-untyped-def]
    """Put what is kept into order, best first (shell sort)."""
    gap = 1
    while gap * 3 + 1 < held:
        gap = gap * 3 + 1
    while gap:
        for each in range(gap, held):
            score, date, number, article = kept(search, each)
            place = each
            while place >= gap and comes_before(search, score, date, number, place - gap):
                keep(search, place, *kept(search, place - gap))
                place -= gap
            keep(search, place, score, date, number, article)
        gap //= 3


@compiled
def factor_of(search, document):  # type: ignore[no-untyped-def]
    """What a document's score is multiplied by."""
    factors = i64(search, m.S_FACTORS)
    return f64(factors, document) if factors else 1.0


@compiled
def complete(search, document, low, total, rest, lists, count):  # type: ignore[no-untyped-def]
    """Look a document up in the lists that its sum lacks, as long as it can be among the best; offer it.

    Args:
        search: The search.
        document: In the current block, not before any cursor.
        low: Its place in the block.
        total: Its sum so far.
        rest: The most that the other lists add.
        lists: Addresses of their terms.
        count: Of them.
    """
    factor = factor_of(search, document)
    least = threshold(search) / (f64(search, m.S_UNIT) * factor) if i64(search, m.S_PRUNABLE) else -np.inf
    for place in range(count):
        if total + rest < least:
            return
        term = i64(lists, place)
        tag = tag_in(term, document, low)
        if tag:
            total += units_of(term, tag, document)
        rest -= f64(term, m.T_BOUND)
    offer(search, document, total * f64(search, m.S_UNIT) * factor)


@compiled
def complete_each(search, documents, count):  # type: ignore[no-untyped-def]
    """Score documents (growing) one by one, as far as is needed to tell that they are not among the best."""
    terms, term_count, bits = i64(search, m.S_TERMS), i64(search, m.S_COUNT), i64(search, m.S_BITS)
    by_bound, every = i64(search, m.S_BY_BOUND), f64(search, m.S_EVERY)
    begin(terms, term_count)
    block = -1
    for place in range(count):
        document = i64(documents, place)
        if document >> bits != block:
            block = document >> bits
            enter_block(terms, term_count, block)
        complete(search, document, document - (block << bits), 0.0, every, by_bound, term_count)


@compiled
def push(search, held, value, document):  # type: ignore[no-untyped-def]
    """Keep the documents with the greatest values: a heap with the least on top. Returns how many it has."""
    heap, kept, room = i64(search, m.S_HEAP), i64(search, m.S_GUESSED), i64(search, m.S_ROOM)
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
