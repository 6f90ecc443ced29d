"""Buttons below answers and articles."""

from dataclasses import replace
from datetime import UTC, date, datetime

from bot.messages import callback_data, keyboards
from bot.messages.callback_data import Fold, Read, ReadMore
from corpus.dialogue.search import Search
from corpus.models import (
    Confidence,
    Filters,
)
from tests.bot.messages.rendering import (
    KEY,
    VIEW,
    answer,
    article,
    hit,
)


def test_a_suggestion_of_nothing_visible_makes_no_button() -> None:
    found = answer(confidence=Confidence.NONE, text=None, suggestions=("\x1b", "地铁"))
    made = keyboards.answer(found, Search("甲"), KEY, VIEW)
    assert made is not None
    assert made.inline_keyboard[0][0].text == "地铁"


def test_further_passages_of_the_article_have_a_button_and_inside_it_there_is_nothing_to_subscribe_to() -> (
    None
):
    found = answer(hit(more_in_article=3))
    rows = keyboards.answer(found, Search("甲"), KEY, VIEW)
    assert rows is not None
    assert [button.text for button in rows.inline_keyboard[0]] == ["读全文", "文内其他段落"]
    inside = Search("甲", Filters(article="0123456789a"))
    rows = keyboards.answer(replace(found, filters=inside.filters), inside, KEY, VIEW, opened=True)
    assert rows is not None
    labels = [button.text for row in rows.inline_keyboard for button in row]
    assert "在全部文章里查" in labels
    assert "订阅这个搜索" not in labels


def test_the_buttons_under_an_answer() -> None:
    found = answer(hit(same_story=("b" * 11, "c" * 11)), *(hit() for _ in range(4)), total=9)
    rows = keyboards.answer(found, Search("甲"), KEY, VIEW, asked=7)
    assert rows is not None
    assert [[button.text for button in row] for row in rows.inline_keyboard] == [
        ["读全文", "同一报道2篇", "下一页 ›"],
        ["👍 有用", "👎 不准", "分享", "更多"],
    ]
    opened = keyboards.answer(found, Search("甲"), KEY, VIEW, asked=7, opened=True)
    assert opened is not None
    assert [[button.text for button in row] for row in opened.inline_keyboard] == [
        ["读全文", "同一报道2篇", "下一页 ›"],
        ["👍 有用", "👎 不准", "分享"],
        ["最新优先", "只看金融", "只看2021年12月"],
        ["订阅这个搜索", "复制引用"],
        ["收起"],
    ]


def test_the_month_of_an_article_is_a_whole_local_month() -> None:
    new_year = article(published=datetime(2021, 12, 31, 17, tzinfo=UTC))
    assert keyboards.month_filters(new_year, VIEW) == Filters(since=date(2022, 1, 1), until=date(2022, 1, 31))
    assert keyboards.month_filters(article(published=None), VIEW) == Filters()


WEB = replace(VIEW, public_url="https://read.example.org/news")


def test_the_page_stands_beside_the_article_and_opens_at_the_passage() -> None:
    found = answer(
        hit(same_story=("b" * 11, "c" * 11), more_in_article=2), *(hit() for _ in range(4)), total=9
    )
    rows = keyboards.answer(found, Search("甲"), KEY, WEB, asked=7)
    assert rows is not None
    assert [[button.text for button in row] for row in rows.inline_keyboard] == [
        ["读全文", "网页版", "下一页 ›"],
        ["👍 有用", "👎 不准", "分享", "更多"],
    ]
    assert rows.inline_keyboard[0][1].url == "https://read.example.org/news/a/0123456789a#p3"
    opened = keyboards.answer(found, Search("甲"), KEY, WEB, asked=7, opened=True)
    assert opened is not None
    assert max(map(len, opened.inline_keyboard)) <= 4
    assert {"文内其他段落", "同一报道2篇"} <= {b.text for row in opened.inline_keyboard for b in row}
    for brief in (False, True):
        local = replace(WEB, public_url="http://localhost:8080", brief=brief)
        made = keyboards.answer(found, Search("甲"), KEY, local)
        assert made is not None
        assert "网页版" not in {button.text for row in made.inline_keyboard for button in row}


def test_a_page_of_an_article_has_two_rows_of_buttons_and_the_others_behind_one() -> None:
    read = Read("0123456789a", -1, 3, KEY, 10)
    closed = keyboards.article_page(read, 1, 3, "引用", WEB)
    opened = keyboards.article_page(read, 1, 3, "引用", WEB, opened=True)
    assert closed is not None
    assert opened is not None
    assert [[button.text for button in row] for row in closed.inline_keyboard] == [
        ["‹ 上一页", "下一页 ›", "网页版"],
        ["相关文章", "分享", "‹ 返回结果", "更多"],
    ]
    more = callback_data.decode(closed.inline_keyboard[1][-1].callback_data)
    assert more == ReadMore("0123456789a", 1, 3, KEY, 10, Fold.OPEN)
    assert [[button.text for button in row] for row in opened.inline_keyboard][2:] == [["复制引用"], ["收起"]]
    plain = keyboards.article_page(read, 0, 1, "引用", VIEW)
    assert plain is not None
    assert [[button.text for button in row] for row in plain.inline_keyboard] == [
        ["相关文章", "复制引用", "分享"],
        ["‹ 返回结果"],
    ]
