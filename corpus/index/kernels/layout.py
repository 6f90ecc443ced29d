"""Rows of fields instead of objects, and access to memory by address, for compiled code.

numba counts references to an array wherever it is handed on, which costs more than the work itself. So
compiled functions take addresses: of arrays in a segment's file, and of rows of 8-byte fields that stand
for a term in a segment, and for a search. The constants name the fields.
"""

from collections.abc import Callable
from typing import Any

import numba.extending
from llvmlite import ir
from numba import njit, types

from corpus.index import maxscore, posting_writer

# A segment's directory, for each family of terms: first element and number of elements, in turns.
CODES, STARTS, LOWS, TAGS, HIGHS, LONG_TERMS, LONG_ENDS = range(7)
EDGES, DENSE_TERMS, DENSE_COUNTS, DENSE, ESCAPE_KEYS, BOUNDS, ARRAYS = range(7, 14)
NUMBERS, ARTICLES, PUBLISHED = (2 * ARRAYS + place for place in range(3))

# A segment under one snapshot's model. Whole numbers, addresses; of pairs the one of words comes first:
V_RAW, V_DIRECTORY, V_SIZE, V_BITS, V_ROWS, V_TABLES, V_ESCAPES = (0, 1, 2, 3, 4, 6, 8)
V_WINDOW, V_BUDGET, V_EXTENT, V_DIRECT, V_ALIVE = range(10, 15)
# Floats:
V_STRETCH, V_MOST_GAIN, VIEW = (15, 17, 18)

# A term in a segment. `look_up` finds out the first line, `prepare` the others. Whole numbers, addresses:
T_FAMILY, T_ORDINAL, T_COUNT, T_KIND, T_LOWS, T_TAGS, T_EXTRA, FOUND = range(8)
T_ROWS, T_TABLE, T_KEYS, T_KEY_COUNT, T_ESCAPES, T_COLUMN, T_CURSOR, T_END, T_BEFORE = range(7, 16)
T_ESSENTIAL, T_EFFORT = range(16, 18)
# Floats:
T_WEIGHT, T_BOUND, T_WORTH, TERM = range(18, 22)

SINGLE, SHORT, LONG, DENSE_ROW = range(4)
"""Kinds of lists (`postings`), the first in a segment of one block. `T_EXTRA` is where a short list's upper
halves begin, a long one's edges, a dense one's row."""

# A search. Whole numbers, addresses:
S_SIZE, S_BITS, S_TERMS, S_COUNT, S_ALLOWED, S_FACTORS, S_NUMBERS, S_ARTICLES, S_PUBLISHED = range(9)
S_SCORES, S_DATES, S_BEST_NUMBERS, S_BEST_ARTICLES, S_LIMIT, S_HELD, S_WORST, S_PER_ARTICLE = range(9, 17)
S_WINDOW, S_SUMS, S_CANDIDATES, S_ORDER, S_BY_BOUND, S_HEAP, S_ROOM, S_GUESSED, S_READING = range(17, 26)
S_PRUNABLE, S_GUESSING, S_LEAST, S_COSTS, S_RESTS, S_EXTENT, S_WAITING, S_WAITING_COUNT = range(26, 34)
# Floats:
S_UNIT, S_MOST_FACTOR, S_REST, S_EVERY, SEARCH = range(34, 39)

ESCAPE, SLACK = posting_writer.ESCAPE, maxscore.SLACK
FEW = 8
"""A window with fewer than one posting in so many documents is cleared posting by posting."""

MANY = 4
"""With more than one candidate in so many documents, a window is looked through instead of sorting them."""

PACKED = 32
"""Where lists have fewer postings than so many a window, empty windows are passed over."""

GROUP = 32
GUESS_SHARE = 4
"""A guess must cost less than one part in so many of what it may save."""

compiled: Any = njit(nogil=True, error_model="numpy")


intrinsic: Callable[[Any], Any] = numba.extending.intrinsic


def exported(result: Any, *arguments: Any) -> Any:
    """A function that Python calls: compiled when this module is imported, for these types alone."""
    return njit(result(*arguments), nogil=True, cache=True, error_model="numpy")


def _reader(kind: ir.Type, result: Any) -> Any:
    """A function (address, index) that reads an element; whole numbers come as 8 bytes."""

    @intrinsic
    def read(context: Any, address: Any, index: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            pointer = builder.inttoptr(arguments[0], kind.as_pointer())
            value = builder.load(builder.gep(pointer, [arguments[1]]))
            return value if result is types.float64 else builder.zext(value, ir.IntType(64))

        return result(types.int64, types.int64), generate

    return read


def _writer(kind: ir.Type, result: Any) -> Any:
    """A function (address, index, value) that writes an element."""

    @intrinsic
    def write(context: Any, address: Any, index: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            pointer = builder.inttoptr(arguments[0], kind.as_pointer())
            builder.store(arguments[2], builder.gep(pointer, [arguments[1]]))
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, result), generate

    return write


@intrinsic
def address(context: Any, array: Any) -> Any:
    """Where an array begins in memory."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.ptrtoint(value.data, ir.IntType(64))

    return types.int64(array), generate


u8 = _reader(ir.IntType(8), types.int64)
u16 = _reader(ir.IntType(16), types.int64)
u32 = _reader(ir.IntType(32), types.int64)
i64 = _reader(ir.IntType(64), types.int64)
f64 = _reader(ir.DoubleType(), types.float64)
put = _writer(ir.IntType(64), types.int64)
put_float = _writer(ir.DoubleType(), types.float64)
