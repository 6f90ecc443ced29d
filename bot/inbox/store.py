"""The table `inbox` of `bot.sqlite3`: updates that arrived, their attempts and their outcomes."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bot.inbox.envelope import EDIT, Envelope, encode
from bot.inbox.update import Outcome, Update
from bot.storage import heard
from bot.storage.database import State
from corpus.errors import StoreError
from corpus.store import transaction

logger = logging.getLogger(__name__)

T = TypeVar("T")

REST_SECONDS = 5.0
"""After a failure the file is not used for this long: each try may wait for another process's lock."""

STORAGE_ERRORS = (sqlite3.Error, StoreError)
"""Errors that mean: the file cannot be used at the moment."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An update that has just arrived.

    Attributes:
        sent_at: When its sender wrote it, as far as is known; seconds since the epoch.
        outcome: How it ended already, since there is nothing to do about it; its content is not stored then.
            None: it waits to be handled.
        goes_on: Whether it is a further piece of what arrived just before it.
    """

    envelope: Envelope
    sent_at: float
    raw: Update
    outcome: Outcome | None = None
    goes_on: bool = False

    @property
    def update_id(self) -> int:
        """Number of the update."""
        return self.envelope.update_id


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """A stored update whose handling has just begun.

    Attributes:
        sent_at: When its sender wrote it, as far as is known; seconds since the epoch.
        attempts: How often handling was begun, this time included.
        body: The raw update in JSON.
    """

    update_id: int
    sent_at: float
    attempts: int
    body: str


@dataclass(frozen=True, slots=True)
class UnfinishedUpdate:
    """A stored update that an earlier run of the bot left unfinished.

    Attributes:
        queue: Key of its queue; see `Envelope.queue`.
        attempts: How often handling was begun.
        hangs: How often the event loop hung while it was in flight.
        in_flight: Whether it was in flight when the last run ended.
    """

    update_id: int
    queue: str
    attempts: int
    hangs: int
    in_flight: bool


