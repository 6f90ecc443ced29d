"""Options of the inbox: how long updates wait, how often they are retried, how many are in flight."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

HANDLE_SECONDS = 180.0
"""Default of `InboxOptions.handle_seconds`."""


def _never(_: BaseException) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxOptions:
    """What the inbox is configured with. Times are in seconds.

    Attributes:
        is_transient: Whether handling may succeed a little later after this error.
        is_unreachable: Whether this error means that the sender wants no answer any more.
        stale: Questions older than this get an apology instead of an answer.
        concurrency: Maximum number of updates in flight. Most of them wait for the network.
        max_backlog: Maximum number of unfinished updates. Beyond it Telegram keeps the rest, for a day.
        handle_seconds: A handler that takes longer has hung. It is cancelled, so that its chat goes on.
        expiry_seconds: Presses and inline queries that waited longer are dropped: nobody looks at them.
        group_seconds: Group questions that waited longer are dropped with a notice: the talk has moved on.
        alone_seconds: How long all others wait for an update that may hang the event loop. A hang ends the
            process; an update that is only slow goes on beside the others.
        unstored_seconds: How long `accept` waits for the answers to updates that could not be stored.
        retry_delays: Pauses before an update is handled again; the last one repeats.
        suspicious_attempts: Updates interrupted this often may be what crashes the bot; they run alone.
        max_attempts: Updates interrupted more often than this are given up. Ten kills may be chance.
    """

    is_transient: Callable[[BaseException], bool] = _never
    is_unreachable: Callable[[BaseException], bool] = _never
    stale: timedelta = timedelta(minutes=10)
    concurrency: int = 128
    max_backlog: int = 50_000
    handle_seconds: float = HANDLE_SECONDS
    expiry_seconds: float = 45.0
    group_seconds: float = 120.0
    alone_seconds: float = 10.0
    unstored_seconds: float = 30.0
    retry_delays: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 15.0)
    suspicious_attempts: int = 3
    max_attempts: int = 12
