"""Makes merges of the index frequent and slow, in processes that have this folder in PYTHONPATH.

Tiers begin at a few passages, so that every run merges, within its commits and at its end. A merge goes in
steps of some hundred postings with a pause behind each. MERGE_LOG names a file with a line for each step.
"""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from corpus.index import index, merge_policy, merging, segment_writer
from corpus.index.merging import Source
from corpus.index.posting_writer import Chunk

PAUSE = 0.02
merge_lists = merging.merge_lists


def slowly(sources: Sequence[Source], *, ordered: bool = True) -> Iterator[Chunk]:
    """Merge as ever, and say so before each step."""
    for chunk in merge_lists(sources, ordered=ordered):
        with Path(os.environ["MERGE_LOG"]).open("a", encoding="ascii") as log:
            log.write("step\n")
        time.sleep(PAUSE)
        yield chunk


if "MERGE_LOG" in os.environ:
    merge_policy.SMALLEST_TIER_DOCUMENTS = 20
    index.MAX_QUICK_MERGE_DOCUMENTS = 60
    merging.MERGE_POSTINGS = 500
    segment_writer.merge_lists = slowly  # type: ignore[attr-defined]
