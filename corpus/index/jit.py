"""The compiled inner loops, if they can be had: loaded while others answer, then used for every search.

numba (extra `compiled`) makes them from `loops` and keeps what it made in a folder. Making them takes
some ten seconds and happens in a process of its own, once; loading them takes half a second. Meanwhile,
and where numba is missing or fails, `pruning` answers with numpy, to the last bit the same.
"""

import gc
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import DamagedIndexError
from corpus.index import maxscore, posting_writer
from corpus.index.bm25 import BM25F, Floats
from corpus.index.posting_writer import Integers
from corpus.index.ranking import Gains, Wanted, idfs_of, stretch, unit_of, wanted
from corpus.index.segments import Mask, Segment
from corpus.index.top_k import Match
from corpus.text.terms import Family, Term

logger = logging.getLogger(__name__)

WINDOW = 8_192
"""Documents that are summed up at a time: their sums stay in a processor's nearest caches. Measured: 4,096
and 16,384 are slower by a twentieth."""

BUDGET = 8_192
BUDGET_SHARE = 64
BUDGET_LEAST = 2_048
"""Postings that are read for a guess at the best: one for so many documents, within these bounds."""

EXTENT = 4
"""How many times as many postings as need be may be read, to have fewer documents to look up."""

MOST = 1_000
"""Matches asked for, up to which the compiled loops keep them in order."""

PATIENCE_SECONDS = 20.0
"""Loading in the background begins after that: what had waited while the bot was down is answered and marked
as done first. At three seconds twice as many answers came doubled after a kill."""

DONE = "complete"

_EVERYTHING: Mask = np.empty(0, bool)
_NO_FACTORS: Floats = np.empty(0)


