"""The bytes of a feed → text. Decoding comes before parsing: a parser guesses, and guesses GBK wrong.

The order: byte order mark, UTF-8 that has Chinese or other long characters, the `charset` of the answer, the
encoding that the document declares, UTF-8, Chinese if the result is plausible, Windows-1252.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Final

MIN_MULTIBYTE: Final = 6
"""So many characters beyond ASCII that decode as UTF-8 cannot be by chance: then no declaration counts."""

MIN_USUAL: Final = 0.8
"""Share of frequently used characters in a text that is Chinese and was decoded rightly."""

MIN_KEPT: Final = 10
"""So many characters beyond ASCII are read for each that is lost, or the encoding is another one."""

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHARSET: Final = re.compile(r"charset=[\"']?([\w.:-]{2,40})", re.I)
_DECLARED: Final = re.compile(rb"<\?xml[^>]{0,200}?encoding=[\"']([\w.:-]{2,40})[\"']", re.I)
_WIDER: Final = {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252", "ascii": "cp1252"}
_DEFAULTS: Final = frozenset({"cp1252"})
"""What servers add of their own accord, so that a document's own declaration is the better witness."""

_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""Characters that XML refuses."""


def decode_feed(raw: bytes | bytearray, content_type: str = "") -> str:
    r"""Decode an answer; never fails. Lines end in `\n`, and characters that XML refuses are gone.

    Args:
        raw: The bytes, uncompressed.
        content_type: The header of that name, which may carry a charset.
    """
    text = _decode(raw, content_type)
    return _UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _decode(raw: bytes | bytearray, content_type: str) -> str:
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(name, "replace")
    if raw[:2] in (b"<\0", b"{\0"):
        return raw.decode("utf-16-le", "replace")
    if raw[:2] in (b"\0<", b"\0{"):
        return raw.decode("utf-16-be", "replace")
    text = _strict(raw, "utf-8")
    if text is not None and (len(raw) - len(text) >= 2 * MIN_MULTIBYTE or raw.isascii()):
        # A stateful encoding such as ISO-2022-JP is ASCII bytes too, and escapes.
        return text if b"\x1b$" not in raw else raw.decode("iso2022_jp", "replace")
    for name in _named(raw, content_type):
        decoded = _strict(raw, name)
        if decoded is not None and not (name == "gb18030" and _is_noise(raw)):
            return decoded
    if text is not None:
        return text
    return _chinese(raw) or _damaged(raw, content_type) or raw.decode("cp1252", "replace")


def _strict(raw: bytes | bytearray, name: str) -> str | None:
    try:
        return raw.decode(name)
    except (UnicodeDecodeError, LookupError):
        return None


def _named(raw: bytes | bytearray, content_type: str) -> Iterator[str]:
    """Yield the encodings that header and document name, the better witness first."""
    found = _CHARSET.search(content_type)
    header = _codec(found[1]) if found else None
    declared = _DECLARED.search(raw, 0, 1_000)
    own = _codec(declared[1].decode("ascii", "replace")) if declared else None
    order = (own, header) if header in _DEFAULTS else (header, own)
    for name in order:
        if name is not None:
            yield name


def _codec(name: str) -> str | None:
    """Return the codec of a declared encoding; None if it is unknown, or one of two bytes a unit."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    if found.startswith(("utf-16", "utf-32")):  # it has come to a document that is not
        return None
    return _WIDER.get(found, found)


def _is_noise(raw: bytes | bytearray) -> bool:
    return _usual_share(raw, "gb18030") < MIN_USUAL / 2


def _chinese(raw: bytes | bytearray) -> str | None:
    """Decode by the encoding of Chinese that gives the more usual characters; None: neither is plausible."""
    name = max(("gb18030", "big5"), key=lambda one: _usual_share(raw, one))
    return raw.decode(name) if _usual_share(raw, name) >= MIN_USUAL else None


def _usual_share(raw: bytes | bytearray, name: str) -> float:
    """Return the share of frequently used characters among those beyond ASCII; 0 if it does not decode.

    Both encodings order their characters by frequency, so the first byte tells.
    """
    text = _strict(raw, name)
    if text is None:
        return 0.0
    beyond = [character for character in text[:20_000] if character > "\x7f"]
    if not beyond:
        return 1.0
    encoded = (character.encode(name)[0] for character in beyond)
    if name == "big5":
        usual = sum(0xA1 <= first <= 0xC6 for first in encoded)
    else:
        usual = sum(0xA1 <= first <= 0xA3 or 0xB0 <= first <= 0xD7 for first in encoded)
    return usual / len(beyond)


def _damaged(raw: bytes | bytearray, content_type: str) -> str | None:
    """Decode with a few bytes lost, by the named encoding or UTF-8; None if more than a few are."""
    for name in (*_named(raw, content_type), "utf-8"):
        text = raw.decode(name, "replace")
        lost = text.count("\ufffd")
        if lost * MIN_KEPT <= sum(character > "\x7f" for character in text) - lost:
            return text
    return None
