"""File descriptors of this process: how many are open, and how many may be."""

import contextlib
import os
import resource

MAX_LIMIT = 65_536
"""Highest limit that is asked for; some systems refuse more."""

FULL_SHARE = 0.9
"""Share of the limit from which on the descriptors count as used up."""


def raise_limit() -> None:
    """Raise the limit of open descriptors as far as this user may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_LIMIT if hard == resource.RLIM_INFINITY else min(hard, MAX_LIMIT)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def count_descriptors() -> int:
    """Return how many descriptors are open.

    Raises:
        OSError: None is free to count them with, or the system does not tell.
    """
    return len(os.listdir("/dev/fd")) - 1  # noqa: PTH208 — without the one that lists them


def find_problem() -> str | None:
    """Say how many descriptors are open if nearly all are used up; None: they are not."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        count = count_descriptors()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"files and connections cannot be opened: {error.strerror}"
    if limit == resource.RLIM_INFINITY or count < limit * FULL_SHARE:
        return None
    return f"{count} of {limit} file descriptors are open"