class _State:
    """What this process has of the loops."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.kernels: ModuleType | None = None


_state = _State()


def kernels() -> ModuleType | None:
    """The compiled loops; None while there are none."""
    return _state.kernels


def load(folder: Path) -> bool:
    """Load the loops, making them if need be; False, with a line in the log, when that cannot be done.

    Args:
        folder: Where compiled code is kept from one process to the next.
    """
    with _state.lock:
        if _state.kernels is None:
            _state.kernels = _loaded(folder)
        return _state.kernels is not None


def load_meanwhile(folder: Path, *, first: Callable[[], object]) -> None:
    """`first` and then `load`, a little later in a thread of their own. Once in a process.

    What is in memory after that stays there: looking through it for garbage again and again would stop
    all threads for some 50 milliseconds each time.
    """

    def load_all() -> None:
        first()
        load(folder)
        gc.collect()
        gc.freeze()

    if _state.thread is None:
        _state.thread = threading.Timer(PATIENCE_SECONDS, load_all)
        _state.thread.name, _state.thread.daemon = "compiled loops", True
        _state.thread.start()


def _loaded(folder: Path) -> ModuleType | None:
    started = time.perf_counter()
    logging.getLogger("numba").setLevel(logging.WARNING)  # it tells about every step of compiling
    try:
        if sys.byteorder != "little":
            raise ImportError("this machine's byte order is not that of the index")
        if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
            raise ImportError("NUMBA_DISABLE_JIT is set")
        made = _made(folder)
        import numba

        config: Any = numba.config
        config.CACHE_DIR = str(made)
        from corpus.index import kernels as loops
    except Exception as error:  # numba is a compiler: whatever it may raise, numpy answers
        logger.info("searching without compiled loops: %s: %s", type(error).__name__, error)
        return None
    logger.info("searching with compiled loops: loaded in %.1f s", time.perf_counter() - started)
    return loops


def _made(folder: Path) -> Path:
    """Where the compiled loops are kept; another process makes them first if need be.

    Making them needs a hundred megabytes and holds an interpreter up; this process only loads the result.
    Each version of the program, of Python and of numba has a folder of its own; what others left is deleted.
    """
    loops = sorted(Path(__file__).with_name("kernels").glob("*.py"))
    sources = [
        *loops,
        Path(posting_writer.__file__),
        Path(maxscore.__file__),
    ]  # whose constants are compiled in
    key = repr([version("numba"), sys.version, [(path.name, path.stat().st_mtime_ns) for path in sources]])
    made = folder / blake2b(key.encode(), digest_size=8).hexdigest()
    if (made / DONE).exists():
        return made
    made.mkdir(parents=True, exist_ok=True)
    for other in folder.iterdir():
        if other != made:
            shutil.rmtree(other, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-c", "import corpus.index.kernels"],
        env={**os.environ, "NUMBA_CACHE_DIR": str(made)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or ["compiling failed"])[-1])
    (made / DONE).touch()
    return made


def can_read(segment: Segment) -> bool:
    """Whether the loops can read a segment: not where tens of thousands of texts are all extremely long."""
    return all(lists.rows.dtype == np.uint16 for lists in segment.lists)


class _Views:
    """Segments as the compiled loops see them, under one snapshot's model.

    Attributes:
        rows: One a segment, as `loops.memory` says.
        window: Documents that are summed up at a time.
    """

    def __init__(
        self, kernels: ModuleType, segments: Sequence[Segment], model: BM25F, gains: Sequence[Sequence[Gains]]
    ) -> None:
        memory = kernels.layout
        self.window = min(WINDOW, 1 << posting_writer.BLOCK_BITS)
        self.rows = np.zeros((len(segments), memory.VIEW), np.int64)
        self._held: list[object] = [gains]  # as long as addresses of theirs are known
        for row, segment, mine in zip(self.rows, segments, gains, strict=True):
            layout, directory = segment.layout, np.ascontiguousarray(segment.layout.directory)
            lengths = [lists.rows for lists in segment.lists]
            self._held += [layout.raw, directory, lengths]
            row[memory.V_RAW] = _address(layout.raw, np.uint8)
            row[memory.V_DIRECTORY] = _address(directory, np.int64)
            row[memory.V_SIZE], row[memory.V_BITS] = segment.size, posting_writer.BLOCK_BITS
            row[memory.V_WINDOW], row[memory.V_DIRECT] = self.window, maxscore.DIRECT
            row[memory.V_BUDGET] = min(BUDGET, max(BUDGET_LEAST, segment.size // BUDGET_SHARE))
            row[memory.V_EXTENT] = EXTENT
            if segment.alive is not None:
                row[memory.V_ALIVE] = _address(segment.alive, np.bool_)
            floats = row.view(np.float64)
            floats[memory.V_MOST_GAIN] = model.k1 + 1
            for family in Family:
                row[memory.V_ROWS + family] = _address(lengths[family], np.uint16)
                row[memory.V_TABLES + family] = _address(mine[family].table, np.float64)
                row[memory.V_ESCAPES + family] = _address(mine[family].escapes, np.float64)
                floats[memory.V_STRETCH + family] = stretch(segment, family, model)


def _address(array: NDArray[Any], dtype: type[np.generic]) -> int:
    if array.dtype != dtype or not array.flags.c_contiguous:
        raise TypeError(f"the compiled loops read {dtype.__name__} without gaps, not {array.dtype}")
    return array.ctypes.data


class _Workspace(threading.local):
    """Memory that a thread's searches work in, kept from one to the next.

    To ask for a hundred kilobytes anew, and have them zeroed, takes as long as a tenth of a search.
    """

    def __init__(self) -> None:
        self._sums = np.zeros(0)
        self._floats = np.empty(0)
        self._wholes = np.empty(0, np.int64)

    def reserve(self, sums: int, floats: int, wholes: int) -> tuple[Floats, Floats, Integers]:
        """Arrays of at least so many elements; the sums are 0.0."""
        if len(self._sums) < sums:
            self._sums = np.zeros(sums)
        if len(self._floats) < floats:
            self._floats = np.empty(floats)
        if len(self._wholes) < wholes:
            self._wholes = np.empty(wholes, np.int64)
        return self._sums, self._floats, self._wholes


_WORKSPACE = _Workspace()


def forget_workspaces() -> None:
    """Give up the memory of all threads' searches: one that went wrong may have left sums there."""
    global _WORKSPACE
    _WORKSPACE = _Workspace()


class _Found(NamedTuple):
    """Terms looked up.

    Attributes:
        codes: Which terms,
        words: of which so many are words.
        rows: As `look_up` filled them in.
        frequencies: How many passages hold each.
    """

    codes: Sequence[int]
    words: int
    rows: NDArray[np.int64]
    frequencies: Sequence[int]


class _Question(NamedTuple):
    """A question's terms, looked up.

    Attributes:
        weights: What gains are multiplied by, in units.
        rows: As in `_Found`.
    """

    weights: Floats
    unit: float
    rows: NDArray[np.int64]


