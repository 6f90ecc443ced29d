"""Checksummed files of named arrays: written once, then read into memory if small and mapped if large.

Layout: magic bytes; the arrays, each at a multiple of 64 bytes; a JSON footer with the position and checksum
of each array; a trailer with the footer's own length and checksum.
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
from corpus.files import open_regular

MAGIC = b"baotong1"
ALIGNMENT = 64
TRAILER = struct.Struct("<QI")
COPY_BYTES = 1 << 20
SPOOL_BYTES = 1 << 22
"""An array that is being written stays in memory up to this size."""

MAX_COPIED_BYTES = 1 << 24
"""Files up to this size are read into memory and verified when they are opened (about 10 ms for the largest).
Later changes of the file cannot affect the copy. Larger files are mapped."""

Meta = Mapping[str, Any]
Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Checksum:
    """Identifies a file's content: its size and the CRC-32 of its footer, which holds those of the arrays."""

    size: int
    crc: int


def sync_folder(folder: Path) -> None:
    """Make the file names in a folder durable; does nothing on systems where folders cannot be opened."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class ArrayWriter:
    """Collects arrays in pieces, in any order, and writes them as one file at the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parts: dict[str, tuple[np.dtype[Any], SpooledTemporaryFile[bytes]]] = {}

    def append(self, name: str, array: Array) -> None:
        """Append a piece to the array of this name; all pieces must have the same dtype."""
        part = self._parts.get(name)
        if part is None:
            buffer = SpooledTemporaryFile(SPOOL_BYTES, dir=str(self._path.parent))  # noqa: SIM115
            part = self._parts[name] = (array.dtype, buffer)
        dtype, buffer = part
        if array.dtype != dtype:
            raise TypeError(f"array {name} holds {dtype}, not {array.dtype}")
        buffer.write(np.ascontiguousarray(array).data)

    def finish(self, meta: Meta) -> Checksum:
        """Write the file under a temporary name, make it durable, then rename it."""
        temporary = self._path.with_suffix(self._path.suffix + ".tmp")
        entries = []
        with temporary.open("wb") as file:
            file.write(MAGIC)
            for name, (dtype, buffer) in self._parts.items():
                file.write(b"\0" * (-file.tell() % ALIGNMENT))
                offset, crc = file.tell(), 0
                buffer.seek(0)
                while piece := buffer.read(COPY_BYTES):
                    crc = zlib.crc32(piece, crc)
                    file.write(piece)
                entries.append([name, dtype.str, offset, (file.tell() - offset) // dtype.itemsize, crc])
            footer = json.dumps({"meta": meta, "arrays": entries}).encode()
            checksum = Checksum(file.tell() + len(footer) + TRAILER.size, zlib.crc32(footer))
            file.write(footer + TRAILER.pack(len(footer), checksum.crc))
            file.flush()
            os.fsync(file.fileno())
        self.close()
        temporary.replace(self._path)
        sync_folder(self._path.parent)
        return checksum

    def close(self) -> None:
        """Discard what was collected."""
        for _, buffer in self._parts.values():
            buffer.close()
        self._parts.clear()


class FileChange(Enum):
    """What has happened to a mapped file since it was opened."""

    UNCHANGED = auto()
    MODIFIED = auto()
    TRUNCATED = auto()


class ArrayFile:
    """A file of arrays, for reading: a verified copy in memory if it is small, mapped if it is large.

    The arrays stay usable after the file is deleted. A mapped file must not be truncated while it is in use:
    the system kills a process that reads beyond its end (SIGBUS). Writers never change a file, so only
    something outside the program can; `change` detects it.
    """

    def __init__(self, path: Path, checksum: Checksum, *, in_memory: bool = False) -> None:
        """Open a file; verify its size and footer, and its arrays if it is small.

        Args:
            path: The file.
            checksum: The checksum that `ArrayWriter.finish` returned.
            in_memory: Read it into memory even if it is large.

        Raises:
            FileNotFoundError: The file does not exist.
            IndexUnavailableError: It is not the file that was written.
        """
        self.path = path
        self._descriptor = open_regular(path)
        self._close = weakref.finalize(self, os.close, self._descriptor)
        self._signature = _signature_of(self._descriptor)
        size = self._signature[0]
        if size != checksum.size:
            raise IndexUnavailableError(f"{path} is damaged: {size} bytes instead of {checksum.size}")
        self.mapped = size > MAX_COPIED_BYTES and not in_memory
        footer = _read_footer(path, checksum, self._read)
        self.meta: Meta = footer["meta"]
        self._entries: dict[str, list[Any]] = {entry[0]: entry[1:] for entry in footer["arrays"]}
        self._bytes: mmap.mmap | bytes
        if self.mapped:
            self._bytes = mmap.mmap(self._descriptor, 0, access=mmap.ACCESS_READ)
            return
        self._bytes = self._read(0, size)
        self._close()
        if damaged := _damaged_arrays(
            self._entries, lambda offset, count: self._bytes[offset : offset + count]
        ):
            raise IndexUnavailableError(f"{path} is damaged: {', '.join(damaged)}")

    def _read(self, offset: int, count: int) -> bytes:
        return _read(self._descriptor, offset, count)

    def change(self) -> FileChange:
        """How the mapped file has changed since it was opened or `mark_verified` was called."""
        signature = _signature_of(self._descriptor)
        if signature == self._signature:
            return FileChange.UNCHANGED
        return FileChange.TRUNCATED if signature[0] < self._signature[0] else FileChange.MODIFIED

    def mark_verified(self) -> None:
        """Take the mapped file's present state as unchanged, because its content was verified."""
        self._signature = _signature_of(self._descriptor)

    def array(self, name: str, dtype: type[np.generic]) -> Array:
        """The array of this name, read-only; an empty one of `dtype` if it was never written."""
        entry = self._entries.get(name)
        if entry is None or not entry[2]:
            return np.empty(0, dtype)
        kind, offset, count, _ = entry
        return np.frombuffer(self._bytes, kind, count, offset)

    @property
    def raw(self) -> NDArray[np.uint8]:
        """The whole file, read-only."""
        return np.frombuffer(self._bytes, np.uint8)

    def extent(self, name: str) -> tuple[int, int]:
        """First byte and number of elements of the array of this name; (0, 0) if it was never written."""
        entry = self._entries.get(name)
        return (entry[1], entry[2]) if entry else (0, 0)

    def sizes(self) -> dict[str, int]:
        """Bytes of each array."""
        return {name: count * np.dtype(kind).itemsize for name, (kind, _, count, _) in self._entries.items()}


def find_damage(path: Path, checksum: Checksum, *, pause: Callable[[], None] | None = None) -> list[str]:
    """Verify a whole file on the disk. Returns its problems, one line each. The file is not mapped.

    Args:
        path: The file.
        checksum: The checksum that `ArrayWriter.finish` returned.
        pause: Called after each megabyte, so that a background check can yield to other work.

    Raises:
        FileNotFoundError: The file does not exist.
    """
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            descriptor = file.fileno()
            size = os.fstat(descriptor).st_size
            if size != checksum.size:
                return [f"{path.name}: {size} bytes instead of {checksum.size}"]

            def read(offset: int, count: int) -> bytes:
                if pause is not None:
                    pause()
                return _read(descriptor, offset, count)

            footer = _read_footer(path, checksum, read)
            entries = {entry[0]: entry[1:] for entry in footer["arrays"]}
            return [f"{path.name}: {name} is damaged" for name in _damaged_arrays(entries, read)]
    except FileNotFoundError:
        raise
    except OSError as error:
        return [f"{path.name}: {error.strerror or error}"]
    except IndexUnavailableError as error:
        return [str(error)]


def _signature_of(descriptor: int) -> tuple[int, int]:
    """Size and modification time: what changes when a file is written."""
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns


def _read(descriptor: int, offset: int, count: int) -> bytes:
    """Read bytes of a file; fewer if it ends before."""
    pieces = []
    while count > 0 and (piece := os.pread(descriptor, count, offset)):
        pieces.append(piece)
        offset, count = offset + len(piece), count - len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _read_footer(path: Path, checksum: Checksum, read: Callable[[int, int], bytes]) -> dict[str, Any]:
    """The footer of a file.

    Raises:
        IndexUnavailableError: It is not the one that was written.
    """
    trailer = read(checksum.size - TRAILER.size, TRAILER.size)
    if len(trailer) == TRAILER.size:
        length, crc = TRAILER.unpack(trailer)
        if crc == checksum.crc and length < checksum.size and read(0, len(MAGIC)) == MAGIC:
            encoded = read(checksum.size - TRAILER.size - length, length)
            if zlib.crc32(encoded) == checksum.crc:
                footer: dict[str, Any] = json.loads(encoded)
                return footer
    raise IndexUnavailableError(f"{path} is damaged: its table of contents does not match")


def _damaged_arrays(entries: Mapping[str, Any], read: Callable[[int, int], bytes]) -> list[str]:
    """Names of the arrays whose checksums do not match."""
    damaged = []
    for name, (kind, offset, count, expected) in entries.items():
        end = offset + count * np.dtype(kind).itemsize
        crc = 0
        for start in range(offset, end, COPY_BYTES):
            crc = zlib.crc32(read(start, min(COPY_BYTES, end - start)), crc)
        if crc != expected:
            damaged.append(name)
    return damaged
