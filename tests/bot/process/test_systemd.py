"""Reports to systemd."""

import socket
from pathlib import Path

import pytest

from bot.process.systemd import notify


def test_states_are_sent_in_one_datagram(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(address)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        notify("READY=1", "STATUS=up")
        server.settimeout(5)
        assert server.recv(100) == b"READY=1\nSTATUS=up"


@pytest.mark.parametrize("address", ["", "/does/not/exist", "@no-such-abstract-socket"])
def test_nothing_fails_where_nobody_listens(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("READY=1")
