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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from corpus import postings, pruning
from corpus.bm25 import BM25F, Floats
from corpus.postings import Integers
from corpus.ranking import Gains, Wanted, stretch, unit_of, wanted, weigh
from corpus.segments import Mask, Segment
from corpus.selection import Match
from corpus.terms import Family, Term

logger = logging.getLogger(__name__)

WINDOW = 4_096
"""Documents that are summed up at a time: their sums fit into a processor's first cache."""

BUDGET = 8_192
BUDGET_SHARE = 64
BUDGET_LEAST = 2_048
"""Postings that are read for the first guess at the best: one for so many documents, within these bounds."""

GROWTH = 16
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
        from corpus import loops
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
    loops = sorted(Path(__file__).with_name("loops").glob("*.py"))
    sources = [*loops, Path(postings.__file__), Path(pruning.__file__)]  # whose constants are compiled in
    key = repr([version("numba"), sys.version, [(path.name, path.stat().st_mtime_ns) for path in sources]])
    made = folder / blake2b(key.encode(), digest_size=8).hexdigest()
    if (made / DONE).exists():
        return made
    made.mkdir(parents=True, exist_ok=True)
    for other in folder.iterdir():
        if other != made:
            shutil.rmtree(other, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-c", "import corpus.loops"],
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


class _View:
    """A segment as the compiled loops see it, under one snapshot's model."""

    def __init__(self, segment: Segment, gains: Sequence[Gains], model: BM25F) -> None:
        self.segment = segment
        layout = segment.layout
        self.head = (layout.raw, layout.directory, segment.size, postings.BLOCK_BITS)
        self.gains = (
            *(lists.rows for lists in segment.lists),
            *(each.table for each in gains),
            *(each.escapes for each in gains),
        )
        self.stretch = np.array([stretch(segment, family, model) for family in Family])


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


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Terms looked up.

    Attributes:
        key: Which terms.
        rows: For each segment the rows that `look_up` filled in.
        frequencies: How many passages hold each.
    """

    key: tuple[bytes, int]
    rows: Sequence[Integers]
    frequencies: Integers


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """A question's terms, looked up.

    Attributes:
        weights: As in `ranking.Asked`, in units.
        rows: As in `_Found`.
    """

    weights: Floats
    unit: float
    rows: Sequence[Integers]
    count_column: int

    def there(self, place: int) -> tuple[Integers, Integers, Floats]:
        """Places of the terms that a segment has, their rows to be written to, and their weights in units."""
        rows = self.rows[place]
        there = rows[:, self.count_column].nonzero()[0]
        return there, rows[there], self.weights[there]


class Searcher:
    """The compiled loops over one snapshot. What it gives is what `Snapshot` says."""

    def __init__(
        self, kernels: ModuleType, segments: Sequence[Segment], model: BM25F, gains: Sequence[Sequence[Gains]]
    ) -> None:
        self._kernels = kernels
        self._segments = segments
        self._model = model
        self._views = [_View(*pair, model) for pair in zip(segments, gains, strict=True)]
        self._by_size = sorted(range(len(segments)), key=lambda place: -segments[place].count)
        self._found: _Found | None = None

    def _look_up(self, codes: Integers, words: int) -> _Found:
        """Look terms up, the first so many of them words: those of the question before are remembered.

        A question's terms are asked for three times: what they are worth, which passages hold them, and
        what they earn in those that were found.
        """
        key, found = (codes.tobytes(), words), self._found
        if found is None or found.key != key:
            found = self._found = self._looked_up(key, codes, words)
        return found

    def _looked_up(self, key: tuple[bytes, int], codes: Integers, words: int) -> _Found:
        found = []
        frequencies = np.zeros(len(codes), np.int64)
        for view in self._views:
            rows = np.empty((len(codes), self._kernels.memory.TERM), np.int64)
            self._kernels.look_up(*view.head, codes, words, rows)
            frequencies += rows[:, self._kernels.memory.T_COUNT]
            if view.segment.alive is not None:
                frequencies[:words] -= view.segment.removals.taken(Family.WORDS, codes[:words])
                frequencies[words:] -= view.segment.removals.taken(Family.CHARACTERS, codes[words:])
            found.append(rows)
        return _Found(key, found, np.maximum(frequencies, 0))

    def frequencies(self, codes: Integers, words: int) -> Integers:
        """How many passages hold each of the terms, the first so many of them words."""
        return self._look_up(codes, words).frequencies

    def _ask(self, asked: Wanted) -> _Question | None:
        if not len(asked.codes):
            return None
        found = self._look_up(asked.codes, asked.words)
        weights = weigh(asked, found.frequencies, self._model)
        unit = unit_of(weights, self._model)
        return _Question(np.concatenate(weights) / unit, unit, found.rows, self._kernels.memory.T_COUNT)

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
        scores, best, state = np.empty(limit), np.empty((3, limit), np.int64), np.zeros(2, np.int64)
        for place in self._by_size:
            view = self._views[place]
            there, rows, weights = asked.there(place)
            if not len(there):
                continue
            allowed = masks(view.segment) if masks else view.segment.alive
            lifts = factors(view.segment) if factors else _NO_FACTORS
            window = min(WINDOW, 1 << postings.BLOCK_BITS)
            budget = min(BUDGET, max(BUDGET_LEAST, view.segment.size // BUDGET_SHARE))
            self._kernels.search(
                *view.head,
                rows,
                weights,
                *view.gains,
                _EVERYTHING if allowed is None else allowed,
                lifts,
                float(lifts.max()) if factors else 1.0,
                asked.unit,
                self._model.k1 + 1,
                view.stretch,
                window,
                budget,
                GROWTH,
                EXTENT,
                pruning.DIRECT,
                per_article,
                scores,
                best,
                state,
                *_WORKSPACE.reserve(*self._kernels.workspace(len(rows), limit, window, pruning.DIRECT)),
            )
        held = int(state[0])
        best[0] *= -1
        found = sorted(zip((-scores[:held]).tolist(), *best[:, :held].tolist(), strict=True))
        return [Match(number, article, -score) for score, _, number, article in found]

    def contributions(
        self, asked: Wanted, located: Iterable[tuple[int, Integers, Integers]]
    ) -> Iterator[tuple[Integers, Integers, Floats, float]]:
        """What each term adds to the scores of some passages.

        Args:
            asked: The terms.
            located: Segments with spots of the passages, and their documents there (growing).

        Yields:
            Spots; places of the terms that are there; units, passages in rows, terms in columns; the unit.
        """
        question = self._ask(asked)
        if question is None:
            return
        for place, spots, documents in located:
            there, rows, weights = question.there(place)
            if not len(there):
                continue
            view = self._views[place]
            units = np.empty((len(documents), len(there)))
            self._kernels.contributions(*view.head, rows, weights, *view.gains, documents, units)
            yield spots, there, units, question.unit
