"""MaxScore in windows of documents, one posting after the other.

Documents are visited in windows whose sums stay in the processor's cache. In each window only the
*essential* lists are added up: those without which no document can be among the top any more, and some
more. The *pending* lists are looked up for the few documents that still can be, by falling bound.
"""

import numpy as np

from corpus.index.kernels import layout
from corpus.index.kernels.layout import compiled, f64, i64, put, put_float, u8, u16
from corpus.index.kernels.reading import advance, enter_block, posting_units, reset_cursors, shell_sort
from corpus.index.kernels.top_k import factor_of, push_guess, score_document, score_documents, threshold


@compiled
def add_dense(term, search, base, start, stop, needed, found):  # type: ignore[no-untyped-def]
    """Add a dense term to the sums of a window; returns the number of candidates as `add_list` does."""
    row, rows, table = (
        i64(term, layout.TERM_EXTRA) + base,
        i64(term, layout.TERM_GAIN_ROWS) + 2 * base,
        i64(term, layout.TERM_GAIN_TABLE),
    )
    sums, candidates, weight = (
        i64(search, layout.SEARCH_SUMS),
        i64(search, layout.SEARCH_CANDIDATES),
        f64(term, layout.TERM_WEIGHT),
    )
    for low in range(start, stop):
        tag = u8(row, low)
        if tag:
            units = (
                np.rint(f64(table, (u16(rows, low) << 8) | tag) * weight)
                if tag != layout.ESCAPE
                else posting_units(term, tag, base + low)
            )
            before = f64(sums, low - start)
            put_float(sums, low - start, before + units)
            if before < needed and before + units >= needed:
                put(candidates, found, low - start)
                found += 1
    return found


@compiled
def add_list(term, search, base, start, stop, needed, found):  # type: ignore[no-untyped-def]
    """Add a list to the sums of a window and move its cursor behind the window.

    Documents whose sums reach `needed` become candidates, unordered. Returns the number of candidates.
    """
    lows, tags, end = (
        i64(term, layout.TERM_LOW_HALVES),
        i64(term, layout.TERM_TAGS),
        i64(term, layout.TERM_END),
    )
    rows, table = i64(term, layout.TERM_GAIN_ROWS) + 2 * base, i64(term, layout.TERM_GAIN_TABLE)
    sums, candidates, weight = (
        i64(search, layout.SEARCH_SUMS),
        i64(search, layout.SEARCH_CANDIDATES),
        f64(term, layout.TERM_WEIGHT),
    )
    cursor = advance(lows, i64(term, layout.TERM_CURSOR), end, start)
    put(term, layout.TERM_WINDOW_START, cursor)
    width = np.uint64(stop - start)
    while cursor < end:
        low = u16(lows, cursor)
        if np.uint64(low - start) >= width:  # behind the window; before it, where the list is damaged
            break
        tag = u8(tags, cursor)
        units = (
            np.rint(f64(table, (u16(rows, low) << 8) | tag) * weight)
            if tag != layout.ESCAPE
            else posting_units(term, tag, base + low)
        )
        before = f64(sums, low - start)
        put_float(sums, low - start, before + units)
        if before < needed and before + units >= needed:
            put(candidates, found, low - start)
            found += 1
        cursor += 1
    put(term, layout.TERM_CURSOR, cursor)
    return found


@compiled
def scan_window(search, width, needed):  # type: ignore[no-untyped-def]
    """Collect the candidates of a window in growing order. Returns their number."""
    sums, candidates = i64(search, layout.SEARCH_SUMS), i64(search, layout.SEARCH_CANDIDATES)
    found = 0
    for first in range(0, width, layout.SCAN_GROUP):
        good = 0
        for place in range(first, first + layout.SCAN_GROUP):
            good += f64(sums, place) >= needed
        if good:
            for place in range(first, first + layout.SCAN_GROUP):
                if f64(sums, place) >= needed:
                    put(candidates, found, place)
                    found += 1
    return found


@compiled
def next_posting(search, start, size):  # type: ignore[no-untyped-def]
    """The first document of the block from `start` on that an essential list holds; none may be dense."""
    order = i64(search, layout.SEARCH_BY_DENSITY)
    following = size
    for each in range(i64(search, layout.SEARCH_READ_LISTS)):
        term = i64(order, each)
        lows, end = i64(term, layout.TERM_LOW_HALVES), i64(term, layout.TERM_END)
        cursor = advance(lows, i64(term, layout.TERM_CURSOR), end, start)
        put(term, layout.TERM_CURSOR, cursor)
        if cursor < end:
            following = min(following, u16(lows, cursor))
    return following


@compiled
def visits_all_windows(search):  # type: ignore[no-untyped-def]
    """Whether all windows are visited: an essential list is dense, or few windows would be empty."""
    order, reading = i64(search, layout.SEARCH_BY_DENSITY), i64(search, layout.SEARCH_READ_LISTS)
    windows = i64(search, layout.SEARCH_SIZE) // i64(search, layout.SEARCH_WINDOW) + 1
    every = i64(i64(search, layout.SEARCH_COSTS), reading) >= layout.PACKED_POSTINGS * windows
    for each in range(reading):
        every |= i64(i64(order, each), layout.TERM_KIND) == layout.KIND_DENSE
    return every


