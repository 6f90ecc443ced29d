"""The guard: a small process beside the bot that answers `/healthz`, also while the bot hangs.

`bot.process.health` starts it as `python -I -S guard.py LISTENER CHANNEL`. It imports almost nothing and
reads none of the bot's data, so it answers whatever state the bot is in.

- Standard input carries the bot's heartbeat: a zero byte for each beat. When the bot gets a signal, the
  interpreter's C handler writes the number of the signal there. End of file means that the bot has ended.
- LISTENER is the descriptor of a listening HTTP socket; -1: there is none. The guard answers `/healthz`
  itself and passes the other paths on to the bot.
- CHANNEL is the descriptor of a stream socket to the bot. A request is a line `number name`. A response is a
  line `number status type length`, separated by tabs, and as many bytes.

The guard aborts a bot that was asked to end and is still there END_SECONDS later.
"""

import os
import signal
import socket
import sys
import threading
import time

MAX_AGE = 10.0
"""The event loop is alive if it has turned within this many seconds."""

ANSWER_SECONDS = 2.0
"""How long the bot may take to answer a request that is passed on."""

END_SECONDS = 9.7
"""How long the bot may take to end."""

REQUEST_SECONDS = 5.0
"""How long a client may take to send its request."""

MAX_REQUEST = 8_192
"""Maximum size of a request in bytes."""

MAX_CONNECTIONS = 64
MAX_PENDING = 100
"""Maximum number of requests that wait for the bot."""

TEXT = "text/plain; charset=utf-8"
JSON = "application/json; charset=UTF-8"
REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}

Response = tuple[int, str, bytes]
"""Status, content type, body."""


class Pending:
    """A request that the bot has not answered yet."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.response: Response | None = None


class Guard:
    """What the guard knows of the bot, and how it talks to it.

    Args:
        channel: The stream socket to the bot.
    """

    def __init__(self, channel: socket.socket) -> None:
        self.bot_pid = os.getppid()
        self.last_beat = time.monotonic()
        self._channel = channel
        self._lock = threading.Lock()
        self._number = 0
        self._pending: dict[int, Pending] = {}
        self._ending = False

    @property
    def age(self) -> float:
        """Seconds since the event loop last turned."""
        return time.monotonic() - self.last_beat

    def health(self) -> Response:
        """Answer `/healthz`: whether the event loop turns."""
        age = self.age
        if age <= MAX_AGE:
            return 200, TEXT, b"ok\n"
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age))
        return 503, TEXT, f"the event loop has not turned since {since} ({age:.0f} s)\n".encode()

    def ask_bot(self, name: str) -> Response:
        """Pass a request on to the bot; 503 if it does not answer within ANSWER_SECONDS."""
        pending = Pending()
        number = self._send(name, pending)
        if number is not None:
            pending.done.wait(ANSWER_SECONDS)
            with self._lock:
                self._pending.pop(number, None)
        return pending.response or self._no_answer(name)

    def _send(self, name: str, pending: Pending) -> int | None:
        """Send a request and return its number; None: too many requests wait already."""
        with self._lock:
            self._number += 1
            if len(self._pending) >= MAX_PENDING:
                return None
            self._pending[self._number] = pending
            try:
                self._channel.sendall(f"{self._number} {name}\n".encode())
            except OSError:
                pending.done.set()
            return self._number

    def _no_answer(self, name: str) -> Response:
        reason = (
            f"the bot did not answer within {ANSWER_SECONDS:.0f} s; "
            f"its event loop last turned {self.age:.0f} s ago"
        )
        if name == "metrics":
            return 503, TEXT, f"{reason}\n".encode()
        return 503, JSON, f'{{"ready": false, "problems": {{"loop": "{reason}"}}}}'.encode()

    def read_responses(self) -> None:
        """Read the bot's responses and wake whoever waits for them."""
        with self._channel.makefile("rb") as stream:
            while head := stream.readline():
                number, status, kind, length = head.decode().split("\t")
                body = stream.read(int(length))
                with self._lock:
                    pending = self._pending.get(int(number))
                if pending is not None:
                    pending.response = (int(status), kind, body)
                    pending.done.set()

    def read_beats(self) -> None:
        """Follow the heartbeat until the bot has ended."""
        while beats := os.read(0, 4_096):
            if 0 in beats:
                self.last_beat = time.monotonic()
            if (signal.SIGTERM in beats or signal.SIGINT in beats) and not self._ending:
                self._ending = True
                threading.Thread(target=self._abort_late_bot, daemon=True).start()

    def _abort_late_bot(self) -> None:
        """Abort the bot if it does not end in time: it may hold its interpreter and see no signal."""
        time.sleep(END_SECONDS)
        for number in (signal.SIGABRT, signal.SIGKILL):
            if os.getppid() == self.bot_pid:
                os.kill(self.bot_pid, number)
            time.sleep(1)


def serve(listener: socket.socket, guard: Guard) -> None:
    """Answer HTTP requests, each in a thread of its own."""
    free = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def answer(connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(REQUEST_SECONDS)
                _answer(connection, guard)
        except OSError:
            pass  # the client is gone
        finally:
            free.release()

    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            time.sleep(0.1)
            continue
        if not free.acquire(blocking=False):
            connection.close()
            continue
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket, guard: Guard) -> None:
    words = _read_request_line(connection)
    if words is None:
        return
    status, kind, body = _route(words, guard)
    head = (
        f"HTTP/1.1 {status} {REASONS.get(status, 'Error')}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    connection.sendall(head.encode("latin-1") + (b"" if words[0] == "HEAD" else body))


def _read_request_line(connection: socket.socket) -> list[str] | None:
    """Read a request to the end of its head; None: it is too long, too slow, or broken off."""
    deadline = time.monotonic() + REQUEST_SECONDS
    request = b""
    while b"\r\n\r\n" not in request and b"\n\n" not in request:
        piece = connection.recv(4_096)
        if not piece or len(request) > MAX_REQUEST or time.monotonic() > deadline:
            return None
        request += piece
    return request.split(b"\r\n", 1)[0].decode("latin-1").split(" ")


def _route(words: list[str], guard: Guard) -> Response:
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return 400, TEXT, b"bad request\n"
    if words[0] not in {"GET", "HEAD"}:
        return 405, TEXT, b"method not allowed\n"
    path = words[1].split("?", 1)[0]
    if path == "/healthz":
        return guard.health()
    if path in {"/readyz", "/metrics"}:
        return guard.ask_bot(path[1:])
    return 404, TEXT, b"not found\n"


def main() -> None:
    """Guard the parent process until it has ended."""
    # Ctrl-C in a terminal reaches the whole process group; the guard ends with the bot, not before it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    listener, channel = int(sys.argv[1]), int(sys.argv[2])
    guard = Guard(socket.socket(fileno=channel))
    threading.Thread(target=guard.read_responses, daemon=True).start()
    if listener >= 0:
        threading.Thread(target=serve, args=(socket.socket(fileno=listener), guard), daemon=True).start()
    guard.read_beats()
    os._exit(0)


if __name__ == "__main__":
    main()
