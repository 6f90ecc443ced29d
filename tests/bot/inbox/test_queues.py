"""Queues of chats."""

import pytest

from bot.inbox import queues
from bot.inbox.queues import ChatQueues
from bot.inbox.update import QueuedUpdate


def queued(update_id: int, queue: str, *, in_memory: bool = False) -> QueuedUpdate:
    raw = {"update_id": update_id} if in_memory else None
    return QueuedUpdate(update_id=update_id, queue=queue, queued_at=0.0, raw=raw)


def take_id(chat_queues: ChatQueues) -> int | None:
    update = chat_queues.take()
    return None if update is None else update.update_id


def test_queues_take_turns_and_keep_the_order_within() -> None:
    chat_queues = ChatQueues()
    for update_id, queue in [(1, "a"), (2, "a"), (3, "b"), (4, "a")]:
        chat_queues.put(queued(update_id, queue))
    assert [take_id(chat_queues) for _ in range(3)] == [1, 3, None]
    chat_queues.finish("a")
    chat_queues.finish("b")
    assert [take_id(chat_queues) for _ in range(2)] == [2, None]
    assert chat_queues.depth == 2


def test_only_questions_count_as_a_backlog() -> None:
    chat_queues = ChatQueues()
    for number in range(1, 8):
        update = queued(number, "a")
        update.is_question = number % 2 == 0
        chat_queues.put(update)
    assert take_id(chat_queues) == 1
    assert chat_queues.backlog("a") == 3
    assert chat_queues.backlog("unknown") == 0


def test_cleared_updates_are_done_and_leave_the_memory() -> None:
    chat_queues = ChatQueues()
    updates = [queued(number, "a", in_memory=True) for number in (1, 2, 3)]
    for update in updates:
        chat_queues.put(update)
    assert take_id(chat_queues) == 1
    assert chat_queues.clear("a") == updates[1:]
    assert [update.done.is_set() for update in updates] == [False, True, True]
    assert (chat_queues.depth, chat_queues.in_memory) == (1, 1)
    assert chat_queues.clear("unknown") == []


def test_memory_is_full_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "MAX_IN_MEMORY", 1)
    chat_queues = ChatQueues()
    update = queued(1, "a", in_memory=True)
    room = [chat_queues.has_room]
    chat_queues.put(update)
    room.append(chat_queues.has_room)
    chat_queues.release(update)
    room.append(chat_queues.has_room)
    assert room == [True, False, True]
