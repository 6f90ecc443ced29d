"""The filter syntax of a question."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Filters
from corpus.question.parser import parse
from corpus.question.query import Query

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
        pytest.param("从:2022年9月底 外交", Filters(since=date(2022, 9, 21)), id="part of a month"),
        pytest.param("外交 从:2022 年 9 月 26 日", Filters(since=date(2022, 9, 26)), id="blanks inside"),
        pytest.param("until:Sep 26 2022 tax", Filters(until=date(2022, 9, 26)), id="English"),
        pytest.param(
            "从:9月20日到26日 外交",
            Filters(since=date(2026, 9, 20), until=date(2026, 9, 26)),
            id="a range gives both ends",
        ),
        pytest.param(
            "从:12/20 到:2022年1月31日 外交",
            Filters(since=date(2021, 12, 20), until=date(2022, 1, 31)),
            id="an open year is that of the end",
        ),
        pytest.param("从:20220926 外交", Filters(since=date(2022, 9, 26)), id="eight digits"),
        pytest.param('"Pulsar 集群" 版本', Filters(phrases=("pulsar 集群",)), id="phrase"),
        pytest.param("苹果 -手机", Filters(excluded=("手机",)), id="excluded word"),
        pytest.param('苹果 -"iPhone 14"', Filters(excluded=("iphone 14",)), id="excluded phrase"),
        pytest.param(
            "分类:财经 -广告 -软文",
            Filters(category="财经", excluded=("广告", "软文")),
            id="a filter and nothing but excluded words",
        ),
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
    assert len(query.free_text) == len(question)
    assert all(one in {" ", other} for one, other in zip(query.free_text, question, strict=True))


@given(st.text(alphabet=" \t\n\"-－:：'「」『』“”《》分类作者从到since昨天周三月1209./", max_size=200))
def test_any_jumble_of_syntax_is_understood(question: str) -> None:
    query = parsed(question)
    assert len(query.free_text) == len(query.typed)


@pytest.mark.parametrize(
    ("question", "listing_topic"),
    [
        ("分类:金融", ""),
        ("从:2022-09 到:2022-10", ""),
        ("作者:晚报 -广告", ""),
        ('从:2026-11 -"望江大桥" -停水', ""),
        ("-广告", None),
        ('分类:金融 "降准"', None),
        ("", None),
    ],
)
def test_a_filter_alone_browses(question: str, listing_topic: str | None) -> None:
    assert parsed(question).listing_topic == listing_topic
