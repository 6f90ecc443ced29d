"""A database file on the disk, seen from the process that has it open."""

from pathlib import Path

import pytest

from corpus.store.open_file import OpenFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "x.sqlite3"
    path.write_bytes(b"x" * 100)
    return path


def test_an_untouched_and_a_grown_file_are_unchanged(path: Path) -> None:
    file = OpenFile.from_path(path)
    path.write_bytes(b"x" * 200)
    assert file.change is None
    assert not file.is_truncated


def test_a_removed_and_a_replaced_file_are_noticed(path: Path, tmp_path: Path) -> None:
    file = OpenFile.from_path(path)
    other = tmp_path / "other"
    other.write_bytes(b"y")
    path.unlink()
    assert file.change == "removed"
    other.rename(path)
    assert file.change == "replaced"


def test_a_file_that_has_grown_and_shrunk_is_truncated(path: Path) -> None:
    file = OpenFile.from_path(path)
    path.write_bytes(b"x" * 200)
    assert not file.is_truncated
    path.write_bytes(b"x" * 150)
    assert file.is_truncated


def test_a_file_that_does_not_exist_cannot_be_watched(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        OpenFile.from_path(tmp_path / "none")
