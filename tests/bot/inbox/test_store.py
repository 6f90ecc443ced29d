"""The table of updates."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.inbox.envelope import read_envelope
from bot.inbox.store import Arrival, InboxStore, UnfinishedUpdate
from bot.inbox.update import Outcome
from tests.postgres.fixtures import Database


def arrival(
    update_id: int,
    person: int = 7,
    *,
    text: str = "问题",
    kind: str = "message",
    message_id: int | None = None,
) -> Arrival:
    content: dict[str, Any] = {
        "message_id": message_id or update_id,
        "from": {"id": person},
        "chat": {"id": person, "type": "private"},
        "text": text,
    }
    raw = {"update_id": update_id, kind: content}
    envelope = read_envelope(raw)
    assert envelope is not None
    return Arrival(envelope, 5.0, raw)


@pytest.fixture
async def store(database: Database) -> AsyncIterator[InboxStore]:
    with database.open() as state:
        inbox_store = InboxStore(state)
        yield inbox_store
        inbox_store.close()


async def test_only_updates_that_were_not_known_are_new(store: InboxStore) -> None:
    assert await store.add([arrival(1), arrival(2)]) == {1: None, 2: None}
    assert await store.add([arrival(2), arrival(3)]) == {3: None}


async def test_an_edit_that_changes_no_word_ends_at_once_and_is_not_stored(store: InboxStore) -> None:
    def edited(update_id: int, text: str) -> Arrival:
        return arrival(update_id, text=text, kind="edited_message", message_id=1)

    # Telegram may send the message and its edits together.
    assert await store.add([arrival(1), edited(2, "问题")]) == {1: None, 2: Outcome.UNCHANGED}
    assert await store.add([edited(3, "别的问题")]) == {3: None}
    assert await store.add([edited(4, "别的问题"), edited(5, "问题")]) == {4: Outcome.UNCHANGED, 5: None}
    assert await store.begin(2) is None
    assert await store.begin(5) is not None


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
