"""The manifest is read as it was written, and its format stays."""

import json
from pathlib import Path

import pytest

from corpus.errors import IndexUnavailableError
from corpus.index.array_file import Checksum
from corpus.index.manifest import NAME, Manifest, Member, read_manifest, write_manifest

MANIFEST = Manifest(
    3,
    70,
    {"through": 70},
    (
        Member("a.segment", Checksum(100, 1)),
        Member("b.segment", Checksum(200, 2), ("c.removals", Checksum(30, 3))),
    ),
)


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST)
    assert read_manifest(tmp_path) == MANIFEST
    assert MANIFEST.files == {"a.segment", "b.segment", "c.removals"}


def test_the_words_of_the_file_stay(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST)
    _, _, body = (tmp_path / NAME).read_bytes().partition(b"\n")
    assert json.loads(body) == {
        "format": 2,
        "generation": 3,
        "last_number": 70,
        "state": {"through": 70},
        "members": [
            {"name": "a.segment", "seal": {"size": 100, "crc": 1}, "removals": None},
            {
                "name": "b.segment",
                "seal": {"size": 200, "crc": 2},
                "removals": ["c.removals", {"size": 30, "crc": 3}],
            },
        ],
    }


def test_a_changed_manifest_is_refused(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST)
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes().replace(b"70", b"71", 1))
    with pytest.raises(IndexUnavailableError, match="damaged"):
        read_manifest(tmp_path)
