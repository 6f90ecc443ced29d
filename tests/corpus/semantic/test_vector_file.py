"""The file of vectors: what is written is read again; damage and other origins are told."""

from pathlib import Path

import numpy as np
import pytest

from corpus.errors import IndexUnavailableError
from corpus.index import array_file
from corpus.semantic.vector_file import (
    OPENING_CHARS,
    ArticleOpening,
    Origin,
    Rows,
    VectorFile,
    VectorWriter,
    encode_articles,
)
from tests.corpus.semantic.encoders import TinyEncoder

ENCODER = TinyEncoder()
ORIGIN = Origin.of(ENCODER, store=7)
ARTICLES = [
    ArticleOpening(3, "大桥通车", "桥上昨天通车。"),
    ArticleOpening(5, "茶园开采", "今年的茶早了十天。"),
    ArticleOpening(9, "天气", "明天有雨。"),
]


def write(path: Path, rows: Rows | None = None) -> Rows:
    writer = VectorWriter(path)
    rows = encode_articles(ENCODER, ARTICLES) if rows is None else rows
    writer.append(rows)
    writer.finish(ORIGIN, (12, 4))
    return rows


def test_what_is_written_is_read(tmp_path: Path) -> None:
    written = write(tmp_path / "semantic" / "v")
    file = VectorFile(tmp_path / "semantic" / "v", ORIGIN)
    assert file.mark == (12, 4)
    assert file.rows.numbers.tolist() == [3, 5, 9]
    assert file.rows.integers.tolist() == written.integers.tolist()
    assert [path.name for path in (tmp_path / "semantic").iterdir()] == ["v"]


def test_a_vector_is_the_mean_of_the_title_and_of_title_and_opening() -> None:
    opening = ArticleOpening(1, "大桥", f"茶{'。' * OPENING_CHARS}车站")
    title, both = ENCODER.encode(["大桥", "大桥 茶"])
    mean = (title + both) / np.linalg.norm(title + both)
    rows = encode_articles(ENCODER, [opening])
    assert rows.integers[0] * rows.scales[0] == pytest.approx(mean, abs=0.01)
    assert ArticleOpening(1, "大桥", f"{opening.text}电厂").fingerprint == opening.fingerprint
    assert ArticleOpening(1, "大桥", "茶园").fingerprint != opening.fingerprint


def test_cosines_are_those_of_the_exact_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.semantic.vector_file.SEARCHED_AT_ONCE", 7)
    exact = np.random.default_rng(1).normal(size=(50, 64)).astype(np.float32)
    exact /= np.linalg.norm(exact, axis=1, keepdims=True)
    scales = np.abs(exact).max(axis=1) / 127
    integers = np.rint(exact / scales[:, None]).astype(np.int8)
    rows = Rows(np.arange(50), np.zeros(50, np.uint64), scales.astype(np.float32), integers)
    assert rows.cosines(exact[3]) == pytest.approx(exact @ exact[3], abs=0.01)


@pytest.mark.parametrize("numbers", [[3, 9], [4], [], [1, 3, 5, 9, 10]])
def test_places_are_found_by_number(numbers: list[int]) -> None:
    rows = encode_articles(ENCODER, ARTICLES)
    expected = [[3, 5, 9].index(number) if number in {3, 5, 9} else -1 for number in numbers]
    assert rows.places_of(numbers).tolist() == expected
    assert rows.at(np.empty(0, np.int64)).places_of(numbers).tolist() == [-1] * len(numbers)


@pytest.mark.parametrize(
    "other",
    [
        Origin.of(TinyEncoder("tiny 2"), store=7),
        Origin.of(ENCODER, store=8),
        Origin(ENCODER.version, ENCODER.dimensions, 7, format=0),
    ],
    ids=["encoder", "database", "format"],
)
def test_vectors_of_another_origin_are_refused(tmp_path: Path, other: Origin) -> None:
    write(tmp_path / "v")
    with pytest.raises(IndexUnavailableError, match="another version or from another database"):
        VectorFile(tmp_path / "v", other)


@pytest.mark.parametrize("mapped", [False, True])
def test_every_byte_that_is_damaged_is_noticed(
    tmp_path: Path, mapped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if mapped:
        monkeypatch.setattr(array_file, "MAX_COPIED_BYTES", 0)
    path = tmp_path / "v"
    rows = write(path)
    whole = path.read_bytes()
    places = [whole.index(rows.integers.tobytes()), whole.index(rows.scales.tobytes()), len(whole) - 30]
    for place in places:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(IndexUnavailableError, match="damaged"):
            VectorFile(path, ORIGIN)
    for length in (0, 5, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(IndexUnavailableError, match="damaged"):
            VectorFile(path, ORIGIN)


def test_a_mapped_file_that_is_cut_short_while_open_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_file, "MAX_COPIED_BYTES", 0)
    write(tmp_path / "v")
    file = VectorFile(tmp_path / "v", ORIGIN)
    assert not file.has_changed
    with (tmp_path / "v").open("r+b") as opened:
        opened.truncate(10)
    assert file.has_changed


def test_without_a_file_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        VectorFile(tmp_path / "v", ORIGIN)
