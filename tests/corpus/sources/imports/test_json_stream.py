"""Reading JSON piece by piece gives what reading it whole gives."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any, TextIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.sources.imports import json_stream
from corpus.sources.imports.json_stream import JsonStream, JsonStreamError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


def rebuilt(stream: JsonStream, depth: int) -> Any:
    """Enter containers to a depth, and take values below it whole."""
    if depth and stream.peek() == "{":
        return {key: rebuilt(stream, depth - 1) for key in stream.members()}
    if depth and stream.peek() == "[":
        return [rebuilt(stream, depth - 1) for _ in stream.elements()]
    return stream.value()


@given(VALUES, st.integers(0, 5), st.integers(1, 9), st.booleans())
def test_a_document_is_read_as_it_is_whole(value: Any, depth: int, chunk: int, indented: bool) -> None:
    text = json.dumps(value, indent=1 if indented else None, ensure_ascii=not indented)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "CHUNK_CHARS", chunk)
        assert rebuilt(JsonStream(io.StringIO(text)), depth) == value


@pytest.mark.parametrize("text", ["", "{", '{"a"', '{"a": 1', "[1,", "[1 2]", "{1: 2}", "nonsense", '"open'])
def test_what_breaks_off_or_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(JsonStreamError):
        rebuilt(JsonStream(io.StringIO(text)), 9)


def test_a_value_that_is_too_long_or_too_deep_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_VALUE_CHARS", 10_000)
    with pytest.raises(JsonStreamError, match="more than"):
        JsonStream(io.StringIO('"' + "x" * 900_000)).value()
    with pytest.raises(JsonStreamError, match="deeply"):
        JsonStream(io.StringIO("[" * 200_000)).value()


class Endless(io.TextIOBase):
    """A file of many messages that is made as it is read."""

    def __init__(self, count: int) -> None:
        self._pieces = self._make(count)

    def _make(self, count: int) -> Iterator[str]:
        yield '{"messages": ['
        for number in range(count):
            yield json.dumps({"id": number, "text": "x" * 1_000}) + ","
        yield "0]}"

    def read(self, size: int | None = -1) -> str:
        parts, length = [], 0
        for piece in self._pieces:
            parts.append(piece)
            length += len(piece)
            if length >= (size or 0):
                break
        return "".join(parts)


def test_memory_does_not_grow_with_the_file() -> None:
    tracemalloc.start()
    try:
        stream = JsonStream(cast(TextIO, Endless(15_000)))  # 15 MB
        count = 0
        for _ in stream.members():
            for _ in stream.elements():
                stream.value()
                count += 1
        assert count == 15_001
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