class Searcher:
    """The compiled loops over one snapshot. What it gives is what `Snapshot` says."""

    def __init__(
        self, kernels: ModuleType, segments: Sequence[Segment], model: BM25F, gains: Sequence[Sequence[Gains]]
    ) -> None:
        self._kernels = kernels
        self._segments = segments
        self._model = model
        self._views = _Views(kernels, segments, model, gains)
        self._by_size = sorted(range(len(segments)), key=lambda place: -segments[place].count)
        self._worn = [segment for segment in segments if segment.alive is not None]
        self._found: _Found | None = None

    def _look_up(self, asked: Wanted) -> _Found:
        """Look terms up; those of the question before are remembered.

        A question's terms are asked for three times: what they are worth, which passages hold them, and
        what they earn in those that were found.
        """
        found = self._found
        if found is None or found.words != asked.words or found.codes != asked.codes:
            rows, frequencies = self._looked_up(np.array(asked.codes, np.int64), asked.words)
            found = self._found = _Found(asked.codes, asked.words, rows, frequencies.tolist())
        return found

    def _looked_up(self, codes: Integers, words: int) -> tuple[NDArray[np.int64], Integers]:
        rows = np.empty((len(self._segments), len(codes), self._kernels.layout.FOUND), np.int64)
        frequencies = np.zeros(len(codes), np.int64)
        if self._kernels.look_up(self._views.rows, codes, words, rows, frequencies):
            raise DamagedIndexError("a list of postings reaches beyond its array")
        for segment in self._worn:
            frequencies[:words] -= segment.removals.taken(Family.WORDS, codes[:words])
            frequencies[words:] -= segment.removals.taken(Family.CHARACTERS, codes[words:])
        return rows, np.maximum(frequencies, 0) if self._worn else frequencies

    def frequencies(self, asked: Wanted) -> Sequence[int]:
        """How many passages hold each of the terms."""
        return self._look_up(asked).frequencies

    def frequencies_of(self, codes: Integers, family: Family) -> Integers:
        """The same of any number of terms of one family."""
        return self._looked_up(codes, len(codes) if family == Family.WORDS else 0)[1]

    def _ask(self, asked: Wanted) -> _Question | None:
        if not asked.codes:
            return None
        found = self._look_up(asked)
        idfs = idfs_of(asked, found.frequencies, self._model)
        weights = [weight * idf for weight, idf in zip(asked.weights, idfs, strict=True)]
        unit = unit_of(weights, self._model)
        return _Question(np.array([weight / unit for weight in weights]), unit, found.rows)

    def search(
        self,
        terms: Sequence[Term],
        *,
        limit: int,
        per_article: bool,
        masks: Callable[[Segment], Mask] | None = None,
        factors: Callable[[Segment], Floats] | None = None,
    ) -> list[Match]:
        """`Snapshot.search`; masks and factors say for each segment what counts, and how much."""
        asked = self._ask(wanted(terms))
        if asked is None:
            return []
        sums, floats, wholes = _WORKSPACE.reserve(
            *self._kernels.workspace(len(asked.weights), limit, self._views.window, maxscore.DIRECT)
        )
        held = 0
        for place in self._by_size:
            segment = self._segments[place]
            allowed = masks(segment) if masks else segment.alive
            lifts = factors(segment) if factors else _NO_FACTORS
            held = self._kernels.search(
                self._views.rows,
                place,
                asked.rows,
                asked.weights,
                asked.unit,
                _EVERYTHING if allowed is None else allowed,
                lifts,
                float(lifts.max()) if factors else 1.0,
                per_article,
                limit,
                held,
                sums,
                floats,
                wholes,
            )
        return list(
            map(
                Match._make,
                zip(
                    wholes[limit : limit + held].tolist(),
                    wholes[2 * limit : 2 * limit + held].tolist(),
                    floats[:held].tolist(),
                    strict=True,
                ),
            )
        )

    def contributions(self, asked: Wanted, numbers: Sequence[int]) -> Floats:
        """What each term (columns) adds to the scores of some passages (rows).

        Args:
            asked: The terms.
            numbers: Of the passages; to one that is not there nothing is added.
        """
        units = np.zeros((len(numbers), len(asked.codes)))
        question = self._ask(asked)
        if question is None:
            return units
        wanted = np.array(numbers, np.int64)
        _, _, wholes = _WORKSPACE.reserve(0, 0, len(asked.codes) * self._kernels.layout.TERM)
        self._kernels.contributions(
            self._views.rows,
            question.rows,
            question.weights,
            wanted,
            wanted.argsort(kind="stable"),
            units,
            wholes,
        )
        units *= question.unit
        return units
