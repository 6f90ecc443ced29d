"""Which errors of Telegram mean that a place takes no message."""

import pytest
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError, TimedOut

from bot.outbox.refusals import Refusal, is_unreachable, refusal_of


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (BadRequest("Not enough rights to send text messages to the chat"), Refusal.MUTED),
        (BadRequest("Have no rights to send a message"), Refusal.MUTED),
        (BadRequest("Need administrator rights in the channel chat"), Refusal.MUTED),
        (BadRequest("Chat_send_plain_forbidden"), Refusal.MUTED),
        (Forbidden("CHAT_WRITE_FORBIDDEN"), Refusal.MUTED),
        (BadRequest("Topic_closed"), Refusal.TOPIC_CLOSED),
        (BadRequest("Message thread not found"), Refusal.TOPIC_GONE),
        (BadRequest("Topic_deleted"), Refusal.TOPIC_GONE),
        (BadRequest("Chat not found"), Refusal.GONE),
        (Forbidden("bot was blocked by the user"), Refusal.GONE),
        (Forbidden("bot was kicked from the supergroup chat"), Refusal.GONE),
        (Forbidden("user is deactivated"), Refusal.GONE),
        (BadRequest("Message is too long"), None),
        (BadRequest("Can't parse entities: unsupported start tag"), None),
        (NetworkError("topic_closed"), None),
        (TimedOut(), None),
    ],
    ids=str,
)
def test_a_refusal_is_known_by_its_reason(error: TelegramError, expected: Refusal | None) -> None:
    assert refusal_of(error) is expected
    assert is_unreachable(error) is (expected is not None)
