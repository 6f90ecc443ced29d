"""The index's inner loops, compiled by numba: what Python calls.

A segment is seen as it lies on disk: bytes, and a directory that says where each array begins
(`segments.Layout`). Sums are in units (`ranking`), so whatever order they are made in, scores are the
same to the last bit as those of `pruning`, which goes over whole lists with numpy instead.

Compiled code has no bounds checks, and a file may be damaged. So whatever is read from it is compared with
the size of what it leads into before it becomes an address: where lists begin and end once for each term
(`find`), where blocks do in `enter_block`, documents in the windows they are summed up in. Texts' lengths
(`T_ROWS`) are a checked copy. A damaged file can make results wrong, it cannot make a wild access.

Each argument of a call costs as much as reading a hundred postings, and every array that Python makes
for a call more than that. So a segment is one row of `views` (`memory`), and a search works in two arrays.
"""

from numba import types

from corpus.index.kernels import layout as m
from corpus.index.kernels.best import complete_each, find_worst, sort_best
from corpus.index.kernels.layout import address, compiled, exported, f64, i64, put, put_float, u8, u32
from corpus.index.kernels.reading import begin, enter_block, find_place, tag_in, units_of
from corpus.index.kernels.windows import find_best

_INTEGERS = types.Array(types.int64, 1, "C", readonly=True)
_FLOATS = types.Array(types.float64, 1, "C", readonly=True)
_MASK = types.Array(types.boolean, 1, "C", readonly=True)
_VIEWS = types.Array(types.int64, 2, "C", readonly=True)
_FOUND = types.Array(types.int64, 3, "C", readonly=True)


@compiled
def entry(view, place):  # type: ignore[no-untyped-def]
    """Where an array of a segment's directory begins, in elements."""
    return i64(i64(view, m.V_DIRECTORY), 2 * place)


@compiled
def entries(view, place):  # type: ignore[no-untyped-def]
    """How many elements an array of a segment's directory has."""
    return i64(i64(view, m.V_DIRECTORY), 2 * place + 1)


@compiled
def fits(start, count, room):  # type: ignore[no-untyped-def]
    """Whether so many elements from `start` on lie in an array of `room` elements."""
    return start >= 0 and 0 <= count <= room - start


@compiled
def find(view, code, family, term):  # type: ignore[no-untyped-def]
    """Find a term in a segment and fill in a row of `FOUND` fields for it.

    Returns 1 where what the segment says of it is impossible, so that it counts as missing; else 0.
    """
    first, size = i64(view, m.V_RAW), i64(view, m.V_SIZE)
    blocks = ((size - 1) >> i64(view, m.V_BITS)) + 1
    at = family * m.ARRAYS
    for field in range(m.FOUND):
        put(term, field, 0)
    put(term, m.T_FAMILY, family)
    dictionary, count = first + 8 * entry(view, at + m.CODES), entries(view, at + m.CODES)
    ordinal = find_place(dictionary, count, code)
    if ordinal == count or i64(dictionary, ordinal) != code:
        return 0
    if not fits(ordinal, 2, entries(view, at + m.STARTS)) or ordinal >= entries(view, at + m.BOUNDS):
        return 1
    starts = first + 4 * entry(view, at + m.STARTS)
    start, end = u32(starts, ordinal), u32(starts, ordinal + 1)
    listed = min(entries(view, at + m.LOWS), entries(view, at + m.TAGS))
    if end - start > size or not fits(start, end - start, listed):
        return 1
    put(term, m.T_ORDINAL, ordinal)
    put(term, m.T_LOWS, first + 2 * (entry(view, at + m.LOWS) + start))
    put(term, m.T_TAGS, first + entry(view, at + m.TAGS) + start)
    if start == end:
        dense = first + 8 * entry(view, at + m.DENSE_TERMS)
        dense_terms = entries(view, at + m.DENSE_TERMS)
        place = find_place(dense, dense_terms, ordinal)
        if place >= min(dense_terms, entries(view, at + m.DENSE_COUNTS)) or i64(dense, place) != ordinal:
            return 1
        count = i64(first + 8 * entry(view, at + m.DENSE_COUNTS), place)
        if not 0 < count <= size or not fits(place * size, size, entries(view, at + m.DENSE)):
            return 1
        put(term, m.T_COUNT, count)
        put(term, m.T_KIND, m.DENSE_ROW)
        put(term, m.T_EXTRA, first + entry(view, at + m.DENSE) + place * size)
        return 0
    if blocks > 1:
        long, count = first + 8 * entry(view, at + m.LONG_TERMS), entries(view, at + m.LONG_TERMS)
        place = find_place(long, count, ordinal)
        if place < count and i64(long, place) == ordinal:
            if not fits(place * (blocks + 1), blocks + 1, entries(view, at + m.EDGES)):
                return 1
            put(term, m.T_KIND, m.LONG)
            put(term, m.T_EXTRA, first + 4 * (entry(view, at + m.EDGES) + place * (blocks + 1)))
        else:
            if place > entries(view, at + m.LONG_ENDS):
                return 1
            before = i64(first + 8 * entry(view, at + m.LONG_ENDS), place - 1) if place else 0
            if not fits(start - before, end - start, entries(view, at + m.HIGHS)):
                return 1
            put(term, m.T_KIND, m.SHORT)
            put(term, m.T_EXTRA, first + entry(view, at + m.HIGHS) + start - before)
    put(term, m.T_COUNT, end - start)
    return 0


