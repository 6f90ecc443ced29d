"""Connections that reach public addresses only: checked where they are made, after the name was resolved.

A check of the name alone would be passed by a name that resolves otherwise a moment later, and by redirects.
"""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore
import httpx

Place = tuple[str, int | None]
"""A host and a port; None: any port."""

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddressError(Exception):
    """A host has a private address and is not on the list of those that may; the text names the host."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is a private address: FEED_ALLOW_PRIVATE, or --private, would allow it")
        self.host = host


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet.

    >>> [is_public(one) for one in ("1.1.1.1", "127.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0")]
    [True, False, False, False]
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
        if found in _NAT64:
            inside = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inside:
            return inside.is_global and not inside.is_multicast
    return found.is_global and not found.is_multicast


def is_allowed(host: str, port: int, allowed: Iterable[Place]) -> bool:
    """Return whether a host may have a private address."""
    host = host.strip("[]").lower()
    return any(host == name and wanted in (None, port) for name, wanted in allowed)


def is_literally_private(host: str) -> bool:
    """Return whether a host is private by its very name: all that can be told before a proxy resolves it."""
    host = host.strip("[]").lower().removesuffix(".")
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    if "." not in host and ":" not in host:  # a name of this network, as containers have them
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Browsers and resolvers also take 127.1 or 0x7f000001 for an address.
        return host.replace(".", "").isdecimal() or host.startswith("0x")
    return not is_public(host)


def names_private_host(address: str) -> bool:
    """Return whether an address names a private host.

    >>> names_private_host("http://127.0.0.1:1200/x"), names_private_host("https://news.test/rss")
    (True, False)
    """
    try:
        return is_literally_private(urlsplit(address).hostname or "")
    except ValueError:
        return True


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, and to places that are allowed; to the very address that was checked."""

    def __init__(self, allowed: frozenset[Place]) -> None:
        self._allowed = allowed
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 — the name that httpcore gives it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check, connect.

        Raises:
            PrivateAddressError: No address of the host may be connected to.
            httpcore.ConnectError: The host has no address, or none of them answers.
        """
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host} cannot be resolved") from error
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        if not is_allowed(host, port, self._allowed):
            addresses = [address for address in addresses if is_public(address)]
            if found and not addresses:
                raise PrivateAddressError(host)
        failure: Exception = httpcore.ConnectError(f"the name {host} has no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Refuse: no feed stands behind one.

        Raises:
            httpcore.ConnectError: Always.
        """
        raise httpcore.ConnectError("no sockets of this machine")

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        await asyncio.sleep(seconds)


class _Stream(httpx.AsyncByteStream):
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._inner:
            yield part

    async def aclose(self) -> None:
        await self._inner.aclose()


class CheckedTransport(httpx.AsyncBaseTransport):
    """A transport of httpx over connections that were checked."""

    def __init__(self, allowed: frozenset[Place]) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=64,
            max_keepalive_connections=16,
            keepalive_expiry=5.0,
            network_backend=CheckedBackend(allowed),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; errors of httpcore pass as they are."""
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Stream(answer.stream), extensions=answer.extensions
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()
