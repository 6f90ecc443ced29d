"""The guard: a small process beside the bot that answers `/healthz`, also while the bot hangs.

`bot.process.health` starts it as `python -I -S guard.py LISTENER CHANNEL STACKS`. It imports almost nothing
and reads none of the bot's data, so it answers whatever state the bot is in.

- Standard input carries the bot's heartbeat: a zero byte for each beat. When the bot gets a signal, the
  interpreter's C handler writes the number of the signal there. End of file means that the bot has ended.
- LISTENER is the descriptor of a listening HTTP socket; -1: there is none. The guard answers `/healthz`
  itself and passes the other paths on to the bot.
- CHANNEL is the descriptor of a stream socket to the bot. A request is a line `number name`. A response is a
  line `number status type length`, separated by tabs, and as many bytes. The guard confirms heartbeats with
  the request BEAT, which gets no response.
- STACKS is the descriptor of the watchdog's file; -1: there is none. If the watchdog ends a bot that was
  stopped from outside (SIGSTOP, `docker pause`), the guard adds a line that says so: the watchdog cannot tell
  that from a hang.

The guard aborts a bot that was asked to end and is still there END_SECONDS later.
"""

import contextlib
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
"""Open connections. Beyond that a new one takes the place of the oldest that has not sent its request."""

MAX_PENDING = 32
"""Maximum number of requests that wait for the bot; the other connections are left for `/healthz`."""

PAUSE_SECONDS = 10.0
"""A bot that was stopped from outside for this long did not hang."""

TICK_SECONDS = 1.0
"""Interval at which the guard looks whether the bot is stopped."""

BEATS_LATE_SECONDS = 3.0
"""A beat that is read so long after a pause was sent after it."""

BEAT = "beat"
"""Name of the request that confirms heartbeats."""

PAUSED = "Paused: "
"""Beginning of the line in the watchdog's file."""

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
        self._ticked_at = self.last_beat
        self._paused_at: float | None = None

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
                # Without waiting: a bot that is stopped reads nothing, and the lock is held.
                self._channel.send(f"{self._number} {name}\n".encode(), socket.MSG_DONTWAIT)
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
                try:
                    number, status, kind, length = head.decode().split("\t")
                    response = int(status), kind, stream.read(int(length))
                    with self._lock:
                        pending = self._pending.get(int(number))
                except ValueError:
                    continue  # a line of which the beginning is missing
                if pending is not None:
                    pending.response = response
                    pending.done.set()

    def read_beats(self) -> None:
        """Follow the heartbeat until the bot has ended."""
        while beats := os.read(0, 4_096):
            if 0 in beats:
                self.last_beat = time.monotonic()
                self._confirm_beats()
                # Beats from before a pause may be read only after it.
                if self._paused_at is not None and self.last_beat - self._paused_at > BEATS_LATE_SECONDS:
                    self._paused_at = None
            if (signal.SIGTERM in beats or signal.SIGINT in beats) and not self._ending:
                self._ending = True
                threading.Thread(target=self._abort_late_bot, daemon=True).start()

    def _confirm_beats(self) -> None:
        """Tell the bot that its heartbeat is read: it replaces a guard that does not say so."""
        with self._lock, contextlib.suppress(OSError):  # the bot does not read
            self._channel.send(f"0 {BEAT}\n".encode(), socket.MSG_DONTWAIT)

    def watch_pauses(self) -> None:
        """Look every TICK_SECONDS whether the bot is stopped."""
        while True:
            self._tick()
            time.sleep(TICK_SECONDS)

    def _tick(self) -> None:
        """Note a pause: the bot is stopped, or this process has not run either."""
        now = time.monotonic()
        slept = now - self._ticked_at
        self._ticked_at = now
        if slept > PAUSE_SECONDS or (self.age > PAUSE_SECONDS and self._is_bot_stopped()):
            self._paused_at = now

    def _is_bot_stopped(self) -> bool:
        try:
            with open(f"/proc/{self.bot_pid}/stat", "rb") as file:  # noqa: PTH123 — imports almost nothing
                return file.read().rpartition(b") ")[2][:1] in {b"T", b"t"}
        except OSError:  # no Linux
            return False

    def tell_pause(self, stacks: int) -> None:
        """Add a line to the watchdog's file if the bot has ended after a pause, and stacks stand there."""
        self._tick()
        if self._paused_at is not None and os.fstat(stacks).st_size:
            os.write(stacks, f"\n{PAUSED}stopped from outside; last beat {self.age:.0f} s ago\n".encode())

    def _abort_late_bot(self) -> None:
        """Abort the bot if it does not end in time: it may hold its interpreter and see no signal."""
        time.sleep(END_SECONDS)
        for number in (signal.SIGABRT, signal.SIGKILL):
            if os.getppid() == self.bot_pid:
                os.kill(self.bot_pid, number)
            time.sleep(1)


class Connections:
    """The open connections; at most MAX_CONNECTIONS."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._silent: dict[socket.socket, None] = {}

    def admit(self, connection: socket.socket) -> bool:
        """Count a connection, and shut down the oldest silent one if there are too many; False: no room."""
        with self._lock:
            if self._count >= MAX_CONNECTIONS:
                # Its thread ends presently; only so many may be about to end.
                if not self._silent or self._count >= 2 * MAX_CONNECTIONS:
                    return False
                oldest = next(iter(self._silent))
                del self._silent[oldest]
                _shut_down(oldest)
            self._count += 1
            self._silent[connection] = None
            return True

    def note_request(self, connection: socket.socket) -> bool:
        """Note that a request has come whole; False: the connection was shut down meanwhile."""
        with self._lock:
            return self._silent.pop(connection, self) is None

    def forget(self, connection: socket.socket) -> None:
        """Note that a connection is closed."""
        with self._lock:
            self._silent.pop(connection, None)
            self._count -= 1


def _shut_down(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the client is gone
        connection.shutdown(socket.SHUT_RDWR)


def serve(listener: socket.socket, guard: Guard) -> None:
    """Answer HTTP requests, each in a thread of its own."""
    connections = Connections()

    def answer(connection: socket.socket) -> None:
        try:
            connection.settimeout(REQUEST_SECONDS)
            _answer(connection, guard, connections)
        except OSError:
            pass  # the client is gone
        finally:
            connections.forget(connection)
            connection.close()

    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            time.sleep(0.1)
            continue
        if not connections.admit(connection):
            connection.close()
            continue
        try:
            threading.Thread(target=answer, args=(connection,), daemon=True).start()
        except RuntimeError:  # no more threads
            connections.forget(connection)
            connection.close()


def _answer(connection: socket.socket, guard: Guard, connections: Connections) -> None:
    words = _read_request_line(connection)
    if words is None or not connections.note_request(connection):
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
    listener, channel, stacks = map(int, sys.argv[1:])
    guard = Guard(socket.socket(fileno=channel))
    threading.Thread(target=guard.read_responses, daemon=True).start()
    if listener >= 0:
        threading.Thread(target=serve, args=(socket.socket(fileno=listener), guard), daemon=True).start()
    threading.Thread(target=guard.watch_pauses, daemon=True).start()
    guard.read_beats()
    if stacks >= 0:
        guard.tell_pause(stacks)
    os._exit(0)


if __name__ == "__main__":
    main()
