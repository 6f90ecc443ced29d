"""The inbox's rows in `bot.sqlite3`: what arrived, what waits, what became of it."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from bot.inbox.envelope import Envelope
from bot.storage.database import State
from corpus.errors import StoreError
from corpus.store import transaction

logger = logging.getLogger(__name__)

T = TypeVar("T")

REST_SECONDS = 5.0
"""After a failure the file is left alone this long: each try may wait for somebody's lock."""

StorageError = (sqlite3.Error, StoreError)
"""What is raised when the file cannot be used at the moment."""


@dataclass(frozen=True, slots=True)
class Row:
    """An update that was stored and is not dealt with.

    Attributes:
        asked: When its person wrote it, as far as is known; seconds since the epoch.
        attempts: How often it was begun; more than once where the bot ended meanwhile.
        body: The raw update in JSON.
    """

    update_id: int
    lane: str
    asked: float
    attempts: int
    body: str


@dataclass(frozen=True, slots=True)
class Left:
    """An update that an earlier life of the bot left behind.

    Attributes:
        attempts: How often it was begun.
        hangs: How often the bot hung while it was in hand.
        in_hand: It was being dealt with when the bot ended last.
    """

    update_id: int
    lane: str
    attempts: int
    hangs: int
    in_hand: bool


class InboxStore:
    """All SQL of the inbox, in a thread of its own so that a locked file never holds up the bot.

    What arrives is committed durably before Telegram is told that it arrived. Marks survive the end of
    the process at any moment; a power cut may undo the last ones, which then are answered twice
    rather than never.
    """

    def __init__(self, state: State, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._state = state
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inbox")
        self._durable: sqlite3.Connection | None = None
        self._quick: sqlite3.Connection | None = None
        self._opening = state.opening
        self._rest_until = float("-inf")

    async def add(self, letters: Sequence[tuple[Envelope, float, str]]) -> frozenset[int]:
        """Store updates given as (envelope, asked, body); when it returns they are on the disk.

        Returns:
            The numbers of those that were not known yet.

        Raises:
            StorageError: Nothing was stored.
        """
        return await self._run(self._add, letters)

    async def begin(self, update_id: int) -> Row | None:
        """Note that an update is being dealt with; None when it is already done."""
        return await self._run(self._begin, update_id)

    async def finish(self, marks: Sequence[tuple[int, str]]) -> None:
        """Note what became of updates; their content is kept only of those that could not be read."""
        await self._run(self._finish, marks)

    async def take_stock(self, *, hung: bool = False) -> list[Left]:
        """All updates that are not dealt with, oldest first; to be called once in each life of the bot.

        Args:
            hung: The life before this one ended because the bot hung: noted with each update in hand then.
        """
        return await self._run(self._take_stock, hung)

    async def close_hung(self, update_id: int) -> str | None:
        """Give up an update that made the bot hang, with all that its person wrote since.

        Returns:
            Its body, if it was not done yet.
        """
        return await self._run(self._close_hung, update_id)

    async def try_writing(self) -> None:
        """Write and remove a row, as far as the disk."""
        await self._run(self._try_writing)

    async def run(self, change: Callable[[], None]) -> None:
        """Run a change where no insert is held up by it, nor comes in between."""
        await self._run(change)

    def close(self) -> None:
        """Let the last writing end."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._try, work, *arguments)

    def _try(self, work: Callable[..., T], *arguments: object) -> T:
        if self._clock() < self._rest_until:
            raise StoreError("bot.sqlite3 could not be used a moment ago")
        try:
            return work(*arguments)
        except StorageError:
            self._rest_until = self._clock() + REST_SECONDS
            raise

    def _for_arrivals(self) -> sqlite3.Connection:
        self._let_go_of_former()
        if self._durable is None:
            self._durable = self._state.new_connection(durable=True)
        return self._durable

    def _for_marks(self) -> sqlite3.Connection:
        self._let_go_of_former()
        if self._quick is None:
            self._quick = self._state.new_connection()
        return self._quick

    def _let_go_of_former(self) -> None:
        if self._opening != self._state.opening:
            self._durable = self._quick = None
            self._opening = self._state.opening

    def _add(self, letters: Sequence[tuple[Envelope, float, str]]) -> frozenset[int]:
        fresh = set()
        with self._state.turn_to_write(), transaction(self._for_arrivals()) as connection:
            for envelope, asked, body in letters:
                cursor = connection.execute(
                    "INSERT OR IGNORE INTO inbox (update_id, lane, user_id, kind, asked, body)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (envelope.update_id, envelope.lane, envelope.user_id, envelope.kind, asked, body),
                )
                if cursor.rowcount:
                    fresh.add(envelope.update_id)
        return frozenset(fresh)

    def _begin(self, update_id: int) -> Row | None:
        with self._state.turn_to_write(), transaction(self._for_marks()) as connection:
            found = connection.execute(
                "UPDATE inbox SET attempts = attempts + 1 WHERE update_id = ? AND outcome IS NULL"
                " RETURNING update_id, lane, asked, attempts, body",
                (update_id,),
            ).fetchall()
        return Row(*found[0]) if found and found[0][4] is not None else None

    def _finish(self, marks: Sequence[tuple[int, str]]) -> None:
        now = self._state.now().timestamp()
        with self._state.turn_to_write(), transaction(self._for_marks()) as connection:
            connection.executemany(
                "UPDATE inbox SET outcome = ?2, finished = ?3, body = iif(?2 = 'poison', body, NULL)"
                " WHERE update_id = ?1 AND outcome IS NULL",
                [(update_id, outcome, now) for update_id, outcome in marks],
            )

    def _try_writing(self) -> None:
        with self._state.turn_to_write(), transaction(self._for_arrivals()) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO inbox (update_id, lane, kind, asked) VALUES (-1, '', '', 0)"
            )
            connection.execute("DELETE FROM inbox WHERE update_id = -1")

    def _take_stock(self, hung: bool) -> list[Left]:
        with self._state.turn_to_write(), transaction(self._for_marks()) as connection:
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
            Left(update_id, lane, attempts, hangs, bool(in_hand))
            for update_id, lane, attempts, hangs, in_hand in rows
        ]

    def _close_hung(self, update_id: int) -> str | None:
        now = self._state.now().timestamp()
        with self._state.turn_to_write(), transaction(self._for_marks()) as connection:
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
