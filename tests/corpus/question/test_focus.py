"""What a question turns on."""

import pytest

from corpus.question import Utterance
from corpus.question.focus import proximity
from corpus.question.lexicon import default_lexicon


def near(question: str) -> dict[str, float]:
    said = Utterance.from_text(question)
    stop_words = said.places("stop")
    words = [word for place, word in enumerate(said.words) if place not in stop_words]
    return dict(proximity(said.normalized, words, said.lexicon.asking))


@pytest.mark.parametrize(
    ("question", "word"),
    [
        pytest.param("大桥封闭的原因是什么", "原因", id="before what asks"),
        pytest.param("小明就读于哪所大学", "大学", id="after it"),
        pytest.param("谁设计了大桥", "设计", id="at its beginning"),
        pytest.param("大桥通车了吗", "通车", id="at its end"),
        pytest.param("大桥造价", "造价", id="nothing asks"),
        pytest.param("Which licence did Lampion choose", "licence", id="English"),
    ],
)
def test_the_word_beside_what_asks_is_the_nearest(question: str, word: str) -> None:
    found = near(question)
    assert found[word] == 1
    assert min(found.values()) < 1


def test_the_farther_a_word_stands_the_less_it_counts() -> None:
    found = near("望湖剧院 周末 演出 票价 多少")
    assert found["剧院"] < found["周末"] < found["演出"] < found["票价"] == 1


def test_a_name_that_begins_like_an_interrogative_draws_nothing_near() -> None:
    assert near("几内亚地区采用什么货币")["几内亚"] < near("几内亚地区采用什么货币")["采用"]


def test_of_a_word_said_twice_the_nearer_place_counts() -> None:
    assert near("大桥 通车 后 大桥 收 多少")["大桥"] == near("通车 后 大桥 收 多少")["大桥"]


@pytest.mark.parametrize("word", ["几座", "几公里", "多少度", "哪条", "干嘛", "多长时间"])
def test_what_counts_or_names_asks(word: str) -> None:
    assert "interrogative" in default_lexicon().roles_of(word)


@pytest.mark.parametrize("word", ["几内亚", "几何", "哪吒", "多伦多", "座位", "公里"])
def test_a_name_that_begins_alike_does_not_ask(word: str) -> None:
    assert "interrogative" not in default_lexicon().roles_of(word)
