"""Questions as people type them: filter syntax, question words, terms, synonyms."""

import time
from datetime import date
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Filters
from corpus.question.parser import MAX_CHARACTERS, MAX_TERMS, parse
from corpus.question.query import Query
from corpus.question.synonyms import synonyms_of
from corpus.text.folding import fold
from corpus.text.terms import Family

TODAY = date(2026, 11, 23)


def parsed(question: str, filters: Filters = Filters()) -> Query:
    return parse(question, filters=filters, today=TODAY)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("分类:金融 谁辞职了", Filters(category="金融"), id="category"),
        pytest.param("谁辞职了 分类：金融", Filters(category="金融"), id="full-width colon"),
        pytest.param("分类: 金融 谁辞职了", Filters(category="金融"), id="a blank behind the colon"),
        pytest.param("谁辞职了 分类：　金融", Filters(category="金融"), id="a full-width blank"),
        pytest.param('作者:"DT 财经" 房价', Filters(author="DT 财经"), id="quoted value"),
        pytest.param("来源:虎嗅 早报", Filters(author="虎嗅"), id="outlet"),
        pytest.param(
            "从:2021-12-01 到:2021-12-31 外交",
            Filters(since=date(2021, 12, 1), until=date(2021, 12, 31)),
            id="days",
        ),
        pytest.param(
            "到:2021-12 外交", Filters(until=date(2021, 12, 31)), id="a month ends with its last day"
        ),
        pytest.param("since:昨天 外交", Filters(since=date(2026, 11, 22)), id="relative day"),
        pytest.param('"Pulsar 集群" 版本', Filters(phrases=("pulsar 集群",)), id="phrase"),
        pytest.param("苹果 -手机", Filters(excluded=("手机",)), id="excluded word"),
        pytest.param('苹果 -"iPhone 14"', Filters(excluded=("iphone 14",)), id="excluded phrase"),
    ],
)
def test_the_filter_syntax_filters(question: str, expected: Filters) -> None:
    assert parsed(question).filters == expected


@pytest.mark.parametrize(
    "question",
    ["从:哪里 出发", "从: 哪里 出发", "比分3:2", "ls -h 怎么用", "气温-5度", "-广告", "http://example.com"],
)
def test_what_only_looks_like_syntax_is_a_question(question: str) -> None:
    query = parsed(question)
    assert query.filters == Filters()
    assert query.words


def test_the_callers_filters_stay_beside_those_of_the_question() -> None:
    query = parsed('"听证会" 作者:晚报', Filters(category="城市", phrases=("票价",)))
    assert query.filters == Filters(category="城市", author="晚报", phrases=("票价", "听证会"))


def test_filter_syntax_leaves_every_other_character_in_its_place() -> None:
    question = '分类:金融 谁-辞职 "了" -手机'
    query = parsed(question)
    assert len(query.content) == len(question)
    assert all(one in {" ", other} for one, other in zip(query.content, question, strict=True))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        pytest.param("请问临江大桥什么时候通车呢", ("临江", "大桥", "通车"), id="question words are cut"),
        pytest.param("what is the price of pulsar", ("price", "pulsar"), id="English"),
        pytest.param("怎么样", ("怎么样",), id="all that is left is content"),
        pytest.param("通车 通车", ("通车",), id="once each"),
        pytest.param("？！。", (), id="only marks"),
        pytest.param("", (), id="nothing"),
    ],
)
def test_content_words_are_what_is_searched(question: str, words: tuple[str, ...]) -> None:
    assert parsed(question).words == words


@pytest.mark.parametrize(
    ("question", "words"),
    [
        pytest.param("有没有讲iPhone 14选购的文章", ("iphone", "14", "选购"), id="articles that tell of it"),
        pytest.param("有沒有講iPhone 14選購的文章", ("iphone", "14", "选购"), id="the same, traditional"),
        pytest.param("推荐几篇关于产品经理的文章", ("产品", "经理"), id="recommend some"),
        pytest.param("推薦幾篇關於產品經理的文章", ("产品", "经理"), id="recommend some, traditional"),
        pytest.param("给我讲讲折叠屏", ("折叠", "屏"), id="tell me"),
        pytest.param("請給我列出所有關於蘋果的新聞", ("苹果",), id="list all"),
        pytest.param("帮我找一下折叠屏手机", ("折叠", "屏", "手机"), id="find"),
        pytest.param("我想看特斯拉", ("特斯拉",), id="a wish"),
        pytest.param("有特斯拉的新闻吗", ("特斯拉",), id="news"),
        pytest.param("华为最新消息", ("华为",), id="newest news"),
        pytest.param("show me articles about apple", ("apple",), id="English"),
        pytest.param("推荐系统怎么做", ("推荐", "系统", "做"), id="a subject that begins like a request"),
        pytest.param("新浪新闻", ("新浪", "新闻"), id="a name that ends in news"),
        pytest.param("想推荐文章给晚报", ("想", "推荐", "文章", "晚报"), id="somebody's own articles"),
        pytest.param("最近有什么关于华为的", ("华为",), id="of late"),
        pytest.param("昨晚A股", ("a", "股"), id="last night"),
        pytest.param("上週華為發佈會", ("华为", "发布会"), id="last week"),
        pytest.param("《最近的距离》票房", ("最近", "距离", "票房"), id="a title"),
        pytest.param("今日头条 张一鸣", ("今日", "头条", "张一鸣"), id="a name that begins like a date"),
        pytest.param("以上周边设施", ("以上", "周边", "设施"), id="a date across two words"),
        pytest.param("夜市周五开到几点", ("夜市", "周五", "开"), id="a weekday that comes again"),
    ],
)
def test_requests_and_dates_counted_from_today_are_not_searched_for(
    question: str, words: tuple[str, ...]
) -> None:
    query = parsed(question)
    assert query.words == words
    searched = {term.text for term in query.terms if term.weight == 1}
    assert searched == set(words)


