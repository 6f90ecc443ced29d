"""MaxScore in windows of documents, one posting after the other.

Documents are visited in windows whose sums stay in the processor's cache. In each window only the
*essential* lists are added up: those without which no document can be among the best any more, and some
more. The others are looked up for the few documents that still can be, those lists first that add most.
"""

import numpy as np

from corpus.index.kernels import layout as m
from corpus.index.kernels.best import complete, complete_each, factor_of, push, threshold
from corpus.index.kernels.layout import compiled, f64, i64, put, put_float, u8, u16
from corpus.index.kernels.reading import advance, begin, enter_block, sort_few, units_of


@compiled
def add_dense(term, search, base, start, stop, needed, found):  # type: ignore[no-untyped-def]
    """Add a dense term's part of a window to its sums; see `add_list`."""
    row, rows, table = i64(term, m.T_EXTRA) + base, i64(term, m.T_ROWS) + 2 * base, i64(term, m.T_TABLE)
    sums, candidates, weight = i64(search, m.S_SUMS), i64(search, m.S_CANDIDATES), f64(term, m.T_WEIGHT)
    for low in range(start, stop):
        tag = u8(row, low)
        if tag:
            units = (
                np.rint(f64(table, (u16(rows, low) << 8) | tag) * weight)
                if tag != m.ESCAPE
                else units_of(term, tag, base + low)
            )
            before = f64(sums, low - start)
            put_float(sums, low - start, before + units)
            if before < needed and before + units >= needed:
                put(candidates, found, low - start)
                found += 1
    return found


@compiled
def add_list(term, search, base, start, stop, needed, found):  # type: ignore[no-untyped-def]
    """Add a list's part of a window to its sums, moving its cursor behind it.

    Documents whose sums reach what is needed become candidates, unordered. Returns how many those are.
    """
    lows, tags, end = i64(term, m.T_LOWS), i64(term, m.T_TAGS), i64(term, m.T_END)
    rows, table = i64(term, m.T_ROWS) + 2 * base, i64(term, m.T_TABLE)
    sums, candidates, weight = i64(search, m.S_SUMS), i64(search, m.S_CANDIDATES), f64(term, m.T_WEIGHT)
    cursor = advance(lows, i64(term, m.T_CURSOR), end, start)
    put(term, m.T_BEFORE, cursor)
    width = np.uint64(stop - start)
    while cursor < end:
        low = u16(lows, cursor)
        if np.uint64(low - start) >= width:  # behind the window; before it, where the list is damaged
            break
        tag = u8(tags, cursor)
        units = (
            np.rint(f64(table, (u16(rows, low) << 8) | tag) * weight)
            if tag != m.ESCAPE
            else units_of(term, tag, base + low)
        )
        before = f64(sums, low - start)
        put_float(sums, low - start, before + units)
        if before < needed and before + units >= needed:
            put(candidates, found, low - start)
            found += 1
        cursor += 1
    put(term, m.T_CURSOR, cursor)
    return found


@compiled
def scan(search, width, needed):  # type: ignore[no-untyped-def]
    """Candidates of a window, growing. Returns how many."""
    sums, candidates = i64(search, m.S_SUMS), i64(search, m.S_CANDIDATES)
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
def packed(search):  # type: ignore[no-untyped-def]
    """Whether all windows are visited: one list is dense, or few windows would be empty."""
    order, reading = i64(search, m.S_ORDER), i64(search, m.S_READING)
    windows = i64(search, m.S_SIZE) // i64(search, m.S_WINDOW) + 1
    every = i64(i64(search, m.S_COSTS), reading) >= m.PACKED * windows
    for each in range(reading):
        every |= i64(i64(order, each), m.T_KIND) == m.DENSE_ROW
    return every


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
def sum_window(search, base, start, stop, needed):  # type: ignore[no-untyped-def]
    """Add up the essential lists. Returns how many candidates there are, and how much was read."""
    order = i64(search, m.S_ORDER)
    found, read = 0, 0
    for each in range(i64(search, m.S_READING)):
        term = i64(order, each)
        if i64(term, m.T_KIND) == m.DENSE_ROW:
            found = add_dense(term, search, base, start, stop, needed, found)
            read += stop - start
        else:
            found = add_list(term, search, base, start, stop, needed, found)
            read += i64(term, m.T_CURSOR) - i64(term, m.T_BEFORE)
    return found, read


