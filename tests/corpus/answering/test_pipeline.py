"""Asking through the facade: pages, order, filters, corrections, folding, what is read first."""

import json
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus import Confidence, Corpus, Filters, Order
from tests.assertions import assert_all
from tests.corpus.archives import Folder, opened, post, titles

PAIRS = Path(__file__).parents[2] / "sample_pairs.jsonl"
QUESTIONS = PAIRS.with_name("sample_questions.jsonl")


def pages(corpus: Corpus, question: str, order: Order, limit: int) -> list[str]:
    found: list[str] = []
    while hits := corpus.ask(question, limit=limit, offset=len(found), order=order).hits:
        found += [hit.article.id for hit in hits]
    return found


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("question", ["望江大桥", "盐与灯塔 50万份", "今年 发布 新", "the ferry"])
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pages_joined_are_one_ranked_list(sample: Corpus, question: str, order: Order, limit: int) -> None:
    whole = [hit.article.id for hit in sample.ask(question, limit=200, order=order).hits]
    assert pages(sample, question, order, limit) == whole
    assert len(set(whole)) == len(whole)


@pytest.mark.parametrize("limit", [1, 5, 40])
def test_the_confidence_is_that_of_the_best_hit_on_every_page(sample: Corpus, limit: int) -> None:
    first = sample.ask("望江大桥什么时候恢复通行")
    for order in Order:
        answer = sample.ask("望江大桥什么时候恢复通行", limit=limit, offset=limit, order=order)
        assert (answer.confidence, answer.score, answer.text) == (first.confidence, first.score, first.text)


def test_what_holds_a_quoted_phrase_comes_before_what_holds_the_other_words(sample: Corpus) -> None:
    hit = sample.ask("轮渡 大桥 「照常上班」", limit=1).hits[0]
    assert "照常上班" in hit.article.title + hit.passage.text


def test_among_first_hits_the_one_with_the_questions_numbers_leads(sample: Corpus) -> None:
    for number, title in [("12418", "召回"), ("24118", "10月交付新车")]:
        assert title in sample.ask(f"远帆汽车 {number} 辆", limit=1).hits[0].article.title


def test_newest_first_is_newest_first(sample: Corpus) -> None:
    dates = [hit.article.published for hit in sample.ask("望江大桥", limit=20, order=Order.NEWEST).hits]
    known = [date for date in dates if date is not None]
    assert known == sorted(known, reverse=True)


def test_a_story_with_an_advertisement_first_is_folded_and_reachable(sample: Corpus) -> None:
    hits = sample.ask("盐与灯塔 50万份", limit=10).hits
    told = [sample.article(each) for each in (hits[0].article.id, *hits[0].same_story)]
    assert {text.article.author for text in told if text} == {"像素酒馆", "极客岸", "模玩情报站"}
    assert not {hit.article.id for hit in hits[1:]} & set(hits[0].same_story)


def test_a_quoted_phrase_is_in_what_is_shown(sample: Corpus) -> None:
    hits = sample.ask('"伸缩缝" 大桥').hits
    assert_all(hits, lambda hit: "伸缩缝" in hit.article.title + hit.passage.text)


@pytest.mark.parametrize(
    ("question", "offered"),
    [
        pytest.param("青屿几月禁渔", True, id="a title names what is asked about"),
        pytest.param("台风芒果什么时候登陆", True, id="a title names its kind"),
        pytest.param("恐龙是怎么灭绝的", False, id="nothing in common"),
        pytest.param("比特币今天多少钱", False, id="a common word of the text"),
    ],
)
def test_where_nothing_answers_only_near_titles_are_offered(
    sample: Corpus, question: str, offered: bool
) -> None:
    answer = sample.ask(question)
    assert answer.confidence is Confidence.NONE
    assert answer.hits
    assert bool(answer.nearest) is offered
    words = ("青屿", "台风")
    assert all(any(word in hit.article.title for word in words) for hit in answer.nearest)


@pytest.mark.parametrize("question", ["台风石榴有人受伤吗", "台风石榴死了几个人", "台风石榴有人遇难吗"])
def test_nobody_hurt_answers_whether_anybody_was(sample: Corpus, question: str) -> None:
    answer = sample.ask(question)
    assert answer.text is not None
    assert "未接到人员伤亡报告" in answer.text


def test_an_excluded_word_is_nowhere_in_what_is_shown(sample: Corpus) -> None:
    hits = sample.ask("望江大桥 -伸缩缝", limit=20).hits
    assert hits
    assert not any("伸缩缝" in hit.article.title + hit.passage.text for hit in hits)


def test_a_corrected_question_keeps_the_rest_as_typed(sample: Corpus) -> None:
    answer = sample.ask("分类:阅读 宋彦ＡＢＣ的書")
    assert {answer.corrected, *answer.suggestions} - {None} == {"分类:阅读 宋砚ＡＢＣ的書"}


@pytest.mark.parametrize("question", ["望江大橋", "量子泡面 zzqx", "軟長庚", "pulsra"])
def test_a_suggestion_is_never_the_question_itself(sample: Corpus, question: str) -> None:
    assert question not in sample.ask(question).suggestions


def test_each_example_is_answered_for_sure(sample: Corpus, tmp_path: Path) -> None:
    examples = sample.example_questions(6)
    assert len(set(examples)) == 6
    assert sum(example.endswith("？") for example in examples) >= 4
    assert_all(examples, lambda example: sample.ask(example).confidence is Confidence.ANSWER)


