"""The command at the beginning of a message, and its words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Chat, Message, MessageEntity, User

from bot.handlers.rules.commands import WrittenCommand, parse_command, words_behind

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = frozenset({"ask", "latest"})


def message(text: str, marked: int = 0, *, chat: str = Chat.PRIVATE, caption: bool = False) -> Message:
    """A message whose first characters are marked as a command."""
    entities = [MessageEntity(MessageEntity.BOT_COMMAND, 0, marked)] if marked else []
    person = User(1, "小明", is_bot=False)
    where = Chat(1 if chat == Chat.PRIVATE else -1, chat)
    if caption:
        return Message(1, WHEN, where, from_user=person, caption=text, caption_entities=entities)
    return Message(1, WHEN, where, from_user=person, text=text, entities=entities)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(message("/ask 谁", 4), WrittenCommand("ask", "", "谁"), id="plain"),
        pytest.param(message("/ask：谁", 4), WrittenCommand("ask", "", "谁"), id="full-width colon"),
        pytest.param(message("/Ask@Bot，谁", 8), WrittenCommand("ask", "bot", "谁"), id="any case"),
        pytest.param(message("/ask 谁", 4, caption=True), WrittenCommand("ask", "", "谁"), id="caption"),
        pytest.param(message("/ask谁"), WrittenCommand("ask", "", "谁"), id="unmarked in private"),
        pytest.param(message("／LATEST"), WrittenCommand("latest", "", ""), id="full-width slash"),
        pytest.param(message("/ask谁", chat=Chat.SUPERGROUP), None, id="unmarked in a group"),
        pytest.param(message("/asking谁"), None, id="another word"),
        pytest.param(message("/home 在哪"), None, id="no name of ours"),
        pytest.param(message("问 /ask 谁"), None, id="not at the beginning"),
        pytest.param(message(""), None, id="no text"),
    ],
)
def test_a_command_is_read(written: Message, expected: WrittenCommand | None) -> None:
    assert parse_command(written, NAMES) == expected


@given(st.text(max_size=40))
def test_only_what_sets_words_off_is_taken_from_them(rest: str) -> None:
    words = words_behind(rest)
    assert rest.strip().endswith(words)
    removed = rest.strip()[: len(rest.strip()) - len(words)]
    assert not any(character.isalnum() for character in removed)
