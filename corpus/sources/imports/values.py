"""What is imported: values that readers of files make and the rest of the room uses."""

from dataclasses import dataclass, field
from enum import StrEnum

from corpus.sources.entries import Entry


class Origin(StrEnum):
    """Where imported entries come from; what the posts name as their feed."""

    PAGES = "import:pages"
    TELEGRAM = "import:telegram"
    FILES = "import:files"


@dataclass(frozen=True, slots=True)
class ImportedEntry:
    """An article that was read from a file or an address.

    Attributes:
        entry: What it says; its `guid` identifies it.
        origin: Where it comes from.
        outlet: Who published it; empty: unknown.
        folders: Folders that its post stands in, below those of the category.
    """

    entry: Entry
    origin: Origin
    outlet: str = ""
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading one file or page gave.

    Attributes:
        source: Its path or address, as it is shown.
        entries: Its articles.
        reason: Why it gave none, or not all; None: nothing is wrong.
        reader: What found the main text of a page; empty: no page.
    """

    source: str
    entries: tuple[ImportedEntry, ...] = field(default=(), repr=False)
    reason: str | None = None
    reader: str = ""


class UnreadableError(ValueError):
    """A file gives no article; the text says why, for an operator."""
