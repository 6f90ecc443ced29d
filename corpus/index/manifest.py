"""The manifest: one small file that says which segments are the index. Replacing it is the commit."""

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from corpus.errors import IndexUnavailableError
from corpus.index.array_file import Seal, sync_folder

NAME = "manifest.json"
FORMAT = 2


@dataclass(frozen=True, slots=True)
class Member:
    """A segment of the index.

    Attributes:
        name: Name of its file.
        removals: Name and seal of the file that says what was removed from it, if anything was.
    """

    name: str
    seal: Seal
    removals: tuple[str, Seal] | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one commit consists of.

    Attributes:
        generation: Grows by one with every commit.
        last_number: Greatest number that any passage ever had.
        state: The caller's own numbers, saved in the same moment as the segments.
    """

    generation: int = 0
    last_number: int = 0
    state: Mapping[str, int] = field(default_factory=dict)
    members: tuple[Member, ...] = ()

    @property
    def files(self) -> frozenset[str]:
        """Names of all files that belong to the index, but for the manifest's own."""
        names = {member.name for member in self.members}
        return frozenset(names | {member.removals[0] for member in self.members if member.removals})


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the last commit.

    Raises:
        IndexUnavailableError: There is none, it is damaged, or a newer version wrote it.
    """
    path = folder / NAME
    try:
        crc, _, body = path.read_bytes().partition(b"\n")
    except OSError as error:
        raise IndexUnavailableError(f"there is no index in {folder}: {error}") from error
    try:
        if int(crc, 16) != zlib.crc32(body):
            raise ValueError("checksum")
        value = json.loads(body)
        if value.pop("format") != FORMAT:
            raise IndexUnavailableError(f"{path} was written by another version of this program")
        members = tuple(
            Member(
                member["name"],
                Seal(**member["seal"]),
                (member["removals"][0], Seal(**member["removals"][1])) if member["removals"] else None,
            )
            for member in value.pop("members")
        )
        return Manifest(**value, members=members)
    except (ValueError, KeyError, TypeError) as error:
        raise IndexUnavailableError(f"{path} is damaged: {error}") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make `manifest` the index, durably and in one moment: before it the old one, after it the new one."""
    body = json.dumps({"format": FORMAT, **asdict(manifest)}).encode()
    temporary = folder / f"{NAME}.tmp"
    with temporary.open("wb") as file:
        file.write(b"%08x\n" % zlib.crc32(body) + body)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / NAME)
    sync_folder(folder)