@compiled
def list_pending(search):  # type: ignore[no-untyped-def]
    """Note the lists that are not essential, by falling bound."""
    by_bound, waiting = i64(search, layout.SEARCH_BY_BOUND), i64(search, layout.SEARCH_PENDING)
    count = 0
    for each in range(i64(search, layout.SEARCH_TERM_COUNT)):
        term = i64(by_bound, each)
        if not i64(term, layout.TERM_ESSENTIAL):
            put(waiting, count, term)
            count += 1
    put(search, layout.SEARCH_PENDING_COUNT, count)


@compiled
def choose_essential(search):  # type: ignore[no-untyped-def]
    """Choose the essential lists under the current threshold. Their number never grows.

    More lists than necessary are read: reading a posting in order costs far less than looking one up, and
    the less the pending lists can add, the fewer documents must be looked up.
    """
    if not i64(search, layout.SEARCH_PRUNABLE):
        return
    costs, rests, least = (
        i64(search, layout.SEARCH_COSTS),
        i64(search, layout.SEARCH_REMAINING_BOUNDS),
        i64(search, layout.SEARCH_MIN_LISTS),
    )
    cut, before = threshold(search), least
    scale = f64(search, layout.SEARCH_UNIT) * f64(search, layout.SEARCH_MAX_FACTOR)
    while least and f64(rests, least - 1) * scale < cut:
        least -= 1
    if least == before:
        return
    order, reading = i64(search, layout.SEARCH_BY_DENSITY), i64(search, layout.SEARCH_READ_LISTS)
    most = i64(costs, least) * i64(search, layout.SEARCH_EXTRA_READ)
    while reading > least and i64(costs, reading) > most:
        reading -= 1
        put(i64(order, reading), layout.TERM_ESSENTIAL, 0)
    put(search, layout.SEARCH_MIN_LISTS, least)
    put(search, layout.SEARCH_READ_LISTS, reading)
    put_float(search, layout.SEARCH_PENDING_BOUND, f64(rests, reading))
    list_pending(search)


@compiled
def sum_window(search, base, start, stop, needed):  # type: ignore[no-untyped-def]
    """Add up the essential lists. Returns the number of candidates, and of postings that were read."""
    order = i64(search, layout.SEARCH_BY_DENSITY)
    found, read = 0, 0
    for each in range(i64(search, layout.SEARCH_READ_LISTS)):
        term = i64(order, each)
        if i64(term, layout.TERM_KIND) == layout.KIND_DENSE:
            found = add_dense(term, search, base, start, stop, needed, found)
            read += stop - start
        else:
            found = add_list(term, search, base, start, stop, needed, found)
            read += i64(term, layout.TERM_CURSOR) - i64(term, layout.TERM_WINDOW_START)
    return found, read


@compiled
def clear_window(search, start, stop, read):  # type: ignore[no-untyped-def]
    """Reset the sums of a window to 0.0; `read` is the number of postings that were read in it."""
    order, sums = i64(search, layout.SEARCH_BY_DENSITY), i64(search, layout.SEARCH_SUMS)
    if read * layout.CLEAR_FACTOR >= stop - start:
        for place in range(stop - start):
            put_float(sums, place, 0.0)
        return
    for each in range(i64(search, layout.SEARCH_READ_LISTS)):
        term = i64(order, each)
        lows = i64(term, layout.TERM_LOW_HALVES)
        for cursor in range(i64(term, layout.TERM_WINDOW_START), i64(term, layout.TERM_CURSOR)):
            place = u16(lows, cursor) - start
            if 0 <= place < stop - start:
                put_float(sums, place, 0.0)


@compiled
def needed_sum(search, guessed):  # type: ignore[no-untyped-def]
    """The sum over essential lists from which a document can be among the top, or among the guesses."""
    needed = 0.0
    if not i64(search, layout.SEARCH_GUESSING):
        scale = f64(search, layout.SEARCH_UNIT) * f64(search, layout.SEARCH_MAX_FACTOR)
        needed = (
            threshold(search) / scale - f64(search, layout.SEARCH_PENDING_BOUND)
        ) * layout.ROUNDING_SLACK
    elif guessed == i64(search, layout.SEARCH_MAX_GUESSES):
        needed = (
            f64(i64(search, layout.SEARCH_GUESS_VALUES), 0)
            / f64(search, layout.SEARCH_MAX_FACTOR)
            * layout.ROUNDING_SLACK
        )
    return max(needed, 1.0)


@compiled
def window_candidates(search, base, start, stop, needed, ordered):  # type: ignore[no-untyped-def]
    """Sum up a window. Returns the number of candidates (growing, if `ordered`), and of postings read."""
    if not i64(
        search, layout.SEARCH_PRUNABLE
    ):  # where sums may fall, a document can become one again and again
        read = sum_window(search, base, start, stop, np.inf)[1]
        return scan_window(search, stop - start, needed), read
    found, read = sum_window(search, base, start, stop, needed)
    if not ordered:
        return found, read
    if found * layout.SCAN_FACTOR >= stop - start:
        return scan_window(search, stop - start, needed), read
    shell_sort(i64(search, layout.SEARCH_CANDIDATES), found)
    return found, read


