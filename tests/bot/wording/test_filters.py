"""Filters of a search in words."""

from datetime import date

from bot.wording.filters import MAX_NAME_UNITS, filter_words, unmet_notes
from bot.wording.i18n import Language, translator
from corpus.models import Condition, Filters, Unmet

T = translator(Language.HANS)


def test_every_filter_is_named() -> None:
    filters = Filters(
        category="金融",
        author="新浪财经",
        since=date(2021, 12, 1),
        until=date(2021, 12, 31),
        phrases=("大桥",),
        excluded=("广告",),
        article="0123456789a",
    )
    words = filter_words(filters, T)
    assert words[:3] == ["金融", "新浪财经", "2021年12月"]
    assert "大桥" in words[3]
    assert words[4] == "不含“广告”"
    assert len(words) == 6
    assert filter_words(Filters(), T) == []


def test_a_long_name_is_shortened() -> None:
    [name] = filter_words(Filters(category="金" * 100), T)
    assert name == "金" * (MAX_NAME_UNITS - 1) + "…"


def test_a_day_that_no_calendar_has_is_named() -> None:
    assert unmet_notes((Unmet(Condition.DAY, "2022年2月30日"),), T) == [
        "日历上没有“2022年2月30日”这一天，已不加这个日期查找。"
    ]


def test_phrases_that_nothing_contains_share_one_note_after_the_names() -> None:
    unmet = (
        Unmet(Condition.PHRASE, "甲"),
        Unmet(Condition.CATEGORY, "体雨", ("体育",)),
        Unmet(Condition.PHRASE, "乙"),
    )
    category, phrases = unmet_notes(unmet, T)
    assert "体雨" in category
    assert "体育" in category
    assert "甲" in phrases
    assert "乙" in phrases
