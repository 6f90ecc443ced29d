"""Answers that no passage gives, in words."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.wording.answers import MAX_NAMES, about_words, count_words, days_words, list_heading
from bot.wording.i18n import Language, translator
from corpus.models import About, ArchiveFacts, IntentKind, Listing

T = translator(Language.HANS)
TODAY = date(2026, 9, 28)
ZONE = ZoneInfo("Asia/Shanghai")
UNTIL = Listing(None, date(2022, 9, 25))


@pytest.mark.parametrize(
    ("listing", "days"),
    [
        (Listing(), ""),
        (UNTIL, "到2022年9月25日为止"),
        (Listing(date(2022, 9, 1), None), "2022年9月1日起"),
        (Listing(TODAY, TODAY), "今天"),
        (Listing(date(2026, 9, 27), TODAY), "2026年9月27日至2026年9月28日"),
    ],
)
def test_the_days_of_a_list_are_named_also_where_one_end_is_open(listing: Listing, days: str) -> None:
    assert days_words(listing, T, today=TODAY) == days


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        (Language.HANS, "到2022年9月25日为止的文章（共7篇）"),
        (Language.HANT, "到2022年9月25日為止的文章（共7篇）"),
        (Language.ENGLISH, "until 25 September 2022: 7 articles"),
    ],
)
def test_a_list_without_a_first_day_says_its_last_in_each_language(language: Language, heading: str) -> None:
    assert list_heading(UNTIL, 7, translator(language), today=TODAY) == heading


@pytest.mark.parametrize(
    ("listing", "heading"),
    [
        (Listing(topic="高铁"), "关于“高铁”的文章（共3篇）"),
        (Listing(None, date(2022, 9, 25), topic="高铁"), "到2022年9月25日为止关于“高铁”的文章（共3篇）"),
        (Listing(TODAY, TODAY, nothing_then=True), "今天没有新文章，最新的是："),
        (Listing(is_pick=True), "给您挑了几篇"),
    ],
)
def test_a_heading_says_what_the_articles_have_in_common(listing: Listing, heading: str) -> None:
    assert list_heading(listing, 3, T, today=TODAY) == heading


def test_a_count_says_of_what_and_how_it_was_counted() -> None:
    about = Listing(topic="高铁")
    assert count_words(about, 3, T, today=TODAY) == "关于“高铁”的文章有3篇。只算标题或开头写到的。"
    assert count_words(about, 0, T, today=TODAY) == "没有关于“高铁”的文章。"
    assert count_words(UNTIL, 1200, T, today=TODAY) == "到2022年9月25日为止的文章有1,200篇。"
    assert count_words(Listing(), 4, T, today=TODAY, names="晚报") == "“晚报”的文章有4篇。"


def test_the_archive_is_described_by_its_facts() -> None:
    first, last = datetime(2021, 12, 31, 20, tzinfo=UTC), datetime(2022, 9, 25, 1, tzinfo=UTC)
    facts = ArchiveFacts(1200, first, last, (("城市", 7), ("<b>", 2)), ())

    def said(subject: IntentKind, of: ArchiveFacts = facts) -> str:
        return about_words(About(subject, of), T, zone=ZONE)

    # In the reader's zone the first one is of the next year.
    span = "最早的是2022年1月1日，最新的是2022年9月25日。"
    assert said(IntentKind.ARCHIVE_SIZE) == f"一共收录了1,200篇文章。{span}"
    assert said(IntentKind.ARCHIVE_SPAN) == span
    assert said(IntentKind.ARCHIVE_SPAN, ArchiveFacts(2, None, None, (), ())) == "收录的文章都没有写明日期。"
    assert said(IntentKind.ARCHIVE_CATEGORIES).startswith("一共有2个分类：城市")
    assert said(IntentKind.ARCHIVE_OUTLETS) == "收录的文章没有写明媒体或作者。"


def test_many_names_are_cut_and_counted() -> None:
    names = tuple((f"第{number}版", 1) for number in range(MAX_NAMES + 5))
    about = About(IntentKind.ARCHIVE_CATEGORIES, ArchiveFacts(40, None, None, names, ()))
    said = about_words(about, T, zone=ZONE)
    assert said.startswith(f"一共有{MAX_NAMES + 5}个分类：")
    assert said.count("版") == MAX_NAMES
    assert said.endswith("这里只列出文章最多的。")
