"""Memory layout that Python and the compiled kernels share: rows of 8-byte fields read by address.

numba counts references to every array that is handed on, which costs more than the work itself. Compiled
functions therefore take plain addresses: of arrays in a segment's file, and of *rows*. A row is a C struct
of 8-byte fields; the constants below are the offsets of its fields, counted in fields.

======================  ======================================  ==================
row                     describes                               number of fields
======================  ======================================  ==================
``SEGMENT_…``           a segment under one snapshot's model    `SEGMENT_FIELDS`
``TERM_…``              a query term within one segment         `TERM_FIELDS`
``SEARCH_…``            one search in one segment               `SEARCH_FIELDS`
======================  ======================================  ==================

`look_up` fills only the first `LOOKUP_FIELDS` fields of a term's row. Unless a comment says "float", a field
is a whole number or an address.
"""

from collections.abc import Callable
from typing import Any

import numba.extending
from llvmlite import ir
from numba import njit, types

from corpus.index import maxscore, posting_writer

# A segment's directory. Each entry is a pair: first element and number of elements of an array of the file.
# The entries of `DIR_FAMILY_ARRAYS` arrays for words come first, then the same for characters.
DIR_CODES = 0  # i64: term codes, growing
DIR_STARTS = 1  # u32: where each term's sparse list begins, and the end of the last
DIR_LOW_HALVES = 2  # u16: lower halves of the documents in sparse lists
DIR_TAGS = 3  # u8: tags of the postings in sparse lists
DIR_HIGH_BYTES = 4  # u8: upper halves of the documents in short lists
DIR_LONG_TERMS = 5  # i64: ordinals of the terms with long lists
DIR_LONG_ENDS = 6  # i64: running total of postings in long lists
DIR_BLOCK_STARTS = 7  # u32: for each long list, where each block begins in it
DIR_DENSE_TERMS = 8  # i64: ordinals of the dense terms
DIR_DENSE_COUNTS = 9  # i64: documents that hold each dense term
DIR_DENSE_ROWS = 10  # u8: for each dense term one tag per document
DIR_ESCAPE_KEYS = 11  # i64: ordinal << 32 | document of the postings whose tag is ESCAPE
DIR_BOUNDS = 12  # u8: for each term its highest saturation in 255ths
DIR_FAMILY_ARRAYS = 13
# Arrays of the whole segment, one element per document.
DIR_NUMBERS = 2 * DIR_FAMILY_ARRAYS  # u32: passage numbers, growing
DIR_ARTICLES = DIR_NUMBERS + 1  # u32: article numbers
DIR_PUBLISHED = DIR_NUMBERS + 2  # u32: seconds of the Unix epoch, 0: unknown

# A segment. Fields of two elements are indexed by family: words, then characters.
SEGMENT_FILE = 0  # address of the mapped file's first byte
SEGMENT_DIRECTORY = 1  # address of the directory
SEGMENT_SIZE = 2  # documents, removed ones too
SEGMENT_BLOCK_BITS = 3  # log2 of the documents in a block
SEGMENT_GAIN_ROWS = 4  # [2] addresses: for each document its row in the table of gains (u16)
SEGMENT_GAIN_TABLES = 6  # [2] addresses: gains by row and tag (f64)
SEGMENT_ESCAPE_GAINS = 8  # [2] addresses: gains of the postings whose tag is ESCAPE (f64)
SEGMENT_WINDOW = 10  # documents that are summed up at a time
SEGMENT_GUESS_BUDGET = 11  # postings that a first guess at the top may read
SEGMENT_EXTRA_READ = 12  # how many times the necessary postings may be read
SEGMENT_MAX_DIRECT = 13  # allowed documents up to which each is scored on its own
SEGMENT_ALIVE = 14  # address of the mask of documents that were not removed; 0: none was
SEGMENT_BOUND_STRETCH = 15  # [2] floats: `ranking.bound_stretch`
SEGMENT_MAX_GAIN = 17  # float: upper limit of any gain, k1 + 1
SEGMENT_FIELDS = 18

# A term in a segment. `look_up` fills these fields:
TERM_FAMILY = 0  # 0: words, 1: characters
TERM_ORDINAL = 1  # place of the term among the segment's terms
TERM_COUNT = 2  # documents that hold it; 0: the segment has no such term
TERM_KIND = 3  # one of KIND_…
TERM_LOW_HALVES = 4  # address of the list's lower halves
TERM_TAGS = 5  # address of the list's tags
TERM_EXTRA = 6  # address: high bytes (KIND_SHORT), block starts (KIND_LONG) or row of tags (KIND_DENSE)
LOOKUP_FIELDS = 7
# `prepare_terms` fills these:
TERM_GAIN_ROWS = 7  # address: `SEGMENT_GAIN_ROWS` of the term's family
TERM_GAIN_TABLE = 8  # address: `SEGMENT_GAIN_TABLES` of the family
TERM_ESCAPE_KEYS = 9  # address: `DIR_ESCAPE_KEYS` of the family
TERM_ESCAPE_COUNT = 10  # how many escape keys there are
TERM_ESCAPE_GAINS = 11  # address: `SEGMENT_ESCAPE_GAINS` of the family
TERM_COLUMN = 12  # place of the term in the query
TERM_CURSOR = 13  # next posting to be read
TERM_END = 14  # end of the current block in the list
TERM_WINDOW_START = 15  # cursor before the current window was read
TERM_ESSENTIAL = 16  # 1: the list is summed up; 0: it is only looked up
TERM_EFFORT = 17  # postings, or elements of a dense row, that reading the whole list takes
TERM_WEIGHT = 18  # float: what gains are multiplied by, in units
TERM_BOUND = 19  # float: the most units that the list adds to any sum
TERM_BOUND_PER_POSTING = 20  # float: bound / effort
TERM_FIELDS = 21