@pytest.mark.parametrize(
    ("question", "browses"),
    [
        ("有什么热点", ""),
        ("有什麼熱點", ""),
        ("昨天发生了什么", ""),
        ("9月26日", ""),
        ("最近", ""),
        ("给我看看昨天的新闻", ""),
        ("最近的财经新闻", "财经"),
        ("果壳网有哪些文章", "果壳网"),
        ("有什么事", None),
        ("什么时候的事", None),
        ("谁报道了这个新闻", None),
        ("昨天谁发布了新手机", None),
        ("今年多大", None),
        ("1984", None),
        ("发布会", None),
    ],
)
def test_only_news_or_a_date_alone_ask_for_what_there_is(question: str, browses: str | None) -> None:
    assert parsed(question).browses == browses


def test_a_question_of_nothing_but_a_phrase_asks_for_the_phrase() -> None:
    assert parsed('"的"').words == ("的",)


def test_synonyms_are_searched_at_a_lower_weight() -> None:
    terms = {term.text: term.weight for term in parsed("薪水多少").terms if term.family is Family.WORDS}
    assert terms["工资"] < terms["薪水"]


def test_what_means_the_same_as_a_name_counts_as_finding_each_part_of_it() -> None:
    assert parsed("川普发言").evidence["川"] == ("川", "特朗普", "trump")


def test_one_way_synonyms_go_one_way() -> None:
    assert "上海" in synonyms_of("魔都")
    assert "魔都" not in synonyms_of("上海")


def test_synonyms_are_found_the_longest_first() -> None:
    assert "北京大学" in synonyms_of("北大")
    assert not any(term.text == "北京大学" for term in parsed("东北大学校长").terms)
    assert any(term.text == "北京大学" for term in parsed("北大校长").terms)


@pytest.mark.parametrize(
    ("question", "synonym"),
    [("中国中铁中标", "初中"), ("线下市场恢复", "退市"), ("通过身份证", "去世"), ("开放工作签证", "下班")],
)
def test_a_synonym_is_not_found_across_two_words(question: str, synonym: str) -> None:
    assert not any(term.text == synonym for term in parsed(question).terms)


def test_a_synonym_does_not_begin_within_a_latin_word() -> None:
    assert any(term.text == "哔哩" for term in parsed("b站").terms)
    assert not any(term.text == "哔哩" for term in parsed("usb站").terms)


def test_groups_of_synonyms_are_folded_and_said_once() -> None:
    lines = (
        resources.files("corpus.question").joinpath("synonyms.txt").read_text(encoding="utf-8").splitlines()
    )
    groups = [line for line in lines if line and not line.startswith("#")]
    assert len(groups) == len(set(groups))
    for group in groups:
        words = group.partition("#")[0].replace(">", " ").split()
        assert len(words) > 1, group
        assert words == [fold(word) for word in words], group


def test_a_latin_synonym_is_found_only_as_a_word() -> None:
    assert not any(term.text == "聚合物" for term in parsed("chain").terms)
    assert any(term.text == "人工智能" for term in parsed("AI 芯片").terms)
    assert not any(term.text == "人工智能" for term in parsed("paint 芯片").terms)


def test_dates_in_plain_words_lift_without_filtering() -> None:
    query = parsed("昨天的新闻")
    assert query.filters == Filters()
    assert [term.text for term in query.terms if term.text.startswith("@")] == ["@2026-11-22"]


def test_chinese_quotes_are_kept_as_phrases_that_lift() -> None:
    assert parsed("谁说过「从不袖手旁观」").quoted == ("从不袖手旁观",)


def test_the_same_question_in_other_spelling_is_the_same_query() -> None:
    one, other = parsed("Ａ７７０ 臺灣發售"), parsed("a770 台湾发售")
    assert (one.words, one.terms) == (other.words, other.terms)


@given(st.text(max_size=300))
def test_any_text_is_understood(question: str) -> None:
    query = parsed(question)
    assert len(query.terms) <= MAX_TERMS
    assert set(query.evidence) == set(query.words)
    assert len(query.content) == len(query.typed) <= MAX_CHARACTERS


@given(st.text(alphabet=" \t\n\"-－:：'「」『』“”《》分类作者从到since昨天周三月1209./", max_size=200))
def test_any_jumble_of_syntax_is_understood(question: str) -> None:
    query = parsed(question)
    assert len(query.content) == len(query.typed)


@pytest.mark.parametrize(
    "piece",
    ['"', "-", "「", "分类:", "从:", "9月", "1", " ", "-a ", '-"', "谁", "\u0301", "\u200b", "𠀀", "周"],
)
def test_four_thousand_odd_characters_take_no_time(piece: str) -> None:
    parsed("预热")
    started = time.process_time()
    parsed(piece * (4096 // len(piece)))
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("question", "browses"),
    [
        ("分类:金融", ""),
        ("从:2022-09 到:2022-10", ""),
        ("作者:晚报 -广告", None),
        ('分类:金融 "降准"', None),
        ("", None),
    ],
)
def test_a_filter_alone_browses(question: str, browses: str | None) -> None:
    assert parsed(question).browses == browses
