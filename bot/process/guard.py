"""The guard: a small process beside the bot that says whether the bot's event loop turns.

`bot.health` starts it as `python -I -S guard.py LISTENER CHANNEL`. It imports almost nothing and needs
nothing of the bot's data, so that it answers whatever state the bot is in:

- Standard input is the bot's heartbeat: a zero byte for each beat, the number of a signal when the bot is
  asked to end (the interpreter's signal handler in C writes it). Its end is the end of the bot.
- LISTENER is a listening socket for HTTP, or -1. `/healthz` is answered here, the rest by the bot.
- CHANNEL is a stream socket to the bot: `number name` in a line goes out, `number status type length` and as
  many bytes come back.

A bot that was asked to end and is still there when its time is up is aborted.
"""

import os
import signal
import socket
import sys
import threading
import time

MAX_AGE = 10.0
"""The loop is alive if it has turned within so many seconds."""

ANSWER_SECONDS = 2.0
"""How long the bot may take to answer."""

END_SECONDS = 9.7
"""How long the bot may take to end."""

REQUEST_SECONDS = 5.0
MAX_REQUEST = 8_192
MAX_CONNECTIONS = 64
MAX_PENDING = 100

TEXT = "text/plain; charset=utf-8"
REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}


class Guard:
    """What the guard knows of the bot."""

    def __init__(self, channel: socket.socket) -> None:
        self.bot = os.getppid()
        self.last_beat = time.monotonic()
        self._channel = channel
        self._lock = threading.Lock()
        self._number = 0
        self._pending: dict[int, list[object]] = {}
        self._ending = False

    def health(self) -> tuple[int, str, bytes]:
        """Whether the event loop turns."""
        age = time.monotonic() - self.last_beat
        if age <= MAX_AGE:
            return 200, TEXT, b"ok\n"
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age))
        return 503, TEXT, f"the event loop has not turned since {since} ({age:.0f} s)\n".encode()

    def ask(self, name: str) -> tuple[int, str, bytes]:
        """Let the bot answer."""
        done = threading.Event()
        place: list[object] = [done]
        with self._lock:
            self._number += 1
            number = self._number
            room = len(self._pending) < MAX_PENDING
            if room:
                self._pending[number] = place
                try:
                    self._channel.sendall(f"{number} {name}\n".encode())
                except OSError:
                    done.set()
        if room:
            done.wait(ANSWER_SECONDS)
            with self._lock:
                self._pending.pop(number, None)
        if len(place) == 2:
            return place[1]  # type: ignore[return-value]
        age = time.monotonic() - self.last_beat
        reason = (
            f"the bot did not answer within {ANSWER_SECONDS:.0f} s; "
            f"its event loop last turned {age:.0f} s ago"
        )
        if name == "metrics":
            return 503, TEXT, f"{reason}\n".encode()
        body = f'{{"ready": false, "problems": {{"loop": "{reason}"}}}}'
        return 503, "application/json; charset=UTF-8", body.encode()

    def read_answers(self) -> None:
        """Hand each answer of the bot to whoever waits for it."""
        with self._channel.makefile("rb") as stream:
            while head := stream.readline():
                number, status, kind, length = head.decode().split("\t")
                body = stream.read(int(length))
                with self._lock:
                    place = self._pending.get(int(number))
                if place is not None:
                    place.append((int(status), kind, body))
                    place[0].set()  # type: ignore[attr-defined]

    def read_beats(self) -> None:
        """Follow the heartbeat until the bot is gone."""
        while beats := os.read(0, 4_096):
            if 0 in beats:
                self.last_beat = time.monotonic()
            if (signal.SIGTERM in beats or signal.SIGINT in beats) and not self._ending:
                self._ending = True
                threading.Thread(target=self._end, daemon=True).start()

    def _end(self) -> None:
        """Abort a bot that does not end in time: it may hold its interpreter and hear nothing."""
        time.sleep(END_SECONDS)
        for number in (signal.SIGABRT, signal.SIGKILL):
            if os.getppid() == self.bot:
                os.kill(self.bot, number)
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
            pass  # whoever asked is gone
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
    deadline = time.monotonic() + REQUEST_SECONDS
    request = b""
    while b"\r\n\r\n" not in request and b"\n\n" not in request:
        piece = connection.recv(4_096)
        if not piece or len(request) > MAX_REQUEST or time.monotonic() > deadline:
            return
        request += piece
    words = request.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    status, kind, body = _route(words, guard)
    head = (
        f"HTTP/1.1 {status} {REASONS.get(status, 'Error')}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    connection.sendall(head.encode("latin-1") + (b"" if words[0] == "HEAD" else body))


def _route(words: list[str], guard: Guard) -> tuple[int, str, bytes]:
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return 400, TEXT, b"bad request\n"
    if words[0] not in {"GET", "HEAD"}:
        return 405, TEXT, b"method not allowed\n"
    path = words[1].split("?", 1)[0]
    if path == "/healthz":
        return guard.health()
    if path in {"/readyz", "/metrics"}:
        return guard.ask(path[1:])
    return 404, TEXT, b"not found\n"


def main() -> None:
    """Guard the parent process until it is gone."""
    # Ctrl-C in a terminal goes to the whole group; the guard ends with the bot, not before it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    listener, channel = int(sys.argv[1]), int(sys.argv[2])
    guard = Guard(socket.socket(fileno=channel))
    threading.Thread(target=guard.read_answers, daemon=True).start()
    if listener >= 0:
        threading.Thread(target=serve, args=(socket.socket(fileno=listener), guard), daemon=True).start()
    guard.read_beats()
    os._exit(0)


if __name__ == "__main__":
    main()
