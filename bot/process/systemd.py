"""Reports the state of the bot to systemd: ready, alive, stopping (the protocol of `sd_notify`)."""

import contextlib
import os
import socket


def notify(*states: str) -> None:
    """Send states such as `READY=1` to systemd. Does nothing where no systemd listens; never fails."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket
        address = f"\0{address[1:]}"
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.setblocking(False)
        channel.sendto("\n".join(states).encode(), address)
