"""Features of a hit: confidence grows with what its text says of the question."""

from pathlib import Path

import pytest

from corpus.answering.parameters import DEFAULTS
from tests.corpus.archives import Folder, opened, post


def sureness(folder: Path, question: str, *sentences: str) -> float:
    """How sure an answer is over posts of which one, on the harbour of 青石, has these sentences."""
    archive = Folder(folder / "archive")
    archive.write_named(30)
    archive.write("码头.md", post("青石码头扩建", "".join(sentences)))
    with opened(archive.root, folder / "data") as corpus:
        corpus.update(workers=0)
        answer = corpus.ask(question, limit=1)
    assert answer.hits[0].article.title == "青石码头扩建"
    return answer.score


MAX_WITHOUT_TYPE = DEFAULTS.calibration.max_without_type
ASKED = "青石码头扩建的总投资是多少"
OTHER = "工人们每天清晨乘船过江。"


@pytest.mark.parametrize(
    ("sentences", "lesser"),
    [
        pytest.param(
            ("青石码头扩建总投资三亿元。", OTHER),
            ("青石码头扩建长三百米。", OTHER),
            id="what is asked for is there",
        ),
        pytest.param(
            ("总投资是3.5亿元。", OTHER),
            ("总投资没有公布。", "渡船有3艘。"),
            id="with something of the asked kind",
        ),
        pytest.param(
            ("总投资3亿元。", OTHER),
            ("总的说来还有投资。", "水深3米。"),
            id="in one place rather than in pieces",
        ),
    ],
)
def test_the_answer_is_surer_where_what_the_question_turns_on_is_said(
    tmp_path: Path, sentences: tuple[str, ...], lesser: tuple[str, ...]
) -> None:
    assert sureness(tmp_path / "more", ASKED, *sentences) > sureness(tmp_path / "less", ASKED, *lesser) + 0.01


def test_a_word_that_asks_need_not_be_said(tmp_path: Path) -> None:
    told = ("码头有4座仓库。", OTHER)
    assert sureness(tmp_path / "a", "青石码头有几座仓库", *told) >= sureness(
        tmp_path / "b", "青石码头仓库数量", *told
    )


@pytest.mark.parametrize(
    ("question", "told", "silent"),
    [
        ("青石码头扩建展的门票多少钱", "青石码头扩建展的门票每张20元。", "青石码头扩建展的门票在入口处买。"),
        ("青石码头的特展有几页介绍", "青石码头的特展有12页介绍。", "青石码头的特展有介绍，展期到11月。"),
        ("青石码头的修缮谈了多久", "青石码头的修缮谈了三个月。", "青石码头的修缮2022年9月23日谈过。"),
    ],
)
def test_nothing_of_what_is_asked_for_is_no_sure_answer(
    tmp_path: Path, question: str, told: str, silent: str
) -> None:
    assert sureness(tmp_path / "told", question, told, OTHER) > MAX_WITHOUT_TYPE
    assert sureness(tmp_path / "silent", question, silent, OTHER) <= MAX_WITHOUT_TYPE