KIND_SINGLE_BLOCK = 0  # sparse list in a segment of one block
KIND_SHORT = 1  # sparse list with one high byte per posting
KIND_LONG = 2  # sparse list with a table of block starts
KIND_DENSE = 3  # row with one tag per document

# A search in one segment.
SEARCH_SIZE = 0  # as `SEGMENT_SIZE`
SEARCH_BLOCK_BITS = 1  # as `SEGMENT_BLOCK_BITS`
SEARCH_TERMS = 2  # address of the term rows
SEARCH_TERM_COUNT = 3  # how many there are
SEARCH_ALLOWED = 4  # address of the mask of documents that count; 0: all
SEARCH_FACTORS = 5  # address of the factor of each document's score (f64); 0: all are 1
SEARCH_NUMBERS = 6  # address of the passage numbers
SEARCH_ARTICLES = 7  # address of the article numbers
SEARCH_PUBLISHED = 8  # address of the dates
SEARCH_TOP_SCORES = 9  # address: scores of the kept passages (f64)
SEARCH_TOP_DATES = 10  # address: their dates
SEARCH_TOP_NUMBERS = 11  # address: their passage numbers
SEARCH_TOP_ARTICLES = 12  # address: their article numbers
SEARCH_LIMIT = 13  # how many passages are kept at most
SEARCH_TOP_COUNT = 14  # how many are kept now
SEARCH_WORST = 15  # place of the last one in the order of results, once `limit` are kept
SEARCH_PER_ARTICLE = 16  # 1: one passage per article
SEARCH_WINDOW = 17  # as `SEGMENT_WINDOW`
SEARCH_SUMS = 18  # address: sums of the current window (f64), 0.0 between windows
SEARCH_CANDIDATES = 19  # address: places in the window that reach the needed sum
SEARCH_BY_DENSITY = 20  # address: term rows by falling `TERM_BOUND_PER_POSTING`
SEARCH_BY_BOUND = 21  # address: term rows by falling `TERM_BOUND`
SEARCH_GUESS_VALUES = 22  # address: heap of the guesses' values (f64), the least on top
SEARCH_MAX_GUESSES = 23  # room in that heap
SEARCH_GUESSES = 24  # address: documents of the guesses, in the heap's order
SEARCH_READ_LISTS = 25  # how many lists of `SEARCH_BY_DENSITY` are essential
SEARCH_PRUNABLE = 26  # 1: no weight is negative, so lists may be left out
SEARCH_GUESSING = 27  # 1: this sweep only collects guesses
SEARCH_MIN_LISTS = 28  # how many lists must be essential under the current threshold
SEARCH_COSTS = 29  # address: effort of reading the first n lists of `SEARCH_BY_DENSITY`
SEARCH_REMAINING_BOUNDS = 30  # address: sum of the bounds of all but the first n (f64)
SEARCH_EXTRA_READ = 31  # as `SEGMENT_EXTRA_READ`
SEARCH_PENDING = 32  # address: term rows that are not essential, by falling bound
SEARCH_PENDING_COUNT = 33  # how many there are
SEARCH_UNIT = 34  # float: score of one unit
SEARCH_MAX_FACTOR = 35  # float: the greatest of `SEARCH_FACTORS`
SEARCH_PENDING_BOUND = 36  # float: sum of the bounds of `SEARCH_PENDING`
SEARCH_TOTAL_BOUND = 37  # float: sum of all bounds
SEARCH_FIELDS = 38

ESCAPE, ROUNDING_SLACK = posting_writer.ESCAPE, maxscore.ROUNDING_SLACK

CLEAR_FACTOR = 8
"""A window with fewer than one posting per this many documents is cleared posting by posting."""

SCAN_FACTOR = 4
"""With more than one candidate per this many documents, the window is scanned instead of sorting them."""

PACKED_POSTINGS = 32
"""Empty windows are skipped where the essential lists have fewer postings than this per window."""

SCAN_GROUP = 32
"""Sums that are compared at a time; a multiple of the processor's vector width."""

GUESS_SHARE = 4
"""A guess must cost less than one part in this many of what it may save."""

compiled: Any = njit(nogil=True, error_model="numpy")


intrinsic: Callable[[Any], Any] = numba.extending.intrinsic


def exported(result: Any, *arguments: Any) -> Any:
    """Decorator for functions that Python calls: compiled at import, for these types alone."""
    return njit(result(*arguments), nogil=True, cache=True, error_model="numpy")


def _reader(kind: ir.Type, result: Any) -> Any:
    """Make a function (address, index) that reads an element; integers are widened to 8 bytes."""

    @intrinsic
    def read(context: Any, address: Any, index: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            pointer = builder.inttoptr(arguments[0], kind.as_pointer())
            value = builder.load(builder.gep(pointer, [arguments[1]]))
            return value if result is types.float64 else builder.zext(value, ir.IntType(64))

        return result(types.int64, types.int64), generate

    return read


def _writer(kind: ir.Type, result: Any) -> Any:
    """Make a function (address, index, value) that writes an element."""

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
    """Address of an array's first element."""

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
