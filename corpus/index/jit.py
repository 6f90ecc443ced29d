"""The compiled kernels: loaded in the background, then used for every search.

numba (extra `compiled`) compiles `corpus.index.kernels` and caches the machine code in a folder. Compiling
takes some ten seconds; it happens once, in a process of its own. Loading the cache takes half a second. Until
then, and wherever numba is missing or fails, `maxscore` answers with numpy; the results are identical.
"""

import gc
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

from corpus.index import maxscore, posting_writer

logger = logging.getLogger(__name__)

WARM_UP_DELAY_SECONDS = 20.0
"""Delay before loading begins, so that the updates that queued up while the bot was down are answered and
acknowledged first. With three seconds twice as many answers were sent twice after a kill."""

RETRY_SECONDS = (60.0, 600.0, 3_600.0)
"""Pauses before loading is tried again after it failed in the background."""

COMPLETE_MARK = "complete"


class _UnavailableError(Exception):
    """The kernels cannot be used on this machine, now or later."""


class _State:
    """The kernels of this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.kernels: ModuleType | None = None
        self.unavailable = False


_state = _State()


def kernels() -> ModuleType | None:
    """The compiled kernels; None until they are loaded."""
    return _state.kernels


def load(folder: Path) -> bool:
    """Load the kernels, compiling them first if necessary. Returns False, and logs why, if that fails.

    Args:
        folder: Cache for the machine code.
    """
    with _state.lock:
        if _state.kernels is None:
            _state.kernels = _load_kernels(folder)
        return _state.kernels is not None


def warm_up(folder: Path, *, first: Callable[[], object]) -> None:
    """Call `first` and then load, after a delay, in a background thread. Once per process.

    What fails for want of memory, descriptors or room on the disk is tried again after RETRY_SECONDS.

    What is in memory afterwards is excluded from garbage collection: scanning it again and again would stop
    all threads for some 50 milliseconds each time.
    """

    def run() -> None:
        for pause in (*RETRY_SECONDS, None):
            if _try_in_background(folder, first) or pause is None:
                break
            time.sleep(pause)
        gc.collect()
        gc.freeze()

    if _state.thread is None:
        _state.thread = threading.Timer(WARM_UP_DELAY_SECONDS, run)
        _state.thread.name, _state.thread.daemon = "compiled loops", True
        _state.thread.start()


def _try_in_background(folder: Path, first: Callable[[], object]) -> bool:
    """Call `first` and load; return whether nothing is left to be tried again."""
    try:
        first()
    except Exception as error:  # whatever it is, questions are answered without
        logger.warning("what questions need could not be loaded: %s: %s", type(error).__name__, error)
        return False
    return load(folder) or _state.unavailable


def _load_kernels(folder: Path) -> ModuleType | None:
    started = time.perf_counter()
    logging.getLogger("numba").setLevel(logging.WARNING)  # its INFO lines report every compilation step
    try:
        if sys.byteorder != "little":
            raise _UnavailableError("this machine's byte order is not that of the index")
        if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
            raise _UnavailableError("NUMBA_DISABLE_JIT is set")
        cache = _compiled_folder(folder)
        import numba

        config: Any = numba.config
        config.CACHE_DIR = str(cache)
        from corpus.index import kernels
    except Exception as error:  # numba is a compiler: whatever it may raise, numpy answers
        _state.unavailable = isinstance(error, _UnavailableError | PackageNotFoundError)
        logger.info("searching without compiled loops: %s: %s", type(error).__name__, error)
        return None
    logger.info("searching with compiled loops: loaded in %.1f s", time.perf_counter() - started)
    return kernels


def _compiled_folder(folder: Path) -> Path:
    """The folder with the machine code of this version; another process compiles it if necessary.

    Compiling takes a hundred megabytes and blocks the interpreter, so this process only loads the result.
    Each version of the program, of Python and of numba has its own folder; those of others are deleted.
    """
    sources = [
        *sorted(Path(__file__).with_name("kernels").glob("*.py")),
        Path(posting_writer.__file__),  # constants of these two are compiled in
        Path(maxscore.__file__),
    ]
    key = repr([version("numba"), sys.version, [(path.name, path.stat().st_mtime_ns) for path in sources]])
    compiled = folder / blake2b(key.encode(), digest_size=8).hexdigest()
    if (compiled / COMPLETE_MARK).exists():
        return compiled
    compiled.mkdir(parents=True, exist_ok=True)
    for other in folder.iterdir():
        if other != compiled:
            shutil.rmtree(other, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-c", "import corpus.index.kernels"],
        env={**os.environ, "NUMBA_CACHE_DIR": str(compiled)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or ["compiling failed"])[-1])
    (compiled / COMPLETE_MARK).touch()
    return compiled
