"""What may stand in a log, and what never."""

import base64
import io
import json
import logging
import sys
import threading
import time
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote

import pytest
from pydantic import SecretStr
from telegram import Update

from bot import logs
from bot import settings as settings_module
from bot.settings import Settings, credentials

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


ODD = (
    "\n",
    "\r",
    "\x1b[31m",
    "\x85",
    "\x9b",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2066",
    "\u200f",
    "\ud800",
    "\x00",
)
FORGED = "2026-01-01 00:00:00,000 CRITICAL forged: all is lost"


@pytest.mark.parametrize(
    "place", ["message", "exception", "cause", "note", "group", "stack", "name", "extra", "text"]
)
def test_nothing_in_an_entry_can_forge_a_line(place: str) -> None:
    for odd in ODD:
        text = logs.Formatter(logs.Redactor()).format(entry(place, f"harmless{odd}{FORGED}"))
        rest = text.split("\n")[1:]
        assert not any(line.startswith("2026-01-01") for line in text.splitlines())
        assert odd == "\n" or odd not in text
        assert all(line.startswith("  | ") for line in rest)
        assert bool(rest) is (place not in {"message", "name", "extra"})
        assert FORGED in text or place == "extra"
        assert text.encode()


def entry(place: str, words: str) -> logging.LogRecord:
    """A record that holds words in one of its places."""
    error: BaseException | None = None
    match place:
        case "exception":
            error = ValueError(words)
        case "cause":
            error = RuntimeError("outer")
            error.__cause__ = ValueError(words)
        case "note":
            error = ValueError("noted")
            error.add_note(words)
        case "group":
            error = ExceptionGroup("several", [ValueError(words)])
    name = words if place == "name" else "x"
    message = words if place == "message" else "failed"
    exc_info = (type(error), error, None) if error is not None else None
    record = logging.LogRecord(name, logging.ERROR, "f", 1, message, (), exc_info)
    if place == "stack":
        record.stack_info = words
    elif place == "text":
        record.exc_text = words
    elif place == "extra":
        record.forged = words
    return record


def test_a_line_that_cannot_be_written_shows_nothing_of_its_arguments() -> None:
    stream = io.StringIO()
    handler = logs.Handler(stream)
    handler.setFormatter(logs.Formatter(logs.Redactor()))
    handler.handle(logging.LogRecord("x", logging.ERROR, "f", 1, "%d", (f"\n{TOKEN}",), None))
    assert stream.getvalue() == "a log line of f:1 was lost: TypeError\n"


PASSWORDS = ("p@ss/wo:rd", "p%40ss", "pass word", "密码密码", "a'b\"c\\d", "x1")


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_known_secret_is_hidden_in_every_spelling(password: str) -> None:
    redact = logs.Redactor([password])
    plain = {password, unquote(password)}
    spellings = {
        *plain,
        *(quote(one, safe="") for one in plain),
        *(quote(one) for one in plain),
        *(quote_plus(one) for one in plain),
        *(quote(one, safe="").lower() for one in plain if one.isascii() and one.islower()),
        *(repr(one) for one in plain),
        *(json.dumps(one) for one in plain),
    }
    for spelling in spellings:
        assert spelling.strip("'\"") not in redact(f"said {spelling}, twice ({spelling})")


@pytest.mark.parametrize(
    "spelling",
    [
        TOKEN,
        f"bot{TOKEN}",
        TOKEN.replace(":", "%3A"),
        TOKEN.replace(":", "%3a"),
        TOKEN.partition(":")[2],
        repr(TOKEN),
    ],
)
def test_no_spelling_of_the_token_is_shown(spelling: str) -> None:
    assert TOKEN.partition(":")[2] not in logs.Redactor([SecretStr(TOKEN)])(f"at {spelling}/getMe")
    if ":" in spelling or "%3" in spelling:  # nobody told of it
        assert TOKEN.partition(":")[2] not in logs.Redactor()(f"at {spelling}/getMe")


@pytest.mark.parametrize(
    "address",
    [
        "http://user:p@ss@proxy:80",
        "http://user:p/ss@proxy:80",
        "http://:p@ss@proxy:80",
        "http://p@ss@proxy:80",
        "http://user:p%40ss@proxy:80",
        "http://user:p#ss?x@proxy",
    ],
)
def test_who_one_is_in_an_address_is_hidden_told_or_not(address: str) -> None:
    shown = logs.Redactor()(f"by {address}!")
    assert "ss" not in shown
    assert "user" not in shown
    told = logs.Redactor(credentials(address))
    for part in credentials(address):
        assert part not in told(f"said {part} alone")


def test_every_secret_setting_is_known_to_the_log_and_kept_out_of_complaints() -> None:
    values = {
        "bot_token": TOKEN,
        "webhook_secret": "hook_secret",
        "proxy_url": "http://me:pass%21word@proxy:1",
    }
    secrets = Settings.load(None, **values).secrets
    assert {TOKEN, "hook_secret", "me", "pass%21word"} <= secrets
    assert base64.b64encode(b"me:pass!word").decode() in secrets
    fields = Settings.model_fields
    secret_fields = {name.upper() for name, field in fields.items() if "SecretStr" in str(field.annotation)}
    assert secret_fields <= settings_module._PRIVATE
    raw = {name.upper(): value for name, value in values.items()}
    assert secrets <= settings_module.secrets_in(raw) | {TOKEN}


def test_looking_for_secrets_takes_time_in_proportion() -> None:
    redact = logs.Redactor([TOKEN])
    for text in ("1" * 200_000, "://" * 70_000, "://a:" * 40_000, "a:" * 100_000, "://" + "a" * 200_000):
        started = time.process_time()
        redact(text)
        assert time.process_time() - started < 2
