"""MaxScore in windows of documents, one posting after the other.

Documents are visited in windows whose sums stay in the processor's cache. In each window only the
*essential* lists are added up: those without which no document can be among the best any more, and some
more. The others are looked up for the few documents that still can be, those lists first that add most.
"""

import numpy as np

from corpus.loops import memory as m
from corpus.loops.best import (
    complete,
    complete_each,
    factor_of,
    push,
    threshold,
)
from corpus.loops.memory import compiled, f64, i64, put, put_float, u8, u16
from corpus.loops.reading import (
    advance,
    begin,
    enter_block,
    sort_few,
    units_of,
)


@compiled
def add_dense(term, sums, base, start, stop):  # type: ignore[no-untyped-def]
    """Add a dense term's part of a window to its sums."""
    row, rows, table = i64(term, m.T_EXTRA) + base, i64(term, m.T_ROWS) + 2 * base, i64(term, m.T_TABLE)
    weight = f64(term, m.T_WEIGHT)
    for low in range(start, stop):
        tag = u8(row, low)
        if tag:
            units = (
                np.rint(f64(table, (u16(rows, low) << 8) | tag) * weight)
                if tag != m.ESCAPE
                else units_of(term, tag, base + low)
            )
            put_float(sums, low - start, f64(sums, low - start) + units)


@compiled
def add_list(term, sums, base, start, stop):  # type: ignore[no-untyped-def]
    """Add a list's part of a window to its sums, moving its cursor behind it. Returns its postings."""
    lows, tags, end = i64(term, m.T_LOWS), i64(term, m.T_TAGS), i64(term, m.T_END)
    rows, table = i64(term, m.T_ROWS) + 2 * base, i64(term, m.T_TABLE)
    weight = f64(term, m.T_WEIGHT)
    before = advance(lows, i64(term, m.T_CURSOR), end, start)
    cursor = before
    while cursor < end:
        low = u16(lows, cursor)
        if low >= stop:
            break
        tag = u8(tags, cursor)
        units = (
            np.rint(f64(table, (u16(rows, low) << 8) | tag) * weight)
            if tag != m.ESCAPE
            else units_of(term, tag, base + low)
        )
        put_float(sums, low - start, f64(sums, low - start) + units)
        cursor += 1
    put(term, m.T_BEFORE, before)
    put(term, m.T_CURSOR, cursor)
    return cursor - before


@compiled
def pick(search, sums, start, needed):  # type: ignore[no-untyped-def]
    """Candidates of a window with few postings, unordered: clears all sums but theirs. Returns how many."""
    order, candidates = i64(search, m.S_ORDER), i64(search, m.S_CANDIDATES)
    found = 0
    for each in range(i64(search, m.S_READING)):
        term = i64(order, each)
        lows = i64(term, m.T_LOWS)
        for cursor in range(i64(term, m.T_BEFORE), i64(term, m.T_CURSOR)):
            place = u16(lows, cursor) - start
            if f64(sums, place) >= needed:
                put(candidates, found, place)
                found += 1
            else:
                put_float(sums, place, 0.0)
    return found


@compiled
def scan(search, sums, width, needed):  # type: ignore[no-untyped-def]
    """Candidates of a window, growing. Returns how many."""
    candidates = i64(search, m.S_CANDIDATES)
    found = 0
    for first in range(0, width, m.GROUP):
        good = 0
        for place in range(first, first + m.GROUP):
            good += f64(sums, place) >= needed
        if good:
            for place in range(first, first + m.GROUP):
                if f64(sums, place) >= needed:
                    put(candidates, found, place)
                    found += 1
    return found


@compiled
def next_posting(search, start, size):  # type: ignore[no-untyped-def]
    """The first document of the block from `start` on that an essential list has, none of them dense."""
    order = i64(search, m.S_ORDER)
    following = size
    for each in range(i64(search, m.S_READING)):
        term = i64(order, each)
        lows, end = i64(term, m.T_LOWS), i64(term, m.T_END)
        cursor = advance(lows, i64(term, m.T_CURSOR), end, start)
        put(term, m.T_CURSOR, cursor)
        if cursor < end:
            following = min(following, u16(lows, cursor))
    return following


@compiled
def any_dense(search):  # type: ignore[no-untyped-def]
    """Whether an essential list is dense."""
    order = i64(search, m.S_ORDER)
    dense = False
    for each in range(i64(search, m.S_READING)):
        dense |= i64(i64(order, each), m.T_KIND) == m.DENSE_ROW
    return dense


@compiled
def list_waiting(search):  # type: ignore[no-untyped-def]
    """Note the lists that are not essential, those first that can add the most."""
    by_bound, waiting = i64(search, m.S_BY_BOUND), i64(search, m.S_WAITING)
    count = 0
    for each in range(i64(search, m.S_COUNT)):
        term = i64(by_bound, each)
        if not i64(term, m.T_ESSENTIAL):
            put(waiting, count, term)
            count += 1
    put(search, m.S_WAITING_COUNT, count)


@compiled
def choose_essential(search):  # type: ignore[no-untyped-def]
    """Choose the essential lists under today's threshold. They never become more.

    Some more lists than need be are read: a posting read in order costs far less than looking one up, and
    the less the lists add that are not read, the fewer documents must be looked up.
    """
    if not i64(search, m.S_PRUNABLE):
        return
    costs, rests, least = i64(search, m.S_COSTS), i64(search, m.S_RESTS), i64(search, m.S_LEAST)
    cut, before = threshold(search), least
    scale = f64(search, m.S_UNIT) * f64(search, m.S_MOST_FACTOR)
    while least and f64(rests, least - 1) * scale < cut:
        least -= 1
    if least == before:
        return
    order, reading = i64(search, m.S_ORDER), i64(search, m.S_READING)
    most = i64(costs, least) * i64(search, m.S_EXTENT)
    while reading > least and i64(costs, reading) > most:
        reading -= 1
        put(i64(order, reading), m.T_ESSENTIAL, 0)
    put(search, m.S_LEAST, least)
    put(search, m.S_READING, reading)
    put_float(search, m.S_REST, f64(rests, reading))
    list_waiting(search)


