"""The manifest: a small file that lists the segments of the index. Replacing it is the commit."""

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from corpus.errors import IndexUnavailableError
from corpus.files import read_regular
from corpus.index.array_file import Checksum, sync_folder

NAME = "manifest.json"
FORMAT = 2

MAX_BYTES = 16_000_000
"""Limit of its size; one of a million passages has a few kilobytes."""


@dataclass(frozen=True, slots=True)
class Member:
    """The files of one segment.

    Attributes:
        name: Name of the segment's file.
        checksum: Its checksum.
        removals: Name and checksum of its file of removals, or None.
    """

    name: str
    checksum: Checksum
    removals: tuple[str, Checksum] | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of one commit.

    Attributes:
        generation: Grows by one with every commit.
        last_number: Greatest number that any passage ever had.
        state: The caller's own numbers, saved atomically with the segments.
        members: The segments.
    """

    generation: int = 0
    last_number: int = 0
    state: Mapping[str, int] = field(default_factory=dict)
    members: tuple[Member, ...] = ()

    @property
    def files(self) -> frozenset[str]:
        """Names of all files of the index except the manifest."""
        names = {member.name for member in self.members}
        return frozenset(names | {member.removals[0] for member in self.members if member.removals})


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the last commit.

    Raises:
        IndexUnavailableError: The manifest is missing, damaged, or of another version.
    """
    path = folder / NAME
    try:
        crc, _, body = read_regular(path, MAX_BYTES).partition(b"\n")
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
                Checksum(**member["seal"]),
                (member["removals"][0], Checksum(**member["removals"][1])) if member["removals"] else None,
            )
            for member in value.pop("members")
        )
        return Manifest(**value, members=members)
    except (ValueError, KeyError, TypeError) as error:
        raise IndexUnavailableError(f"{path} is damaged: {error}") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest, durably and atomically: this is the commit."""
    body = json.dumps(_encoded(manifest)).encode()
    temporary = folder / f"{NAME}.tmp"
    temporary.unlink(missing_ok=True)  # a fifo in its place would be waited for
    with temporary.open("xb") as file:
        file.write(b"%08x\n" % zlib.crc32(body) + body)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / NAME)
    sync_folder(folder)


def _encoded(manifest: Manifest) -> dict[str, Any]:
    """The manifest as JSON values. The key `seal` is part of the file format."""
    members = [
        {
            "name": member.name,
            "seal": asdict(member.checksum),
            "removals": [member.removals[0], asdict(member.removals[1])] if member.removals else None,
        }
        for member in manifest.members
    ]
    return {
        "format": FORMAT,
        "generation": manifest.generation,
        "last_number": manifest.last_number,
        "state": dict(manifest.state),
        "members": members,
    }
