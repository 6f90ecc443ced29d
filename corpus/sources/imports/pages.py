"""A saved web page → its article: metadata, and the main text without what belongs to the site."""

import email
import email.policy
import re
from email.message import EmailMessage
from typing import Final
from zoneinfo import ZoneInfo

from corpus.posts.main_text import main_text
from corpus.posts.page_metadata import read_metadata
from corpus.posts.targets import absolute
from corpus.sources.addresses import clean_link
from corpus.sources.decoding import decode_feed
from corpus.sources.entries import Entry
from corpus.sources.full_text import extract
from corpus.sources.imports.values import ImportedEntry, Origin, UnreadableError

MAX_PARTS: Final = 5_000
MIN_TEXT_CHARS: Final = 1

FULLTEXT_READER: Final = "trafilatura"
OWN_READER: Final = "own reader"

_META_CHARSET: Final = re.compile(rb"<meta[^<>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?([\w.:-]{2,40})", re.I)
_DATA_ADDRESS: Final = re.compile(r"data:[a-z]{1,20}/[a-z0-9.+-]{1,60};base64,[A-Za-z0-9+/=%\s]*+", re.I)
_TAG: Final = re.compile(r"<[^<>]*>")


def read_page(
    raw: bytes, *, guid: str, address: str | None, content_type: str, zone: ZoneInfo, own: bool = False
) -> tuple[ImportedEntry, str]:
    """Read a page. Returns its article, and what found the main text.

    Args:
        raw: Its bytes.
        guid: What identifies it if it names no address.
        address: Where it came from, if that is known.
        content_type: The header of that name; empty if there was none.
        zone: Zone of dates that name none.
        own: Do not use the extra `fulltext`.

    Raises:
        UnreadableError: It is no page, or has no text.
    """
    page = decode_page(raw, content_type)
    if "<" not in page:
        raise UnreadableError("no web page: it has no markup")
    # Pictures inside the page would be most of it, and are shown to nobody.
    page = _DATA_ADDRESS.sub("data:,", page)
    facts = read_metadata(page, address=address, zone=zone)
    body, reader = body_of(page, own=own)
    if not any(map(str.isalnum, _TAG.sub("", body))):
        raise UnreadableError("a web page without a text: its scripts would load it")
    link = clean_link(facts.address) if facts.address else None
    entry = Entry(
        title=facts.title,
        guid=link or guid,
        link=link,
        body=body,
        author=facts.author if facts.author != facts.site else None,
        published=facts.published,
        image=facts.image,
        base=facts.base or "",
    )
    return ImportedEntry(entry, Origin.PAGES, outlet=facts.site), reader


def decode_page(raw: bytes, content_type: str = "") -> str:
    """Decode a page: as feeds are, where `<meta charset>` stands for a header that is missing."""
    if "charset" not in content_type.lower() and (found := _META_CHARSET.search(raw, 0, 20_000)):
        content_type = f"text/html; charset={found[1].decode('ascii', 'replace')}"
    return decode_feed(raw, content_type)


def body_of(page: str, *, own: bool = False) -> tuple[str, str]:
    """Return the main text of a page as HTML, and what found it.

    Args:
        page: The whole page, decoded.
        own: Do not use the extra `fulltext`.
    """
    if not own and (body := extract(page)):
        return body, FULLTEXT_READER
    return main_text(page), OWN_READER


def unpack_mhtml(raw: bytes) -> tuple[bytes, str, str | None]:
    """Return the page of an MHTML file, its content type, and where it was saved from.

    Raises:
        UnreadableError: It is none.
    """
    try:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        parts = [part for number, part in enumerate(message.walk()) if number < MAX_PARTS]
        page = next((part for part in parts if part.get_content_type() in _PAGE_TYPES), None)
        content = page.get_payload(decode=True) if page is not None else None
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError) as error:
        raise UnreadableError(f"no MHTML file: {error}") from error
    if page is None or not isinstance(content, bytes) or not content:
        raise UnreadableError("no MHTML file with a page in it")
    place = _header(message, "Snapshot-Content-Location") or _header(page, "Content-Location")
    return content, _header(page, "Content-Type"), absolute(place, "") if place else None


_PAGE_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name) or "").strip()
    except (ValueError, LookupError, AttributeError):
        return ""
