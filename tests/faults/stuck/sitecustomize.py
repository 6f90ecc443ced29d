"""Makes posts hang or need memory without end, in processes that have this folder in PYTHONPATH.

No post is known to do so any more: which ones do is decided by the name.
"""

import re

from corpus import reading
from corpus.scan import FileState

read_file = reading.read_file


def read_or_hang(file: FileState, known_digest: str, options: reading.ReadOptions) -> reading.Outcome:
    """Read a post, unless it is named `hangs…`, which holds the interpreter, or `greedy…`."""
    name = file.path.rpartition("/")[2]
    if name.startswith("hangs"):
        re.match("(a*)*b", "a" * 60)
    if name.startswith("greedy"):
        held = []
        while True:
            held.append(bytes(10_000_000) + b"x")
    return read_file(file, known_digest, options)


reading.read_file = read_or_hang
