"""The command `baotong` over an archive and a data folder of the test's own."""

import contextlib
import io
import json
import logging
import os
import pty
import select
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.cli.commands import main
from bot.settings import variable_names
from tests.botapi.harness import PROJECT

Result = subprocess.CompletedProcess[str]


class Baotong:
    """Runs commands over an archive and a data folder of the test's own, most of them in this process."""

    def __init__(self, folder: Path, archive: Path) -> None:
        self.folder = folder
        self.archive = archive
        self.data = folder / "data"

    def environment(self, **changes: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in variable_names()}
        own = {"CORPUS_DIR": str(self.archive), "DATA_DIR": str(self.data), "PYTHONPATH": str(PROJECT)}
        return {**kept, **own, **changes}

    def __call__(self, *words: str, given: str = "", environment: Mapping[str, str] | None = None) -> Result:
        root = logging.getLogger()
        kept = root.handlers[:], root.level, sys.excepthook, threading.excepthook
        out, said = io.BytesIO(), io.BytesIO()
        streams = [io.TextIOWrapper(memory, encoding="utf-8") for memory in (out, said)]
        with pytest.MonkeyPatch.context() as patch, contextlib.chdir(self.folder):
            patch.setattr(os, "environ", self.environment(**(environment or {})))
            patch.setattr(sys, "argv", ["baotong", *words])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
            patch.setattr(sys, "stdout", streams[0])
            patch.setattr(sys, "stderr", streams[1])
            with pytest.raises(SystemExit) as ended:
                main()
        root.handlers[:], root.level, sys.excepthook, threading.excepthook = kept
        logging.captureWarnings(capture=False)
        for stream in streams:
            stream.flush()
        return Result(words, int(ended.value.code or 0), out.getvalue().decode(), said.getvalue().decode())

    def process(self, *words: str, given: str = "", environment: Mapping[str, str] | None = None) -> Result:
        """The same as a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "bot", *words],
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=self.folder,
            env=self.environment(**(environment or {})),
            timeout=200,
            check=False,
        )

    def started(self, *words: str) -> subprocess.Popen[bytes]:
        """A process of its own that is talked to while it runs."""
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=self.environment(),
        )

    def shell(self, line: str) -> Result:
        """A line for the shell in which `baotong` stands for the command."""
        return subprocess.run(
            ["/bin/sh", "-c", f'baotong() {{ {sys.executable} -m bot "$@"; }}; {line}'],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=self.folder,
            env=self.environment(),
            timeout=200,
            check=False,
        )

    def json(self, *words: str) -> Any:
        """Standard output of a command that must succeed, as JSON."""
        result = self(*words)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)


def one_line(result: Result, *holding: str, code: int = 1) -> None:
    """A failure as it must be: one clear line, no traceback, nothing on standard output."""
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert result.stderr.startswith("baotong: ")
    for words in holding:
        assert words in result.stderr


def in_terminal(
    baotong: Baotong, *words: str, columns: int = 100, environment: Mapping[str, str] | None = None
) -> str:
    """What a command shows on a terminal, standard error too."""
    master, slave = pty.openpty()
    place = {"TERM": "xterm-256color", "COLUMNS": str(columns), "NO_COLOR": "", **(environment or {})}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", *words],
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
        cwd=baotong.folder,
        env=baotong.environment(**place),
    ) as process:
        os.close(slave)
        shown = b""
        while select.select([master], [], [], 100)[0]:
            try:
                part = os.read(master, 65_536)
            except OSError:  # the terminal's other end is closed
                break
            if not part:
                break
            shown += part
        process.wait(100)
    os.close(master)
    return shown.decode("utf-8", "replace")