@compiled
def clear(search, start, stop, read):  # type: ignore[no-untyped-def]
    """Make the sums of a window 0.0 again, in which so much was read."""
    order, sums = i64(search, m.S_ORDER), i64(search, m.S_SUMS)
    if read * m.FEW >= stop - start:
        for place in range(stop - start):
            put_float(sums, place, 0.0)
        return
    for each in range(i64(search, m.S_READING)):
        term = i64(order, each)
        lows = i64(term, m.T_LOWS)
        for cursor in range(i64(term, m.T_BEFORE), i64(term, m.T_CURSOR)):
            place = u16(lows, cursor) - start
            if 0 <= place < stop - start:
                put_float(sums, place, 0.0)


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
def candidates_of(search, base, start, stop, needed, ordered):  # type: ignore[no-untyped-def]
    """Sum up a window. Returns how many candidates it has, growing if asked for, and how much was read."""
    if not i64(search, m.S_PRUNABLE):  # where sums may fall, a document can become one again and again
        read = sum_window(search, base, start, stop, np.inf)[1]
        return scan(search, stop - start, needed), read
    found, read = sum_window(search, base, start, stop, needed)
    if not ordered:
        return found, read
    if found * m.MANY >= stop - start:
        return scan(search, stop - start, needed), read
    sort_few(i64(search, m.S_CANDIDATES), found)
    return found, read


@compiled
def sweep_window(search, base, start, stop, guessed):  # type: ignore[no-untyped-def]
    """Go through one window. Returns how many guesses there are."""
    sums, candidates, allowed = i64(search, m.S_SUMS), i64(search, m.S_CANDIDATES), i64(search, m.S_ALLOWED)
    waiting, waiting_count = i64(search, m.S_WAITING), i64(search, m.S_WAITING_COUNT)
    guessing, rest = i64(search, m.S_GUESSING), f64(search, m.S_REST)
    needed, cut = needed_sum(search, guessed), threshold(search)
    ordered = not guessing and waiting_count > 0  # for those are looked up in turn
    found, read = candidates_of(search, base, start, stop, needed, ordered)
    for each in range(found):
        place = i64(candidates, each)
        total = f64(sums, place)
        document = base + start + place
        if total < needed or (allowed and not u8(allowed, document)):
            continue
        if guessing:
            guessed = push(search, guessed, total * factor_of(search, document), document)
            continue
        complete(search, document, start + place, total, rest, waiting, waiting_count)
        if threshold(search) > cut:
            needed, cut = needed_sum(search, guessed), threshold(search)
    clear(search, start, stop, read)
    return guessed


@compiled
def sweep(search):  # type: ignore[no-untyped-def]
    """Go through all windows, with the essential lists alone. Returns how many guesses were made."""
    terms, count, bits = i64(search, m.S_TERMS), i64(search, m.S_COUNT), i64(search, m.S_BITS)
    size, window, guessing = i64(search, m.S_SIZE), i64(search, m.S_WINDOW), i64(search, m.S_GUESSING)
    begin(terms, count)
    every, reading, guessed = packed(search), i64(search, m.S_READING), 0
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
                    every, reading = packed(search), i64(search, m.S_READING)
            if not every:
                following = next_posting(search, start, block_size)
                if following == block_size:
                    break
                start = max(start, following // window * window)
            stop = min(start + window, block_size)
            guessed = sweep_window(search, base, start, stop, guessed)
            start = stop
    return guessed


@compiled
def promising(search, budget):  # type: ignore[no-untyped-def]
    """How many of the first lists are to be read for a guess at the best; 0: it is not worth while.

    Nor is it where other segments have given a threshold: a guess would raise it a little, for the price of
    looking all its documents up in nearly all lists.
    """
    costs, reading = i64(search, m.S_COSTS), i64(search, m.S_READING)
    enough = i64(search, m.S_HELD) == i64(search, m.S_LIMIT)
    if enough or not i64(search, m.S_PRUNABLE) or i64(costs, reading) <= m.GUESS_SHARE * budget:
        return 0
    few = 0
    while few < reading and i64(costs, few + 1) <= budget:
        few += 1
    return few


@compiled
def begin_with_all(search):  # type: ignore[no-untyped-def]
    """Make all lists essential again, but for those that today's threshold spares."""
    terms, count = i64(search, m.S_TERMS), i64(search, m.S_COUNT)
    put(search, m.S_READING, count)
    put(search, m.S_LEAST, count)
    put(search, m.S_WAITING_COUNT, 0)
    put_float(search, m.S_REST, 0.0)
    for each in range(count):
        put(terms + each * (8 * m.TERM), m.T_ESSENTIAL, 1)
    choose_essential(search)


@compiled
def find_best(search, budget):  # type: ignore[no-untyped-def]
    """Guess at the best where that pays, then find them."""
    begin_with_all(search)
    reading = promising(search, budget)
    if reading:
        put(search, m.S_GUESSING, 1)
        put(search, m.S_READING, reading)
        guesses, guessed = i64(search, m.S_GUESSED), sweep(search)
        sort_few(guesses, guessed)
        complete_each(search, guesses, guessed)
        begin_with_all(search)
    put(search, m.S_GUESSING, 0)
    sweep(search)