@exported(types.int64, _VIEWS, _INTEGERS, types.int64, types.int64[:, :, ::1], types.int64[::1])
def look_up(views, codes, words, found, frequencies):  # type: ignore[no-untyped-def]
    """Find terms in segments. Returns of how many something impossible is said.

    Args:
        views: A row of `VIEW` fields for each segment.
        codes: Of the terms.
        words: So many of them, the first, are words.
        found: For each segment and term a row of `FOUND` fields, to be filled in.
        frequencies: All 0; documents that hold each term are counted there.
    """
    wrong = 0
    for segment in range(len(views)):
        view = address(views) + segment * (8 * m.VIEW)
        rows = address(found) + segment * len(codes) * (8 * m.FOUND)
        for each in range(len(codes)):
            row = rows + each * (8 * m.FOUND)
            wrong += find(view, codes[each], 0 if each < words else 1, row)
            frequencies[each] += i64(row, m.T_COUNT)
    return wrong


@compiled
def prepare(view, found, weights, count, terms):  # type: ignore[no-untyped-def]
    """Fill in a row of `TERM` fields for each term that a segment has. Returns how many there are.

    Args:
        view: The segment.
        found: Rows that `look_up` filled in.
        weights: Of each term, in units.
        count: Of the terms.
        terms: Where the rows go.
    """
    there = 0
    for each in range(count):
        row = found + each * (8 * m.FOUND)
        if not i64(row, m.T_COUNT):
            continue
        term = terms + there * (8 * m.TERM)
        there += 1
        for field in range(m.FOUND):
            put(term, field, i64(row, field))
        family = i64(row, m.T_FAMILY)
        keys = family * m.ARRAYS + m.ESCAPE_KEYS
        put(term, m.T_ROWS, i64(view, m.V_ROWS + family))
        put(term, m.T_TABLE, i64(view, m.V_TABLES + family))
        put(term, m.T_ESCAPES, i64(view, m.V_ESCAPES + family))
        put(term, m.T_KEYS, i64(view, m.V_RAW) + 8 * entry(view, keys))
        put(term, m.T_KEY_COUNT, entries(view, keys))
        put(term, m.T_COLUMN, each)
        put_float(term, m.T_WEIGHT, f64(weights, each))
    return there


@compiled
def document_of(view, number):  # type: ignore[no-untyped-def]
    """Place of a passage in a segment; -1: not here, or removed."""
    numbers, size, alive = (
        i64(view, m.V_RAW) + 4 * entry(view, m.NUMBERS),
        i64(view, m.V_SIZE),
        i64(view, m.V_ALIVE),
    )
    low, high = 0, size
    while low < high:
        middle = (low + high) >> 1
        if u32(numbers, middle) < number:
            low = middle + 1
        else:
            high = middle
    here = low < size and u32(numbers, low) == number
    return low if here and (not alive or u8(alive, low)) else -1


