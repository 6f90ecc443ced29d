"""Looking terms and passages up in a segment; everything read from its file is checked."""

from corpus.index.kernels import layout
from corpus.index.kernels.layout import compiled, f64, i64, put, put_float, u8, u32
from corpus.index.kernels.reading import lower_bound


@compiled
def array_start(view, place):  # type: ignore[no-untyped-def]
    """First element of an array of a segment's directory."""
    return i64(i64(view, layout.SEGMENT_DIRECTORY), 2 * place)


@compiled
def array_length(view, place):  # type: ignore[no-untyped-def]
    """Number of elements of an array of a segment's directory."""
    return i64(i64(view, layout.SEGMENT_DIRECTORY), 2 * place + 1)


@compiled
def fits(start, count, room):  # type: ignore[no-untyped-def]
    """Whether the elements from `start` to `start + count` lie in an array of `room` elements."""
    return start >= 0 and 0 <= count <= room - start


@compiled
def find_term(view, code, family, term):  # type: ignore[no-untyped-def]
    """Look a term up in a segment and fill its row of `LOOKUP_FIELDS` fields.

    Returns 1 if what the segment says of it is impossible; the term then counts as missing. Otherwise 0.
    """
    first, size = i64(view, layout.SEGMENT_FILE), i64(view, layout.SEGMENT_SIZE)
    blocks = ((size - 1) >> i64(view, layout.SEGMENT_BLOCK_BITS)) + 1
    at = family * layout.DIR_FAMILY_ARRAYS
    for field in range(layout.LOOKUP_FIELDS):
        put(term, field, 0)
    put(term, layout.TERM_FAMILY, family)
    dictionary, count = (
        first + 8 * array_start(view, at + layout.DIR_CODES),
        array_length(view, at + layout.DIR_CODES),
    )
    ordinal = lower_bound(dictionary, count, code)
    if ordinal == count or i64(dictionary, ordinal) != code:
        return 0
    if not fits(ordinal, 2, array_length(view, at + layout.DIR_STARTS)) or ordinal >= array_length(
        view, at + layout.DIR_BOUNDS
    ):
        return 1
    starts = first + 4 * array_start(view, at + layout.DIR_STARTS)
    start, end = u32(starts, ordinal), u32(starts, ordinal + 1)
    listed = min(array_length(view, at + layout.DIR_LOW_HALVES), array_length(view, at + layout.DIR_TAGS))
    if end - start > size or not fits(start, end - start, listed):
        return 1
    put(term, layout.TERM_ORDINAL, ordinal)
    put(term, layout.TERM_LOW_HALVES, first + 2 * (array_start(view, at + layout.DIR_LOW_HALVES) + start))
    put(term, layout.TERM_TAGS, first + array_start(view, at + layout.DIR_TAGS) + start)
    if start == end:
        dense = first + 8 * array_start(view, at + layout.DIR_DENSE_TERMS)
        dense_terms = array_length(view, at + layout.DIR_DENSE_TERMS)
        place = lower_bound(dense, dense_terms, ordinal)
        if (
            place >= min(dense_terms, array_length(view, at + layout.DIR_DENSE_COUNTS))
            or i64(dense, place) != ordinal
        ):
            return 1
        count = i64(first + 8 * array_start(view, at + layout.DIR_DENSE_COUNTS), place)
        if not 0 < count <= size or not fits(
            place * size, size, array_length(view, at + layout.DIR_DENSE_ROWS)
        ):
            return 1
        put(term, layout.TERM_COUNT, count)
        put(term, layout.TERM_KIND, layout.KIND_DENSE)
        put(term, layout.TERM_EXTRA, first + array_start(view, at + layout.DIR_DENSE_ROWS) + place * size)
        return 0
    if blocks > 1:
        long, count = (
            first + 8 * array_start(view, at + layout.DIR_LONG_TERMS),
            array_length(view, at + layout.DIR_LONG_TERMS),
        )
        place = lower_bound(long, count, ordinal)
        if place < count and i64(long, place) == ordinal:
            if not fits(place * (blocks + 1), blocks + 1, array_length(view, at + layout.DIR_BLOCK_STARTS)):
                return 1
            put(term, layout.TERM_KIND, layout.KIND_LONG)
            put(
                term,
                layout.TERM_EXTRA,
                first + 4 * (array_start(view, at + layout.DIR_BLOCK_STARTS) + place * (blocks + 1)),
            )
        else:
            if place > array_length(view, at + layout.DIR_LONG_ENDS):
                return 1
            before = i64(first + 8 * array_start(view, at + layout.DIR_LONG_ENDS), place - 1) if place else 0
            if not fits(start - before, end - start, array_length(view, at + layout.DIR_HIGH_BYTES)):
                return 1
            put(term, layout.TERM_KIND, layout.KIND_SHORT)
            put(
                term,
                layout.TERM_EXTRA,
                first + array_start(view, at + layout.DIR_HIGH_BYTES) + start - before,
            )
    put(term, layout.TERM_COUNT, end - start)
    return 0


@compiled
def prepare_terms(view, found, weights, count, terms):  # type: ignore[no-untyped-def]
    """Fill a row of `TERM_FIELDS` fields for each term that a segment holds. Returns their number.

    Args:
        view: The segment.
        found: Rows that `look_up` filled.
        weights: The factor of each term's gain, in units.
        count: Number of terms.
        terms: Where the rows are written.
    """
    there = 0
    for each in range(count):
        row = found + each * (8 * layout.LOOKUP_FIELDS)
        if not i64(row, layout.TERM_COUNT):
            continue
        term = terms + there * (8 * layout.TERM_FIELDS)
        there += 1
        for field in range(layout.LOOKUP_FIELDS):
            put(term, field, i64(row, field))
        family = i64(row, layout.TERM_FAMILY)
        keys = family * layout.DIR_FAMILY_ARRAYS + layout.DIR_ESCAPE_KEYS
        put(term, layout.TERM_GAIN_ROWS, i64(view, layout.SEGMENT_GAIN_ROWS + family))
        put(term, layout.TERM_GAIN_TABLE, i64(view, layout.SEGMENT_GAIN_TABLES + family))
        put(term, layout.TERM_ESCAPE_GAINS, i64(view, layout.SEGMENT_ESCAPE_GAINS + family))
        put(term, layout.TERM_ESCAPE_KEYS, i64(view, layout.SEGMENT_FILE) + 8 * array_start(view, keys))
        put(term, layout.TERM_ESCAPE_COUNT, array_length(view, keys))
        put(term, layout.TERM_COLUMN, each)
        put_float(term, layout.TERM_WEIGHT, f64(weights, each))
    return there


@compiled
def document_of(view, number):  # type: ignore[no-untyped-def]
    """Place of a passage in a segment; -1 if it is not there or was removed."""
    numbers, size, alive = (
        i64(view, layout.SEGMENT_FILE) + 4 * array_start(view, layout.DIR_NUMBERS),
        i64(view, layout.SEGMENT_SIZE),
        i64(view, layout.SEGMENT_ALIVE),
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
