"""Questions that words leave unsure: which hits meaning brings, in which order, and how sure they are."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from corpus import Confidence, Corpus, Filters, Order
from corpus.answering.parameters import DEFAULTS, Parameters
from corpus.models import Answer
from tests.assertions import assert_all
from tests.corpus.archives import NOW, Folder, options, post
from tests.corpus.semantic.encoders import TinyEncoder

POSTS = {
    "大桥": ("望江大桥恢复通行", "大桥在九月二十日早上六点恢复通行，限速四十公里。"),
    "茶园": ("云顶茶园提前开采", "今年的春茶比往年早了十天。"),
    "车站": ("柳林车站改建完工", "新的候车厅能坐八百人。"),
    "剧院": ("望湖剧院重新开放", "演出从下周六开始。"),
    "湿地": ("白鹭湿地来了新客人", "观测员数到三百只黑脸琵鹭。"),
    "电厂": ("长风电厂检修", "居民区昨夜停电两个小时。"),
    "English": ("A note on fonts", "The museum opened a new wing in spring, with fonts of all ages."),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with vectors, indexed once."""
    base = tmp_path_factory.mktemp("meaning")
    folder = Folder(base / "posts")
    for number, (name, (title, text)) in enumerate(POSTS.items()):
        category, day = "城市" if number % 2 else "郊外", f"2026-09-{number + 10} 08:00:00"
        folder.write(f"{name}.md", post(title, text, date=day, categories=category))
    settings = options(folder.root, base / "data", semantic=True)
    with Corpus.open(settings, now=lambda: NOW, encoder=TinyEncoder) as corpus:
        corpus.update(workers=0)
        corpus.update_vectors()
    return base / "data"


def opened(data: Path, *, semantic: bool = True, parameters: Parameters = DEFAULTS) -> Corpus:
    settings = options(None, data, semantic=semantic)
    return Corpus.open(settings, now=lambda: NOW, encoder=TinyEncoder, parameters=parameters)


@pytest.fixture
def corpus(data: Path) -> Iterator[Corpus]:
    with opened(data) as corpus:
        yield corpus


@pytest.fixture
def words_only(data: Path) -> Iterator[Corpus]:
    with opened(data, semantic=False) as corpus:
        yield corpus


def titles(answer: Answer) -> list[str]:
    return [hit.article.title for hit in answer.hits]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("When does the bridge reopen?", "大桥"),
        ("how early is the tea picked", "茶园"),
        ("How many people fit into the station?", "车站"),
        ("who plays at the theatre", "剧院"),
        ("Which birds came to the wetland?", "湿地"),
        ("WETLAND", "湿地"),
    ],
)
def test_a_question_in_another_language_finds_what_no_word_does(
    corpus: Corpus, words_only: Corpus, question: str, name: str
) -> None:
    answer, before = corpus.ask(question), words_only.ask(question)
    assert titles(answer)[0] == POSTS[name][0]
    assert POSTS[name][0] not in titles(before)
    assert answer.confidence is Confidence.RELATED
    assert answer.hits[0].passage.text == POSTS[name][1]


def test_what_meaning_finds_is_related_at_most_whatever_the_parameters(data: Path) -> None:
    """Not even where the rest of the evidence would call it sure."""
    sure = replace(DEFAULTS, calibration=replace(DEFAULTS.calibration, bias=9.0, max_other_language=1.0))
    unsure = replace(sure, semantic=replace(DEFAULTS.semantic, max_confidence=10.0))
    with opened(data, parameters=unsure) as corpus:
        answer = corpus.ask("Does the museum have a theatre?")
    assert titles(answer)[0] == POSTS["剧院"][0]
    assert answer.score == DEFAULTS.semantic.max_score
    assert answer.confidence is Confidence.RELATED


def test_only_what_is_near_enough_is_told_as_related(data: Path) -> None:
    strict = replace(DEFAULTS, semantic=replace(DEFAULTS.semantic, min_foreign_cosine=1.1))
    with opened(data, parameters=strict) as corpus:
        answer = corpus.ask("bridge")
    assert titles(answer)[0] == POSTS["大桥"][0]
    assert answer.confidence is Confidence.NONE