@exported(types.void, _VIEWS, _FOUND, _FLOATS, _INTEGERS, _INTEGERS, types.float64[:, ::1], types.int64[::1])
def contributions(views, found, weights, numbers, order, units, wholes):  # type: ignore[no-untyped-def]
    """Add what each term (columns) adds to the scores of some passages (rows), in units.

    Args: as those of `search`, and
        numbers: Of the passages.
        order: Their places, by growing number.
    """
    terms = address(wholes)
    for segment in range(len(views)):
        view = address(views) + segment * (8 * m.VIEW)
        rows = address(found) + segment * len(weights) * (8 * m.FOUND)
        count = prepare(view, rows, address(weights), len(weights), terms)
        begin(terms, count)
        bits, block = i64(view, m.V_BITS), -1
        for place in order:
            document = document_of(view, numbers[place])
            if document < 0:
                continue
            if document >> bits != block:
                block = document >> bits
                enter_block(terms, count, block)
            for there in range(count):
                term = terms + there * (8 * m.TERM)
                tag = tag_in(term, document, document - (block << bits))
                if tag:
                    units[place, i64(term, m.T_COLUMN)] += units_of(term, tag, document)


def workspace(terms: int, limit: int, window: int, direct: int) -> tuple[int, int, int]:
    """How many sums, other floats and whole numbers `search` needs to work with."""
    guesses = max(2 * limit + 20, direct)
    sums, floats = window + m.GROUP, limit + terms + 1 + guesses
    return sums, floats, 3 * limit + m.SEARCH + terms * (m.TERM + 4) + 1 + window + m.GROUP + guesses


@compiled
def weigh(view, terms, count):  # type: ignore[no-untyped-def]
    """Note what lists can add and what reading them takes. Returns whether lists may be left out at all."""
    prunable = True
    for each in range(count):
        term = terms + each * (8 * m.TERM)
        family, most = i64(term, m.T_FAMILY), f64(view, m.V_MOST_GAIN)
        stretch, weight = f64(view, m.V_STRETCH + family), f64(term, m.T_WEIGHT)
        if stretch > 0:
            bounds = i64(view, m.V_RAW) + entry(view, family * m.ARRAYS + m.BOUNDS)
            share = u8(bounds, i64(term, m.T_ORDINAL)) / 255
            stretched = stretch * share
            most *= stretched / (1 - share + stretched)
        bound = weight * most + 1
        effort = i64(view, m.V_SIZE) if i64(term, m.T_KIND) == m.DENSE_ROW else i64(term, m.T_COUNT)
        put(term, m.T_EFFORT, effort)
        put_float(term, m.T_BOUND, bound)
        put_float(term, m.T_WORTH, bound / effort)
        prunable &= weight >= 0
    return prunable


@compiled
def sort_terms(terms, count, field, places):  # type: ignore[no-untyped-def]
    """Fill `places` with addresses of terms, those first that have most in a field of floats."""
    for each in range(count):
        term = terms + each * (8 * m.TERM)
        place = each
        while place and f64(i64(places, place - 1), field) < f64(term, field):
            put(places, place, i64(places, place - 1))
            place -= 1
        put(places, place, term)


@compiled
def rank(terms, count, order, by_bound, costs, rests):  # type: ignore[no-untyped-def]
    """Order lists: those first that can add much for their length. Returns the sum of all bounds.

    Fills `order` and `by_bound`; `costs`, what reading the first so many lists takes; `rests`, what all
    but the first so many can add.
    """
    sort_terms(terms, count, m.T_WORTH, order)
    sort_terms(terms, count, m.T_BOUND, by_bound)
    put(costs, 0, 0)
    put_float(rests, count, 0.0)
    for each in range(count):
        put(costs, each + 1, i64(costs, each) + i64(i64(order, each), m.T_EFFORT))
    for each in range(count - 1, -1, -1):
        put_float(rests, each, f64(rests, each + 1) + f64(i64(order, each), m.T_BOUND))
    return f64(rests, 0)


