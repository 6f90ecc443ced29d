"""Lists and counts of the articles about a topic, and what is said of the archive."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from corpus import Confidence, Corpus
from corpus.models import AnswerKind, Filters, IntentKind, Order
from tests.assertions import assert_all
from tests.corpus.archives import Folder, opened, post


def titles(corpus: Corpus, question: str, **options: object) -> list[str]:
    return [hit.article.title for hit in corpus.ask(question, limit=50, **options).hits]  # type: ignore[arg-type]


LONG = "学校今天开学。" + "新生两百人。" * 60 + "\n" + "去年台风来过。" * 40


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    place = tmp_path_factory.mktemp("newsroom")
    folder = Folder(place / "posts")
    for number, (title, text, day) in enumerate(
        (
            ("台风登陆青屿", "台风今晨登陆，轮渡停航。", "2026-09-20"),
            ("台风过后", "菜价涨了两成。", "2026-09-22"),
            ("菜价上涨", "受台风影响，菜价涨了两成。", "2026-09-23"),
            ("学校开学", LONG, "2026-09-24"),
            ("轮渡复航", "轮渡今天复航。", "2026-08-25"),
        )
    ):
        outlet = "台风日报" if title == "轮渡复航" else ""
        folder.write(f"{number}.md", post(title, *text.split("\n"), date=f"{day} 09:00:00", author=outlet))
    with opened(folder.root, place / "data") as corpus:
        corpus.update(workers=0)
        yield corpus


def test_a_bare_topic_lists_the_articles_about_it_titles_first(newsroom: Corpus) -> None:
    """Neither the end of a long article nor the name of an outlet makes an article be about it."""
    answer = newsroom.ask("台风")
    assert [hit.article.title for hit in answer.hits] == ["台风过后", "台风登陆青屿", "菜价上涨"]
    assert (answer.kind, answer.confidence, answer.total) == (AnswerKind.LIST, Confidence.RELATED, 3)
    assert answer.text is None
    assert answer.listing is not None
    assert answer.listing.topic == "台风"
    assert not any(hit.sentences for hit in answer.hits)
    assert titles(newsroom, "台风", order=Order.NEWEST) == ["菜价上涨", "台风过后", "台风登陆青屿"]


def test_pages_of_a_list_join_without_gap(newsroom: Corpus) -> None:
    single = [newsroom.ask("台风", limit=1, offset=offset).hits[0].article.title for offset in range(3)]
    assert single == titles(newsroom, "台风")
    assert not newsroom.ask("台风", limit=1, offset=3).hits


def test_a_bare_topic_of_few_articles_shows_a_passage_as_possibly_related(newsroom: Corpus) -> None:
    answer = newsroom.ask("开学")
    assert answer.kind is AnswerKind.PASSAGE
    assert answer.confidence is Confidence.RELATED
    assert answer.hits[0].article.title == "学校开学"


@pytest.mark.parametrize(
    ("question", "total"),
    [
        ("有几篇关于台风的文章", 3),
        ("关于台风的报道一共有多少篇", 3),
        ("台风的新闻有几条", 3),
        ("9月22日有几篇关于台风的文章", 1),
        ("關於颱風的文章有幾篇", 3),
        ("有几篇关于轮渡的文章", 2),
        ("有几篇关于火星的文章", 0),
        ("2026年9月有多少篇文章", 4),
        ("2025年9月有多少篇文章", 0),
        ("台风日报有多少篇文章", 1),
        ("how many articles about 台风 are there", 3),
    ],
)
def test_articles_are_counted(newsroom: Corpus, question: str, total: int) -> None:
    answer = newsroom.ask(question, limit=50)
    assert (answer.kind, answer.confidence) == (AnswerKind.COUNT, Confidence.ANSWER)
    assert answer.total == len(answer.hits) == total


def test_a_count_keeps_to_filters(newsroom: Corpus) -> None:
    assert newsroom.ask("有几篇关于台风的文章", filters=Filters(since=date(2026, 9, 22))).total == 2
    assert newsroom.ask("有几篇关于台风的文章 从:2026-09-23").total == 1


def test_what_somebody_wrote_is_a_question_unless_it_is_an_outlet(
    newsroom: Corpus,
) -> None:
    assert newsroom.ask("台风日报最近发了什么").kind is AnswerKind.LIST
    assert titles(newsroom, "台风日报最近发了什么") == ["轮渡复航"]
    assert newsroom.ask("老王最近发了什么").kind is not AnswerKind.LIST


def test_as_many_are_listed_as_are_asked_for(newsroom: Corpus) -> None:
    assert titles(newsroom, "最新的两篇台风新闻") == ["菜价上涨", "台风过后"]
    assert len(newsroom.ask("最近3条新闻", limit=50).hits) == 3
    assert newsroom.ask("最近3条新闻", limit=50).total == 5


def test_something_to_read_is_the_same_all_day_and_page_by_page(newsroom: Corpus) -> None:
    answer = newsroom.ask("随便推荐几篇文章", limit=50)
    assert answer.listing is not None
    assert answer.listing.is_pick
    assert len(answer.hits) == 5
    assert titles(newsroom, "随便推荐几篇文章") == [hit.article.title for hit in answer.hits]
    assert newsroom.ask("随机来一篇", limit=50).hits[0] == answer.hits[0]
    assert len(newsroom.ask("随机来一篇", limit=50).hits) == 1


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("有多少篇文章", IntentKind.ARCHIVE_SIZE),
        ("你收錄了多少文章", IntentKind.ARCHIVE_SIZE),
        ("有哪些栏目", IntentKind.ARCHIVE_CATEGORIES),
        ("都有哪些媒体", IntentKind.ARCHIVE_OUTLETS),
        ("你的数据截止到什么时候", IntentKind.ARCHIVE_SPAN),
        ("退订", IntentKind.SUBSCRIPTIONS),
        ("这不是我要的", IntentKind.UNWANTED),
    ],
)
def test_the_archive_and_the_bot_are_told_about(newsroom: Corpus, question: str, subject: IntentKind) -> None:
    answer = newsroom.ask(question)
    assert (answer.kind, answer.confidence, answer.hits) == (AnswerKind.ABOUT, Confidence.ANSWER, ())
    assert answer.about is not None
    assert answer.about.subject is subject
    facts = answer.about.facts
    assert facts.articles == 5
    assert facts.first == datetime(2026, 8, 25, 1, tzinfo=UTC)
    assert facts.last == datetime(2026, 9, 24, 1, tzinfo=UTC)
    assert dict(facts.outlets) == {"台风日报": 1}


def test_an_article_of_that_title_is_found_all_the_same(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "posts")
    folder.write("一.md", post("自我介绍", "大家好，我是新来的编辑老陈。", date="2026-09-20 09:00:00"))
    folder.write("二.md", post("有哪些分类", "垃圾分类分四种：可回收物、厨余。", date="2026-09-20 09:00:00"))
    folder.write("三.md", post("文章榜单：今年有多少篇文章上榜，谁在榜首", "三篇。"))
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        for question in ("自我介绍", "有哪些分类？"):
            assert corpus.ask(question).hits[0].article.title == question.rstrip("？")
        assert corpus.ask("有多少篇文章").kind is AnswerKind.ABOUT


@pytest.mark.parametrize("name", ["澜川晚报", "体育"])
def test_a_name_alone_lists_what_its_outlet_or_category_published(sample: Corpus, name: str) -> None:
    answer = sample.ask(name, limit=50)
    assert answer.kind is AnswerKind.LIST
    assert_all(answer.hits, lambda hit: name in {*hit.article.categories, hit.article.author})


def test_a_property_of_a_thing_is_a_question(sample: Corpus) -> None:
    assert sample.ask("霁澜高铁票价").kind is not AnswerKind.LIST


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    place = tmp_path_factory.mktemp("kiosk")
    folder = Folder(place / "posts")
    for number, (title, text, outlet) in enumerate(
        (
            ("养猫的人", "他家有三只。", "果壳网"),
            ("捡了一只猫该不该养", "先去医院。", "果壳网"),
            ("我养的猫不见了", "找了两天。", "生活报"),
            ("俄乌冲突第七个月", "谈判停了。", "生活报"),
            ("乌克兰战争与粮价", "小麦涨了。", "生活报"),
            ("俄乌战争里的记者", "她写了一年。", "生活报"),
            ("果壳网更新了评论功能", "果壳网昨天更新了评论功能，读者可以给评论打分。", "生活报"),
        )
    ):
        folder.write(f"{number}.md", post(title, text, date=f"2026-09-2{number} 09:00:00", author=outlet))
    with opened(folder.root, place / "data") as corpus:
        corpus.update(workers=0)
        yield corpus


def test_a_bare_topic_is_found_in_other_words_and_apart_in_titles(kiosk: Corpus) -> None:
    assert set(titles(kiosk, "养猫")) == {"养猫的人", "捡了一只猫该不该养", "我养的猫不见了"}
    assert set(titles(kiosk, "俄乌战争")) == {"俄乌冲突第七个月", "乌克兰战争与粮价", "俄乌战争里的记者"}


def test_one_word_under_a_filter_is_a_list_however_few_are_about_it(kiosk: Corpus) -> None:
    answer = kiosk.ask("从:2026-09-24 粮价")
    assert (answer.kind, [hit.article.title for hit in answer.hits]) == (
        AnswerKind.LIST,
        ["乌克兰战争与粮价"],
    )
    assert kiosk.ask("粮价").kind is AnswerKind.PASSAGE


def test_an_outlet_is_known_by_the_beginning_of_its_name(kiosk: Corpus) -> None:
    assert titles(kiosk, "果壳最近发了什么") == ["捡了一只猫该不该养", "养猫的人"]
    assert kiosk.ask("果壳这几天都写啥了").filters.author == "果壳网"
    assert kiosk.ask("果壳的有多少").total == 2


def test_what_an_article_says_counts_more_than_a_count(sample: Corpus) -> None:
    told = sample.ask("潮汐网2025年写了多少条新闻")
    assert told.kind is AnswerKind.PASSAGE
    assert "2,914条" in (told.text or "")
    assert sample.ask("潮汐网有多少条新闻").kind is AnswerKind.COUNT
