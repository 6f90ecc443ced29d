"""A crash that no handler sees is told by the next start."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from bot import crashes

CUT_UNDER_THE_READER = """
import mmap, os, sys
from pathlib import Path
from bot import crashes
folder = Path(sys.argv[1])
path = folder / "cut"
path.write_bytes(bytes(100_000))
with path.open("rb") as file, crashes.noted(folder):
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    os.truncate(path, 0)
    mapped[50_000]
"""


def test_a_bus_error_is_told_once_by_the_next_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    done = subprocess.run([sys.executable, "-c", CUT_UNDER_THE_READER, str(tmp_path)], check=False)
    assert done.returncode == -7
    for expected in (1, 0):
        caplog.clear()
        with crashes.noted(tmp_path):
            pass
        assert len(caplog.records) == expected
        assert all("Bus error" in record.message for record in caplog.records)


def test_a_process_that_was_killed_leaves_nothing_to_tell(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / crashes.NAME).touch()
    with caplog.at_level(logging.DEBUG, "bot.crashes"), crashes.noted(tmp_path):
        pass
    assert caplog.records == []


def test_a_folder_that_cannot_be_written_does_not_keep_the_bot_from_running(tmp_path: Path) -> None:
    (tmp_path / crashes.NAME).mkdir()
    with crashes.noted(tmp_path):
        pass
