"""Logging without secrets: no token in any line or traceback, no question above DEBUG, one line per event."""

import logging
import re
import sys
import threading
from collections.abc import Iterable
from types import TracebackType

from pydantic import SecretStr

_TOKEN_IN_URL = re.compile(r"(?<!\d)\d{3,}:[A-Za-z0-9_-]{20,}")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s:]+:[^/@\s]+(?=@)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_MASK = "[secret]"

_QUIET = ("httpx", "httpcore", "apscheduler", "hpack", "tornado.access", "watchfiles", "markdown_it", "jieba")
"""Loggers kept at WARNING: they write addresses with the token, or a line for each request."""


_SILENT = ("tornado.general",)
"""Loggers kept at ERROR: of every malformed request they write a line, with what somebody sent."""


class Redactor:
    """Takes secrets out of text: those it was told, and whatever looks like a bot's token."""

    def __init__(self, secrets: Iterable[SecretStr | str | None] = ()) -> None:
        values = (value.get_secret_value() if isinstance(value, SecretStr) else value for value in secrets)
        # The longest first, so that a secret holding another one goes whole.
        self._secrets = sorted({value for value in values if value}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text with each secret replaced.

        >>> Redactor(["123:abc"])("POST https://api.telegram.org/bot123:abc/getMe")
        'POST https://api.telegram.org/bot[secret]/getMe'
        """
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return _CREDENTIALS.sub(_MASK, _TOKEN_IN_URL.sub(_MASK, text))


class Formatter(logging.Formatter):
    """A line for each event; secrets gone from the message, its arguments and the traceback.

    A line break inside a message is written as an escape, so that nobody's question can forge a line.
    """

    def __init__(self, redact: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self._redact = redact

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 — logging's name
        """Escape what would break the line."""
        record.message = _CONTROL.sub(_escaped, record.message.replace("\n", "\\n"))
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """The whole entry, redacted last."""
        return self._redact(super().format(record))


def _escaped(match: re.Match[str]) -> str:
    return ascii(match.group())[1:-1]


def hide_updates(record: logging.LogRecord) -> bool:
    """Filter: above DEBUG an update is named by its number, never by what somebody wrote."""
    if record.levelno > logging.DEBUG and isinstance(record.args, tuple):
        record.args = tuple(
            f"update {getattr(value, 'update_id', '?')}" if type(value).__name__ == "Update" else value
            for value in record.args
        )
    return True


def configure(level: str, *, secrets: Iterable[SecretStr | str | None] = ()) -> Redactor:
    """Send all logging to standard error, redacted; uncaught exceptions of every thread as well."""
    redact = Redactor(secrets)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter(redact))
    handler.addFilter(hide_updates)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.captureWarnings(capture=True)
    _catch_uncaught()
    return redact


def _catch_uncaught() -> None:
    logger = logging.getLogger("baotong")

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        logger.critical("uncaught: %s", kind.__name__, exc_info=(kind, error, trace))

    def uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            uncaught(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread
