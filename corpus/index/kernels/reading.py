"""Reading lists: one posting after the other, or looking a document up."""

import numpy as np

from corpus.index.kernels import layout as m
from corpus.index.kernels.layout import compiled, f64, i64, put, u8, u16, u32


@compiled
def find_place(values, count, wanted):  # type: ignore[no-untyped-def]
    """Place of the first of so many sorted values that is not below the wanted one."""
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        if i64(values, middle) < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def units_of(term, tag, document):  # type: ignore[no-untyped-def]
    """What a posting of a term adds to its document's sum."""
    if tag == m.ESCAPE:
        key = (i64(term, m.T_ORDINAL) << 32) | document
        place = find_place(i64(term, m.T_KEYS), i64(term, m.T_KEY_COUNT), key)
        gain = f64(i64(term, m.T_ESCAPES), place) if place < i64(term, m.T_KEY_COUNT) else np.nan
    else:
        gain = f64(i64(term, m.T_TABLE), (u16(i64(term, m.T_ROWS), document) << 8) | tag)
    return np.rint(gain * f64(term, m.T_WEIGHT))


@compiled
def begin(terms, count):  # type: ignore[no-untyped-def]
    """Put all cursors before the first block."""
    for each in range(count):
        put(terms + each * (8 * m.TERM), m.T_END, 0)


@compiled
def enter_block(terms, count, block):  # type: ignore[no-untyped-def]
    """Move on to a later block: cursors to its first posting in each list, ends behind its last."""
    for each in range(count):
        term = terms + each * (8 * m.TERM)
        kind, extra, last = i64(term, m.T_KIND), i64(term, m.T_EXTRA), i64(term, m.T_COUNT)
        if kind == m.SINGLE:
            put(term, m.T_CURSOR, 0)
            put(term, m.T_END, last)
        elif kind == m.LONG:
            put(term, m.T_CURSOR, min(u32(extra, block), last))
            put(term, m.T_END, min(u32(extra, block + 1), last))
        elif kind == m.SHORT:
            here = i64(term, m.T_END)
            while here < last and u8(extra, here) < block:
                here += 1
            put(term, m.T_CURSOR, here)
            while here < last and u8(extra, here) == block:
                here += 1
            put(term, m.T_END, here)


@compiled
def advance(lows, cursor, end, low):  # type: ignore[no-untyped-def]
    """The first posting from a cursor on whose document is not below `low`."""
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
    """A term's tag in a document of the current block, not before its cursor, which moves there."""
    if i64(term, m.T_KIND) == m.DENSE_ROW:
        return u8(i64(term, m.T_EXTRA), document)
    lows, end = i64(term, m.T_LOWS), i64(term, m.T_END)
    cursor = advance(lows, i64(term, m.T_CURSOR), end, low)
    put(term, m.T_CURSOR, cursor)
    if cursor < end and u16(lows, cursor) == low:
        return u8(i64(term, m.T_TAGS), cursor)
    return 0


@compiled
def sort_few(values, count):  # type: ignore[no-untyped-def]
    """Sort a few whole numbers in place: made of few growing runs, which shell sort likes."""
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
