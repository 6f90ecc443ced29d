"""Whether a database file on the disk is still the one that was opened, and whole.

Nothing here opens a file: closing any descriptor of a file drops all locks that this process holds on it
(POSIX), and with them SQLite's.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(slots=True)
class OpenFile:
    """A database file as it was when it was opened: device and inode, and the greatest size seen since.

    SQLite only shortens a file in VACUUM, which the bot never runs.
    """

    path: Path
    identity: tuple[int, int]
    size: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """Note what stands under a name now.

        Raises:
            OSError: Nothing does.
        """
        found = path.stat()
        return cls(path, (found.st_dev, found.st_ino), found.st_size)

    @property
    def change(self) -> str | None:
        """What became of the name since, `removed` or `replaced`; None: nothing."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return "removed"
        except OSError as error:
            return f"made unreachable ({error.strerror})"
        return None if (found.st_dev, found.st_ino) == self.identity else "replaced"

    @property
    def is_cut_short(self) -> bool:
        """Whether the file is shorter than it was."""
        try:
            size = self.path.stat().st_size
        except OSError:
            return False
        self.size = max(self.size, size)
        return size < self.size
