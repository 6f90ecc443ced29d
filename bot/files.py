"""Whether a file on the disk is still the one that was opened."""

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
