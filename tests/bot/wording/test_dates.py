"""Days, months and periods in words."""

from datetime import date

import pytest

from bot.wording.dates import day_words, period_words
from bot.wording.i18n import Language, translator

T = translator(Language.HANS)
TODAY = date(2022, 3, 1)


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        (TODAY, "今天"),
        (date(2022, 2, 28), "昨天"),
        (date(2022, 3, 2), "2022年3月2日"),
        (date(2021, 3, 1), "2021年3月1日"),
    ],
)
def test_only_today_and_yesterday_have_names_of_their_own(local: date, expected: str) -> None:
    assert day_words(local, TODAY, T) == expected


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        pytest.param(date(2020, 2, 1), date(2020, 2, 29), "2020年2月", id="a whole month"),
        pytest.param(
            date(2020, 2, 1), date(2020, 2, 28), "2020年2月1日至2020年2月28日", id="not quite a month"
        ),
        pytest.param(date(2020, 2, 1), date(2020, 3, 31), "2020年2月1日至2020年3月31日", id="two months"),
        pytest.param(date(2020, 2, 1), date(2020, 2, 1), "2020年2月1日", id="one day"),
        pytest.param(None, None, "", id="open at both ends"),
    ],
)
def test_a_period_is_named_as_briefly_as_it_can_be(
    since: date | None, until: date | None, expected: str
) -> None:
    assert period_words(since, until, T) == expected


def test_a_period_may_be_open_at_one_end() -> None:
    assert "2020年2月1日" in period_words(date(2020, 2, 1), None, T)
    assert "2020年2月1日" in period_words(None, date(2020, 2, 1), T)
    assert period_words(date(2020, 2, 1), None, T) != period_words(None, date(2020, 2, 1), T)
