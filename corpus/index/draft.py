"""The coming commit of the index, while it is written."""

from dataclasses import dataclass
from pathlib import Path

from corpus.index.array_file import ArrayFile
from corpus.index.manifest import Manifest, Member
from corpus.index.segment_writer import Batch
from corpus.index.segments import Removals, Segment


@dataclass(frozen=True, slots=True)
class DraftSegment:
    """A segment of the coming commit.

    Attributes:
        member: Its files.
        segment: The open segment.
        changed: Its removals are not on disk yet.
    """

    member: Member
    segment: Segment
    changed: bool = False


class Draft:
    """The coming commit: its segments, and a batch of passages that are not in a segment yet."""

    def __init__(self, drafted: list[DraftSegment], last_number: int) -> None:
        self.drafted = drafted
        self.last_number = last_number
        self.batch = Batch()

    def differs_from(self, manifest: Manifest) -> bool:
        """Whether committing this would change the index."""
        members = tuple(drafted.member for drafted in self.drafted)
        changed = any(drafted.changed for drafted in self.drafted)
        return changed or members != manifest.members or self.last_number != manifest.last_number

    def hold(self, folder: Path, member: Member) -> None:
        """Add a segment that was just written."""
        self.drafted.append(DraftSegment(member, open_segment(folder, member)))


def open_segment(folder: Path, member: Member) -> Segment:
    """Open a segment of the index with its removals.

    Raises:
        FileNotFoundError: A file of it is missing.
        IndexUnavailableError: A file of it is damaged.
    """
    removals = Removals.none()
    if member.removals:
        removals = Removals.read(folder / member.removals[0], member.removals[1])
    return Segment(ArrayFile(folder / member.name, member.checksum), removals)