@compiled
def sum_window(search, base, start, stop, dense):  # type: ignore[no-untyped-def]
    """Add up the essential lists. Returns whether the window has so many postings that it must be scanned."""
    order, sums = i64(search, m.S_ORDER), i64(search, m.S_SUMS)
    read = 0
    for each in range(i64(search, m.S_READING)):
        term = i64(order, each)
        if i64(term, m.T_KIND) == m.DENSE_ROW:
            add_dense(term, sums, base, start, stop)
        else:
            read += add_list(term, sums, base, start, stop)
    return dense or read * m.FEW >= stop - start


@compiled
def needed_sum(search, guessed):  # type: ignore[no-untyped-def]
    """The sum of the essential lists from which a document can be among the best, or the best guesses."""
    needed = 0.0
    if not i64(search, m.S_GUESSING):
        scale = f64(search, m.S_UNIT) * f64(search, m.S_MOST_FACTOR)
        needed = (threshold(search) / scale - f64(search, m.S_REST)) * m.SLACK
    elif guessed == i64(search, m.S_ROOM):
        needed = f64(i64(search, m.S_HEAP), 0) / f64(search, m.S_MOST_FACTOR) * m.SLACK
    return max(needed, 1.0)


@compiled
def sweep_window(search, base, start, stop, dense, guessed):  # type: ignore[no-untyped-def]
    """Go through one window. Returns how many guesses there are."""
    sums, candidates, allowed = i64(search, m.S_SUMS), i64(search, m.S_CANDIDATES), i64(search, m.S_ALLOWED)
    waiting, waiting_count = i64(search, m.S_WAITING), i64(search, m.S_WAITING_COUNT)
    guessing, rest = i64(search, m.S_GUESSING), f64(search, m.S_REST)
    full = sum_window(search, base, start, stop, dense)
    needed, cut = needed_sum(search, guessed), threshold(search)
    found = scan(search, sums, stop - start, needed) if full else pick(search, sums, start, needed)
    if not full:
        sort_few(candidates, found)
    for each in range(found):
        place = i64(candidates, each)
        total = f64(sums, place)
        if not full:
            put_float(sums, place, 0.0)  # so that who is met twice counts once
        document = base + start + place
        if total < needed or (allowed and not u8(allowed, document)):
            continue
        if guessing:
            guessed = push(search, guessed, total * factor_of(search, document), document)
            continue
        complete(search, document, start + place, total, rest, waiting, waiting_count)
        if threshold(search) > cut:
            needed, cut = needed_sum(search, guessed), threshold(search)
    if full:
        for place in range(stop - start):
            put_float(sums, place, 0.0)
    return guessed


@compiled
def sweep(search):  # type: ignore[no-untyped-def]
    """Go through all windows, with the essential lists alone. Returns how many guesses were made."""
    terms, count, bits = i64(search, m.S_TERMS), i64(search, m.S_COUNT), i64(search, m.S_BITS)
    size, window, guessing = i64(search, m.S_SIZE), i64(search, m.S_WINDOW), i64(search, m.S_GUESSING)
    begin(terms, count)
    dense, reading, guessed = any_dense(search), i64(search, m.S_READING), 0
    for block in range(((size - 1) >> bits) + 1):
        base = block << bits
        block_size = min(1 << bits, size - base)
        enter_block(terms, count, block)
        start = 0
        while start < block_size:
            if not guessing:
                choose_essential(search)
                if not i64(search, m.S_LEAST):
                    return 0
                if i64(search, m.S_READING) < reading:
                    dense, reading = any_dense(search), i64(search, m.S_READING)
            if not dense:
                following = next_posting(search, start, block_size)
                if following == block_size:
                    break
                start = following // window * window
            stop = min(start + window, block_size)
            guessed = sweep_window(search, base, start, stop, dense, guessed)
            start = stop
    return guessed


@compiled
def promising(search, budget):  # type: ignore[no-untyped-def]
    """How many of the first lists are to be read for a guess at the best; 0: it is not worth while."""
    costs, reading = i64(search, m.S_COSTS), i64(search, m.S_READING)
    if not i64(search, m.S_PRUNABLE) or i64(costs, reading) <= m.GUESS_SHARE * budget:
        return 0
    few = 0
    while few < reading and i64(costs, few + 1) <= budget:
        few += 1
    return few


@compiled
def find_best(search, budget, growth):  # type: ignore[no-untyped-def]
    """Guess at the best as long as that pays, then find them."""
    terms, count, guesses = i64(search, m.S_TERMS), i64(search, m.S_COUNT), i64(search, m.S_GUESSED)
    guessing = 1
    while guessing:
        put(search, m.S_READING, count)
        put(search, m.S_LEAST, count)
        put(search, m.S_WAITING_COUNT, 0)
        put_float(search, m.S_REST, 0.0)
        for each in range(count):
            put(terms + each * (8 * m.TERM), m.T_ESSENTIAL, 1)
        choose_essential(search)
        reading = promising(search, budget)
        guessing = 1 if reading else 0
        put(search, m.S_GUESSING, guessing)
        if guessing:
            put(search, m.S_READING, reading)
        guessed = sweep(search)
        if guessing:
            sort_few(guesses, guessed)
            complete_each(search, guesses, guessed)
        budget *= growth
