"""The only makers of message markup: escaping, links, lengths, fitting into a message.

Whoever writes a message composes values of the type `Html`; a plain `str` where `Html` is wanted
is a type error, so a forgotten escape is found before anything runs.
"""

import re
import unicodedata
from collections.abc import Iterable
from html import escape, unescape
from string import Formatter
from typing import NewType
from urllib.parse import quote, urlsplit

Html = NewType("Html", str)
"""Text that Telegram's HTML parser accepts and shows as meant."""

MESSAGE_UNITS = 4096
"""UTF-16 units of visible text; the server counts code points, so this is the stricter measure."""

MESSAGE_BYTES = 32_000
"""The server refuses raw text above 32,768 bytes."""

MESSAGE_ENTITIES = 90
"""Telegram silently ignores entities after the hundredth, and may split some of ours in two."""

ADDRESS_LENGTH = 2000

EMPTY = Html("")

# What the server removes or replaces anyway, and marks that would turn the text after them around.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
_LINE_BREAK = re.compile("\r\n?|[\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TAG = re.compile(r"<[^<>]*>")
_OPENING_TAG = re.compile(r"<[a-z]")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", re.IGNORECASE)
_KEPT_IN_ADDRESS = "%/:;=&?~#+!$,'()*@[]"


def clean(plain: str) -> str:
    r"""Drop what cannot be shown or would disturb its surroundings; the rest stays as it is.

    >>> clean("甲\x00乙\u202e丙")
    '甲乙丙'
    """
    return _SURROGATE.sub("\ufffd", _UNSEEN.sub("", _LINE_BREAK.sub("\n", plain)))


def text(plain: str) -> Html:
    """Show text literally, whatever it holds.

    >>> text("<b> & 'x'")
    "&lt;b&gt; &amp; 'x'"
    """
    return Html(escape(clean(plain), quote=False))


def bold(content: Html) -> Html:
    """Make bold; nothing stays nothing."""
    return Html(f"<b>{content}</b>") if content else EMPTY


def italic(content: Html) -> Html:
    """Make italic; nothing stays nothing."""
    return Html(f"<i>{content}</i>") if content else EMPTY


def code(content: Html) -> Html:
    """Show in fixed width; a tap copies it."""
    return Html(f"<code>{content}</code>") if content else EMPTY


def quotation(content: Html, *, folded: bool = False) -> Html:
    """Make a quotation; a folded one shows three lines and unfolds at a tap."""
    return Html(f"<blockquote{' expandable' if folded else ''}>{content}</blockquote>") if content else EMPTY


def link(label: Html, url: str | None) -> Html:
    """Make a link; only the label where the address is none that Telegram keeps as a link."""
    target = address(url)
    if target is None or not label:
        return label
    return Html(f'<a href="{escape(target)}">{label}</a>')


def address(url: str | None) -> str | None:
    """Return a web address in the form Telegram keeps, or None where it would drop the link.

    Only http and https with a host that has a dot are links; what is not ASCII is percent-encoded.

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
    rest = quote(parts._replace(scheme="", netloc="").geturl(), safe=_KEPT_IN_ADDRESS)
    if rest and not rest.startswith(("/", "?", "#")):
        return None
    result = f"{parts.scheme}://{host}{f':{port}' if port else ''}{rest}"
    return result if len(result) <= ADDRESS_LENGTH else None


def join(parts: Iterable[Html], separator: str = "") -> Html:
    """Join with plain text between; empty parts are left out."""
    return Html(escape(separator, quote=False).join(part for part in parts if part))


def fill(template: str, **values: Html) -> Html:
    """Put markup into the `{names}` of a plain template, whose own text is shown literally.

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


def units(visible: str) -> int:
    """Return the length as Telegram's apps count it, in UTF-16 units.

    >>> units("报童"), units("😀")
    (2, 2)
    """
    return len(visible.encode("utf-16-le", "surrogatepass")) // 2


def length(markup: Html) -> int:
    """Return the visible length in UTF-16 units."""
    return units(plain(markup))


def fits(markup: Html, limit: int = MESSAGE_UNITS) -> bool:
    """Say whether Telegram takes this as one message of at most `limit` UTF-16 units."""
    return (
        length(markup) <= limit
        and len(markup.encode()) <= MESSAGE_BYTES
        and len(_OPENING_TAG.findall(markup)) <= MESSAGE_ENTITIES
    )


def fit(blocks: Iterable[Html], *, limit: int = MESSAGE_UNITS, separator: str = "\n\n") -> Html:
    """Join as many leading blocks as make one message; whole blocks are dropped, never parts of one.

    A first block that is too long by itself is shown without markup, shortened: there is always
    something to send.
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


def shorten(visible: str, limit: int) -> str:
    """Cut plain text to `limit` UTF-16 units with an ellipsis at its end, never inside a character.

    >>> shorten("外交重点是什么", 4)
    '外交重…'
    """
    if units(visible) <= limit:
        return visible
    kept, used = 0, 0
    for position, character in enumerate(visible):
        used += units(character)
        if used > limit - 1:
            break
        kept = position + 1
    while kept and _continues(visible, kept):
        kept -= 1
    return visible[:kept].rstrip() + "…"


def _continues(visible: str, position: int) -> bool:
    """Say whether the character at `position` belongs to the one before it."""
    following, before = visible[position : position + 1], visible[position - 1]
    return bool(following) and (
        unicodedata.combining(following) != 0
        or following in "\u200d\ufe0e\ufe0f\u20e3"
        or "\U0001f3fb" <= following <= "\U0001f3ff"
        or before == "\u200d"
    )
