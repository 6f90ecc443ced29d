"""Detects that an open database file was removed, replaced or truncated on the disk.

Nothing here opens a file: closing any descriptor of a file drops all locks that this process holds on it
(POSIX), and with them SQLite's.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(slots=True)
class OpenFile:
    """A database file as it was when it was opened.

    SQLite shortens a file only in VACUUM, which this program never runs.

    Attributes:
        identity: Device and inode.
        size: The greatest size seen, in bytes.
    """

    path: Path
    identity: tuple[int, int]
    size: int

    @classmethod
    def from_path(cls, path: Path) -> Self:
        """Note which file stands at a path now.

        Raises:
            OSError: None does.
        """
        found = path.stat()
        return cls(path, (found.st_dev, found.st_ino), found.st_size)

    @property
    def change(self) -> str | None:
        """What has happened to the path: `removed`, `replaced` or `made unreachable …`; None: nothing."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return "removed"
        except OSError as error:
            return f"made unreachable ({error.strerror})"
        return None if (found.st_dev, found.st_ino) == self.identity else "replaced"

    @property
    def is_truncated(self) -> bool:
        """Whether the file is shorter than it has been."""
        try:
            size = self.path.stat().st_size
        except OSError:
            return False
        self.size = max(self.size, size)
        return size < self.size
