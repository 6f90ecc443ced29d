"""A crash or a hang that no handler sees is told to the next start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.process.watchdog import Watchdog, read_stacks

CUT_UNDER_THE_READER = """
import mmap, os, sys
from pathlib import Path
from bot.process.watchdog import Watchdog
folder = Path(sys.argv[1])
path = folder / "cut"
path.write_bytes(bytes(100_000))
with path.open("rb") as file, Watchdog(folder / "stacks.txt"):
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    os.truncate(path, 0)
    mapped[50_000]
"""


def test_a_bus_error_is_told_once_by_the_next_start(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CUT_UNDER_THE_READER, str(tmp_path)], check=False)
    assert done.returncode == -7
    with Watchdog(tmp_path / "stacks.txt") as dog:
        end = dog.previous_exit()
        assert end is not None
        assert not end.hung
        assert "Bus error" in end.summary
        dog.forget_previous_exit()
    with Watchdog(tmp_path / "stacks.txt") as dog:
        assert dog.previous_exit() is None


def test_a_process_that_was_killed_leaves_nothing_to_tell(tmp_path: Path) -> None:
    (tmp_path / "stacks.txt").touch()
    with Watchdog(tmp_path / "stacks.txt") as dog:
        assert dog.previous_exit() is None


def test_a_folder_that_cannot_be_written_does_not_keep_the_bot_from_running(tmp_path: Path) -> None:
    (tmp_path / "stacks.txt").mkdir()
    with Watchdog(tmp_path / "stacks.txt") as dog:
        assert dog.previous_exit() is None


def test_a_fifo_in_the_place_of_the_stacks_is_waited_for_by_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "stacks.txt")
    with Watchdog(tmp_path / "stacks.txt") as dog:
        assert dog.previous_exit() is None
        assert dog.descriptor is None


@pytest.mark.parametrize("text", ["", "\n", "rubbish", "Thread 0x", "Timeout ("])
def test_any_file_of_stacks_can_be_read(text: str) -> None:
    read_stacks(text)
