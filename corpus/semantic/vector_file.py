"""The file of vectors: of each article its number, a fingerprint of what was encoded, and 512 small integers.

It is written whole under another name and then takes the place of the old one, so that a reader has either.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from corpus.errors import IndexUnavailableError
from corpus.index.array_file import TRAILER, ArrayFile, ArrayWriter, Checksum, FileChange, find_damage
from corpus.semantic.encoder import Encoder, Vectors

FILE_NAME: Final = "articles.vectors"

FORMAT: Final = 1
"""Raised when the file, or what is encoded of an article, changes: older files are made anew."""

OPENING_CHARS: Final = 120
"""Characters of an article's text that are encoded beside its title."""

MAX_INTEGER: Final = 127

SEARCHED_AT_ONCE: Final = 4_096
"""Vectors that are turned into floating point numbers at once: 8 MB."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What vectors were made from. Those of another origin are of no use.

    Attributes:
        encoder: Its version.
        dimensions: Of each vector.
        store: Identity of the database that numbers the articles.
        format: See `FORMAT`.
    """

    encoder: str
    dimensions: int
    store: int
    format: int = FORMAT

    @classmethod
    def of(cls, encoder: Encoder, store: int) -> Self:
        """The origin of what an encoder makes of a database now."""
        return cls(encoder.version, encoder.dimensions, store)


@dataclass(frozen=True, slots=True)
class ArticleOpening:
    """What is encoded of an article."""

    number: int
    title: str
    text: str

    @property
    def fingerprint(self) -> int:
        """Changes with what is encoded."""
        read = f"{self.title}\n{self.text[:OPENING_CHARS]}".encode()
        return int.from_bytes(hashlib.blake2b(read, digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Vectors of some articles, as they are stored.

    Attributes:
        numbers: Of the articles, growing.
        fingerprints: See `ArticleOpening.fingerprint`.
        scales: What each vector is multiplied by.
        integers: The vectors, a row an article, -127 to 127.
    """

    numbers: NDArray[np.int64]
    fingerprints: NDArray[np.uint64]
    scales: NDArray[np.float32]
    integers: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.numbers)

    def at(self, places: NDArray[np.int64]) -> "Rows":
        """Some of the rows."""
        return Rows(
            self.numbers[places], self.fingerprints[places], self.scales[places], self.integers[places]
        )

    def places_of(self, numbers: Sequence[int]) -> NDArray[np.int64]:
        """Places of articles; -1 for those without a row."""
        wanted = np.asarray(numbers, np.int64)
        if not len(self):
            return np.full(len(wanted), -1, np.int64)
        places = np.minimum(np.searchsorted(self.numbers, wanted), len(self) - 1)
        return np.where(self.numbers[places] == wanted, places, -1)

    def cosines(self, vector: Vectors) -> Vectors:
        """How near each row is to a vector of length 1: -1 to 1. Memory stays bounded."""
        found = np.empty(len(self), np.float32)
        for start in range(0, len(self), SEARCHED_AT_ONCE):
            piece = slice(start, start + SEARCHED_AT_ONCE)
            found[piece] = self.integers[piece].astype(np.float32) @ vector
        return found * self.scales


def encode_articles(encoder: Encoder, articles: Sequence[ArticleOpening]) -> Rows:
    """Encode articles: the mean of the title's vector and that of title and opening, rounded to integers."""
    texts = [text for each in articles for text in (each.title, f"{each.title} {each.text[:OPENING_CHARS]}")]
    pairs = encoder.encode(texts).reshape(len(articles), 2, encoder.dimensions)
    vectors = pairs.mean(axis=1)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    scales = np.maximum(np.abs(vectors).max(axis=1), np.finfo(np.float32).tiny) / MAX_INTEGER
    return Rows(
        np.array([each.number for each in articles], np.int64),
        np.array([each.fingerprint for each in articles], np.uint64),
        scales.astype(np.float32),
        np.rint(vectors / scales[:, None]).astype(np.int8),
    )


class VectorFile:
    """A file of vectors, open for reading. It stays usable after another one took its place.

    Attributes:
        rows: The vectors.
        mark: What the store had when the file was complete; empty: it is not complete yet.
    """

    def __init__(self, path: Path, origin: Origin) -> None:
        """Open and verify a file.

        Raises:
            FileNotFoundError: There is none.
            IndexUnavailableError: It is damaged, or of another origin.
        """
        checksum = _stored_checksum(path)
        self._file = ArrayFile(path, checksum)
        if self._file.mapped and (problems := find_damage(path, checksum)):
            raise IndexUnavailableError(f"{path} is damaged: {problems[0]}")
        meta = self._file.meta
        if meta.get("origin") != asdict(origin):
            raise IndexUnavailableError(f"{path} was made by another version or from another database")
        self.mark: tuple[int, ...] = tuple(meta.get("mark", ()))
        self.rows = _rows_of(self._file, origin.dimensions)
        if len({len(self.rows.numbers), len(self.rows.scales), len(self.rows.integers)}) != 1:
            raise IndexUnavailableError(f"{path} is damaged: its arrays do not fit together")

    @property
    def has_changed(self) -> bool:
        """Whether something has written into the mapped file: reading beyond a new end would be fatal."""
        return self._file.mapped and self._file.change() is not FileChange.UNCHANGED


def _rows_of(file: ArrayFile, dimensions: int) -> Rows:
    return Rows(
        file.array("numbers", np.int64),
        file.array("fingerprints", np.uint64),
        file.array("scales", np.float32),
        file.array("integers", np.int8).reshape(-1, dimensions),
    )


def _stored_checksum(path: Path) -> Checksum:
    """The checksum at the end of a file; the footer that it seals has those of the arrays.

    Raises:
        FileNotFoundError: There is no file.
        IndexUnavailableError: It is too short or cannot be read.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TRAILER.size))
            trailer = file.read()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise IndexUnavailableError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(trailer) < TRAILER.size:
        raise IndexUnavailableError(f"{path} is damaged: {size} bytes")
    return Checksum(size, TRAILER.unpack(trailer)[1])


class VectorWriter:
    """Writes a file of vectors in pieces; memory stays bounded. Nothing is visible before `finish`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = ArrayWriter(path)

    def append(self, rows: Rows) -> None:
        """Append articles with higher numbers than all before."""
        self._writer.append("numbers", rows.numbers)
        self._writer.append("fingerprints", rows.fingerprints)
        self._writer.append("scales", rows.scales)
        self._writer.append("integers", rows.integers.reshape(-1))

    def finish(self, origin: Origin, mark: Sequence[int]) -> None:
        """Put the file in the place of the old one. See `VectorFile.mark`."""
        meta: dict[str, Any] = {"origin": asdict(origin), "mark": list(mark)}
        self._writer.finish(meta)

    def close(self) -> None:
        """Discard what was not finished."""
        self._writer.close()
