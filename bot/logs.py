"""Logging: secrets are redacted, lines cannot be forged, and questions are logged at DEBUG only."""

import contextlib
import html
import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from pydantic import SecretStr

_TOKEN = re.compile(r"(?<!\d)\d{3,20}(?::|%3[Aa])[A-Za-z0-9_-]{20,}")
_CREDENTIALS = re.compile(r"(?<=://)(?:[^\s/?#@:]{0,256}:\S{0,256}|[^\s/?#]{1,256})@")
"""User and password before the host of an address, also if the password contains `/` or `@`."""

_UNSAFE = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f]"
    r"|[\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Characters that end a line, control a terminal, change the writing direction or cannot be encoded."""

_MASK = "[secret]"
MIN_SECRET_CHARS = 4
"""Shorter secrets are replaced only where they stand as whole words."""

_WARNING_LOGGERS = (
    "httpx",
    "httpcore",
    "apscheduler",
    "hpack",
    "watchfiles",
    "markdown_it",
    "jieba",
)
"""Loggers kept at WARNING: they log addresses with the token, or a line for each request."""

_SILENT_LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.access")
"""Loggers kept at CRITICAL: they log a line for every malformed request."""


class Redactor:
    """Replaces secrets in text: known ones, bots' tokens, and passwords in addresses.

    A known secret is found as it is, URL-encoded, and as Python, JSON or HTML write it. The part of a token
    after the colon is a secret by itself.
    """

    def __init__(self, secrets: Iterable[SecretStr | str | None] = ()) -> None:
        values = {value.get_secret_value() if isinstance(value, SecretStr) else value for value in secrets}
        spellings = {spelling for value in values if value for spelling in _spellings(value)}
        # Longest first, so that a secret that contains another one is replaced as a whole.
        ordered = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
        patterns = [
            re.escape(one) if len(one) >= MIN_SECRET_CHARS else rf"(?<!\w){re.escape(one)}(?!\w)"
            for one in ordered
        ]
        self._known = re.compile("|".join(patterns)) if patterns else None

    def __call__(self, text: str) -> str:
        """Return the text with each secret replaced.

        >>> Redactor(["123:abc"])("POST https://api.telegram.org/bot123:abc/getMe")
        'POST https://api.telegram.org/bot[secret]/getMe'
        >>> Redactor()("proxy http://user:p/ss@proxy:80")
        'proxy http://[secret]@proxy:80'
        """
        if self._known is not None:
            text = self._known.sub(_MASK, text)
        return _CREDENTIALS.sub(f"{_MASK}@", _TOKEN.sub(_MASK, text))


def _spellings(secret: str) -> Iterator[str]:
    """Yield all spellings of a secret in a text."""
    parts = [secret]
    if re.fullmatch(r"\d+:.+", secret):
        parts.append(secret.partition(":")[2])
    for part in parts:
        for plain in {part, unquote(part), unquote_plus(part)}:
            written = [plain, repr(plain)[1:-1], json.dumps(plain)[1:-1], escape(plain), html.escape(plain)]
            quoted = [
                quote(plain, safe=safe, errors="replace") for safe in ("", "/", ":", "/:@!$&'()*+,;=-._~")
            ]
            quoted.append(quote_plus(plain, errors="replace"))
            yield from written
            yield from quoted
            yield from (re.sub("%..", lambda found: found.group().lower(), one) for one in quoted)


def escape(text: str) -> str:
    r"""Write unsafe characters as escapes.

    >>> escape("a\u2028b")
    'a\\u2028b'
    """
    return _UNSAFE.sub(lambda found: ascii(found.group())[1:-1], text)


class Formatter(logging.Formatter):
    """Formats each event as one line, with secrets redacted in message, arguments and traceback.

    Nobody's words can forge a line: characters that end a line are written as escapes, in messages and in
    texts of exceptions. Lines of a traceback begin with a bar.
    """

    def __init__(self, redact: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the redacted entry."""
        # The traceback is formatted here: another handler may have cached it unescaped.
        record.message, record.asctime = record.getMessage(), self.formatTime(record)
        lines = [escape(self.formatMessage(record))]
        if record.exc_info and record.exc_info[1] is not None:
            lines += _traceback_lines(record.exc_info[1])
        elif record.exc_text:
            lines += _with_bars(record.exc_text)
        if record.stack_info:
            lines += _with_bars(record.stack_info)
        return self._redact("\n".join(lines))


def _traceback_lines(error: BaseException) -> list[str]:
    whole = traceback.TracebackException.from_exception(error)
    waiting, seen = [whole], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if getattr(one, "_str", None):
            one._str = escape(one._str)  # type: ignore[attr-defined]  # noqa: SLF001 — it has no other place
        notes = getattr(one, "__notes__", None)
        if isinstance(notes, list):
            one.__notes__ = [escape(str(note)) for note in notes]
        waiting += [cause for cause in (one.__cause__, one.__context__) if cause is not None]
        waiting += getattr(one, "exceptions", None) or []
    return _with_bars("".join(whole.format()))


def _with_bars(text: str) -> list[str]:
    return [f"  | {escape(line)}" for line in text.rstrip("\n").split("\n")]


class Handler(logging.StreamHandler[Any]):
    """Writes to standard error. A line that cannot be written is reported without its content."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 — logging's name
        """Report where the line was logged; logging's own report would print its arguments unredacted."""
        with contextlib.suppress(Exception):
            kind = type(sys.exc_info()[1]).__name__
            self.stream.write(f"a log line of {escape(record.pathname)}:{record.lineno} was lost: {kind}\n")


def hide_updates(record: logging.LogRecord) -> bool:
    """Replace updates among the arguments by their numbers, above DEBUG; a filter that keeps every record."""
    if record.levelno > logging.DEBUG and isinstance(record.args, tuple):
        record.args = tuple(
            f"update {getattr(value, 'update_id', '?')}" if type(value).__name__ == "Update" else value
            for value in record.args
        )
    return True


def configure(level: str, *, secrets: Iterable[SecretStr | str | None] = ()) -> Redactor:
    """Send all logging and the uncaught exceptions of all threads to standard error, redacted."""
    redact = Redactor(secrets)
    handler = Handler(sys.stderr)
    handler.setFormatter(Formatter(redact))
    handler.addFilter(hide_updates)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _WARNING_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _SILENT_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
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
