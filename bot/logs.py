"""Logging without secrets and without forgery: no token in any line, no question above DEBUG."""

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
"""What stands before the host of an address, also where a password holds `/` or `@`."""

_ODD = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f]"
    r"|[\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Characters that end a line, steer a terminal, turn the direction of writing or cannot be written."""

_MASK = "[secret]"
MIN_SECRET = 4
"""Shorter secrets are replaced only where they stand as words of their own."""

_QUIET = ("httpx", "httpcore", "apscheduler", "hpack", "tornado.access", "watchfiles", "markdown_it", "jieba")
"""Loggers kept at WARNING: they write addresses with the token, or a line for each request."""


_SILENT = ("tornado.general",)
"""Loggers kept at ERROR: of every malformed request they write a line, with what somebody sent."""


class Redactor:
    """Takes secrets out of text: those it was told, and whatever looks like a bot's token or a password.

    A secret is found as it is, as it stands in an address, and as Python or JSON write it. Of a token the
    part after the colon is a secret by itself.
    """

    def __init__(self, secrets: Iterable[SecretStr | str | None] = ()) -> None:
        values = {value.get_secret_value() if isinstance(value, SecretStr) else value for value in secrets}
        spellings = {spelling for value in values if value for spelling in _spellings(value)}
        # The longest first, so that a secret holding another one goes whole.
        ordered = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
        patterns = [
            re.escape(one) if len(one) >= MIN_SECRET else rf"(?<!\w){re.escape(one)}(?!\w)" for one in ordered
        ]
        self._known = re.compile("|".join(patterns)) if patterns else None

    def __call__(self, text: str) -> str:
        """The text with each secret replaced.

        >>> Redactor(["123:abc"])("POST https://api.telegram.org/bot123:abc/getMe")
        'POST https://api.telegram.org/bot[secret]/getMe'
        >>> Redactor()("proxy http://user:p/ss@proxy:80")
        'proxy http://[secret]@proxy:80'
        """
        if self._known is not None:
            text = self._known.sub(_MASK, text)
        return _CREDENTIALS.sub(f"{_MASK}@", _TOKEN.sub(_MASK, text))


def _spellings(secret: str) -> Iterator[str]:
    """All ways in which a secret may stand in a text."""
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
    r"""Write odd characters as escapes.

    >>> escape("a\u2028b")
    'a\\u2028b'
    """
    return _ODD.sub(lambda found: ascii(found.group())[1:-1], text)


class Formatter(logging.Formatter):
    """A line for each event; secrets gone from the message, its arguments and the traceback.

    Nothing that anybody wrote can forge a line: what would end it is written as an escape, in the message and
    in the text of an exception, and the lines of a traceback begin with a bar.
    """

    def __init__(self, redact: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The whole entry, redacted last."""
        # What another handler has made of the traceback is not escaped.
        record.message, record.asctime = record.getMessage(), self.formatTime(record)
        lines = [escape(self.formatMessage(record))]
        if record.exc_info and record.exc_info[1] is not None:
            lines += _traceback(record.exc_info[1])
        elif record.exc_text:
            lines += _barred(record.exc_text)
        if record.stack_info:
            lines += _barred(record.stack_info)
        return self._redact("\n".join(lines))


def _traceback(error: BaseException) -> list[str]:
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
    return _barred("".join(whole.format()))


def _barred(text: str) -> list[str]:
    return [f"  | {escape(line)}" for line in text.rstrip("\n").split("\n")]


class Handler(logging.StreamHandler[Any]):
    """Standard error. A line that cannot be written is told of, without what it held."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 — logging's name
        """Say where; logging's own way would print the arguments as they are."""
        with contextlib.suppress(Exception):
            kind = type(sys.exc_info()[1]).__name__
            self.stream.write(f"a log line of {escape(record.pathname)}:{record.lineno} was lost: {kind}\n")


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
    handler = Handler(sys.stderr)
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
