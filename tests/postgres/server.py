"""A server that is made for the tests, listens on loopback, and can be stopped, killed and started again."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

MISSING = (
    "PostgreSQL is needed: `apt-get install postgresql` (its programs are enough, no server needs to run), "
    "and the extra: .venv/bin/python -m pip install --require-hashes -r requirements-postgres.lock"
)
START_SECONDS = 60
PASSWORD = "geheim/%@:?"  # every character that an address would have to escape


class PostgresMissingError(Exception):
    """The server's programs, or the driver, are not there."""


def find_programs() -> Path:
    """Return the folder with `initdb` and `postgres`.

    Raises:
        PostgresMissingError: There is none.
    """
    try:
        import psycopg  # noqa: F401 — is it there?
    except ImportError as error:
        raise PostgresMissingError(MISSING) from error
    versions = Path("/usr/lib/postgresql")
    places = sorted(versions.glob("*/bin"), reverse=True) + [Path(place).parent for place in _on_path()]
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise PostgresMissingError(MISSING)


def _on_path() -> list[str]:
    found = shutil.which("postgres")
    return [found] if found else []


class PostgresServer:
    """The server and its files. Nothing of it survives `close`."""

    def __init__(self) -> None:
        self._programs = find_programs()
        # `initdb` refuses root, so root runs the server as the user that Debian's package has made for it.
        self._as_user: dict[str, Any] = {}
        self.folder = Path(tempfile.mkdtemp(prefix="baotong-pg-"))
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            self._as_user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._data = self.folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    @property
    def url(self) -> str:
        """Address of the database, without a password; none is asked for on this way."""
        return f"postgresql://postgres@/postgres?host={self.folder}&port={self.port}"

    @property
    def tcp_url(self) -> str:
        """The same by TCP, where the password is asked for."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        """Make the files of the server and start it."""
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run(
            *("initdb", "--pgdata", str(self._data), "--username", "postgres", "--encoding", "UTF8"),
            *("--locale", "C", "--auth-local", "trust", "--auth-host", "scram-sha-256", "--no-sync"),
            *("--pwfile", str(password)),
        )
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            [
                *(str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self.port)),
                *("-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}"),
                *("-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=100"),
            ],
            stdout=log,
            stderr=log,
            cwd="/",
            **self._as_user,
        )
        log.close()
        self._wait()

    def stop(self) -> None:
        """Stop the server: connections are closed at once, nothing that was committed is lost."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End the server as a power cut would."""
        self._end(signal.SIGQUIT)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement on a connection of its own."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def empty(self) -> None:
        """Delete everything in the database, whoever is connected."""
        self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND application_name = 'baotong'"
        )
        self.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public")

    def close(self) -> None:
        """End the server and delete its files."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(timeout=START_SECONDS)

    def _wait(self) -> None:
        import psycopg

        end = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            except psycopg.Error:
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > end:
                    raise AssertionError((self.folder / "log").read_text()) from None
                time.sleep(0.05)

    def _run(self, program: str, *arguments: str) -> None:
        ended = subprocess.run(
            [str(self._programs / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **self._as_user,
        )
        assert ended.returncode == 0, ended.stderr
