"""Articles from elsewhere → posts in the archive's folder: feeds, and what people have saved or name."""

from typing import TYPE_CHECKING, Any

from corpus.sources.addresses import AddressError, feed_address, redacted
from corpus.sources.feed_list import FeedsBusyError, NotFollowedError
from corpus.sources.feed_reader import (
    FailedFeed,
    FeedOverview,
    FeedReader,
    Followed,
    FollowState,
    Notice,
    RoundReport,
)
from corpus.sources.imports.telegram_export import channel_name
from corpus.sources.network import names_private_host
from corpus.sources.opml import FollowedFeed, OpmlError, read_opml
from corpus.sources.options import SourceOptions, parse_places
from corpus.sources.state import withheld

if TYPE_CHECKING:
    from corpus.sources.imports.importer import Importer, ImportReport

__all__ = [
    "AddressError",
    "FailedFeed",
    "FeedOverview",
    "FeedReader",
    "FeedsBusyError",
    "FollowState",
    "Followed",
    "FollowedFeed",
    "ImportReport",
    "Importer",
    "NotFollowedError",
    "Notice",
    "OpmlError",
    "RoundReport",
    "SourceOptions",
    "channel_name",
    "feed_address",
    "names_private_host",
    "parse_places",
    "read_opml",
    "redacted",
    "withheld",
]


def __getattr__(name: str) -> Any:
    if name not in ("ImportReport", "Importer"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # What fetches feeds needs no readers of files.
    from corpus.sources.imports import importer

    return getattr(importer, name)
