"""Days and filters as programs give them, read or refused in words."""

from datetime import date

import pytest

from bot.wording.requests import check_filters, parse_day
from corpus import Corpus
from corpus.models import Filters

TODAY = date(2022, 9, 28)


@pytest.mark.parametrize(
    ("text", "last", "day"),
    [
        ("2021-12-01", False, date(2021, 12, 1)),
        ("2021/2/3", True, date(2021, 2, 3)),
        ("20211201", False, date(2021, 12, 1)),
        ("2021年12月1日", False, date(2021, 12, 1)),
        ("2021-12", False, date(2021, 12, 1)),
        ("2021-12", True, date(2021, 12, 31)),
        ("2020", True, date(2020, 12, 31)),
        ("2020年", False, date(2020, 1, 1)),
        ("昨天", False, date(2022, 9, 27)),
        ("9月26日", True, date(2022, 9, 26)),
        ("Sep 26 2022", False, date(2022, 9, 26)),
        ("上個月", True, date(2022, 8, 31)),
    ],
)
def test_days_are_read_as_people_write_them(text: str, last: bool, day: date) -> None:
    assert parse_day(text, "since", last=last, today=TODAY) == day


@pytest.mark.parametrize("text", ["", "2021-13", "2021-02-30", "0000", "2021-12-01 soon", "２０２１"])
def test_what_is_no_day_is_refused(text: str) -> None:
    if text == "２０２１":
        assert parse_day(text, "since", last=False, today=TODAY) == date(2021, 1, 1)
        return
    with pytest.raises(ValueError, match="is not a day"):
        parse_day(text, "since", last=False, today=TODAY)


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (Filters(category="天书"), "no category '天书': the tool `categories` lists them"),
        (Filters(author="无名"), "no author '无名'"),
        (Filters(since=date(2022, 1, 2), until=date(2022, 1, 1)), "since 2022-01-02 is after"),
    ],
)
def test_filters_that_no_article_can_pass_are_refused(
    newspaper: Corpus, filters: Filters, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        check_filters(newspaper, filters, listing="the tool `categories`")
