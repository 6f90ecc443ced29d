"""What questions get of the vectors: loaded once, followed as the file changes, never in anybody's way."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.semantic.encoder import Encoder, EncoderUnavailableError
from corpus.semantic.reader import SemanticReader, SemanticSnapshot
from corpus.semantic.vector_file import ArticleOpening, Origin, VectorWriter, encode_articles
from tests.corpus.semantic.encoders import TinyEncoder

BRIDGE = ArticleOpening(1, "大桥通车", "桥")
TEA = ArticleOpening(2, "茶园开采", "茶")
RAIN = ArticleOpening(4, "下雨", "")


def write(path: Path, *articles: ArticleOpening, store: int = 7) -> None:
    encoder = TinyEncoder()
    writer = VectorWriter(path)
    writer.append(encode_articles(encoder, articles))
    writer.finish(Origin.of(encoder, store), (1, 1))


def reader_of(path: Path, load: Callable[[], Encoder] = TinyEncoder) -> SemanticReader:
    return SemanticReader(path, load, lambda: 7)


def joined(reader: SemanticReader) -> SemanticSnapshot | None:
    """The snapshot, once what is being loaded is loaded."""
    reader.snapshot()
    for thread in threading.enumerate():
        if thread.name == "loading vectors":
            thread.join()
    return reader.snapshot()


def test_the_nearest_articles_come_first(tmp_path: Path) -> None:
    write(tmp_path / "v", BRIDGE, TEA, RAIN)
    snapshot = reader_of(tmp_path / "v").snapshot()
    assert snapshot is not None
    vector = snapshot.encode("When does the tea season begin?")
    assert snapshot.nearest(vector, 1) == [2]
    assert sorted(snapshot.nearest(vector, 10)) == [1, 2, 4]
    near, missing, far = snapshot.cosines(vector, [2, 3, 1])
    assert near > 0.9
    assert missing == 0
    assert far < 0.1


def test_the_encoder_is_loaded_once_and_the_file_followed(tmp_path: Path) -> None:
    loads: list[int] = []

    def load() -> Encoder:
        loads.append(1)
        return TinyEncoder()

    reader = reader_of(tmp_path / "v", load)
    assert reader.snapshot() is None
    assert "none yet" in str(reader.problem)
    assert not loads  # without vectors an encoder is of no use
    write(tmp_path / "v", BRIDGE)
    first = reader.snapshot()
    assert first is not None
    assert reader.problem is None
    write(tmp_path / "v", BRIDGE, TEA)
    second = reader.snapshot()
    assert second is not None
    assert (first.rows.numbers.tolist(), second.rows.numbers.tolist()) == ([1], [1, 2])
    (tmp_path / "v").unlink()
    assert reader.snapshot() is None
    assert loads == [1]


@pytest.mark.parametrize("damage", ["cut", "other store"])
def test_a_file_of_no_use_is_told_once_and_the_next_one_followed(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "v"
    write(path, BRIDGE, store=8 if damage == "other store" else 7)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-9])
    reader = reader_of(path)
    assert [reader.snapshot() for _ in range(3)] == [None] * 3
    assert len(caplog.records) == 1
    assert "the next update makes them anew" in str(reader.problem)
    write(path, BRIDGE)
    assert reader.snapshot() is not None
    assert reader.problem is None


def test_an_encoder_that_is_missing_is_told_and_costs_no_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def missing() -> Encoder:
        raise EncoderUnavailableError("the package is not installed")

    write(tmp_path / "v", BRIDGE)
    reader = reader_of(tmp_path / "v", missing)
    assert [reader.snapshot(), reader.snapshot()] == [None, None]
    assert [record.getMessage() for record in caplog.records] == [
        "questions are answered without vectors: the package is not installed"
    ]


def test_vectors_of_a_database_that_was_replaced_are_not_used(tmp_path: Path) -> None:
    write(tmp_path / "v", BRIDGE)
    store = [7]
    reader = SemanticReader(tmp_path / "v", TinyEncoder, lambda: store[0])
    assert reader.snapshot() is not None
    store[0] = 8
    assert reader.snapshot() is None


def test_in_the_background_no_question_waits(tmp_path: Path) -> None:
    """The first questions are answered without; while other vectors are loaded, with those there were."""
    may_load = threading.Event()

    def load() -> Encoder:
        assert may_load.wait(30)
        return TinyEncoder()

    write(tmp_path / "v", BRIDGE)
    reader = reader_of(tmp_path / "v", load)
    reader.load_in_background()
    assert [reader.snapshot(), reader.snapshot()] == [None, None]
    may_load.set()
    first = joined(reader)
    assert first is not None
    write(tmp_path / "v", BRIDGE, TEA)
    meanwhile = reader.snapshot()
    assert meanwhile is not None
    assert meanwhile.rows.numbers.tolist() in ([1], [1, 2])
    later = joined(reader)
    assert later is not None
    assert later.rows.numbers.tolist() == [1, 2]
