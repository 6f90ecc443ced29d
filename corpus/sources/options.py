"""What an operator sets about sources: one frozen value."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from corpus.sources.feed_list import FILE_NAME
from corpus.sources.network import Place

_SEPARATORS: Final = re.compile(r"[\s,;，、；]+")
_PLACE: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:\[\]/@]+)(?::(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Where feeds are listed and their posts are written, and how they are fetched.

    Attributes:
        data_dir: Folder of the state.
        root: Folder of the archive, where posts are written.
        zone: Zone of dates that name none.
        list_path: The list of feeds; None: `feeds.opml` in `data_dir`.
        default_minutes: Interval of feeds that do not tell how often they publish.
        proxy: Proxy for feeds; None: none.
        allowed: Places that may have private addresses.
        user_agent: How the program names itself to sites.
        first: How many entries of a feed's first answer are written.
        keep_days: Posts of feeds that are older are removed; 0: they are kept for ever.
        max_bytes: Most bytes of an answer, after decompression.
        seconds: Most seconds of one fetch.
        host_seconds: Pause between two requests to one host.
        at_once: How many hosts are asked at one time.
    """

    data_dir: Path
    root: Path
    zone: ZoneInfo
    list_path: Path | None = None
    default_minutes: float = 60
    proxy: str | None = None
    allowed: frozenset[Place] = frozenset()
    user_agent: str = "Baotong"
    first: int = 200
    keep_days: float = 0
    max_bytes: int = 10_000_000
    seconds: float = 30.0
    host_seconds: float = 2.0
    at_once: int = 8

    @property
    def feeds_file(self) -> Path:
        """The list of feeds."""
        return self.list_path or self.data_dir / FILE_NAME


def parse_places(text: str) -> frozenset[Place]:
    """Parse a list of hosts, each with or without a port.

    Raises:
        ValueError: Something in it is neither.

    >>> sorted(parse_places("127.0.0.1:1200, rsshub"))
    [('127.0.0.1', 1200), ('rsshub', None)]
    """
    places = set()
    for word in filter(None, _SEPARATORS.split(text.strip())):
        found = _PLACE.fullmatch(word)
        if found is None or (found[2] and int(found[2]) > 65_535):
            raise ValueError(f"is a list of hosts such as 127.0.0.1:1200, but holds {word!r}")
        places.add((found[1].strip("[]").lower(), int(found[2]) if found[2] else None))
    return frozenset(places)