ODD = [
    *(
        "",
        " ",
        "？？？",
        "的",
        "-h",
        "--help",
        '"',
        '"没有收尾',
        "分类:",
        "从:昨天",
        "\0\0",
        "\u202e倒",
        "\u200b",
        "😀" * 50,
        "🀄" * 300,
        "-",
    ),
    *("a" * 4096, "知" * 4096, "（" * 4096, "《" * 500 + "》" * 500, "-" * 4096, "2022年" * 800, "\ud800"),
]


@pytest.mark.parametrize("question", ODD, ids=lambda text: ascii(text[:8]))
def test_odd_questions_are_answered_calmly_and_soon(sample: Corpus, question: str) -> None:
    started = time.thread_time()
    answer = sample.ask(question)
    assert time.thread_time() - started < 1
    assert 0 <= answer.score <= 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200))
def test_any_text_gets_an_answer_with_spans_inside_the_passage(sample: Corpus, question: str) -> None:
    answer = sample.ask(question)
    assert (answer.text is None) == (answer.confidence is Confidence.NONE or answer.listing is not None)
    for hit in answer.hits:
        for spans in (hit.sentences, hit.highlights):
            edges = [edge for span in spans for edge in span]
            assert edges == sorted(edges)
            assert all(0 <= edge <= len(hit.passage.text) for edge in edges)


def test_a_filter_is_strict_whether_written_or_given(sample: Corpus) -> None:
    written = sample.ask("分类:游戏 澜川 从:2025-01-01", limit=20)
    given_ = sample.ask("澜川", filters=Filters(category="游戏", since=date(2025, 1, 1)), limit=20)
    assert [hit.article.id for hit in written.hits] == [hit.article.id for hit in given_.hits]
    assert_all(written.hits, lambda hit: "游戏" in hit.article.categories)
    assert written.filters.category == "游戏"


def test_a_homophone_is_corrected_and_said_so(sample: Corpus) -> None:
    pair = next(
        pair
        for pair in map(json.loads, PAIRS.read_text(encoding="utf-8").splitlines())
        if pair["kind"] == "homophone" and sample.ask(pair["b"]).corrected
    )
    answer = sample.ask(pair["b"])
    assert answer.corrected != pair["b"]
    assert answer.hits[0].article.path in {pair["article"], *pair["also"]}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("软长庚为什么辞职", "阮长庚为什么辞职"),
        ("望江大乔检测结果", "望江大桥检测结果"),
        ("江婉晴翻译奖叫什么", "江晚晴翻译奖叫什么"),
        ("逐光二好 卫星轨道多高", "逐光二号 卫星轨道多高"),
    ],
)
def test_a_slip_within_a_name_is_corrected(sample: Corpus, typed: str, meant: str) -> None:
    answer = sample.ask(typed)
    assert meant in {answer.corrected, *answer.suggestions}


def test_a_question_without_a_slip_is_not_corrected(sample: Corpus) -> None:
    """Whatever jieba cuts into single characters: 能带狗吗, 修过渠, 玩三天."""
    for entry in map(json.loads, QUESTIONS.read_text(encoding="utf-8").splitlines()):
        if entry["kind"] != "typo":
            assert sample.ask(entry["question"], limit=1).corrected is None


def test_nothing_of_it_is_not_found(sample: Corpus) -> None:
    answer = sample.ask("火星殖民地的房价走势")
    assert answer.confidence is not Confidence.ANSWER


def test_within_an_article_each_hit_is_a_passage_of_it(sample: Corpus) -> None:
    article = sample.ask("霁澜高铁能带狗吗").hits[0].article
    hits = sample.ask("票价", filters=Filters(article=article.id), limit=10).hits
    assert {hit.article.id for hit in hits} == {article.id}
    assert len({hit.passage.id for hit in hits}) == len(hits) > 1


@pytest.mark.parametrize("question", ["什么时候的事", "什麼時候的事", "有什么事", "是什么"])
def test_what_names_nothing_is_not_answered(sample: Corpus, question: str) -> None:
    assert sample.ask(question).confidence is Confidence.NONE


@pytest.fixture
def bridges(tmp_path: Path) -> Iterator[Corpus]:
    folder = Folder(tmp_path / "posts")
    texts = ["临江大桥最近要修，市民昨晚在桥上散步。", "临江大桥今天开始施工。", "临江大桥的施工完成了一半。"]
    for number, text in enumerate(texts):
        folder.write(
            f"{number}.md", post(f"临江大桥施工之{number}", text, date=f"202{number}-05-01 08:00:00")
        )
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        yield corpus


@pytest.mark.parametrize(
    "question", ["最近有什么关于临江大桥的", "最近有什麼關於臨江大橋的", "临江大桥近来的施工"]
)
def test_what_is_of_late_comes_newest_first(bridges: Corpus, question: str) -> None:
    assert titles(bridges, question) == [f"临江大桥施工之{number}" for number in (2, 1, 0)]


@pytest.mark.parametrize("question", ["昨晚临江大桥施工", "上周臨江大橋施工"])
def test_what_was_published_before_the_days_named_is_only_related(bridges: Corpus, question: str) -> None:
    answer = bridges.ask(question)
    assert answer.confidence is Confidence.RELATED
    assert bridges.ask("临江大桥施工").confidence is Confidence.ANSWER


def test_within_an_article_its_best_passage_makes_the_answer_sure(sample: Corpus) -> None:
    """Not the last of those that were compared, which has earned little."""
    everywhere = sample.ask("霁澜高铁二等座多少钱", limit=1)
    inside = sample.ask(everywhere.question, filters=Filters(article=everywhere.hits[0].article.id))
    assert inside.total > 5
    assert inside.score > everywhere.score - 0.1
