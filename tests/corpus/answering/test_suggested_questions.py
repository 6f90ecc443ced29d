"""Questions to try: what somebody could ask who has not seen the headline."""

from pathlib import Path

import pytest

from corpus import Corpus, CorpusOptions
from corpus.answering import suggested_questions
from corpus.answering.parameters import Parameters
from corpus.answering.suggested_questions import clauses
from corpus.retrieval.archive import Archive
from tests.newspaper import STORIES, write_newspaper


@pytest.mark.parametrize("title", ["我是怎么读代码的？", "分享16个我总结的思维模型", "笔者眼中的临江大桥"])
def test_what_only_its_author_would_say_is_no_example(title: str) -> None:
    assert clauses(title) == []


def test_a_question_names_what_it_asks_of(sample: Corpus) -> None:
    """“涉及12418辆！远帆插混车型XR-770下月起召回” asks nothing by its first clause alone."""
    assert not any(example.startswith("涉及") for example in sample.example_questions(12))


def test_they_are_made_once_for_each_state_of_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    make = suggested_questions.suggest_questions

    def counted(archive: Archive, count: int, *, parameters: Parameters) -> tuple[str, ...]:
        made.append(count)
        return make(archive, count, parameters=parameters)

    monkeypatch.setattr(suggested_questions, "suggest_questions", counted)
    folder = write_newspaper(tmp_path / "archive", STORIES[:8])
    with Corpus.open(CorpusOptions(folder, tmp_path / "data")) as corpus:
        corpus.update(workers=0)
        first = corpus.example_questions(3)
        assert corpus.example_questions(1) == first[:1]
        assert len(made) == 1
        write_newspaper(tmp_path / "archive", STORIES[8:])
        corpus.update(workers=0)
        corpus.example_questions(3)
        assert len(made) == 2
        corpus.example_questions(12)
        assert made[2] == 12


def test_a_share_is_asked_for_as_people_ask(sample: Corpus) -> None:
    assert not any("百分之多少" in example for example in sample.example_questions(12))
