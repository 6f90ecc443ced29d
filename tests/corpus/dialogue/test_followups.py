"""What a reply to an answer asks for."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.dialogue.followups import (
    ArticleRequest,
    AskArticle,
    FollowUp,
    PickNumber,
    Rephrase,
    TurnPage,
    intent_of,
    is_follow_up,
    is_possible_follow_up,
    names_only_properties,
    page_turn,
    understand,
)
from corpus.dialogue.phrases import Intent, read_file
from corpus.dialogue.search import Search
from corpus.models import Filters, Order
from corpus.question import Utterance

TODAY = date(2022, 9, 28)
BRICS = Search("2022金砖峰会谁是主席国")
TEA = Search("头茬茶收购均价", Filters(category="财经"), Order.NEWEST)


said = Utterance.from_text


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
    assert understand(said(words), BRICS, today=TODAY, category=category) == TurnPage()


@pytest.mark.parametrize("words", ["还有多少天过年", "下一任总统是谁", "更多人选择火车", "继续教育学院在哪"])
def test_a_question_that_begins_like_asking_for_more_is_a_question(words: str) -> None:
    assert page_turn(said(words)) is None


def test_back_goes_back() -> None:
    assert understand(said("上一页"), BRICS, today=TODAY, category=category) == TurnPage(back=True)


@pytest.mark.parametrize(
    ("words", "number"), [("2", 2), ("第二条", 2), ("打开第12篇", 12), ("第十二篇？", 12), ("看3", 3)]
)
def test_a_number_picks_what_stands_under_it(words: str, number: int) -> None:
    assert understand(said(words), BRICS, today=TODAY, category=category) == PickNumber(number)
    assert is_follow_up(said(words))


@pytest.mark.parametrize("words", ["2022", "第二季", "第0条", "第十十条", "第一次", "3亿", "第二条高铁在哪"])
def test_other_numbers_pick_nothing(words: str) -> None:
    assert not isinstance(understand(said(words), BRICS, today=TODAY, category=category), PickNumber)


@pytest.mark.parametrize("words", ["那2021年呢", "2021年呢？", "2021年", "那2021年的呢", "what about 2021?"])
def test_another_year_replaces_the_one_in_the_question(words: str) -> None:
    wanted = understand(said(words), BRICS, today=TODAY, category=category)
    assert isinstance(wanted, Rephrase)
    assert wanted.searches[0].question.startswith("2021")
    assert wanted.searches[0].question.endswith("金砖峰会谁是主席国")
    assert wanted.searches[1].filters == Filters(since=date(2021, 1, 1), until=date(2021, 12, 31))


def test_a_time_narrows_a_question_that_names_none_and_keeps_its_filters() -> None:
    wanted = understand(said("那去年呢"), TEA, today=TODAY, category=category)
    assert wanted == Rephrase(
        (
            Search(
                "头茬茶收购均价",
                Filters(category="财经", since=date(2021, 1, 1), until=date(2021, 12, 31)),
                Order.NEWEST,
            ),
        )
    )


def test_a_category_replaces_the_category() -> None:
    wanted = understand(said("那新浪财经呢"), TEA, today=TODAY, category=category)
    assert isinstance(wanted, Rephrase)
    assert wanted.searches[0].filters.category == "金融/新浪财经"


def test_a_narrower_question_is_asked_with_what_went_before_and_alone() -> None:
    wanted = understand(said("会期几天"), TEA, today=TODAY, category=category)
    whole = "头茬茶收购均价 会期几天"
    topic = TEA.question
    assert wanted == AskArticle(
        (whole, "会期几天"),
        (Search(whole, TEA.filters, topic=topic), Search("会期几天", TEA.filters, topic=topic)),
    )


def test_a_second_narrower_question_goes_on_from_the_first_question() -> None:
    second = Search("会期几天", Filters(article="a"), topic="2022金砖峰会谁是主席国")
    wanted = understand(said("有多少人参加"), second, today=TODAY, category=category)
    assert isinstance(wanted, AskArticle)
    assert wanted.within[0] == "2022金砖峰会 有多少人参加"


@pytest.mark.parametrize(
    ("words", "question"),
    [("那欧元呢", "欧元为什么大跌"), ("欧元呢？", "欧元为什么大跌"), ("那歐元呢", "欧元为什么大跌")],
)
def test_another_thing_takes_the_place_of_the_one_asked_about(words: str, question: str) -> None:
    wanted = understand(said(words), Search("英镑为什么大跌"), today=TODAY, category=category)
    assert isinstance(wanted, Rephrase)
    assert wanted.about == "欧元"
    assert wanted.searches[0].question == question


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("详细点", ArticleRequest.WHOLE),
        ("展开说说", ArticleRequest.WHOLE),
        ("看全文", ArticleRequest.WHOLE),
        ("more details", ArticleRequest.WHOLE),
        ("原文", ArticleRequest.SOURCE),
        ("给个链接", ArticleRequest.SOURCE),
        ("有出处吗？", ArticleRequest.SOURCE),
        ("後來呢", ArticleRequest.LATER),
        ("谁说的？", ArticleRequest.SPEAKER),
        ("who said that", ArticleRequest.SPEAKER),
        ("有后续吗", ArticleRequest.LATER),
        ("后来呢？", ArticleRequest.LATER),
        ("最新进展", ArticleRequest.LATER),
        ("有什么新进展吗", ArticleRequest.LATER),
        ("现在怎么样了", ArticleRequest.LATER),
        ("any updates?", ArticleRequest.LATER),
        ("原文在哪？", ArticleRequest.SOURCE),
        ("link please!", ArticleRequest.SOURCE),
    ],
)
def test_what_is_wanted_of_the_article_is_understood(words: str, wish: ArticleRequest) -> None:
    assert understand(said(words), BRICS, today=TODAY, category=category) is wish


@pytest.mark.parametrize(
    "words",
    [
        "那欧元呢",
        "谁说的",
        "那2021年呢",
        "详细点",
        "有人受伤吗",
        "烧了多久",
        "為什麼",
        "几点开始",
        "反对的多吗",
        "怎么死的",
        "谁接替他",
        "这座桥什么时候修好的",
        "周末开吗",
        "how long does it charge",
    ],
)
def test_a_short_question_that_names_nothing_leans_on_the_answer_before(words: str) -> None:
    assert is_follow_up(said(words))


@pytest.mark.parametrize(
    "words",
    [
        "沪指",
        "爆炸",
        "有什么新闻",
        "最近怎么样",
        "今天的头条",
        "英镑为什么大跌",
        "谁是英国首相",
        "苹果发布会几点开始",
        "这个月的cpi是多少",
        "昨天发生了什么",
        "弹吉他难吗",
        "what is the price of tea",
        "你好",
        "",
    ],
)
def test_a_question_that_names_something_stands_alone(words: str) -> None:
    assert not is_follow_up(said(words))


@pytest.mark.parametrize("words", ["停多久", "修桥花了多少钱", "大货车还能走吗", "谁接任了", "那欧元呢"])
def test_a_short_question_may_go_on_from_an_answer(words: str) -> None:
    assert is_possible_follow_up(said(words))


@pytest.mark.parametrize(
    "words",
    ["望江大桥塌了", "央行的新规", '"恢复了"', "a", "有什么新闻", "英国现任首相是谁？他是什么时候上任的"],
)
def test_what_does_not_ask_or_is_long_stands_alone(words: str) -> None:
    assert not is_possible_follow_up(said(words))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("\n还有吗\u3000？！……", TurnPage(), id="marks at the end"),
        pytest.param("any\u3000 thing\n else", TurnPage(), id="blanks of any kind"),
        pytest.param("上一页" + " " * 5_000 + "。", TurnPage(back=True), id="many blanks"),
        pytest.param("还有吗" + "？" * 200, None, id="too long for any wording"),
    ],
)
def test_the_wording_is_read_without_its_blanks_and_last_marks(words: str, expected: TurnPage | None) -> None:
    assert page_turn(said(words)) == expected


@given(st.text(max_size=200))
def test_anything_can_be_replied(words: str) -> None:
    understand(said(words), BRICS, today=TODAY, category=category)


@pytest.mark.parametrize(
    "words",
    ["邊個負責", "有冇人受傷", "佢係邊個", "邊度", "燒咗幾耐", "佢几时去北京", "邊個講嘅"],
)
def test_what_is_asked_in_cantonese_leans_on_an_answer_too(words: str) -> None:
    assert is_follow_up(said(words))


def test_why_something_was_closed_may_lean_in_cantonese_too() -> None:
    assert is_possible_follow_up(said("點解封閉"))
    assert is_possible_follow_up(said("幾時通車"))


def test_wishes_and_days_are_understood_in_cantonese() -> None:
    def meant(words: str) -> FollowUp:
        return understand(said(words), TEA, today=TODAY, category=category)

    assert meant("仲有冇") == TurnPage()
    assert meant("邊個講嘅") is ArticleRequest.SPEAKER
    yesterday = meant("嗰寻日呢")
    assert isinstance(yesterday, Rephrase)
    assert yesterday.searches[-1].filters.since == date(2022, 9, 27)


@pytest.mark.parametrize("words", ["那英多大了", "那曲地震了吗", "那达慕大会什么时候开"])
def test_a_name_that_begins_like_going_on_is_a_new_question(words: str) -> None:
    assert not is_follow_up(said(words))


@pytest.mark.parametrize("words", ["那英镑跌了吗", "那么英镑跌了吗", "那修桥花了多少钱"])
def test_that_before_another_name_goes_on(words: str) -> None:
    assert is_follow_up(said(words))


@pytest.mark.parametrize("name", ["那不勒斯", "那曲", "那英"])
def test_a_name_is_not_cut_where_that_would_be_going_on(name: str) -> None:
    assert not isinstance(understand(said(f"{name}怎么样"), BRICS, today=TODAY, category=category), Rephrase)


def test_that_before_a_name_with_it_asks_about_the_whole_name() -> None:
    again = understand(said("那那不勒斯怎么样"), BRICS, today=TODAY, category=category)
    assert isinstance(again, Rephrase)
    assert again.about == "那不勒斯"


TABLES: Mapping[str, Any] = read_file().values


def examples(key: str) -> list[tuple[str, str]]:
    return [(intent["name"], words) for intent in TABLES["intent"] for words in intent[key]]


@pytest.mark.parametrize(("intent", "words"), examples("examples"))
def test_each_example_of_an_intent_is_understood(intent: str, words: str) -> None:
    assert intent_of(said(words)) == intent


@pytest.mark.parametrize(("intent", "words"), examples("counter_examples"))
def test_no_counter_example_of_an_intent_is_understood_as_it(intent: str, words: str) -> None:
    assert intent_of(said(words)) != intent


def test_every_intent_is_written_down_with_phrases_examples_and_counter_examples() -> None:
    assert [each["name"] for each in TABLES["intent"]] == [*Intent]
    for each in TABLES["intent"]:
        assert each["phrases"]
        assert each["examples"]
        assert each["counter_examples"]


@pytest.mark.parametrize("words", TABLES["property"]["examples"])
def test_what_many_things_have_is_asked_of_the_answer_before(words: str) -> None:
    assert names_only_properties(said(words))
    assert is_follow_up(said(words))


@pytest.mark.parametrize("words", TABLES["property"]["counter_examples"])
def test_a_property_of_something_named_is_a_question_of_its_own(words: str) -> None:
    assert not names_only_properties(said(words))


@pytest.mark.parametrize("words", TABLES["replacement"]["examples"])
def test_another_thing_in_place_of_the_one_asked_about_goes_on(words: str) -> None:
    assert is_follow_up(said(words))
    previous = Search("2022年金砖峰会谁是主席国")
    assert isinstance(understand(said(words), previous, today=TODAY, category=category_of), Rephrase)


@pytest.mark.parametrize("words", TABLES["replacement"]["counter_examples"])
def test_what_only_looks_like_another_thing_is_no_replacement(words: str) -> None:
    wanted = understand(said(words), BRICS, today=TODAY, category=category)
    assert not isinstance(wanted, Rephrase)


def category_of(name: str) -> str | None:
    return name if name == "财经" else None


@pytest.mark.parametrize(
    ("question", "words", "expected"),
    [
        pytest.param("望江大桥什么时候恢复通行", "那高铁呢", "高铁什么时候恢复通行", id="two words"),
        pytest.param("柳编野餐篮材质", "手机支架呢", "手机支架材质", id="a property stays"),
        pytest.param("澜川到霁州高铁二等座票价", "一等座呢", "澜川到霁州高铁一等座票价", id="called alike"),
        pytest.param("澜川马拉松女子冠军是谁", "男子呢", "澜川马拉松男子冠军是谁", id="called as"),
        pytest.param("英镑为什么大跌", "那日元呢", "日元为什么大跌", id="one word"),
        pytest.param("多少钱", "那野餐篮呢", "多少钱 野餐篮", id="nothing was named"),
    ],
)
def test_another_thing_is_asked_about_as_a_person_would(question: str, words: str, expected: str) -> None:
    wanted = understand(said(words), Search(question), today=TODAY, category=category)
    assert isinstance(wanted, Rephrase)
    assert wanted.searches[0].question == expected
