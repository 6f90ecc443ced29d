"""`SemanticReader`: encoder and vectors for those who ask, loaded once and followed as they change."""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from corpus.errors import CorpusError
from corpus.semantic.encoder import Encoder, EncoderUnavailableError, Vectors
from corpus.semantic.vector_file import Origin, Rows, VectorFile

logger = logging.getLogger(__name__)

LOADING_NICENESS: Final = 10

_NOT_LOADED: Final = object()


@dataclass(frozen=True, slots=True, eq=False)
class SemanticSnapshot:
    """Encoder and vectors as they are for one question."""

    encoder: Encoder
    rows: Rows

    def encode(self, question: str) -> Vectors:
        """The vector of a question."""
        vector: Vectors = self.encoder.encode([question])[0]
        return vector

    def cosines(self, vector: Vectors, articles: Sequence[int]) -> list[float]:
        """How near articles are to a question; 0 for those without a vector."""
        places = self.rows.places_of(articles)
        near = (
            self.rows.at(np.maximum(places, 0)).cosines(vector) if len(self.rows) else np.zeros(len(places))
        )
        return [float(cosine) for cosine in np.where(places >= 0, near, 0.0)]

    def nearest(self, vector: Vectors, limit: int) -> list[int]:
        """Numbers of the nearest of all articles, nearest first. Some may have left the store."""
        cosines = self.rows.cosines(vector)
        places = np.arange(len(cosines))
        if limit < len(cosines):
            places = np.argpartition(-cosines, limit)[:limit]
        ordered = places[np.lexsort((self.rows.numbers[places], -cosines[places]))]
        return [int(number) for number in self.rows.numbers[ordered]]


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """What was loaded, and of which state of the file: its device, inode, size and time, and the store."""

    state: object
    file: VectorFile | None


class SemanticReader:
    """Gives questions what there is of encoder and vectors.

    Where this process answers many people, loading happens in a thread, and questions meanwhile are answered
    without. Elsewhere the question that needs it waits for it, a second.

    Args:
        path: Of the vectors.
        load: Loads the encoder.
        store: Identity of the open database.
    """

    def __init__(self, path: Path, load: Callable[[], Encoder], store: Callable[[], int]) -> None:
        self._path = path
        self._load = load
        self._store = store
        self._encoder: Encoder | None = None
        self._loaded = _Loaded(_NOT_LOADED, None)
        self._lock = threading.Lock()
        self._waits = True
        self._problem: str | None = None

    @property
    def problem(self) -> str | None:
        """Why questions are answered without vectors; None: they are not, or nothing was asked yet."""
        return self._problem

    def load_in_background(self) -> None:
        """Load in a thread from now on, and at once: no question waits."""
        self._waits = False
        self.snapshot()

    def snapshot(self) -> SemanticSnapshot | None:
        """What there is for a question now; None: nothing.

        Raises:
            StoreError: The store cannot be read.
        """
        state = self._state()
        if state != self._loaded.state:
            if self._waits:
                with self._lock:
                    self._load_state(state)
            elif self._lock.acquire(blocking=False):  # otherwise it is being loaded
                threading.Thread(
                    target=self._load_quietly, args=(state,), name="loading vectors", daemon=True
                ).start()
        loaded = self._loaded.file
        if self._encoder is None or loaded is None or loaded.has_changed or not self._fits():
            return None
        return SemanticSnapshot(self._encoder, loaded.rows)

    def _fits(self) -> bool:
        """Whether what is loaded belongs to the open database; older vectors of it do."""
        state = self._loaded.state
        return isinstance(state, tuple) and state[-1] == self._store()

    def _state(self) -> tuple[object, ...] | None:
        """What changes when another file takes the place, or another database; None without a file."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, self._store()

    def _load_quietly(self, state: object) -> None:
        """Load at low priority. The caller holds the lock."""
        try:
            with suppress(OSError):  # only on Linux threads have a priority of their own
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOADING_NICENESS)
            self._load_state(state)
        finally:
            self._lock.release()

    def _load_state(self, state: object) -> None:
        """Load what stands at the path. It is tried once for each state. The caller holds the lock."""
        if state == self._loaded.state:
            return
        file, problem = None, None
        try:
            if state is None:
                problem = "there are none yet; `baotong index` makes them, or the running bot"
            else:
                if self._encoder is None:
                    self._encoder = self._load()
                file = VectorFile(self._path, Origin.of(self._encoder, self._store()))
        except EncoderUnavailableError as error:
            problem = str(error)
        except (CorpusError, OSError, ValueError) as error:
            problem = f"{error}; the next update makes them anew"
        if problem is not None:
            logger.warning("questions are answered without vectors: %s", problem)
        self._problem, self._loaded = problem, _Loaded(state, file)
