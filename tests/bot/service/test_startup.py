"""Reaching Telegram at the start."""

import pytest
from telegram.error import BadRequest, InvalidToken, NetworkError

from bot.service import startup
from bot.service.startup import StartError, call_until_reached
from bot.settings import Settings


class Telegram:
    """Fails as planned, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup, "DELAYS", (0.0,))


async def test_telegram_is_called_until_it_answers(caplog: pytest.LogCaptureFixture) -> None:
    telegram = Telegram(*(NetworkError("away") for _ in range(30)))
    await call_until_reached(telegram, Settings.load(None))
    assert telegram.calls == 31
    assert caplog.text.count("Telegram cannot be reached") == 2


@pytest.mark.parametrize(
    ("error", "webhook", "words"),
    [
        pytest.param(InvalidToken(), None, "BOT_TOKEN", id="token"),
        pytest.param(BadRequest("no"), None, "TELEGRAM_API_BASE: refused by Telegram: no", id="base"),
        pytest.param(BadRequest("no"), "https://example.org/hook", "WEBHOOK_URL: refused", id="webhook"),
    ],
)
async def test_a_refusal_names_the_setting_to_change(
    error: Exception, webhook: str | None, words: str
) -> None:
    with pytest.raises(StartError, match=words) as caught:
        await call_until_reached(Telegram(error), Settings.load(None, webhook_url=webhook))
    assert caught.value.code == 2
