"""What may stand in a log, and what never."""

import io
import logging
import sys
import threading
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from telegram import Update

from bot import logs

TOKEN = "123456789:AAFakeTokenForTests_0123456789abcd"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    root = logging.getLogger()
    kept = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    logs.configure("DEBUG", secrets=[SecretStr(TOKEN), SecretStr("hook-secret"), None])
    yield stream
    root.handlers[:], root.level, sys.excepthook, threading.excepthook = kept
    logging.captureWarnings(capture=False)


def test_the_token_is_in_no_message_argument_or_traceback(written: io.StringIO) -> None:
    logger = logging.getLogger("some.library")
    logger.debug("GET https://api.telegram.org/bot%s/getMe", TOKEN)
    logger.warning("a secret: hook-secret")
    try:
        raise ValueError(f"https://api.telegram.org/bot{TOKEN}/x")
    except ValueError:
        logger.exception("failed")
    text = written.getvalue()
    assert text.count("[secret]") >= 3
    assert TOKEN not in text
    assert TOKEN.partition(":")[2] not in text
    assert "hook-secret" not in text


def test_a_token_nobody_told_of_and_passwords_in_addresses_are_hidden_too() -> None:
    redact = logs.Redactor()
    assert "AAFake" not in redact(f"proxying bot{TOKEN}")
    assert redact("socks5://me:password@host:1080") == "socks5://[secret]@host:1080"
    assert redact("at 12:30:45 in https://example.org:8080/a") == "at 12:30:45 in https://example.org:8080/a"


def test_uncaught_exceptions_are_redacted_in_every_thread(written: io.StringIO) -> None:
    try:
        raise RuntimeError(TOKEN)
    except RuntimeError as error:
        sys.excepthook(RuntimeError, error, error.__traceback__)

    def fail() -> None:
        raise RuntimeError(TOKEN)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert written.getvalue().count("uncaught: RuntimeError") == 2
    assert TOKEN not in written.getvalue()


@pytest.mark.parametrize("forged", ["a\n2026-01-01 CRITICAL all is lost", "a\rb", "a\x1b[2Jb", "a\u2028b"])
def test_nobodys_words_can_forge_a_line(written: io.StringIO, forged: str) -> None:
    logging.getLogger("x").info("asked: %s", forged)
    assert len(written.getvalue().splitlines()) == 1
    assert "\x1b" not in written.getvalue()


def test_updates_are_named_by_number_above_debug(written: io.StringIO) -> None:
    update = Update(update_id=42)
    logging.getLogger("telegram.ext").critical("error for %s", update)
    assert "error for update 42" in written.getvalue()


def test_chatty_libraries_stay_quiet_at_debug(written: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: POST https://…")
    logging.getLogger("httpcore.connection").debug("connect")
    assert written.getvalue() == ""
