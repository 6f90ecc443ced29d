"""Files of named arrays: written once, checked, then only mapped into memory.

Layout: magic, the arrays (each at a multiple of 64 bytes), a JSON footer that says where they are
and what their checksums must be, a trailer with the footer's own length and checksum.
"""

import json
import mmap
import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
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


class ArrayFile:
    """A file of arrays, mapped into memory: nothing is read before it is used.

    The arrays stay usable after the file was deleted, and until the last of them is dropped.
    """

    def __init__(self, path: Path, seal: Seal) -> None:
        """Map the file and check its size and its footer, not yet the arrays.

        Raises:
            FileNotFoundError: There is no such file.
            IndexUnavailableError: It is not the file that was written.
        """
        self.path = path
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size != seal.size:
                raise IndexUnavailableError(f"{path} is damaged: {size} bytes instead of {seal.size}")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        length, crc = TRAILER.unpack(self._map[-TRAILER.size :])
        footer = self._map[-TRAILER.size - length : -TRAILER.size] if length < size else b""
        if crc != seal.crc or zlib.crc32(footer) != seal.crc or self._map[: len(MAGIC)] != MAGIC:
            raise IndexUnavailableError(f"{path} is damaged: its table of contents does not match")
        contents = json.loads(footer)
        self.meta: Meta = contents["meta"]
        self._entries = {entry[0]: entry[1:] for entry in contents["arrays"]}

    def array(self, name: str, dtype: type[np.generic]) -> Array:
        """The array of this name, read-only; an empty one of `dtype` when it was never written."""
        entry = self._entries.get(name)
        if entry is None or not entry[2]:
            return np.empty(0, dtype)
        kind, offset, count, _ = entry
        return np.frombuffer(self._map, kind, count, offset)

    @property
    def raw(self) -> NDArray[np.uint8]:
        """The whole file, read-only."""
        return np.frombuffer(self._map, np.uint8)

    def place(self, name: str) -> tuple[int, int]:
        """First byte and number of elements of the array of this name; (0, 0) when it was never written."""
        entry = self._entries.get(name)
        return (entry[1], entry[2]) if entry else (0, 0)

    def sizes(self) -> dict[str, int]:
        """Bytes of each array."""
        return {name: count * np.dtype(kind).itemsize for name, (kind, _, count, _) in self._entries.items()}

    def damaged(self) -> list[str]:
        """Names of arrays whose checksums do not match. Reads the whole file."""
        wrong = []
        for name, (kind, offset, count, expected) in self._entries.items():
            end = offset + count * np.dtype(kind).itemsize
            crc = 0
            with memoryview(self._map) as view:
                for start in range(offset, end, COPY_BYTES):
                    crc = zlib.crc32(view[start : min(start + COPY_BYTES, end)], crc)
            if crc != expected:
                wrong.append(name)
        return wrong
