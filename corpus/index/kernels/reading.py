"""Reading posting lists: in order with a cursor, or looking up single documents."""

import numpy as np

from corpus.index.kernels import layout
from corpus.index.kernels.layout import compiled, f64, i64, put, u8, u16, u32


@compiled
def lower_bound(values, count, wanted):  # type: ignore[no-untyped-def]
    """Place of the first of `count` sorted values that is not below the wanted one."""
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        if i64(values, middle) < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def posting_units(term, tag, document):  # type: ignore[no-untyped-def]
    """Units that a posting of a term adds to its document's sum."""
    if tag == layout.ESCAPE:
        key = (i64(term, layout.TERM_ORDINAL) << 32) | document
        place = lower_bound(i64(term, layout.TERM_ESCAPE_KEYS), i64(term, layout.TERM_ESCAPE_COUNT), key)
        gain = (
            f64(i64(term, layout.TERM_ESCAPE_GAINS), place)
            if place < i64(term, layout.TERM_ESCAPE_COUNT)
            else np.nan
        )
    else:
        gain = f64(
            i64(term, layout.TERM_GAIN_TABLE), (u16(i64(term, layout.TERM_GAIN_ROWS), document) << 8) | tag
        )
    return np.rint(gain * f64(term, layout.TERM_WEIGHT))


@compiled
def reset_cursors(terms, count):  # type: ignore[no-untyped-def]
    """Move all cursors before the first block."""
    for each in range(count):
        put(terms + each * (8 * layout.TERM_FIELDS), layout.TERM_END, 0)


@compiled
def enter_block(terms, count, block):  # type: ignore[no-untyped-def]
    """Move on to a later block: in each list the cursor to its first posting, the end behind its last."""
    for each in range(count):
        term = terms + each * (8 * layout.TERM_FIELDS)
        kind, extra, last = (
            i64(term, layout.TERM_KIND),
            i64(term, layout.TERM_EXTRA),
            i64(term, layout.TERM_COUNT),
        )
        if kind == layout.KIND_SINGLE_BLOCK:
            put(term, layout.TERM_CURSOR, 0)
            put(term, layout.TERM_END, last)
        elif kind == layout.KIND_LONG:
            put(term, layout.TERM_CURSOR, min(u32(extra, block), last))
            put(term, layout.TERM_END, min(u32(extra, block + 1), last))
        elif kind == layout.KIND_SHORT:
            here = i64(term, layout.TERM_END)
            while here < last and u8(extra, here) < block:
                here += 1
            put(term, layout.TERM_CURSOR, here)
            while here < last and u8(extra, here) == block:
                here += 1
            put(term, layout.TERM_END, here)


@compiled
def advance(lows, cursor, end, low):  # type: ignore[no-untyped-def]
    """The first posting from a cursor on whose document is not below `low` (galloping search)."""
    if cursor >= end or u16(lows, cursor) >= low:
        return cursor
    step = 1
    while cursor + step < end and u16(lows, cursor + step) < low:
        cursor += step
        step <<= 1
    left, right = cursor + 1, min(cursor + step, end)
    while left < right:
        middle = (left + right) >> 1
        if u16(lows, middle) < low:
            left = middle + 1
        else:
            right = middle
    return left


@compiled
def tag_in(term, document, low):  # type: ignore[no-untyped-def]
    """A term's tag in a document of the current block, 0 if there is none; moves the cursor to it."""
    if i64(term, layout.TERM_KIND) == layout.KIND_DENSE:
        return u8(i64(term, layout.TERM_EXTRA), document)
    lows, end = i64(term, layout.TERM_LOW_HALVES), i64(term, layout.TERM_END)
    cursor = advance(lows, i64(term, layout.TERM_CURSOR), end, low)
    put(term, layout.TERM_CURSOR, cursor)
    if cursor < end and u16(lows, cursor) == low:
        return u8(i64(term, layout.TERM_TAGS), cursor)
    return 0


@compiled
def shell_sort(values, count):  # type: ignore[no-untyped-def]
    """Sort a few integers in place. They consist of few growing runs, for which shell sort is quick."""
    gap = 1
    while gap * 3 + 1 < count:
        gap = gap * 3 + 1
    while gap:
        for each in range(gap, count):
            value = i64(values, each)
            place = each
            while place >= gap and i64(values, place - gap) > value:
                put(values, place, i64(values, place - gap))
                place -= gap
            put(values, place, value)
        gap //= 3
