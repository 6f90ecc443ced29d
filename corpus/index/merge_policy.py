"""Tiered merge policy: which segments are merged next."""

import math
from collections.abc import Iterable, Sequence

from corpus.index.posting_writer import MAX_SEGMENT_POSTINGS
from corpus.index.segments import Segment

FANOUT = 4

SMALLEST_TIER_DOCUMENTS = 1_000

MAX_REMOVED_SHARE = 0.3


def plan_merge(segments: Sequence[Segment], max_documents: int, *, thorough: bool = False) -> list[int]:
    """Choose the segments to merge next, by place; none if there are few enough.

    Segments fall into tiers by size, each `FANOUT` times the one below. A tier that has `FANOUT` segments is
    merged together with all smaller segments. A segment is rewritten when a large share of it was removed.

    Args:
        segments: All segments of the index.
        max_documents: Maximum number of passages in the merged segment.
        thorough: Merge all segments that fit into one.
    """
    sizes = [segment.count for segment in segments]
    if thorough:
        plan = _fitting(segments, range(len(sizes)), max_documents)
        if len(plan) > 1:
            return plan
    tiers = [_tier(size) for size in sizes]
    for tier in sorted(set(tiers)):
        if tiers.count(tier) >= FANOUT:
            plan = [place for place in range(len(sizes)) if tiers[place] <= tier]
            if plan == _fitting(segments, plan, max_documents):
                return plan
    for place, segment in enumerate(segments):
        if segment.size <= max_documents and segment.count < segment.size * (1 - MAX_REMOVED_SHARE):
            return [place]
    return []


def _tier(size: int) -> int:
    return int(math.log(size / SMALLEST_TIER_DOCUMENTS, FANOUT)) if size > SMALLEST_TIER_DOCUMENTS else 0


def _fitting(segments: Sequence[Segment], places: Iterable[int], max_documents: int) -> list[int]:
    """Places of the smallest segments that together fit into one, in their given order."""
    fitting, passages, postings = [], 0, 0
    for place in sorted(places, key=lambda place: segments[place].count):
        passages += segments[place].count
        postings += segments[place].postings
        if passages > max_documents or postings > MAX_SEGMENT_POSTINGS:
            break
        fitting.append(place)
    return sorted(fitting)
