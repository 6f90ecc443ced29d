"""One bot over one folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.process.lock import AlreadyRunningError, only_instance

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
