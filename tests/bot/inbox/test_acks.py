"""Acknowledgements, in batches."""

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import cast

import pytest

from bot.inbox import acks as module
from bot.inbox.acks import AckWriter, StorageHealth
from bot.inbox.store import InboxStore
from bot.inbox.update import Outcome
from bot.metrics import Metrics


class Store:
    """Stands in for the table."""

    def __init__(self) -> None:
        self.batches: list[list[tuple[int, str]]] = []
        self.failures = 0

    async def finish(self, acks: Sequence[tuple[int, str]]) -> None:
        if self.failures:
            self.failures -= 1
            raise sqlite3.OperationalError("database is locked")
        self.batches.append(list(acks))


def writer(store: Store) -> tuple[AckWriter, StorageHealth, Metrics]:
    metrics = Metrics()
    health = StorageHealth(metrics)
    acks = AckWriter(cast(InboxStore, store), metrics, health, stopping=asyncio.Event())
    return acks, health, metrics


async def test_acknowledgements_are_written_together() -> None:
    store = Store()
    acks, _, metrics = writer(store)
    acks.finish(1, "message", Outcome.QUIET, stored=True)
    acks.finish(2, "message", Outcome.QUIET, stored=False)
    acks.ack(3, Outcome.ANSWERED)
    async with asyncio.timeout(60):
        while not store.batches:  # noqa: ASYNC110 — looks from outside
            await asyncio.sleep(module.BATCH_SECONDS)
    assert store.batches == [[(1, "quiet"), (3, "answered")]]
    assert b'baotong_updates_total{kind="message",outcome="quiet"} 2.0' in metrics.text()


async def test_what_could_not_be_written_is_written_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    store.failures = 1
    acks, health, metrics = writer(store)
    await acks.ack_now(1, Outcome.ANSWERED)
    problems = [health.problem]
    assert b"baotong_state_degraded 1.0" in metrics.text()
    await acks.close()
    assert store.batches == [[(1, "answered")]]
    health.report_success()
    assert [*problems, health.problem] == ["database is locked", None]
    assert caplog.text.count("updates cannot be stored") == 1
