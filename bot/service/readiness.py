"""Readiness: what keeps the bot from answering at the moment, one check for each subject of `/readyz`."""

from collections.abc import Callable, Mapping

from bot.inbox.inbox import Inbox
from bot.inbox.polling import POLL_SECONDS
from bot.outbox.sender import Sender
from bot.process import descriptors, threads
from bot.process.clock import Clock
from bot.process.lock import InstanceLock
from bot.process.threads import DaemonThreadPool
from bot.service.archive_monitor import ArchiveMonitor
from bot.service.receiving import Receiver
from bot.storage.database import State

MAX_POLL_AGE_SECONDS = POLL_SECONDS + 20.0
"""Polling works if Telegram has answered a poll within this time."""

MAX_FAILING_SECONDS = 30.0
"""Sending works if a message was sent within this time, or none was to be sent."""

Check = Callable[[], str | None]
"""Says what is wrong, in words for an operator; None: all is well."""


class Readiness:
    """The checks of `/readyz`.

    Attributes:
        stage: What the bot still has to do before it can answer; None: it is up.
    """

    def __init__(
        self,
        archive: ArchiveMonitor,
        *,
        state: State,
        inbox: Inbox,
        receiver: Receiver,
        sender: Sender,
        pool: DaemonThreadPool,
        clock: Clock,
        instance: InstanceLock,
    ) -> None:
        self._state = state
        self._inbox = inbox
        self._receiver = receiver
        self._sender = sender
        self._pool = pool
        self.stage: str | None = "starting"
        self._checks: Mapping[str, Check] = {
            "start": lambda: self.stage,
            "archive": archive.problem,
            "database": self._check_database,
            "inbox": self._check_inbox,
            "threads": self._check_threads,
            "descriptors": descriptors.find_problem,
            "sending": self._check_sending,
            "clock": lambda: clock.problem,
            "instance": lambda: instance.problem,
            "conflict": self._check_conflict,
            "poll": self._check_poll,
        }

    def problems(self) -> dict[str, str]:
        """Return the problem of each subject that has one. A check that fails is a problem."""
        found = {subject: _run(check) for subject, check in self._checks.items()}
        return {subject: problem for subject, problem in found.items() if problem}

    def _check_database(self) -> str | None:
        reason = self._state.problem or self._state.file_problem
        if reason is None and self._state.is_truncated:
            reason = f"{self._state.path} is damaged: it was cut short; put a backup in its place"
        reason = reason or self._inbox.storage_problem
        return f"updates and settings cannot be stored: {reason}" if reason else None

    def _check_inbox(self) -> str | None:
        if self._inbox.is_moving:
            return None
        return f"{self._inbox.depth} updates wait and none was finished for a minute"

    def _check_threads(self) -> str | None:
        stuck = self._pool.running_longer_than(threads.STUCK_SECONDS)
        return f"{stuck} pieces of work do not come back from their threads" if stuck else None

    def _check_sending(self) -> str | None:
        seconds = self._sender.failing_seconds
        if seconds < MAX_FAILING_SECONDS:
            return None
        return f"no message could be sent for {seconds:.0f} s: {self._sender.failure}"

    def _check_conflict(self) -> str | None:
        poller = self._receiver.poller
        if poller and poller.in_conflict:
            return "another instance polls with the same token"
        return None

    def _check_poll(self) -> str | None:
        poller = self._receiver.poller
        if poller and poller.age > MAX_POLL_AGE_SECONDS:
            return f"Telegram has not answered a poll for {poller.age:.0f} s"
        return None


def _run(check: Check) -> str | None:
    try:
        return check()
    except Exception as error:
        return f"cannot be checked: {type(error).__name__}: {error}"
