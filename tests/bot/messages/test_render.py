"""Cards, lists and buttons: as the design shows them, and whatever articles hold never refused."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messages import keyboards, markup, render
from bot.messages.markup import Html
from bot.messages.render import View
from bot.storage.chats import AnswerLength
from bot.wording.i18n import Language, translator
from corpus.dialogue.search import Search
from corpus.models import (
    Answer,
    Article,
    ArticlePage,
    Category,
    Confidence,
    Filters,
    Hit,
    Listing,
    Order,
    Passage,
)
from corpus.text.passages import sentences
from tests.botapi.formatting import FormattedText
from tests.botapi.html import parse_html
from tests.botapi.keyboards import read_markup
from tests.profiles import examples

TODAY = date(2022, 9, 28)
VIEW = View(
    t=translator(Language.HANS),
    zone=ZoneInfo("Asia/Shanghai"),
    today=TODAY,
    username="baotong_bot",
    site_url="https://news.example.org",
)
KEY = "aB3dE5gH"

PASSAGE = (
    "第三，积极引领全球治理体系变革。明年，多边议程齐聚亚洲。中国将担任金砖主席国，主办金砖国家领导人会晤。"
    "亚太经合组织、二十国集团以及上合组织的峰会也将在亚洲国家召开。"
)


def article(title: str = "王毅谈2022年中国外交八大重点", **changes: object) -> Article:
    made = Article(
        id="0123456789a",
        path="金融/新浪财经/一.md",
        title=title,
        url="https://finance.example.com/a.html?x=1&y=2",
        published=datetime(2021, 12, 30, 2, tzinfo=UTC),
        author="新浪财经",
        categories=("金融", "新浪财经"),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def hit(text: str = PASSAGE, answering: tuple[int, ...] = (2,), **changes: object) -> Hit:
    found = sentences(text)
    made = Hit(
        article=article(),
        passage=Passage("0123456789a.3", 3, text),
        sentences=tuple(found[index] for index in answering),
        highlights=(),
        score=9.0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def answer(*hits: Hit, **changes: object) -> Answer:
    made = Answer(
        question="2022金砖峰会谁是主席国",
        confidence=Confidence.ANSWER,
        score=0.9,
        text="中国",
        filters=Filters(),
        suggestions=(),
        hits=hits,
        total=len(hits),
        milliseconds=3.0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def shown(made: Html) -> FormattedText:
    """What Telegram makes of it; fails where it refuses or drops something."""
    parsed = parse_html(made)
    assert not parsed.dropped
    return parsed.formatted


@pytest.mark.parametrize(
    ("listing", "heading"),
    [
        (Listing(), "最新文章"),
        (Listing(date(2022, 9, 26), date(2022, 9, 26)), "2022年9月26日的文章（共7篇）"),
        (Listing(date(2022, 9, 1), date(2022, 9, 30)), "2022年9月的文章（共7篇）"),
        (Listing(VIEW.today, VIEW.today, nothing_then=True), "今天没有新文章，最新的是："),
    ],
)
def test_a_list_has_a_heading_and_titles_and_no_passage(listing: Listing, heading: str) -> None:
    made = answer(hit(), hit(article=article("第二篇")), listing=listing, total=7, text=None)
    assert shown(render.answer(made, VIEW)).text == (
        f"{heading}\n\n"
        "1. 王毅谈2022年中国外交八大重点 — 新浪财经，2021年12月30日\n"
        "2. 第二篇 — 新浪财经，2021年12月30日\n\n"
        "第1–2篇，共7篇"
    )


def test_the_card_reads_as_designed() -> None:
    second = hit(
        article=article(
            "金砖国家领导人第十四次会晤举行", author="联合早报", published=datetime(2022, 6, 23, tzinfo=UTC)
        )
    )
    assert shown(render.answer(answer(hit(), second), VIEW)).text == (
        "王毅谈2022年中国外交八大重点\n"
        "新浪财经 · 2021年12月30日 · 金融\n"
        "\n" + PASSAGE + "\n"
        "\n"
        "另见\n"
        "2. 金砖国家领导人第十四次会晤举行 — 联合早报，2022年6月23日"
    )


def test_bold_is_the_title_and_the_answering_sentence_and_nothing_else() -> None:
    formatted = shown(render.answer(answer(hit(), hit()), VIEW))
    assert formatted.spans("bold") == (
        "王毅谈2022年中国外交八大重点",
        "中国将担任金砖主席国，主办金砖国家领导人会晤。",
    )


def test_the_title_links_to_the_sentence_on_the_page() -> None:
    [entity] = [e for e in shown(render.answer(answer(hit()), VIEW)).entities if e.type == "text_link"]
    assert entity.url is not None
    assert entity.url.startswith("https://finance.example.com/a.html?x=1&y=2#:~:text=%E4%B8%AD")


@pytest.mark.parametrize(
    ("url", "public_url", "expected"),
    [
        ("https://news.example.org/p/6271.html", None, "https://news.example.org/p/6271.html"),
        (None, "https://read.example.org", "https://read.example.org/a/0123456789a#p3"),
        (None, None, "https://t.me/baotong_bot?start=a_0123456789a_3"),
        (None, "http://localhost:8080", "https://t.me/baotong_bot?start=a_0123456789a_3"),
        ("javascript:alert(1)", None, "https://t.me/baotong_bot?start=a_0123456789a_3"),
        (
            "https://news.example.org.evil.example/x",
            None,
            "https://news.example.org.evil.example/x#:~:text=%E4%B8%AD%E5%9B%BD",
        ),
    ],
)
def test_links_follow_the_order_of_the_design(url: str | None, public_url: str | None, expected: str) -> None:
    view = replace(VIEW, public_url=public_url)
    assert render.address(article(url=url), view, 3, "中国") == expected


def test_without_any_address_the_title_is_plain_text() -> None:
    view = replace(VIEW, username="")
    assert render.headline(article(url=None), view) == "王毅谈2022年中国外交八大重点"


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
    assert render.day(published, VIEW) == expected


def test_an_outlet_that_is_a_category_too_is_named_once() -> None:
    assert render.source(article(categories=("新浪财经", "金融"), author="新浪財經"), VIEW) == (
        "新浪財經 · 2021年12月30日 · 金融"
    )
    assert render.source(article(categories=("新浪财经",)), VIEW) == "新浪财经 · 2021年12月30日"
    assert render.source(article(author=None, categories=()), VIEW) == "2021年12月30日"


def test_an_article_that_is_only_a_title_is_shown_by_title_outlet_and_date() -> None:
    only = hit("", (), article=article("快讯：某某当选", url=None))
    assert shown(render.answer(answer(only), VIEW)).text == "快讯：某某当选\n新浪财经 · 2021年12月30日 · 金融"


def test_a_passage_equal_to_the_title_is_not_printed_twice() -> None:
    same = hit("“动员令”来了。", (0,), article=article("动员令来了"))
    assert shown(render.answer(answer(same), VIEW)).text.count("来了") == 1


def test_what_the_passage_needs_in_front_is_put_there() -> None:
    assert "外交重点\n第三" in shown(render.answer(answer(hit(lead="外交重点")), VIEW)).text


def test_a_long_passage_is_folded_after_the_part_that_answers() -> None:
    long = "".join(f"第{number}句说的是一件很要紧的事情，大家都应该知道它。" for number in range(14))
    formatted = shown(render.answer(answer(hit(long, (1,))), VIEW))
    [folded] = formatted.spans("expandable_blockquote")
    assert folded.endswith("第13句说的是一件很要紧的事情，大家都应该知道它。")
    assert formatted.text.replace("\n\n", "").count("第5句") == 1


def test_a_group_gets_the_first_hit_in_two_to_four_lines() -> None:
    view = replace(VIEW, brief=True)
    text = shown(render.answer(answer(hit(), hit()), view)).text
    assert 2 <= text.count("\n") + 1 <= 4
    assert "中国将担任金砖主席国" in text
    assert "另见" not in text


def test_a_related_answer_says_so_first_and_nothing_found_names_the_nearest_titles() -> None:
    related = shown(render.answer(answer(hit(), confidence=Confidence.RELATED), VIEW)).text
    assert related.startswith("没有找到确切的答案，这篇可能有关：\n\n王毅谈")
    none = answer(
        *(hit() for _ in range(5)), confidence=Confidence.NONE, text=None, suggestions=("金砖国家",)
    )
    text = shown(render.answer(none, VIEW)).text
    assert text == "没有找到能回答“2022金砖峰会谁是主席国”的文章。\n\n您是不是要找："
    text = shown(render.answer(replace(none, nearest=none.hits), VIEW)).text
    assert text.startswith("没有找到能回答“2022金砖峰会谁是主席国”的文章。\n\n标题最接近的几篇：\n")
    assert text.count("新浪财经，2021年12月30日") == 3
    assert text.endswith("您是不是要找：")
    rows = keyboards.answer(none, Search("甲"), KEY, VIEW)
    assert rows is not None
    assert [button.text for row in rows.inline_keyboard for button in row] == ["金砖国家"]


def test_a_suggestion_of_nothing_visible_makes_no_button() -> None:
    found = answer(confidence=Confidence.NONE, text=None, suggestions=("\x1b", "地铁"))
    made = keyboards.answer(found, Search("甲"), KEY, VIEW)
    assert made is not None
    assert made.inline_keyboard[0][0].text == "地铁"


def test_a_corrected_question_is_told_and_the_original_offered() -> None:
    found = answer(hit(), corrected="王毅")
    assert shown(render.answer(found, VIEW)).text.startswith("已改查“王毅”\n")
    rows = keyboards.answer(found, Search("王义"), KEY, VIEW)
    assert rows is not None
    assert rows.inline_keyboard[0][0].text == "仍查“2022金砖峰会谁是主席国”"


def test_later_pages_say_where_they_are_and_go_both_ways() -> None:
    found = answer(*(hit() for _ in range(5)), total=37)
    assert shown(render.answer(found, VIEW, offset=5)).text.endswith("第6–10条，共37条")
    assert "\n7. " in shown(render.answer(found, VIEW, offset=5)).text
    rows = keyboards.answer(found, Search("甲"), KEY, VIEW, offset=5)
    assert rows is not None
    data = {button.text: button.callback_data for row in rows.inline_keyboard for button in row}
    assert data["‹ 上一页"] == f"1p:{KEY}:0"
    assert data["下一页 ›"] == f"1p:{KEY}:10"


def test_in_a_group_a_heading_stands_apart_from_what_follows_and_sentences_close_up() -> None:
    found = answer(hit("车票与车次\n什么时候卖票？\n十三日上午十时。", (2,)))
    text = shown(render.answer(found, replace(VIEW, brief=True))).text
    assert text.endswith("\n车票与车次 什么时候卖票？十三日上午十时。")


def test_further_passages_of_the_article_have_a_button_and_inside_it_there_is_nothing_to_subscribe_to() -> (
    None
):
    found = answer(hit(more_in_article=3))
    rows = keyboards.answer(found, Search("甲"), KEY, VIEW)
    assert rows is not None
    assert [button.text for button in rows.inline_keyboard[0]] == ["读全文", "文内其他段落"]
    inside = Search("甲", Filters(article="0123456789a"))
    rows = keyboards.answer(replace(found, filters=inside.filters), inside, KEY, VIEW)
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
        ["最新优先", "只看金融", "只看2021年12月"],
        ["订阅这个搜索", "复制引用", "分享"],
        ["👍 有用", "👎 不准"],
    ]


def test_conditions_are_named_and_can_be_dropped() -> None:
    filters = Filters(category="金融", since=date(2021, 12, 1), until=date(2021, 12, 31), excluded=("广告",))
    found = answer(hit(), hit(), filters=filters)
    assert shown(render.answer(found, VIEW)).text.endswith("筛选：金融 · 2021年12月 · 不含“广告”")
    rows = keyboards.answer(found, Search("甲", filters, Order.NEWEST), KEY, VIEW)
    assert rows is not None
    labels = [button.text for row in rows.inline_keyboard for button in row]
    assert "取消筛选" in labels
    assert "最相关" in labels
    assert "只看金融" not in labels


def test_a_citation_names_sentence_source_and_address_within_what_a_button_copies() -> None:
    assert render.citation(hit(article=article(url="https://example.org/1")), VIEW) == (
        "“中国将担任金砖主席国，主办金砖国家领导人会晤。”——"
        "新浪财经《王毅谈2022年中国外交八大重点》，2021年12月30日 https://example.org/1"
    )


def test_unknown_dates_come_under_a_line_that_says_so() -> None:
    page = ArticlePage((article(), article("无日期", published=None)), 2)
    assert "\n以下日期不详\n2. 无日期" in shown(render.latest(page, None, VIEW)).text


HOSTILE = st.text(
    st.one_of(
        st.sampled_from(list("<>&\"'/{}%_*[]()~`|\n\t\x00\u202e\u200d😀👩🏽𠮷é。！；王毅abc ")),
        st.characters(),
    ),
    max_size=80,
)
LONG = st.one_of(
    HOSTILE, HOSTILE.map(lambda words: (words + "。") * 40), st.just("&" * 4096), st.just("好" * 4096)
)
URLS = st.one_of(
    st.none(),
    HOSTILE.map(lambda words: "https://" + words),
    HOSTILE.map(lambda words: "https://example.org/" + words),
    st.sampled_from(["javascript:1", "https://example.org/" + "x" * 3000, "http://localhost/"]),
)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


ARTICLES = st.builds(
    Article,
    id=st.text("0123456789abcXYZ", min_size=11, max_size=11),
    path=HOSTILE,
    title=LONG,
    url=URLS,
    published=st.none() | st.dates(date(1980, 1, 1)).map(noon),
    author=st.none() | LONG,
    categories=st.lists(LONG, max_size=3).map(tuple),
    image=URLS,
)


@st.composite
def hits(draw: st.DrawFn) -> Hit:
    made = draw(ARTICLES)
    text = draw(LONG)
    found = sentences(text)
    chosen = draw(st.lists(st.sampled_from(found), max_size=2, unique=True)) if found else []
    return Hit(
        article=made,
        passage=Passage(f"{made.id}.7", 7, text),
        sentences=tuple(sorted(chosen)),
        highlights=(),
        score=1.0,
        same_story=tuple(draw(st.lists(st.just("b" * 11), max_size=3))),
        lead=draw(st.none() | HOSTILE),
    )


ANSWERS = st.builds(
    Answer,
    question=LONG,
    confidence=st.sampled_from(Confidence),
    score=st.just(0.5),
    text=st.none(),
    filters=st.builds(
        Filters,
        category=st.none() | LONG,
        author=st.none() | LONG,
        since=st.none() | st.dates(),
        until=st.none() | st.dates(),
        phrases=st.lists(LONG, max_size=3).map(tuple),
        excluded=st.lists(LONG, max_size=3).map(tuple),
    ),
    suggestions=st.lists(LONG, max_size=4).map(tuple),
    hits=st.lists(hits(), max_size=6).map(tuple),
    total=st.integers(0, 99),
    milliseconds=st.just(1.0),
    corrected=st.none() | LONG,
    total_is_bound=st.booleans(),
)
VIEWS = st.builds(
    View,
    t=st.sampled_from(Language).map(translator),
    zone=st.just(ZoneInfo("Asia/Shanghai")),
    today=st.just(TODAY),
    username=st.sampled_from(["", "baotong_bot"]),
    public_url=st.sampled_from([None, "https://read.example.org", "http://localhost"]),
    brief=st.booleans(),
    length=st.sampled_from(AnswerLength),
)


def check(made: Html) -> FormattedText:
    """Everything that Telegram limits or refuses about a message."""
    parsed = parse_html(made)
    assert not parsed.dropped
    assert not parsed.blank_links
    assert len(made.encode()) <= 32_768
    assert len(parsed.formatted.text.encode("utf-16-le", "surrogatepass")) <= 2 * 4096
    assert len(parsed.formatted.entities) <= 100
    assert parsed.formatted.text.strip()
    return parsed.formatted


@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    max_examples=examples(60),
    deadline=None,
)
@given(ANSWERS, VIEWS, st.sampled_from([0, 5]))
def test_no_answer_is_ever_refused(found: Answer, view: View, offset: int) -> None:
    formatted = check(render.answer(found, view, offset=offset, notes=("<注>",)))
    if found.hits and found.confidence is not Confidence.NONE:
        first = found.hits[0]
        allowed = {markup.clean(first.passage.text[start:end]) for start, end in first.sentences}
        allowed |= {render.title(first.article, view)}
        assert set(formatted.spans("bold")) <= allowed
    keyboard = keyboards.answer(found, Search("甲"), KEY, view, offset=offset, asked=10**12)
    if keyboard is not None:
        read_markup(keyboard.to_dict())
        assert sum(map(len, keyboard.inline_keyboard)) <= 100


@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    max_examples=examples(30),
    deadline=None,
)
@given(st.lists(ARTICLES, min_size=1, max_size=20), VIEWS)
def test_no_list_is_ever_refused(articles: list[Article], view: View) -> None:
    page = ArticlePage(tuple(articles), 999)
    check(render.latest(page, None, view, offset=40))
    keyboard = keyboards.latest(page, None, view, offset=40, size=20)
    assert keyboard is not None
    read_markup(keyboard.to_dict())


@given(LONG, st.integers(1, 10**6), VIEWS)
def test_no_category_is_ever_refused(name: str, count: int, view: View) -> None:
    children = tuple(Category(f"c{number:05d}", ("上", name), count) for number in range(95))
    node = Category("c00abc", ("上",), count, children)
    for top, offset in ((node, 0), (None, 0), (node, 80)):
        check(render.category(top, count, view))
        keyboard = keyboards.category(top, children, view, total=count, offset=offset)
        assert keyboard is not None
        read_markup(keyboard.to_dict())
    choices = keyboards.choices(children, view)
    assert choices is not None
    read_markup(choices.to_dict())


def test_the_month_of_an_article_is_a_whole_local_month() -> None:
    new_year = article(published=datetime(2021, 12, 31, 17, tzinfo=UTC))
    assert keyboards.month_of(new_year, VIEW) == Filters(since=date(2022, 1, 1), until=date(2022, 1, 31))
    assert keyboards.month_of(article(published=None), VIEW) == Filters()
