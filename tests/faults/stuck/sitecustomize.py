"""Makes posts hang or need memory without end, in processes that have this folder in PYTHONPATH.

No post is known to do so any more: which ones do is decided by the name. STUCK_SECONDS, where it is set,
takes the place of the last limits, and STUCK_CLOCK of the last one by the clock; each attempt at such a post
adds a line to the file that STUCK_LOG names.
"""

import os
import re
from dataclasses import replace
from pathlib import Path

from corpus.updating import parse_posts
from corpus.updating.scanning import FileState

read_file = parse_posts.parse_file


def read_or_hang(
    file: FileState, stored_digest: str, options: parse_posts.ReadOptions
) -> parse_posts.ParsedFile:
    """Read a post, unless it is named `hangs…`, which holds the interpreter, or `greedy…`."""
    name = file.path.rpartition("/")[2]
    if name.startswith(("hangs", "greedy")) and (log := os.environ.get("STUCK_LOG")):
        with Path(log).open("a", encoding="utf-8") as lines:
            lines.write(f"{name}\n")
    if name.startswith("hangs"):
        re.match("(a*)*b", "a" * 60)
    if name.startswith("greedy"):
        held = []
        while True:  # never written to, so that memory ends before the time does
            held.append(bytes(10_000_000))
    return read_file(file, stored_digest, options)


parse_posts.parse_file = read_or_hang
if "STUCK_SECONDS" in os.environ:
    last = float(os.environ["STUCK_SECONDS"])
    if "STUCK_CLOCK" in os.environ:
        clock, limits = float(os.environ["STUCK_CLOCK"]), (0.1, 0.2, 0.3, last)
        parse_posts.BOUNDS = replace(parse_posts.BOUNDS, seconds=limits, stall_seconds=clock)  # type: ignore[misc]
    else:
        parse_posts.BOUNDS = replace(parse_posts.BOUNDS, seconds=(0.1, last, last, last))  # type: ignore[misc]
