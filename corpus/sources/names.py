"""Names of files and folders that every system accepts, made of titles."""

import re
import unicodedata
from typing import Final

from corpus.sources.addresses import short_hash
from corpus.text.characters import clean_line

MAX_TITLE_BYTES: Final = 120
MAX_FOLDER_BYTES: Final = 100
MAX_LEVELS: Final = 3
"""Most folders that categories of a feed make, above those of outlet and feed."""

_REPLACED: Final = re.compile(r"[:/\\?*“”\"<>|\[\]]")
_REMOVED: Final = re.compile(r"[#.%\x00-\x1f\x7f-\x9f]")
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)", re.I)
_SKIPPED: Final = frozenset({"_drafts", "node_modules"})


def file_name(title: str, key: str) -> str:
    """Return the name of an entry's post: its title, shortened, and a hash of what identifies it.

    >>> file_name("王毅：谈/2022年?", "feed guid")
    '王毅：谈_2022年_-e0e9b2b603.md'
    """
    safe = _safe(title, MAX_TITLE_BYTES)
    return f"{safe}-{short_hash(key)}.md" if safe else f"{short_hash(key)}.md"


def folder_name(name: str) -> str:
    """Return the name of a folder; never empty, never hidden, never one that is left out of an archive.

    >>> folder_name("新浪财经－国內"), folder_name(".."), folder_name("CON")
    ('新浪财经－国內', '_', '_CON')
    """
    safe = _safe(name, MAX_FOLDER_BYTES)
    if not safe or _RESERVED.fullmatch(safe) or safe.lower() in _SKIPPED:
        return f"_{safe}"
    return safe


def _safe(text: str, most: int) -> str:
    """Return a text as part of a name, cut at the end of a character."""
    text = unicodedata.normalize("NFC", clean_line(text))
    text = _REMOVED.sub("", _REPLACED.sub("_", text)).strip(" ~")
    raw = text.encode("utf-8", "replace")[:most]
    return _whole(raw.decode("utf-8", "ignore")).rstrip()


def _whole(text: str) -> str:
    """Drop what is left of a character of several code points that was cut."""
    return text.rstrip("\u200d")
