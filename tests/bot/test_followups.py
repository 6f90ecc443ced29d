"""What a reply to an answer asks for."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.followups import Again, Deeper, More, continuation, understand
from bot.searches import Search
from corpus.models import Filters, Order

TODAY = date(2022, 9, 28)
BRICS = Search("2022金砖峰会谁是主席国")
TEA = Search("头茬茶收购均价", Filters(category="财经"), Order.NEWEST)


def category(name: str) -> str | None:
    return {"金融": "金融", "新浪财经": "金融/新浪财经"}.get(name)


@pytest.mark.parametrize(
    "words",
    [
        "还有吗",
        "还有吗？",
        "還有嗎",
        "还有别的吗",
        "更多",
        "下一页",
        "下一頁",
        "再来一条",
        "继续",
        "more",
        "Anything else?",
        "next",
    ],
)
def test_asking_for_more_goes_on(words: str) -> None:
    assert understand(words, BRICS, today=TODAY, category=category) == More()


@pytest.mark.parametrize("words", ["还有多少天过年", "下一任总统是谁", "更多人选择火车", "继续教育学院在哪"])
def test_a_question_that_begins_like_asking_for_more_is_a_question(words: str) -> None:
    assert continuation(words) is None


def test_back_goes_back() -> None:
    assert understand("上一页", BRICS, today=TODAY, category=category) == More(back=True)


@pytest.mark.parametrize("words", ["那2021年呢", "2021年呢？", "2021年", "那2021年的呢", "what about 2021?"])
def test_another_year_replaces_the_one_in_the_question(words: str) -> None:
    wanted = understand(words, BRICS, today=TODAY, category=category)
    assert isinstance(wanted, Again)
    assert wanted.searches[0].question.startswith("2021")
    assert wanted.searches[0].question.endswith("金砖峰会谁是主席国")
    assert wanted.searches[1].filters == Filters(since=date(2021, 1, 1), until=date(2021, 12, 31))


def test_a_time_narrows_a_question_that_names_none_and_keeps_its_filters() -> None:
    wanted = understand("那去年呢", TEA, today=TODAY, category=category)
    assert wanted == Again(
        (
            Search(
                "头茬茶收购均价",
                Filters(category="财经", since=date(2021, 1, 1), until=date(2021, 12, 31)),
                Order.NEWEST,
            ),
        )
    )


def test_a_category_replaces_the_category() -> None:
    wanted = understand("那新浪财经呢", TEA, today=TODAY, category=category)
    assert isinstance(wanted, Again)
    assert wanted.searches[0].filters.category == "金融/新浪财经"


def test_who_said_it_looks_for_words_of_saying_within_the_article() -> None:
    wanted = understand("谁说的？", BRICS, today=TODAY, category=category)
    assert isinstance(wanted, Deeper)
    assert wanted.within[0].startswith(BRICS.question)
    assert all("表示" in question for question in wanted.within)
    assert wanted.evidence is not None
    assert wanted.evidence.search("他表示满意")
    assert not wanted.everywhere


def test_a_narrower_question_is_asked_alone_first_and_then_with_what_went_before() -> None:
    wanted = understand("会期几天", TEA, today=TODAY, category=category)
    assert wanted == Deeper(
        ("会期几天",),
        (Search("会期几天", TEA.filters), Search("头茬茶收购均价 会期几天", TEA.filters)),
    )


@given(st.text(max_size=200))
def test_anything_can_be_replied(words: str) -> None:
    understand(words, BRICS, today=TODAY, category=category)
