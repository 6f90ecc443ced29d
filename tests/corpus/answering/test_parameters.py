"""A corpus answers by the parameters that it was opened with."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from corpus import Confidence, Corpus, CorpusOptions
from corpus.answering.parameters import (
    DEFAULTS,
    CalibrationParameters,
    CorrectionParameters,
    Parameters,
    SentenceParameters,
)
from corpus.question import QueryParameters
from corpus.retrieval.parameters import RetrievalParameters
from tests.corpus.archives import NOW, Folder, post

Opened = Callable[[Parameters], AbstractContextManager[Corpus]]

STORY = "临江大桥今天恢复通车，比计划提前三天，市民在桥上合影。" * 5


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    folder = Folder(tmp_path / "posts")
    folder.write("a.md", post("临江大桥恢复通车", STORY, author="江岸周刊"))
    folder.write("b.md", post("临江大桥恢复通车了", STORY, author="临江晚报"))
    folder.write("c.md", post("阮长庚辞职", "阮长庚昨天辞职。他要回家。阮长庚六十岁。", author="临江晚报"))
    options = CorpusOptions(folder.root, tmp_path / "data")
    with Corpus.open(options, now=lambda: NOW) as corpus:
        corpus.update(workers=0)

    @contextmanager
    def open_with(parameters: Parameters) -> Iterator[Corpus]:
        with Corpus.open(options, now=lambda: NOW, parameters=parameters) as corpus:
            yield corpus

    return open_with


def test_bands(opened: Opened) -> None:
    with opened(DEFAULTS) as corpus:
        assert corpus.ask("临江大桥恢复通车").confidence is Confidence.ANSWER
    with opened(replace(DEFAULTS, calibration=CalibrationParameters(answer=1.0))) as corpus:
        assert corpus.ask("临江大桥恢复通车").confidence is Confidence.RELATED


def test_collapsing_of_duplicates(opened: Opened) -> None:
    with opened(DEFAULTS) as corpus:
        assert len(corpus.ask("临江大桥恢复通车").hits[0].same_story) == 1
    with opened(replace(DEFAULTS, retrieval=RetrievalParameters(collapses_duplicates=False))) as corpus:
        assert corpus.ask("临江大桥恢复通车").hits[0].same_story == ()


def test_corrections(opened: Opened) -> None:
    with opened(DEFAULTS) as corpus:
        answer = corpus.ask("软长庚辞职")
        assert "阮长庚辞职" in {answer.corrected, *answer.suggestions}
    with opened(replace(DEFAULTS, correction=CorrectionParameters(max_confidence=0.0))) as corpus:
        answer = corpus.ask("软长庚辞职")
        assert (answer.corrected, answer.suggestions) == (None, ())


def test_second_sentences(opened: Opened) -> None:
    with opened(DEFAULTS) as corpus:
        assert len(corpus.ask("阮长庚辞职").hits[0].sentences) == 3
    narrow = SentenceParameters(min_second_share=2.0, max_window_chars=0)
    with opened(replace(DEFAULTS, sentences=narrow)) as corpus:
        assert len(corpus.ask("阮长庚辞职").hits[0].sentences) == 1


def test_parsing(opened: Opened) -> None:
    with opened(DEFAULTS) as corpus:
        assert corpus.ask("临江大桥恢复通车").hits
    with opened(replace(DEFAULTS, query=QueryParameters(max_terms=0))) as corpus:
        assert corpus.ask("临江大桥恢复通车").hits == ()