class InboxStore:
    """All SQL of the inbox. It runs in a thread of its own, so a locked file never blocks the event loop.

    Arrivals are committed durably before Telegram is told that they arrived. Acknowledgements survive the
    end of the process at any moment. A power cut may undo the last of them; those updates are answered
    twice rather than never.
    """

    def __init__(self, state: State, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._state = state
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inbox")
        self._arrival_connection: sqlite3.Connection | None = None
        self._ack_connection: sqlite3.Connection | None = None
        self._generation = state.generation
        self._retry_at = float("-inf")

    async def add(self, arrivals: Sequence[Arrival]) -> dict[int, Outcome | None]:
        """Store updates; when it returns they are on the disk.

        Returns:
            The numbers of those that were not in the database yet, each with how it ended already; None: it
            waits to be handled.

        Raises:
            STORAGE_ERRORS: Nothing was stored.
        """
        return await self._run(self._add, arrivals)

    async def begin(self, update_id: int) -> StoredUpdate | None:
        """Count an attempt at handling an update, and return it; None: it is finished."""
        return await self._run(self._begin, update_id)

    async def finish(self, acks: Sequence[tuple[int, str]]) -> None:
        """Write the outcomes of updates. Only the content of those that could not be read is kept."""
        await self._run(self._finish, acks)

    async def load_unfinished(self, *, hung: bool = False) -> list[UnfinishedUpdate]:
        """Return all unfinished updates, oldest first; to be called once in each run of the bot.

        Args:
            hung: Whether the last run ended in a hang. It is counted for each update in flight then.
        """
        return await self._run(self._load_unfinished, hung)

    async def give_up_hung(self, update_id: int) -> str | None:
        """Finish an update that hung the event loop, and everything that its sender wrote after it.

        Returns:
            Its body; None: it was finished already.
        """
        return await self._run(self._give_up_hung, update_id)

    async def probe(self) -> None:
        """Check that the disk can be written: insert a row durably and delete it.

        Raises:
            STORAGE_ERRORS: It cannot.
        """
        await self._run(self._probe)

    async def run(self, change: Callable[[], None]) -> None:
        """Run a change in the store's thread, where it neither delays an insert nor comes in between."""
        await self._run(change)

    def close(self) -> None:
        """Wait for the last write to end."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._try, work, *arguments)

    def _try(self, work: Callable[..., T], *arguments: object) -> T:
        if self._clock() < self._retry_at:
            raise StoreError("bot.sqlite3 could not be used a moment ago")
        try:
            return work(*arguments)
        except STORAGE_ERRORS:
            self._retry_at = self._clock() + REST_SECONDS
            raise

    def _for_arrivals(self) -> sqlite3.Connection:
        """Return the connection whose commits survive a power cut."""
        self._drop_outdated_connections()
        if self._arrival_connection is None:
            self._arrival_connection = self._state.new_connection(durable=True)
        return self._arrival_connection

    def _for_acks(self) -> sqlite3.Connection:
        """Return the connection whose commits are quick and survive the end of the process."""
        self._drop_outdated_connections()
        if self._ack_connection is None:
            self._ack_connection = self._state.new_connection()
        return self._ack_connection

    def _drop_outdated_connections(self) -> None:
        if self._generation != self._state.generation:
            self._arrival_connection = self._ack_connection = None
            self._generation = self._state.generation

    def _add(self, arrivals: Sequence[Arrival]) -> dict[int, Outcome | None]:
        new: dict[int, Outcome | None] = {}
        now = self._state.now()
        with self._state.write_turn(), transaction(self._for_arrivals()) as connection:
            for one in arrivals:
                if _is_known(connection, one.update_id):
                    continue
                outcome = one.outcome or (Outcome.UNCHANGED if _says_the_same(connection, one, now) else None)
                _insert(connection, one, outcome, now)
                new[one.update_id] = outcome
        return new

    def _begin(self, update_id: int) -> StoredUpdate | None:
        with self._state.write_turn(), transaction(self._for_acks()) as connection:
            found = connection.execute(
                "UPDATE inbox SET attempts = attempts + 1 WHERE update_id = ? AND outcome IS NULL"
                " RETURNING update_id, asked, attempts, body",
                (update_id,),
            ).fetchall()
        return StoredUpdate(*found[0]) if found and found[0][3] is not None else None

    def _finish(self, acks: Sequence[tuple[int, str]]) -> None:
        now = self._state.now().timestamp()
        with self._state.write_turn(), transaction(self._for_acks()) as connection:
            connection.executemany(
                "UPDATE inbox SET outcome = ?2, finished = ?3, body = iif(?2 = 'poison', body, NULL)"
                " WHERE update_id = ?1 AND outcome IS NULL",
                [(update_id, outcome, now) for update_id, outcome in acks],
            )

    def _probe(self) -> None:
        with self._state.write_turn(), transaction(self._for_arrivals()) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO inbox (update_id, lane, kind, asked) VALUES (-1, '', '', 0)"
            )
            connection.execute("DELETE FROM inbox WHERE update_id = -1")

    def _load_unfinished(self, hung: bool) -> list[UnfinishedUpdate]:
        with self._state.write_turn(), transaction(self._for_acks()) as connection:
            if hung:
                connection.execute(
                    "UPDATE inbox SET hangs = hangs + 1 WHERE outcome IS NULL AND attempts > counted"
                )
            rows = connection.execute(
                "SELECT update_id, lane, attempts, hangs, attempts > counted FROM inbox"
                " WHERE outcome IS NULL ORDER BY update_id"
            ).fetchall()
            connection.execute(
                "UPDATE inbox SET counted = attempts WHERE outcome IS NULL AND attempts > counted"
            )
        return [
            UnfinishedUpdate(update_id, queue, attempts, hangs, bool(in_flight))
            for update_id, queue, attempts, hangs, in_flight in rows
        ]

    def _give_up_hung(self, update_id: int) -> str | None:
        now = self._state.now().timestamp()
        with self._state.write_turn(), transaction(self._for_acks()) as connection:
            found = connection.execute(
                "SELECT body, user_id FROM inbox WHERE update_id = ? AND outcome IS NULL", (update_id,)
            ).fetchone()
            if found is None:
                return None
            body, user_id = found
            connection.execute(
                "UPDATE inbox SET outcome = iif(update_id = ?1, 'hung', 'failed'), finished = ?2, body = NULL"
                " WHERE outcome IS NULL AND (update_id = ?1 OR user_id = ?3)",
                (update_id, now, user_id),
            )
        return str(body) if body is not None else None


def _is_known(connection: sqlite3.Connection, update_id: int) -> bool:
    found = connection.execute("SELECT 1 FROM inbox WHERE update_id = ?", (update_id,)).fetchone()
    return found is not None


def _says_the_same(connection: sqlite3.Connection, arrival: Arrival, now: datetime) -> bool:
    """Record what a message for the bot says; return whether it is an edit that changed no word."""
    envelope = arrival.envelope
    if envelope.words is None or envelope.chat_id is None or envelope.message_id is None:
        return False
    said_so = heard.hear(
        connection, envelope.chat_id, envelope.message_id, envelope.words, user_id=envelope.user_id, now=now
    )
    return said_so and envelope.kind == EDIT


def _insert(connection: sqlite3.Connection, arrival: Arrival, outcome: Outcome | None, now: datetime) -> None:
    """Insert an update; the content of one that has ended is not stored."""
    envelope = arrival.envelope
    waits = outcome is None
    connection.execute(
        "INSERT INTO inbox (update_id, lane, user_id, kind, asked, body, outcome, finished)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            envelope.update_id,
            envelope.queue,
            envelope.user_id,
            envelope.kind,
            arrival.sent_at,
            encode(arrival.raw) if waits else None,
            outcome,
            None if waits else now.timestamp(),
        ),
    )
