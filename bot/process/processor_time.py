"""The processor time of a process and of all that it has started: what does not grow stands still."""

import os
from pathlib import Path

_PROC = Path("/proc")


def used_by(pid: int) -> float | None:
    """Return the processor time of a process and its descendants, in seconds.

    Returns:
        None if the process has ended, or the system does not tell.
    """
    own = _own(pid)
    if own is None:
        return None
    return own + sum(used_by(child) or 0.0 for child in children_of(pid))


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started and that have not ended; none if nobody tells."""
    try:
        lists = [path.read_text("ascii") for path in (_PROC / str(pid) / "task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for one in lists for child in one.split()]


def family_of(pid: int) -> list[int]:
    """Return a process and its descendants, parents first."""
    return [pid, *(descendant for child in children_of(pid) for descendant in family_of(child))]


def _own(pid: int) -> float | None:
    """Return the time of one process and of its children that have ended."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return None
