"""One bot over one folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.process.lock import FILE_NAME, AlreadyRunningError, only_instance

HOLDER = """
import sys, time
from pathlib import Path
from bot.process.lock import only_instance
with only_instance(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_instance_is_refused_with_the_firsts_number_until_it_ends(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunningError, match=f"process {holder.pid}"), only_instance(tmp_path):
            pass
        holder.kill()
        holder.wait()
        with only_instance(tmp_path):
            pass


def test_without_a_place_for_the_lock_the_bot_runs_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    with only_instance(tmp_path / "file"):
        assert "would not be noticed" in caplog.text


def test_a_lock_that_was_removed_is_taken_again(tmp_path: Path) -> None:
    with only_instance(tmp_path) as lock:
        (tmp_path / FILE_NAME).unlink()
        lock.check()
        assert lock.problem is None
        with pytest.raises(AlreadyRunningError), only_instance(tmp_path):
            pass
    with only_instance(tmp_path):
        pass


def test_an_instance_that_took_the_place_of_a_removed_lock_is_told_until_it_ends(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with only_instance(tmp_path) as lock:
        (tmp_path / FILE_NAME).unlink()
        with only_instance(tmp_path):
            lock.check()
            lock.check()
            assert lock.problem is not None
            assert "another baotong runs" in lock.problem
            assert len(caplog.records) == 1
        lock.check()
        assert lock.problem is None


def test_a_place_that_takes_no_new_lock_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with only_instance(folder) as lock:
        folder.rename(tmp_path / "away")
        folder.write_text("")
        lock.check()
        assert lock.problem is not None
        assert "bot.lock was removed" in lock.problem
