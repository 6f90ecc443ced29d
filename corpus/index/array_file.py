"""Files of named arrays: written once, checked, then read into memory when small and mapped when large.

Layout: magic, the arrays (each at a multiple of 64 bytes), a JSON footer that says where they are
and what their checksums must be, a trailer with the footer's own length and checksum.
"""

import json
import mmap
import os
import struct
import weakref
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import IndexUnavailableError

MAGIC = b"baotong1"
ALIGNMENT = 64
TRAILER = struct.Struct("<QI")
COPY_BYTES = 1 << 20
SPOOL_BYTES = 1 << 22
"""Parts of a file being written stay in memory up to this size."""

MAX_COPIED_BYTES = 1 << 24
"""Files up to this size are read into memory, and their checksums are compared, when they are opened (about
10 ms for the largest). Nothing that happens to the file later can reach the copy. Larger files are mapped."""

Meta = Mapping[str, Any]
Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Seal:
    """What a file must be like to be the one that was written: its size, its footer's checksum."""

    size: int
    crc: int


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut; does nothing where folders cannot be opened."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class ArrayWriter:
    """Collects arrays piece by piece, in any order, and writes them as one file at the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parts: dict[str, tuple[np.dtype[Any], SpooledTemporaryFile[bytes]]] = {}

    def append(self, name: str, array: Array) -> None:
        """Add a piece to the array of this name; all pieces must have one dtype."""
        part = self._parts.get(name)
        if part is None:
            spool = SpooledTemporaryFile(SPOOL_BYTES, dir=str(self._path.parent))  # noqa: SIM115
            part = self._parts[name] = (array.dtype, spool)
        dtype, spool = part
        if array.dtype != dtype:
            raise TypeError(f"array {name} holds {dtype}, not {array.dtype}")
        spool.write(np.ascontiguousarray(array).data)

    def finish(self, meta: Meta) -> Seal:
        """Write the file under a temporary name, make it durable, and give it its own name."""
        temporary = self._path.with_suffix(self._path.suffix + ".tmp")
        entries = []
        with temporary.open("wb") as file:
            file.write(MAGIC)
            for name, (dtype, spool) in self._parts.items():
                file.write(b"\0" * (-file.tell() % ALIGNMENT))
                offset, crc = file.tell(), 0
                spool.seek(0)
                while piece := spool.read(COPY_BYTES):
                    crc = zlib.crc32(piece, crc)
                    file.write(piece)
                entries.append([name, dtype.str, offset, (file.tell() - offset) // dtype.itemsize, crc])
            footer = json.dumps({"meta": meta, "arrays": entries}).encode()
            seal = Seal(file.tell() + len(footer) + TRAILER.size, zlib.crc32(footer))
            file.write(footer + TRAILER.pack(len(footer), seal.crc))
            file.flush()
            os.fsync(file.fileno())
        self.close()
        temporary.replace(self._path)
        sync_folder(self._path.parent)
        return seal

    def close(self) -> None:
        """Give up what was collected."""
        for _, spool in self._parts.values():
            spool.close()
        self._parts.clear()


class Fate(Enum):
    """What has become of a mapped file."""

    AS_IT_WAS = auto()
    CHANGED = auto()
    SHORTENED = auto()


class ArrayFile:
    """A file of arrays, for reading. A small one is a checked copy in memory, a large one is mapped.

    The arrays stay usable after the file was deleted, and until the last of them is dropped. A mapped file
    must not become shorter while it is used: the system ends a process that reads beyond its end (SIGBUS).
    Writers never change a file, so only something outside does that; `fate` tells.
    """

    def __init__(self, path: Path, seal: Seal, *, copied: bool = False) -> None:
        """Check the file's size and table of contents, and the arrays of a small file.

        Args:
            copied: Read it into memory though it may be large.

        Raises:
            FileNotFoundError: There is no such file.
            IndexUnavailableError: It is not the file that was written.
        """
        self.path = path
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._close = weakref.finalize(self, os.close, self._descriptor)
        self._look = _look_of(self._descriptor)
        size = self._look[0]
        if size != seal.size:
            raise IndexUnavailableError(f"{path} is damaged: {size} bytes instead of {seal.size}")
        self.mapped = size > MAX_COPIED_BYTES and not copied
        contents = _contents(path, seal, self._read)
        self.meta: Meta = contents["meta"]
        self._entries: dict[str, list[Any]] = {entry[0]: entry[1:] for entry in contents["arrays"]}
        self._bytes: mmap.mmap | bytes
        if self.mapped:
            self._bytes = mmap.mmap(self._descriptor, 0, access=mmap.ACCESS_READ)
            return
        self._bytes = self._read(0, size)
        self._close()
        if wrong := _wrong(self._entries, lambda offset, count: self._bytes[offset : offset + count]):
            raise IndexUnavailableError(f"{path} is damaged: {', '.join(wrong)}")

    def _read(self, offset: int, count: int) -> bytes:
        return _read(self._descriptor, offset, count)

    def fate(self) -> Fate:
        """What somebody has done to the mapped file since it was opened, or `accept` was called."""
        look = _look_of(self._descriptor)
        if look == self._look:
            return Fate.AS_IT_WAS
        return Fate.SHORTENED if look[0] < self._look[0] else Fate.CHANGED

    def accept(self) -> None:
        """Take the mapped file as it is now for unchanged: its content was verified."""
        self._look = _look_of(self._descriptor)

    def array(self, name: str, dtype: type[np.generic]) -> Array:
        """The array of this name, read-only; an empty one of `dtype` when it was never written."""
        entry = self._entries.get(name)
        if entry is None or not entry[2]:
            return np.empty(0, dtype)
        kind, offset, count, _ = entry
        return np.frombuffer(self._bytes, kind, count, offset)

    @property
    def raw(self) -> NDArray[np.uint8]:
        """The whole file, read-only."""
        return np.frombuffer(self._bytes, np.uint8)

    def place(self, name: str) -> tuple[int, int]:
        """First byte and number of elements of the array of this name; (0, 0) when it was never written."""
        entry = self._entries.get(name)
        return (entry[1], entry[2]) if entry else (0, 0)

    def sizes(self) -> dict[str, int]:
        """Bytes of each array."""
        return {name: count * np.dtype(kind).itemsize for name, (kind, _, count, _) in self._entries.items()}


def find_damage(path: Path, seal: Seal, *, pause: Callable[[], None] | None = None) -> list[str]:
    """What is wrong with a file on the disk, one line each. Reads it whole, without mapping it.

    Args:
        pause: Called after each megabyte: whoever has time lets others go first.

    Raises:
        FileNotFoundError: There is no such file.
    """
    try:
        with path.open("rb") as file:
            descriptor = file.fileno()
            size = os.fstat(descriptor).st_size
            if size != seal.size:
                return [f"{path.name}: {size} bytes instead of {seal.size}"]

            def read(offset: int, count: int) -> bytes:
                if pause is not None:
                    pause()
                return _read(descriptor, offset, count)

            contents = _contents(path, seal, read)
            entries = {entry[0]: entry[1:] for entry in contents["arrays"]}
            return [f"{path.name}: {name} is damaged" for name in _wrong(entries, read)]
    except FileNotFoundError:
        raise
    except OSError as error:
        return [f"{path.name}: {error.strerror or error}"]
    except IndexUnavailableError as error:
        return [str(error)]


def _look_of(descriptor: int) -> tuple[int, int]:
    """What changes when somebody writes into a file: size and date."""
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns


def _read(descriptor: int, offset: int, count: int) -> bytes:
    """Bytes of a file; fewer where it ends before."""
    pieces = []
    while count > 0 and (piece := os.pread(descriptor, count, offset)):
        pieces.append(piece)
        offset, count = offset + len(piece), count - len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _contents(path: Path, seal: Seal, read: Callable[[int, int], bytes]) -> dict[str, Any]:
    """The table of contents.

    Raises:
        IndexUnavailableError: It is not the one that was written.
    """
    trailer = read(seal.size - TRAILER.size, TRAILER.size)
    if len(trailer) == TRAILER.size:
        length, crc = TRAILER.unpack(trailer)
        if crc == seal.crc and length < seal.size and read(0, len(MAGIC)) == MAGIC:
            footer = read(seal.size - TRAILER.size - length, length)
            if zlib.crc32(footer) == seal.crc:
                contents: dict[str, Any] = json.loads(footer)
                return contents
    raise IndexUnavailableError(f"{path} is damaged: its table of contents does not match")


def _wrong(entries: Mapping[str, Any], read: Callable[[int, int], bytes]) -> list[str]:
    """Names of arrays whose checksums do not match."""
    wrong = []
    for name, (kind, offset, count, expected) in entries.items():
        end = offset + count * np.dtype(kind).itemsize
        crc = 0
        for start in range(offset, end, COPY_BYTES):
            crc = zlib.crc32(read(start, min(COPY_BYTES, end - start)), crc)
        if crc != expected:
            wrong.append(name)
    return wrong
