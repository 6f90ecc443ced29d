"""Articles in a line and in lists, whatever they contain."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messages import articles as render_articles
from bot.messages import keyboards
from bot.messages.render_context import RenderContext
from corpus.models import (
    Article,
    ArticlePage,
    Category,
)
from tests.bot.messages.rendering import (
    ARTICLES,
    LONG,
    VIEW,
    VIEWS,
    article,
    check,
    shown,
)
from tests.botapi.keyboards import read_markup
from tests.profiles import examples


def test_without_any_address_the_title_is_plain_text() -> None:
    view = replace(VIEW, username="")
    assert render_articles.headline(article(url=None), view) == "王毅谈2022年中国外交八大重点"


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (datetime(2022, 9, 27, 17, tzinfo=UTC), "今天"),
        (datetime(2022, 9, 27, 15, tzinfo=UTC), "昨天"),
        (datetime(2022, 9, 26, 15, tzinfo=UTC), "2022年9月26日"),
        (None, "日期不详"),
    ],
)
def test_days_are_those_of_the_zone(published: datetime | None, expected: str) -> None:
    assert render_articles.day_words(published, VIEW) == expected


def test_an_outlet_that_is_a_category_too_is_named_once() -> None:
    assert render_articles.source_line(article(categories=("新浪财经", "金融"), author="新浪財經"), VIEW) == (
        "新浪財經 · 2021年12月30日 · 金融"
    )
    assert render_articles.source_line(article(categories=("新浪财经",)), VIEW) == "新浪财经 · 2021年12月30日"
    assert render_articles.source_line(article(author=None, categories=()), VIEW) == "2021年12月30日"


def test_unknown_dates_come_under_a_line_that_says_so() -> None:
    page = ArticlePage((article(), article("无日期", published=None)), 2)
    assert "\n以下日期不详\n2. 无日期" in shown(render_articles.latest_list(page, None, VIEW)).text


@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    max_examples=examples(30),
    deadline=None,
)
@given(st.lists(ARTICLES, min_size=1, max_size=20), VIEWS)
def test_no_list_is_ever_refused(articles: list[Article], view: RenderContext) -> None:
    page = ArticlePage(tuple(articles), 999)
    check(render_articles.latest_list(page, None, view, offset=40))
    keyboard = keyboards.latest(page, None, view, offset=40, size=20)
    assert keyboard is not None
    read_markup(keyboard.to_dict())


@given(LONG, st.integers(1, 10**6), VIEWS)
def test_no_category_is_ever_refused(name: str, count: int, view: RenderContext) -> None:
    children = tuple(Category(f"c{number:05d}", ("上", name), count) for number in range(95))
    node = Category("c00abc", ("上",), count, children)
    for top, offset in ((node, 0), (None, 0), (node, 80)):
        check(render_articles.category_heading(top, count, view))
        keyboard = keyboards.category(top, children, view, total=count, offset=offset)
        assert keyboard is not None
        read_markup(keyboard.to_dict())
    choices = keyboards.category_choices(children, view)
    assert choices is not None
    read_markup(choices.to_dict())
