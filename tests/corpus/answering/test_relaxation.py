"""Conditions that nothing meets are named, and the question is answered without them."""

from pathlib import Path

import pytest

from corpus import Corpus, Filters
from corpus.answering import relaxation
from corpus.models import Condition, Unmet
from tests.assertions import assert_all
from tests.corpus.archives import Folder, opened, post

PHRASE = Condition.PHRASE


@pytest.mark.parametrize(
    ("question", "phrase"),
    [
        pytest.param('"望江大桥停运"什么时候恢复', "望江大桥停运", id="straight quotes"),
        pytest.param("“望江大桥停运”什么时候恢复", "望江大桥停运", id="Chinese quotes"),
        pytest.param("「望江大橋停運」什麼時候恢復", "望江大桥停运", id="corner brackets"),
    ],
)
def test_a_quoted_phrase_that_nothing_holds_is_named_and_its_words_are_searched(
    sample: Corpus, question: str, phrase: str
) -> None:
    answer = sample.ask(question)
    assert answer.unmet == (Unmet(PHRASE, phrase),)
    assert answer.filters.phrases == ()
    assert "望江大桥" in answer.hits[0].article.title


@pytest.mark.parametrize(
    "question", ['"望江大桥"什么时候恢复', "“望江大桥”什么时候恢复", '"主体安全" 望江大桥', "望江大桥"]
)
def test_a_phrase_that_something_holds_is_met(sample: Corpus, question: str) -> None:
    answer = sample.ask(question)
    assert answer.hits
    assert answer.unmet == ()


def test_of_several_phrases_those_that_something_holds_still_filter(sample: Corpus) -> None:
    answer = sample.ask('"望江大桥停运" "伸缩缝" 什么时候', limit=20)
    assert answer.unmet == (Unmet(PHRASE, "望江大桥停运"),)
    assert answer.filters.phrases == ("伸缩缝",)
    assert_all(answer.hits, lambda hit: "伸缩缝" in hit.article.title + hit.passage.text)
    apart = sample.ask('"望江大桥" "盐与灯塔"')
    assert [each.value for each in apart.unmet] == ["望江大桥", "盐与灯塔"]
    assert apart.filters.phrases == ()


def test_what_was_excluded_stays_excluded_without_the_quotes(sample: Corpus) -> None:
    answer = sample.ask('"望江大桥停运" -"伸缩缝" 大桥', limit=20)
    assert answer.unmet == (Unmet(PHRASE, "望江大桥停运"),)
    assert answer.hits
    assert not any("伸缩缝" in hit.article.title + hit.passage.text for hit in answer.hits)


def test_a_slip_within_quotes_that_nothing_holds_is_corrected(sample: Corpus) -> None:
    answer = sample.ask('"宋彦的书" 阅读')
    assert answer.unmet == (Unmet(PHRASE, "宋彦的书"),)
    assert '"' not in "".join((answer.corrected or "", *answer.suggestions))


def test_phrases_of_the_caller_are_strict(sample: Corpus) -> None:
    answer = sample.ask("望江大桥", filters=Filters(phrases=("望江大桥停运",)))
    assert answer.hits == ()
    assert answer.unmet == ()


def test_pages_of_a_relaxed_question_fit_together(sample: Corpus) -> None:
    question = '"望江大桥停运"什么时候恢复'
    first, second = sample.ask(question, limit=2), sample.ask(question, limit=2, offset=2)
    both = sample.ask(question, limit=4)
    assert [hit.article for hit in first.hits + second.hits] == [hit.article for hit in both.hits]
    assert second.unmet == both.unmet


@pytest.mark.parametrize(
    ("question", "unmet", "suggestions"),
    [
        pytest.param(
            "分类:新媒休 望江大桥",
            Unmet(Condition.CATEGORY, "新媒休", ("新媒体",)),
            ("分类:新媒体 望江大桥",),
            id="one wrong character",
        ),
        pytest.param(
            "作者:晚报社 望江大桥",
            Unmet(Condition.AUTHOR, "晚报社", ("澜川晚报",)),
            ("作者:澜川晚报 望江大桥",),
            id="half of a name",
        ),
        pytest.param(
            "分类:锦融 望江大桥",
            Unmet(Condition.CATEGORY, "锦融", ("金融",)),
            ("分类:金融 望江大桥",),
            id="sounds alike",
        ),
        pytest.param("分类:xxx 望江大桥", Unmet(Condition.CATEGORY, "xxx"), (), id="like nothing"),
        pytest.param(
            "作者:Bridge 望江大桥", Unmet(Condition.AUTHOR, "Bridge"), (), id="a few letters in common"
        ),
    ],
)
def test_a_name_that_nothing_bears_is_named_with_the_nearest(
    sample: Corpus, question: str, unmet: Unmet, suggestions: tuple[str, ...]
) -> None:
    answer, plain = sample.ask(question), sample.ask("望江大桥")
    assert answer.unmet == (unmet,)
    assert answer.suggestions == suggestions
    assert answer.filters == Filters()
    assert [hit.article for hit in answer.hits] == [hit.article for hit in plain.hits]


@pytest.mark.parametrize(
    "question", ["分类:新媒体 望江大桥", "分类:媒体 望江大桥", "作者:晚报 望江大桥", "来源:新媒体 望江大桥"]
)
def test_names_and_parts_of_names_are_met(sample: Corpus, question: str) -> None:
    assert sample.ask(question).unmet == ()


def test_an_outlet_that_is_no_category_may_be_asked_for_as_one(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "posts")
    folder.write("a.md", post("大桥通车", "大桥今天通车。", author="江岸周刊"))
    folder.write("b.md", post("大桥停运", "大桥昨天停运。", author="临江晚报"))
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        answer = corpus.ask("分类:江岸周刊 大桥")
        assert [hit.article.path for hit in answer.hits] == ["a.md"]
        assert answer.unmet == ()
        ids = [hit.article.id for hit in corpus.ask("大桥").hits]
        assert corpus.matching("分类:江岸周刊 大桥", ids) == (answer.hits[0].article.id,)


def test_several_unknown_names_are_replaced_together() -> None:
    unmet = (Unmet(Condition.CATEGORY, "甲", ("乙", "DT 财经")), Unmet(Condition.AUTHOR, "丙"))
    assert relaxation.alternatives("分类:甲 作者:丙 大桥", unmet) == ("分类:乙  大桥", '分类:"DT 财经"  大桥')
