"""Message markup: escaping, links, lengths, fitting into a message. Only this module makes `Html`.

Messages are composed of values of the type `Html`. A plain `str` in place of `Html` is a type error, so
the type checker finds a forgotten escape.
"""

import re
from collections.abc import Iterable
from html import escape, unescape
from string import Formatter
from typing import NewType
from urllib.parse import quote, urlsplit

from bot.wording.plain_text import clean, shorten, units

Html = NewType("Html", str)
"""Text that Telegram's HTML parser accepts and shows as meant."""

MAX_MESSAGE_UNITS = 4096
"""UTF-16 units of visible text. The server counts code points, so this limit is the stricter one."""

MAX_MESSAGE_BYTES = 32_000
"""The server refuses raw text above 32,768 bytes."""

MAX_ENTITIES = 90
"""Telegram silently ignores entities after the hundredth, and may split some of ours in two."""

MAX_URL_CHARS = 2000

EMPTY = Html("")

_TAG = re.compile(r"<[^<>]*>")
_OPENING_TAG = re.compile(r"<[a-z]")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", re.IGNORECASE)
_URL_SAFE = "%/:;=&?~#+!$,'()*@[]"


def text(plain: str) -> Html:
    """Escape text, so that it is shown literally.

    >>> text("<b> & 'x'")
    "&lt;b&gt; &amp; 'x'"
    """
    return Html(escape(clean(plain), quote=False))


def bold(content: Html) -> Html:
    """Make bold; empty content stays empty."""
    return Html(f"<b>{content}</b>") if content else EMPTY


def italic(content: Html) -> Html:
    """Make italic; empty content stays empty."""
    return Html(f"<i>{content}</i>") if content else EMPTY


def struck(content: Html) -> Html:
    """Strike through; empty content stays empty."""
    return Html(f"<s>{content}</s>") if content else EMPTY


def code(content: Html) -> Html:
    """Show in fixed width; a tap copies it."""
    return Html(f"<code>{content}</code>") if content else EMPTY


def quotation(content: Html, *, folded: bool = False) -> Html:
    """Make a quotation; a folded one shows three lines and expands at a tap."""
    return Html(f"<blockquote{' expandable' if folded else ''}>{content}</blockquote>") if content else EMPTY


def link(label: Html, url: str | None) -> Html:
    """Make a link; return only the label if Telegram would drop the link."""
    target = address(url)
    if target is None or not label:
        return label
    return Html(f'<a href="{escape(target)}">{label}</a>')


def address(url: str | None) -> str | None:
    """Return a web address in the form Telegram keeps, or None if it would drop the link.

    Links are http and https addresses whose host has a dot. Characters beyond ASCII are percent-encoded.

    >>> address("https://example.org/p/王毅 谈.html")
    'https://example.org/p/%E7%8E%8B%E6%AF%85%20%E8%B0%88.html'
    >>> address("javascript:alert(1)")
    """
    if url is None:
        return None
    try:
        parts = urlsplit(clean(url).replace("\n", "").strip())
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in {"http", "https"} or parts.username is not None or not _HOST.fullmatch(host):
        return None
    rest = quote(parts._replace(scheme="", netloc="").geturl(), safe=_URL_SAFE)
    if rest and not rest.startswith(("/", "?", "#")):
        return None
    result = f"{parts.scheme}://{host}{f':{port}' if port else ''}{rest}"
    return result if len(result) <= MAX_URL_CHARS else None


def join(parts: Iterable[Html], separator: str = "") -> Html:
    """Join parts with plain text between them; empty parts are left out."""
    return Html(escape(separator, quote=False).join(part for part in parts if part))


def fill(template: str, **values: Html) -> Html:
    """Put markup in the places of a plain template; the template's own text is escaped.

    >>> fill("{title} & {day}", title=bold(text("甲")), day=text("今天"))
    '<b>甲</b> &amp; 今天'
    """
    pieces: list[Html] = []
    for literal, name, _, _ in Formatter().parse(template):
        pieces.append(text(literal))
        if name is not None:
            pieces.append(values[name])
    return join(pieces)


def plain(markup: Html) -> str:
    """Return the text that a reader sees."""
    return unescape(_TAG.sub("", markup))


def length(markup: Html) -> int:
    """Return the visible length in UTF-16 units."""
    return units(plain(markup))


def fits(markup: Html, limit: int = MAX_MESSAGE_UNITS) -> bool:
    """Say whether Telegram takes this as one message of at most `limit` UTF-16 units."""
    return (
        length(markup) <= limit
        and len(markup.encode()) <= MAX_MESSAGE_BYTES
        and len(_OPENING_TAG.findall(markup)) <= MAX_ENTITIES
    )


def fit(blocks: Iterable[Html], *, limit: int = MAX_MESSAGE_UNITS, separator: str = "\n\n") -> Html:
    """Join as many leading blocks as fit one message; only whole blocks are dropped.

    A first block that is too long by itself is shortened and loses its markup, so that the result is
    never empty.
    """
    fitting = EMPTY
    for block in blocks:
        if not block:
            continue
        longer = join([fitting, block], separator)
        if fits(longer, limit):
            fitting = longer
        elif not fitting:
            fitting = text(shorten(plain(block), limit))
        else:
            break
    return fitting
