"""Faults that a test injects between the bot and the server."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a request goes wrong; made by the functions below.

    Attributes:
        name: Shown in the journal.
        status: HTTP status to answer with, 0 where there is no regular answer.
        description: Of a JSON refusal.
        retry_after: Of a 429, whole seconds.
        seconds: Delay before anything else.
        acts: Whether the method runs before the fault strikes.
    """

    name: str
    status: int = 0
    description: str = ""
    retry_after: int = 0
    seconds: float = 0.0
    acts: bool = False


def too_many_requests(retry_after: int = 1) -> Fault:
    """429 with `retry_after` in body and header; the method does not run."""
    return Fault("429", 429, f"Too Many Requests: retry after {retry_after}", retry_after)


def server_error(status: int = 502) -> Fault:
    """A gateway's page in HTML instead of JSON; the method does not run."""
    return Fault(str(status), status)


def refusal(status: int, description: str) -> Fault:
    """Any refusal in JSON; the method does not run."""
    return Fault(f"{status} {description}", status, description)


def cut_before() -> Fault:
    """The connection breaks before the method runs."""
    return Fault("cut before acting")


def cut_after() -> Fault:
    """The connection breaks after the method ran: the bot cannot know that it did."""
    return Fault("cut after acting", acts=True)


def slow(seconds: float) -> Fault:
    """A right answer that takes its time; the method runs at once."""
    return Fault("slow", 200, seconds=seconds, acts=True)


def hang() -> Fault:
    """No answer at all and an open connection; the method does not run."""
    return Fault("hang")


def garbage() -> Fault:
    """Status 200 and a body that is no JSON; the method does not run."""
    return Fault("garbage", 200)


def truncated() -> Fault:
    """The method runs, half of its answer arrives, the connection breaks."""
    return Fault("truncated", 200, acts=True)


@dataclass(slots=True)
class _Rate:
    share: float
    faults: tuple[Fault, ...]
    methods: frozenset[str]
    random: random.Random


@dataclass(slots=True)
class Faults:
    """Which request meets which fault.

    Methods are named in any case; none named means every one but getUpdates.
    """

    _planned: list[tuple[frozenset[str], Fault]] = field(default_factory=list)
    _rates: list[_Rate] = field(default_factory=list)

    def plan(self, fault: Fault, *methods: str, times: int = 1) -> None:
        """Let the next `times` requests of these methods meet the fault."""
        self._planned += [(_names(methods), fault)] * times

    def rate(self, share: float, faults: Iterable[Fault], *methods: str, seed: int = 1) -> None:
        """Let a share (0..1) of all requests of these methods meet one of the faults, from now on."""
        chance = random.Random(seed)
        self._rates.append(_Rate(share, tuple(faults), _names(methods), chance))

    def clear(self) -> None:
        """Forget all that is planned."""
        self._planned.clear()
        self._rates.clear()

    @property
    def pending(self) -> int:
        """How many planned faults have not struck yet."""
        return len(self._planned)

    def strike(self, method: str) -> Fault | None:
        """The fault that this request meets, used up by it."""
        for index, (methods, fault) in enumerate(self._planned):
            if _applies(methods, method):
                del self._planned[index]
                return fault
        for rate in self._rates:
            if _applies(rate.methods, method) and rate.random.random() < rate.share:
                return rate.random.choice(rate.faults)
        return None


def _names(methods: Iterable[str]) -> frozenset[str]:
    return frozenset(method.lower() for method in methods)


def _applies(methods: frozenset[str], method: str) -> bool:
    return method.lower() in methods if methods else method.lower() != "getupdates"
