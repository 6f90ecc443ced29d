"""The table of updates."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.inbox.envelope import read_envelope
from bot.inbox.store import Arrival, InboxStore, UnfinishedUpdate
from bot.storage.database import State


def arrival(update_id: int, person: int = 7) -> Arrival:
    raw = {
        "update_id": update_id,
        "message": {"from": {"id": person}, "chat": {"id": person, "type": "private"}, "text": "问题"},
    }
    envelope = read_envelope(raw)
    assert envelope is not None
    return Arrival(envelope, 5.0, raw)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[InboxStore]:
    with State.open(tmp_path / "bot.sqlite3") as state:
        inbox_store = InboxStore(state)
        yield inbox_store
        inbox_store.close()


async def test_only_updates_that_were_not_known_are_new(store: InboxStore) -> None:
    assert await store.add([arrival(1), arrival(2)]) == {1, 2}
    assert await store.add([arrival(2), arrival(3)]) == {3}


async def test_an_attempt_is_counted_until_the_update_is_finished(store: InboxStore) -> None:
    await store.add([arrival(1)])
    for attempts in (1, 2):
        row = await store.begin(1)
        assert row is not None
        assert (row.attempts, row.sent_at) == (attempts, 5.0)
    await store.finish([(1, "answered")])
    assert await store.begin(1) is None
    assert await store.begin(99) is None


async def test_a_hang_is_counted_for_what_was_in_flight_then(store: InboxStore) -> None:
    await store.add([arrival(1), arrival(2, person=8)])
    await store.begin(1)
    assert await store.load_unfinished(hung=True) == [
        UnfinishedUpdate(1, "7", attempts=1, hangs=1, in_flight=True),
        UnfinishedUpdate(2, "8", attempts=0, hangs=0, in_flight=False),
    ]
    [first, _] = await store.load_unfinished(hung=True)
    assert (first.hangs, first.in_flight) == (1, False)


async def test_what_hung_is_given_up_with_all_that_its_sender_wrote(store: InboxStore) -> None:
    await store.add([arrival(1), arrival(2), arrival(3, person=8)])
    assert "update_id" in (await store.give_up_hung(1) or "")
    assert await store.give_up_hung(1) is None
    assert [row.update_id for row in await store.load_unfinished()] == [3]


async def test_probing_leaves_no_row(store: InboxStore) -> None:
    await store.probe()
    assert await store.load_unfinished() == []
