"""Whether a database file on the disk is still the one that was opened, and whole."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file as it was when it was opened: its name, and device and inode of what stood under it."""

    path: Path
    identity: tuple[int, int]

    @classmethod
    def of(cls, path: Path) -> Self:
        """Note what stands under a name now.

        Raises:
            OSError: Nothing does.
        """
        found = path.stat()
        return cls(path, (found.st_dev, found.st_ino))

    @property
    def change(self) -> str | None:
        """What became of the name since, `removed` or `replaced`; None: nothing."""
        try:
            return None if OpenFile.of(self.path).identity == self.identity else "replaced"
        except FileNotFoundError:
            return "removed"
        except OSError as error:
            return f"made unreachable ({error.strerror})"


def cut_short(path: Path) -> bool:
    """Whether a file of SQLite has fewer bytes than its own header says; False where that cannot be read."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
            size = file.seek(0, 2)
    except OSError:
        return False
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        return False
    page = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big")
    return size < pages * (65_536 if page == 1 else page)
