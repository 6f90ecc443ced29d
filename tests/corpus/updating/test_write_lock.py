"""One process writes into DATA_DIR at a time."""

import os
from pathlib import Path

import pytest

from corpus.errors import StoreError
from corpus.updating.write_lock import BUSY, BusyError, write_lock


def test_a_second_writer_is_refused_until_the_first_is_done(tmp_path: Path) -> None:
    with write_lock(tmp_path / "data"), pytest.raises(BusyError, match=BUSY), write_lock(tmp_path / "data"):
        pass
    with write_lock(tmp_path / "data"):
        pass


def test_a_fifo_in_the_place_of_the_lock_is_waited_for_by_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "corpus.lock")
    with pytest.raises(StoreError, match="cannot be written: it is no file"), write_lock(tmp_path):
        pass
