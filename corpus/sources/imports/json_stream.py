"""A JSON file read piece by piece: memory depends on its largest value, not on its size."""

import json
from collections.abc import Iterator
from typing import Any, Final, TextIO

CHUNK_CHARS: Final = 1 << 18
MAX_VALUE_CHARS: Final = 4_000_000
"""A single value that is longer is refused."""

_BLANKS: Final = " \t\r\n"


class JsonStreamError(ValueError):
    """The file is no JSON, or a value of it is too long."""


class JsonStream:
    """A reader of one JSON document; the caller says which containers are entered.

    Args:
        file: Text; it is read once, from its beginning.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._buffer = ""
        self._position = 0
        self._is_over = False
        self._decoder = json.JSONDecoder(strict=False)

    def peek(self) -> str:
        """Return the next character that is no blank; empty at the end."""
        while True:
            while self._position < len(self._buffer):
                character = self._buffer[self._position]
                if character not in _BLANKS:
                    return character
                self._position += 1
            if not self._more():
                return ""

    def members(self) -> Iterator[str]:
        """Yield the keys of the object that begins here; after each the caller reads its value.

        Raises:
            JsonStreamError: No object begins here.
        """
        self._expect("{")
        if self.peek() == "}":
            self._position += 1
            return
        while True:
            key = self.value()
            if not isinstance(key, str):
                raise JsonStreamError("a key that is no text")
            self._expect(":")
            yield key
            if self._ends("}"):
                return

    def elements(self) -> Iterator[None]:
        """Yield before each element of the array that begins here; the caller reads it.

        Raises:
            JsonStreamError: No array begins here.
        """
        self._expect("[")
        if self.peek() == "]":
            self._position += 1
            return
        while True:
            yield None
            if self._ends("]"):
                return

    def value(self) -> Any:
        """Return the value that begins here, whole.

        Raises:
            JsonStreamError: There is none, it breaks off, or it is too long.
        """
        if not self.peek():
            raise JsonStreamError("the file breaks off")
        least = 0
        while True:
            try:
                found, end = self._decoder.raw_decode(self._buffer, self._position)
            except RecursionError as error:
                raise JsonStreamError("values are nested too deeply") from error
            except ValueError as error:
                length = len(self._buffer) - self._position
                if length > MAX_VALUE_CHARS:
                    raise JsonStreamError(f"a value of more than {MAX_VALUE_CHARS:,} characters") from error
                # Twice as much each time, so that reading stays linear.
                least = max(2 * length, CHUNK_CHARS)
                if not self._more(least):
                    raise JsonStreamError(f"not JSON, or it breaks off: {error}") from error
                continue
            # A number at the end of what was read may go on.
            if end == len(self._buffer) and isinstance(found, int | float) and self._more():
                continue
            self._position = end
            return found

    def _expect(self, mark: str) -> None:
        if self.peek() != mark:
            raise JsonStreamError(f"not JSON: {mark} is missing")
        self._position += 1

    def _ends(self, closing: str) -> bool:
        """Whether a container ends here; else the comma before its next value is passed."""
        mark = self.peek()
        if mark not in (",", closing) or not mark:
            raise JsonStreamError("not JSON, or it breaks off")
        self._position += 1
        return mark == closing

    def _more(self, least: int = CHUNK_CHARS) -> bool:
        """Read on; False at the end of the file."""
        if self._is_over:
            return False
        try:
            read = self._file.read(max(least, CHUNK_CHARS))
        except UnicodeDecodeError as error:
            raise JsonStreamError("not UTF-8") from error
        self._is_over = not read
        self._buffer = self._buffer[self._position :] + read
        self._position = 0
        return bool(read)
