"""What the archive has already: the links and guids in the heads of its posts, however they came there."""

import html
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from corpus.posts.addresses import SOURCE_KEYS, SUFFIXES
from corpus.sources.addresses import clean_link

HEAD_BYTES: Final = 16_000

_KEYS: Final = "|".join(map(re.escape, (*SOURCE_KEYS, "guid", "permalink")))
_LINE: Final = re.compile(
    rf"^[ \t]{{0,8}}[\"']?({_KEYS})[\"']?[ \t]{{0,8}}[:=]([^\n]{{1,2500}})$", re.M | re.I
)


@dataclass(slots=True)
class KnownPosts:
    """Posts by what identifies them.

    Attributes:
        pages: Path by link, without scheme and `www.`.
        guids: Path by guid.
    """

    pages: dict[str, str] = field(default_factory=dict)
    guids: dict[str, str] = field(default_factory=dict)

    def note(self, path: str, *, page: str, guid: str) -> None:
        """Note a post that was written."""
        if page:
            self.pages.setdefault(page, path)
        if guid:
            self.guids.setdefault(guid, path)


def page_key(link: str) -> str:
    """Return a link as links are compared: cleaned, without scheme and `www.`.

    >>> page_key("https://www.news.test/a?utm_source=x#top"), page_key("nothing")
    ('news.test/a', '')
    """
    if not link.lower().startswith(("http://", "https://")):
        return ""
    return clean_link(link).rstrip("/").partition("//")[2].removeprefix("www.")


def scan_posts(root: Path, *, on_file: Callable[[int], None] = lambda _: None) -> KnownPosts:
    """Read the heads of all posts below a folder; a folder that is missing has none.

    Args:
        on_file: Called now and then with the number of posts read so far.
    """
    known = KnownPosts()
    count = 0
    base = os.path.join(root, "")  # noqa: PTH118 — plain strings: an archive has a million files
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if not name.startswith(".")]
        for name in names:
            if (name.startswith(".") and name != ".md") or not name.lower().endswith(SUFFIXES):
                continue
            file = os.path.join(folder, name)  # noqa: PTH118
            _note(known, file, file[len(base) :].replace(os.sep, "/"))
            count += 1
            if count % 500 == 0:
                on_file(count)
    on_file(count)
    return known


def _note(known: KnownPosts, file: str, path: str) -> None:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        try:
            head = os.read(descriptor, HEAD_BYTES)
        finally:
            os.close(descriptor)
    except OSError:
        return
    if b"http" not in head and b"guid" not in head:
        return
    front = _front_matter(head.decode("utf-8", "replace"))
    for key, written in _LINE.findall(front):
        value = _value(written)
        if key.lower() == "guid":
            known.note(path, page="", guid=html.unescape(value))
        known.note(path, page=page_key(value), guid="")


def _front_matter(head: str) -> str:
    """Return the text between the first two fences, or the object of JSON; empty if there is none."""
    text = head.lstrip("\ufeff \t\r\n").replace("\r\n", "\n")
    if text.startswith("{"):
        return text[: text.find("\n}")].replace(",\n", "\n")
    fence = text[:3]
    if fence not in ("---", "+++"):
        return ""
    end = text.find(f"\n{fence}", 3)
    return text[3:end] if end >= 0 else text


def _value(written: str) -> str:
    text = written.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1].replace("''", "'") if text[0] == "'" else text[1:-1]
    return text