@compiled
def sweep_window(search, base, start, stop, guessed):  # type: ignore[no-untyped-def]
    """Process one window. Returns the number of guesses."""
    sums, candidates, allowed = (
        i64(search, layout.SEARCH_SUMS),
        i64(search, layout.SEARCH_CANDIDATES),
        i64(search, layout.SEARCH_ALLOWED),
    )
    waiting, waiting_count = i64(search, layout.SEARCH_PENDING), i64(search, layout.SEARCH_PENDING_COUNT)
    guessing, rest = i64(search, layout.SEARCH_GUESSING), f64(search, layout.SEARCH_PENDING_BOUND)
    needed, cut = needed_sum(search, guessed), threshold(search)
    ordered = not guessing and waiting_count > 0  # for those are looked up in turn
    found, read = window_candidates(search, base, start, stop, needed, ordered)
    for each in range(found):
        place = i64(candidates, each)
        total = f64(sums, place)
        document = base + start + place
        if total < needed or (allowed and not u8(allowed, document)):
            continue
        if guessing:
            guessed = push_guess(search, guessed, total * factor_of(search, document), document)
            continue
        score_document(search, document, start + place, total, rest, waiting, waiting_count)
        if threshold(search) > cut:
            needed, cut = needed_sum(search, guessed), threshold(search)
    clear_window(search, start, stop, read)
    return guessed


@compiled
def sweep(search):  # type: ignore[no-untyped-def]
    """Process all windows with the essential lists alone. Returns the number of guesses."""
    terms, count, bits = (
        i64(search, layout.SEARCH_TERMS),
        i64(search, layout.SEARCH_TERM_COUNT),
        i64(search, layout.SEARCH_BLOCK_BITS),
    )
    size, window, guessing = (
        i64(search, layout.SEARCH_SIZE),
        i64(search, layout.SEARCH_WINDOW),
        i64(search, layout.SEARCH_GUESSING),
    )
    reset_cursors(terms, count)
    every, reading, guessed = visits_all_windows(search), i64(search, layout.SEARCH_READ_LISTS), 0
    for block in range(((size - 1) >> bits) + 1):
        base = block << bits
        block_size = min(1 << bits, size - base)
        enter_block(terms, count, block)
        start = 0
        while start < block_size:
            if not guessing:
                choose_essential(search)
                if not i64(search, layout.SEARCH_MIN_LISTS):
                    return 0
                if i64(search, layout.SEARCH_READ_LISTS) < reading:
                    every, reading = visits_all_windows(search), i64(search, layout.SEARCH_READ_LISTS)
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
def lists_to_guess_from(search, budget):  # type: ignore[no-untyped-def]
    """How many of the first lists to read for a guess at the top; 0: a guess does not pay.

    It does not where other segments have already set a threshold. It would raise that only a little, at the
    price of looking up all guessed documents in nearly all lists.
    """
    costs, reading = i64(search, layout.SEARCH_COSTS), i64(search, layout.SEARCH_READ_LISTS)
    enough = i64(search, layout.SEARCH_TOP_COUNT) == i64(search, layout.SEARCH_LIMIT)
    if (
        enough
        or not i64(search, layout.SEARCH_PRUNABLE)
        or i64(costs, reading) <= layout.GUESS_SHARE * budget
    ):
        return 0
    few = 0
    while few < reading and i64(costs, few + 1) <= budget:
        few += 1
    return few


@compiled
def reset_essential(search):  # type: ignore[no-untyped-def]
    """Make all lists essential again, except those that the current threshold spares."""
    terms, count = i64(search, layout.SEARCH_TERMS), i64(search, layout.SEARCH_TERM_COUNT)
    put(search, layout.SEARCH_READ_LISTS, count)
    put(search, layout.SEARCH_MIN_LISTS, count)
    put(search, layout.SEARCH_PENDING_COUNT, 0)
    put_float(search, layout.SEARCH_PENDING_BOUND, 0.0)
    for each in range(count):
        put(terms + each * (8 * layout.TERM_FIELDS), layout.TERM_ESSENTIAL, 1)
    choose_essential(search)


@compiled
def find_top(search, budget):  # type: ignore[no-untyped-def]
    """Raise the threshold by guessing at the top where that pays, then find the top."""
    reset_essential(search)
    reading = lists_to_guess_from(search, budget)
    if reading:
        put(search, layout.SEARCH_GUESSING, 1)
        put(search, layout.SEARCH_READ_LISTS, reading)
        guesses, guessed = i64(search, layout.SEARCH_GUESSES), sweep(search)
        shell_sort(guesses, guessed)
        score_documents(search, guesses, guessed)
        reset_essential(search)
    put(search, layout.SEARCH_GUESSING, 0)
    sweep(search)
