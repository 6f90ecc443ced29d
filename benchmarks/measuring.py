"""What benchmarks measure with: times, memory, files of figures."""

import json
import os
import resource
import statistics
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

Figures = dict[str, Any]


def spread(taken: Sequence[float]) -> Figures:
    """Mean, median and 99th percentile in milliseconds."""
    ordered = sorted(taken)
    return {
        "mean": round(statistics.fmean(ordered) * 1000, 3),
        "median": round(statistics.median(ordered) * 1000, 3),
        "p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000, 3),
        "questions": len(ordered),
    }


def ratio(taken: Sequence[float], base: Sequence[float]) -> float:
    """Mean over the same questions, as a multiple of another engine's."""
    same = min(len(taken), len(base))
    return float(f"{sum(taken[:same]) / sum(base[:same]):.4g}")


def machine() -> str:
    """Processor and cores."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} cores"


def resident_bytes() -> int:
    """Memory of this process."""
    return _memory("VmRSS")


def anonymous_bytes() -> int:
    """Memory of this process that is not a mapped file."""
    return _memory("RssAnon")


def family_bytes() -> int:
    """The same of this process and of all that it started, directly or not."""
    total, pending = 0, [os.getpid()]
    while pending:
        process = Path("/proc", str(pending.pop()))
        with suppress(OSError):  # it has ended meanwhile
            total += _memory("RssAnon", process)
            for task in (process / "task").iterdir():
                pending += map(int, (task / "children").read_text(encoding="ascii").split())
    return total


def _memory(key: str, process: Path = Path("/proc/self")) -> int:
    for line in (process / "status").read_text(encoding="utf-8").splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    return 0


@contextmanager
def peak_memory() -> Iterator[list[int]]:
    """Samples of `family_bytes` while a block runs."""
    samples, stop = [family_bytes()], threading.Event()

    def watch() -> None:
        while not stop.wait(0.05):
            samples.append(family_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield samples
    finally:
        stop.set()
        watcher.join()


def processor_seconds() -> float:
    """Of this process and those of its children that have ended."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def folder_bytes(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def save(figures: Figures, out: Path | None) -> None:
    """Append figures to a file, one line."""
    if out is not None:
        with out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(figures, ensure_ascii=False) + "\n")
