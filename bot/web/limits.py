"""Limits of the web server: how often one address may ask, how much is made and sent at once."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

MAX_CONCURRENT = 2
"""Pages made at the same time, so that a flood of requests leaves threads for questions."""

MAX_WAITING = 100
"""Requests that may wait to be made; further ones get 503."""

LARGE_BYTES = 200_000
"""A body above this size may be waiting in memory for a client that reads slowly."""

MAX_LARGE = 6
"""Large bodies in memory at the same time; further ones get 503."""

BURST = 120.0
"""What an address may spend at once."""

PER_SECOND = 10.0
"""What an address may spend on and on. A page costs 1, a search SEARCH_COST."""

SEARCH_COST = 5.0

MAX_ADDRESSES = 10_000
"""Addresses that are remembered."""

_IPV6_PREFIX = 64
"""One customer has a network of this size."""


class BusyError(Exception):
    """Too much is being made or sent already."""


class Throttle:
    """Limits how many pages are made at once and how many requests wait for that."""

    def __init__(self) -> None:
        self._making = asyncio.Semaphore(MAX_CONCURRENT)
        self._waiting = 0
        self._large = 0

    async def __aenter__(self) -> None:
        """Wait for a turn.

        Raises:
            BusyError: Too many wait.
        """
        if self._waiting >= MAX_WAITING:
            raise BusyError
        self._waiting += 1
        try:
            await self._making.acquire()
        finally:
            self._waiting -= 1

    async def __aexit__(self, *_: object) -> None:
        self._making.release()

    def begin_sending(self, size: int) -> Callable[[], None]:
        """Note that a body is being sent, and return what notes its end.

        Raises:
            BusyError: Too many large ones are being sent.
        """
        if size <= LARGE_BYTES:
            return lambda: None
        if self._large >= MAX_LARGE:
            raise BusyError
        self._large += 1
        return self._end_large

    def _end_large(self) -> None:
        self._large -= 1


class AddressLimits:
    """How much each address has spent lately: a token bucket each, the oldest forgotten first.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def seconds_to_wait(self, address: str, cost: float) -> float:
        """Spend, and return 0; or return after how many seconds there is enough again, and spend nothing."""
        key, now = _network(address), self._clock()
        left, since = self._buckets.get(key, (BURST, now))
        left = min(BURST, left + (now - since) * PER_SECOND)
        wait = max(0.0, (cost - left) / PER_SECOND)
        self._buckets[key] = (left if wait else left - cost, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        return wait


def _network(address: str) -> str:
    """Return an IPv4 address, or the network of an IPv6 address."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address):
        return str(int(found) >> (128 - _IPV6_PREFIX))
    return str(found)
