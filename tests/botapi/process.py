"""The bot as an operator runs it: `python -m bot run` as a process of its own."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path
from typing import Self

from tests.botapi.server import BotApiServer
from tests.botapi.updates import Webhook

PROJECT = Path(__file__).resolve().parents[2]
"""Where `bot` and `corpus` are imported from."""

_ERROR = re.compile(r"^\S+ \S+ (?:ERROR|CRITICAL) ")


_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "COVERAGE_PROCESS_CONFIG")
"""Variables that the bot inherits; the last is how `make coverage` counts what runs in it."""


class BotProcess:
    """The bot as an operator runs it.

    Attributes:
        server: Its Telegram.
        environment: What is set for it besides the minimum; change it before a restart.
        log_path: Everything it wrote to standard output and error, over all its lives.
        errors_expected: The test provokes errors, so that the log may hold some.
        program: What Python runs; a test may put its own before the bot's.
    """

    def __init__(self, server: BotApiServer, folder: Path, archive: Path, **environment: object) -> None:
        self.server = server
        self.environment = {name: str(value) for name, value in environment.items()}
        self.folder = folder
        self.archive = archive
        self.data_dir = folder / "data"
        self.log_path = folder / "bot.log"
        self.errors_expected = False
        self.program: tuple[str, ...] = ("-m", "bot", "run")
        self._process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> str:
        """All output so far."""
        return self.log_path.read_text(encoding="utf-8", errors="replace") if self.log_path.exists() else ""

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    async def start(self, *, wait: float = 40.0) -> Self:
        """Start it and wait until it polls or has set its webhook; `wait=0` returns at once.

        Raises:
            AssertionError: It did not come up; the log is in the message.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        # Polls and a webhook of an earlier life would be taken for those of this one.
        self.server.updates.abandon()
        webhook = self.server.updates.webhook
        with self.log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self.program,
                cwd=self.folder,
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        if wait:
            await self._wait_until_up(wait, before=webhook)
        return self

    async def stop(self, *, grace: float = 15.0) -> int:
        """Send SIGTERM and return the exit code.

        Raises:
            AssertionError: It did not end within `grace` seconds; it is killed then.
        """
        assert self._process is not None
        if self.running:
            self._process.terminate()
        try:
            return await asyncio.wait_for(self._process.wait(), grace)
        except TimeoutError:
            await self.kill()
            raise AssertionError(f"still running {grace} s after SIGTERM; log:\n{self.log[-3000:]}") from None

    async def kill(self) -> None:
        """Send SIGKILL to it and to its children."""
        assert self._process is not None
        if self.running:
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def wait(self, within: float = 20.0) -> int:
        """Wait for it to end by itself and return the exit code."""
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), within)

    async def restart(self, *, kill: bool = False, wait: float = 40.0) -> Self:
        """End it, gently or not, and start it again."""
        if kill:
            await self.kill()
        else:
            await self.stop()
        return await self.start(wait=wait)

    def check_log(self) -> None:
        """Make sure that the log holds neither the token nor a traceback nor an unexpected error.

        Raises:
            AssertionError: It does; the lines are in the message, the token is not.
        """
        secret = self.server.token.partition(":")[2]
        leaks = [line.replace(secret, "<token>") for line in self.log.splitlines() if secret in line]
        assert not leaks, f"{len(leaks)} lines with the token, the first: {leaks[0]}"
        before, traceback, rest = self.log.partition("Traceback (most recent call last)")
        lines = [*before.splitlines()[-2:], traceback, *rest.splitlines()[:40]]
        assert not traceback, "a traceback in the log:\n" + "\n".join(line[:300] for line in lines)
        errors = [line for line in self.log.splitlines() if _ERROR.search(line)]
        assert self.errors_expected or not errors, "errors in the log:\n" + "\n".join(
            line[:400] for line in errors[:5]
        )

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return {
            **kept,
            "PYTHONPATH": str(PROJECT),
            "PYTHONUNBUFFERED": "1",
            "BOT_TOKEN": self.server.token,
            "TELEGRAM_API_BASE": self.server.url,
            "CORPUS_DIR": str(self.archive),
            "DATA_DIR": str(self.data_dir),
            "LOG_LEVEL": "DEBUG",  # so that the search for the token sees everything
            "METRICS_PORT": "0",
            **self.environment,
        }

    async def _wait_until_up(self, wait: float, *, before: Webhook | None) -> None:
        deadline = asyncio.get_running_loop().time() + wait
        updates = self.server.updates
        while not (updates.polling or (updates.webhook and updates.webhook is not before)):
            if not self.running:
                assert self._process is not None
                raise AssertionError(f"ended with {self._process.returncode}; log:\n{self.log[-4000:]}")
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"not up within {wait} s; log:\n{self.log[-4000:]}")
            await asyncio.sleep(0.05)