@exported(
    types.int64, _VIEWS, types.int64, _FOUND, _FLOATS, types.float64, _MASK, _FLOATS, types.float64,
    types.boolean, types.int64, types.int64, types.float64[::1], types.float64[::1], types.int64[::1],
)  # fmt: skip
def search(  # type: ignore[no-untyped-def]
    views, place, found, weights, unit, allowed, factors, most_factor, per_article, limit, held,
    sums, floats, wholes,
):  # fmt: skip
    """Offer a selection all documents of a segment that belong there. Returns how many it holds then.

    Args:
        views: A row of `VIEW` fields for each segment.
        place: Which segment.
        found: For each segment and term the row that `look_up` filled in.
        weights: Of each term, in units.
        unit: What sums count.
        allowed: Documents that count; empty: all.
        factors: What each document's score is multiplied by; empty: 1.
        most_factor: The greatest of them.
        per_article: Only the best passage of each article is kept.
        limit: How many are kept.
        held: How many are there already.
        sums: All 0.0, before and after; `workspace` says how many, and how many `floats` and `wholes`.
        floats: First the scores of what is kept, best first; what follows is of this function alone.
        wholes: Likewise: dates, numbers and articles of what is kept, `limit` each.
    """
    view, count = address(views) + place * (8 * m.VIEW), len(weights)
    window, direct, size = i64(view, m.V_WINDOW), i64(view, m.V_DIRECT), i64(view, m.V_SIZE)
    scores = address(floats)
    rests = scores + 8 * limit
    dates = address(wholes)
    job = dates + 24 * limit
    terms = job + 8 * m.SEARCH
    rows = address(found) + place * count * (8 * m.FOUND)
    count = prepare(view, rows, address(weights), count, terms)
    if not count:
        return held
    order = terms + count * (8 * m.TERM)
    by_bound, costs = order + 8 * count, order + 16 * count
    waiting = costs + 8 * (count + 1)
    candidates = waiting + 8 * count
    guesses = candidates + 8 * (window + m.GROUP)
    put(job, m.S_PRUNABLE, weigh(view, terms, count))
    put_float(job, m.S_EVERY, rank(terms, count, order, by_bound, costs, rests))
    put(job, m.S_SIZE, size)
    put(job, m.S_BITS, i64(view, m.V_BITS))
    put(job, m.S_TERMS, terms)
    put(job, m.S_COUNT, count)
    put(job, m.S_ALLOWED, address(allowed) if len(allowed) else 0)
    put(job, m.S_FACTORS, address(factors) if len(factors) else 0)
    put(job, m.S_NUMBERS, i64(view, m.V_RAW) + 4 * entry(view, m.NUMBERS))
    put(job, m.S_ARTICLES, i64(view, m.V_RAW) + 4 * entry(view, m.ARTICLES))
    put(job, m.S_PUBLISHED, i64(view, m.V_RAW) + 4 * entry(view, m.PUBLISHED))
    put(job, m.S_SCORES, scores)
    put(job, m.S_DATES, dates)
    put(job, m.S_BEST_NUMBERS, dates + 8 * limit)
    put(job, m.S_BEST_ARTICLES, dates + 16 * limit)
    put(job, m.S_LIMIT, limit)
    put(job, m.S_HELD, held)
    put(job, m.S_PER_ARTICLE, per_article)
    put(job, m.S_WINDOW, window)
    put(job, m.S_EXTENT, i64(view, m.V_EXTENT))
    put(job, m.S_SUMS, address(sums))
    put(job, m.S_CANDIDATES, candidates)
    put(job, m.S_ORDER, order)
    put(job, m.S_BY_BOUND, by_bound)
    put(job, m.S_COSTS, costs)
    put(job, m.S_RESTS, rests)
    put(job, m.S_WAITING, waiting)
    put(job, m.S_HEAP, rests + 8 * (count + 1))
    put(job, m.S_GUESSED, guesses)
    put(job, m.S_ROOM, 2 * limit + 20)
    put_float(job, m.S_UNIT, unit)
    put_float(job, m.S_MOST_FACTOR, most_factor)
    if held == limit:
        find_worst(job, limit)

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
        find_best(job, i64(view, m.V_BUDGET))
    held = i64(job, m.S_HELD)
    sort_best(job, held)
    return held
