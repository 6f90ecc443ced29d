"""One process writes into DATA_DIR at a time."""

from pathlib import Path

import pytest

from corpus.updating.write_lock import BUSY, BusyError, write_lock


def test_a_second_writer_is_refused_until_the_first_is_done(tmp_path: Path) -> None:
    with write_lock(tmp_path / "data"), pytest.raises(BusyError, match=BUSY), write_lock(tmp_path / "data"):
        pass
    with write_lock(tmp_path / "data"):
        pass
