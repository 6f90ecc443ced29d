"""The bot against the server: as a process of its own, or inside the test.

`BotProcess` is `python -m bot run` as an operator starts it: slow to start (seconds), the whole truth.
`Talk` is the same application with its handlers, driven over real HTTP but fed directly: when `say` returns,
the bot is done.
"""

import logging
import socket
from collections.abc import Sequence
from pathlib import Path

from tests.botapi.play import Chat
from tests.botapi.process import PROJECT, BotProcess
from tests.botapi.talk import Outcome, Talk

__all__ = ["PROJECT", "BotProcess", "Outcome", "Talk", "free_port", "quiet_libraries", "transcript"]


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
