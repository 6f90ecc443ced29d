"""The bot against the server: as a process of its own, or inside the test.

`BotProcess` is `python -m bot run` as an operator starts it: slow to start (seconds), the whole truth.
`Talk` is the same application with its handlers, driven over real HTTP but fed directly: a question and its
answer take milliseconds, and when `say` returns the bot is done.
"""

import asyncio
import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from telegram import Update
from telegram.ext import CallbackContext

from tests.botapi.messages import Message
from tests.botapi.play import Chat, InlineQuery, Person, Press
from tests.botapi.server import BotApiServer
from tests.botapi.world import InlineAnswer, PressAnswer, Topic

_ERROR = re.compile(r"^\S+ \S+ (?:ERROR|CRITICAL) ")

if TYPE_CHECKING:
    from bot.context import App

PROJECT = Path(__file__).resolve().parents[2]
"""Where `bot` and `corpus` are imported from."""


class BotProcess:
    """The bot as an operator runs it.

    Attributes:
        server: Its Telegram.
        environment: What is set for it besides the minimum; change it before a restart.
        log_path: Everything it wrote to standard output and error, over all its lives.
        errors_expected: The test provokes errors, so that the log may hold some.
    """

    def __init__(self, server: BotApiServer, folder: Path, archive: Path, **environment: object) -> None:
        self.server = server
        self.environment = {name: str(value) for name, value in environment.items()}
        self.folder = folder
        self.archive = archive
        self.data_dir = folder / "data"
        self.log_path = folder / "bot.log"
        self.errors_expected = False
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
        # Polls of an earlier life would be taken for those of this one.
        self.server.updates.abandon()
        with self.log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "bot", "run"),
                cwd=self.folder,
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        if wait:
            await self._wait_until_up(wait)
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
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
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

    async def _wait_until_up(self, wait: float) -> None:
        deadline = asyncio.get_running_loop().time() + wait
        while not (self.server.updates.polling or self.server.updates.webhook):
            if not self.running:
                assert self._process is not None
                raise AssertionError(f"ended with {self._process.returncode}; log:\n{self.log[-4000:]}")
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"not up within {wait} s; log:\n{self.log[-4000:]}")
            await asyncio.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the bot did about one thing that a person did.

    Attributes:
        messages: New messages, in any chat.
        edits: Messages it changed, as they look after the change.
        answer: To a press, or None.
    """

    messages: tuple[Message, ...]
    edits: tuple[Message, ...]
    answer: PressAnswer | None = None

    @property
    def shown(self) -> Message:
        """The one message that came or changed.

        Raises:
            AssertionError: None did, or several.
        """
        [message] = (*self.messages, *self.edits)
        return message


class Talk:
    """The application inside the test, with one person's private chat as the usual place.

    Attributes:
        server: Its Telegram.
        application: The real one, initialized, its job queue not started.
        me: A person.
        chat: Their private chat with the bot.
        errors: What handlers raised; a test must expect it with `expect_errors`.
    """

    def __init__(self, server: BotApiServer, application: "App") -> None:
        self.server = server
        self.application = application
        self.me = server.person("小明", username="xiaoming")
        self.chat = server.private(self.me)
        self.errors: list[BaseException] = []
        self._errors_expected = False
        application.add_error_handler(self._note_error)

    async def __aenter__(self) -> Self:
        await self.application.initialize()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.application.shutdown()
        if kind is None and self.errors and not self._errors_expected:
            raise AssertionError(f"{len(self.errors)} handlers failed") from self.errors[0]

    def expect_errors(self) -> None:
        """Let handlers fail: the test provokes it."""
        self._errors_expected = True

    async def say(
        self,
        text: str,
        *,
        by: Person | None = None,
        chat: Chat | None = None,
        reply_to: Message | None = None,
        topic: Topic | None = None,
    ) -> list[Message]:
        """Write a message and return what the bot wrote in return, in the same chat."""
        person, chat = by or self.me, chat or (self.server.private(by) if by else self.chat)
        chat.new_answers()
        person.say(chat, text, reply_to=reply_to, topic=topic)
        await self.settle()
        return chat.new_answers()

    async def press(self, message: Message, label: str, *, by: Person | None = None) -> Outcome:
        """Press a button (by its words or data) and return what came of it."""
        return await self._pressed(message, (by or self.me).press(message, label))

    async def forge(self, message: Message, data: str, *, by: Person | None = None) -> Outcome:
        """Send any callback data from under a message."""
        return await self._pressed(message, (by or self.me).forge(message, data))

    async def edit(self, message: Message, text: str, *, by: Person | None = None) -> Outcome:
        """Change a message that was said and return what came of it."""
        chat = self._chat(message.chat_id)
        (by or self.me).edit(message, text)
        await self.settle()
        return Outcome(tuple(chat.new_answers()), tuple(chat.new_edits()))

    async def inline(self, query: str, offset: str = "", *, by: Person | None = None) -> InlineAnswer:
        """Type an inline query and return the results."""
        _, answer = await self.inline_with_query(query, offset, by=by)
        return answer

    async def inline_with_query(
        self, query: str, offset: str = "", *, by: Person | None = None
    ) -> tuple[InlineQuery, InlineAnswer]:
        """The same, with the query itself, which `Person.choose` needs."""
        asked = (by or self.me).inline(query, offset)
        await self.settle()
        return asked, await asked.answer(within=0.1)

    async def settle(self) -> None:
        """Let the application deal with everything that is pending, in order, to its end."""
        while updates := self.server.updates.take():
            for body in updates:
                await self.application.process_update(Update.de_json(body, self.application.bot))

    async def _pressed(self, message: Message, press: Press) -> Outcome:
        chat = self._chat(message.chat_id)
        chat.new_answers(), chat.new_edits()
        await self.settle()
        return Outcome(tuple(chat.new_answers()), tuple(chat.new_edits()), press.asked.answer)

    def _chat(self, chat_id: int) -> Chat:
        return self.server.chat(chat_id)

    async def _note_error(self, _: object, context: CallbackContext) -> None:  # type: ignore[type-arg]
        if context.error is not None:
            self.errors.append(context.error)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def quiet_libraries() -> None:
    """Keep the libraries' chatter (which would hold the token) out of the test's own log."""
    for name in ("httpx", "httpcore", "telegram", "apscheduler"):
        logging.getLogger(name).setLevel(logging.WARNING)


def transcript(path: Path, chats: Sequence[Chat], heading: str = "") -> None:
    """Write chats as readable text."""
    parts = [heading] if heading else []
    parts += [f"## {chat.state.kind} {chat.state.title}\n\n{chat.story()}" for chat in chats]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