@pytest.mark.parametrize(
    "question", ["望江大桥什么时候恢复通行", "春茶早了几天", "Did the museum open a new wing in spring?"]
)
def test_what_words_answer_surely_stays_as_it_is(corpus: Corpus, words_only: Corpus, question: str) -> None:
    answer, before = corpus.ask(question), words_only.ask(question)
    assert before.confidence is Confidence.ANSWER
    assert (answer.text, answer.score) == (before.text, before.score)
    assert titles(answer)[: before.total] == titles(before)


def test_among_what_words_found_meaning_moves_the_nearer_one_up(corpus: Corpus, words_only: Corpus) -> None:
    """戏院 stands in no article; 开放 and 新 do in others."""
    question = "新的戏院在哪"
    before, answer = words_only.ask(question), corpus.ask(question)
    assert before.score < DEFAULTS.semantic.max_confidence
    assert titles(before)[0] != POSTS["剧院"][0]
    assert titles(answer)[0] == POSTS["剧院"][0]
    assert sorted(titles(answer)) == sorted(titles(before))
    assert before.score <= answer.score < DEFAULTS.calibration.answer


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(category="郊外"), "大桥"),
        (Filters(category="城市"), None),
        (Filters(excluded=("限速",)), None),
    ],
)
def test_filters_hold_for_what_meaning_finds(corpus: Corpus, filters: Filters, expected: str | None) -> None:
    answer = corpus.ask("When does the bridge reopen?", filters=filters)
    found = POSTS["大桥"][0] in titles(answer)
    assert found is (expected is not None)


def test_filters_of_days_hold_too(corpus: Corpus) -> None:
    answer = corpus.ask("bridge 从:2026-09-12")
    assert_all(answer.hits, lambda hit: hit.article.published is not None and hit.article.published.day >= 12)


def test_pages_join_without_gap(corpus: Corpus) -> None:
    whole = titles(corpus.ask("theatre by the station", limit=7))
    pages = [
        titles(corpus.ask("theatre by the station", limit=2, offset=offset)) for offset in range(0, 8, 2)
    ]
    assert [title for page in pages for title in page] == whole
    assert len(set(whole)) == len(whole) == 7


def test_by_date_only_what_fits_best_comes(corpus: Corpus) -> None:
    newest = titles(corpus.ask("bridge and tea", order=Order.NEWEST))
    assert newest == [POSTS["茶园"][0], POSTS["大桥"][0]]


def test_an_article_that_left_is_passed_over(tmp_path: Path) -> None:
    """The vectors follow later than the archive."""
    folder = Folder(tmp_path / "posts")
    for name, (title, text) in POSTS.items():
        folder.write(f"{name}.md", post(title, text))
    settings = options(folder.root, tmp_path / "data", semantic=True)
    with Corpus.open(settings, now=lambda: NOW, encoder=TinyEncoder) as corpus:
        corpus.update(workers=0)
        corpus.update_vectors()
        (folder.root / "大桥.md").unlink()
        folder.write("电桥.md", post("铁索桥修好了", "桥面换了新木板。"))
        corpus.update(workers=0)
        assert POSTS["大桥"][0] not in titles(corpus.ask("bridge"))
        assert corpus.update_vectors() == 1
        assert titles(corpus.ask("bridge"))[0] == "铁索桥修好了"


def test_a_list_is_a_list(corpus: Corpus, words_only: Corpus) -> None:
    for question in ("最近有什么新闻", "分类:城市"):
        assert titles(corpus.ask(question)) == titles(words_only.ask(question))


def test_one_article_is_searched_by_its_words(corpus: Corpus) -> None:
    [first, *_] = corpus.ask("大桥").hits
    answer = corpus.ask("theatre 六点", filters=Filters(article=first.article.id))
    assert_all(titles(answer), lambda title: title == first.article.title)
