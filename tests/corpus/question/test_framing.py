"""The frame of a question: what is not searched for, and the intent to browse."""

from datetime import date

import pytest

from corpus.question.framing import is_unanswerable
from corpus.question.parser import parse
from corpus.question.query import Query

TODAY = date(2026, 11, 23)


def parsed(question: str) -> Query:
    return parse(question, today=TODAY)


@pytest.mark.parametrize(
    ("question", "expected"),
    [("有什么事", True), ("什麼時候的事", True), ("IT", False), ("IT是什么", False), ("为什么下雨", False)],
)
def test_only_chinese_stop_words_alone_cannot_be_answered(question: str, expected: bool) -> None:
    assert is_unanswerable(question) is expected


@pytest.mark.parametrize(
    ("question", "words"),
    [
        pytest.param("有没有讲iPhone选购的文章", ("iphone", "选购"), id="articles that tell of it"),
        pytest.param("有沒有講iPhone選購的文章", ("iphone", "选购"), id="the same, traditional"),
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
    ("question", "listing_topic"),
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
def test_only_news_or_a_date_alone_ask_for_what_there_is(question: str, listing_topic: str | None) -> None:
    assert parsed(question).listing_topic == listing_topic
