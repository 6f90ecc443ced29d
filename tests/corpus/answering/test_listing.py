"""Questions for news are answered with a list by date."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from corpus import Confidence, Corpus
from corpus.models import AnswerKind, Condition, Listing
from tests.assertions import assert_all
from tests.corpus.archives import Folder, opened, post, titles


def days(corpus: Corpus, question: str, limit: int = 200) -> set[date]:
    answer = corpus.ask(question, limit=limit)
    assert answer.kind is AnswerKind.LIST
    assert answer.confidence is Confidence.RELATED
    assert answer.total == len(answer.hits)
    zone = ZoneInfo("Asia/Shanghai")
    return {hit.article.published.astimezone(zone).date() for hit in answer.hits if hit.article.published}


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("昨天有什么新闻", date(2026, 11, 22), date(2026, 11, 22)),
        ("昨天有什麼新聞？", date(2026, 11, 22), date(2026, 11, 22)),
        ("上周的新闻", date(2026, 11, 16), date(2026, 11, 22)),
        ("这个月有什么新闻", date(2026, 11, 1), date(2026, 11, 23)),
        ("12月31日发生了什么", date(2025, 12, 31), date(2025, 12, 31)),
        ("what happened yesterday", date(2026, 11, 22), date(2026, 11, 22)),
        ("2026年11月20日星期五有什么新闻", date(2026, 11, 20), date(2026, 11, 20)),
        ("11月20日和21日的新闻", date(2026, 11, 20), date(2026, 11, 21)),
        ("11月10日到16日发生了什么", date(2026, 11, 10), date(2026, 11, 16)),
        ("从11月10日至11月16日有什么新闻", date(2026, 11, 10), date(2026, 11, 16)),
        ("11/10的新闻", date(2026, 11, 10), date(2026, 11, 10)),
        ("11.10有什么新闻", date(2026, 11, 10), date(2026, 11, 10)),
        ("20261110有什么新闻", date(2026, 11, 10), date(2026, 11, 10)),
        ("二〇二六年十一月十日有什么新闻", date(2026, 11, 10), date(2026, 11, 10)),
        ("news of Nov 10 2026", date(2026, 11, 10), date(2026, 11, 10)),
        ("10月底有什么新闻", date(2026, 10, 21), date(2026, 10, 31)),
        ("11月的第一周有什么新闻", date(2026, 11, 1), date(2026, 11, 7)),
        ("下半年有什么新闻", date(2026, 7, 1), date(2026, 12, 31)),
        ("11月10日当天的新闻", date(2026, 11, 10), date(2026, 11, 10)),
        ("11月20日以后有什么新闻", date(2026, 11, 20), date(2026, 11, 23)),
        ("2026年11月10日之前的新闻", date.min, date(2026, 11, 9)),
    ],
)
def test_who_asks_for_news_of_some_days_gets_what_was_published_then(
    sample: Corpus, question: str, since: date, until: date
) -> None:
    found = days(sample, question)
    assert found
    assert since <= min(found)
    assert max(found) <= until


def test_news_are_listed_newest_first_page_by_page(sample: Corpus) -> None:
    whole = sample.ask("最近有什么新闻", limit=200).hits
    dates = [
        hit.article.published
        for hit in whole
        if hit.article.published and hit.passage.text != hit.article.title
    ]
    assert dates == sorted(dates, reverse=True)
    by_fours = [
        hit.article.id
        for offset in range(0, len(whole), 4)
        for hit in sample.ask("最近有什么新闻", limit=4, offset=offset).hits
    ]
    assert by_fours == [hit.article.id for hit in whole]
    assert_all(whole, lambda hit: not hit.highlights)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("今年有什么阅读的文章", "阅读"),
        ("潮声财经最近的文章", "潮声财经"),
        ("上周有什么财经新闻", "金融"),
        ("最近的数码消息", "拾光科技"),
        ("最近的晚报新闻", "澜川晚报"),
    ],
)
def test_news_may_be_those_of_a_category_or_an_outlet_or_what_is_much_the_same(
    sample: Corpus, question: str, name: str
) -> None:
    hits = sample.ask(question, limit=50).hits
    assert_all(hits, lambda hit: name in {*hit.article.categories, hit.article.author})


@pytest.mark.parametrize(
    ("question", "topic"),
    [("最近有什么关于望江大桥的新闻", "望江大桥"), ("最近望江大桥有啥大事", "望江大桥")],
)
def test_news_about_something_are_a_list_of_what_is_about_it(
    sample: Corpus, question: str, topic: str
) -> None:
    answer = sample.ask(question, limit=50)
    assert answer.kind is AnswerKind.LIST
    assert answer.total == len(answer.hits) > 3
    assert_all(answer.hits, lambda hit: topic in hit.article.title + hit.passage.text)


@pytest.mark.parametrize(
    "question", ["明天有什么新闻", "明天有什麼新聞", "2020年1月1日的文章", "what happened tomorrow"]
)
def test_where_nothing_was_published_the_newest_are_listed_and_nobody_is_sure(
    sample: Corpus, question: str
) -> None:
    answer = sample.ask(question, limit=50)
    assert answer.confidence is Confidence.RELATED
    assert answer.listing is not None
    assert answer.listing.nothing_then
    newest = sample.latest(limit=1).articles[0]
    assert newest.id in {hit.article.id for hit in answer.hits}


@pytest.mark.parametrize(
    ("question", "everything", "word"),
    [
        ("分类:新媒体 -桥", "分类:新媒体", "桥"),
        ("作者:澜川晚报 -望江大桥", "作者:澜川晚报", "望江大桥"),
        ("从:2026-11 -高铁", "从:2026-11", "高铁"),
        ('分类:金融 -"指数"', "分类:金融", "指数"),
        ("这个月有什么新闻 -桥", "这个月有什么新闻", "桥"),
    ],
)
def test_a_list_leaves_out_every_article_that_holds_an_excluded_word(
    sample: Corpus, question: str, everything: str, word: str
) -> None:
    def holds(article_id: str) -> bool:
        article = sample.article(article_id)
        assert article is not None
        return word in "\n".join([article.article.title, *(one.text for one in article.paragraphs)])

    listed = [hit.article.id for hit in sample.ask(everything, limit=200).hits]
    answer = sample.ask(question, limit=200)
    left = [hit.article.id for hit in answer.hits]
    assert left == [article_id for article_id in listed if not holds(article_id)]
    assert 0 < len(left) < len(listed)
    assert answer.total == len(left)
    assert answer.listing is not None


def test_a_subscription_to_a_category_without_a_word_is_to_what_lacks_the_word(sample: Corpus) -> None:
    ids = [article.id for article in sample.latest(limit=200).articles]
    everything = sample.matching("分类:新媒体", ids)
    bridges = sample.matching("分类:新媒体 桥", ids)
    assert bridges
    assert set(sample.matching("分类:新媒体 -桥", ids)).isdisjoint(bridges)
    assert len(sample.matching("分类:新媒体 -桥", ids)) > len(everything) / 2


def test_a_list_has_days_and_no_answering_sentence(sample: Corpus) -> None:
    answer = sample.ask("昨天有什么新闻", limit=50)
    assert answer.listing == Listing(date(2026, 11, 22), date(2026, 11, 22))
    assert answer.text is None
    assert not any(hit.sentences for hit in answer.hits)


def test_articles_without_text_come_last_in_a_list(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "posts")
    folder.write("壁纸.md", post("今日壁纸：海边的灯塔", date="2026-09-20 12:00:00"))
    folder.write("一.md", post("大桥通车", "大桥今天通车了。", date="2026-09-20 09:00:00"))
    folder.write("二.md", post("学校开学", "学校今天开学了。", date="2026-09-20 08:00:00"))
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        assert titles(corpus, "9月20日新闻") == ["大桥通车", "学校开学", "今日壁纸：海边的灯塔"]


def test_a_day_without_a_year_is_that_of_the_last_year_that_has_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "posts")
    folder.write("一.md", post("大桥通车", "大桥今天通车了。", date="2022-09-26 09:00:00"))
    folder.write("二.md", post("学校开学", "学校今天开学了。", date="2024-08-20 08:00:00"))
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        for question in ("9月26日新闻", "9月20日到26日的新闻", "9/25和9/26有什么新闻", "9月下旬的新闻"):
            answer = corpus.ask(question)
            assert [hit.article.title for hit in answer.hits] == ["大桥通车"]
            assert answer.listing is not None
            assert answer.listing.since is not None
            assert answer.listing.since.year == 2022
        assert corpus.ask("9月26日新闻").listing == Listing(date(2022, 9, 26), date(2022, 9, 26))
        assert corpus.ask("2023年以前的新闻").listing == Listing(None, date(2022, 12, 31))
        assert corpus.ask("11月到3月有什么新闻").listing == Listing(
            date(2025, 11, 1), date(2026, 3, 31), nothing_then=True
        )


@pytest.mark.parametrize("question", ["13月45日有什么新闻", "2026年2月30日的新闻", "大桥 2026-02-30"])
def test_who_asks_for_a_day_that_no_calendar_has_is_told_so(sample: Corpus, question: str) -> None:
    [unmet] = sample.ask(question).unmet
    assert unmet.condition is Condition.DAY
    assert unmet.value in question
    assert sample.ask("2026年2月28日的新闻").unmet == ()
