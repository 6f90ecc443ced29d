"""Cards of answers: as designed, and never refused whatever articles contain."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messages import articles as render_articles
from bot.messages import keyboards, render
from bot.messages.render_context import RenderContext
from bot.wording import plain_text
from corpus.dialogue.search import Search
from corpus.models import (
    Answer,
    Confidence,
    Filters,
    Listing,
    Order,
)
from tests.bot.messages.rendering import (
    ANSWERS,
    KEY,
    PASSAGE,
    VIEW,
    VIEWS,
    answer,
    article,
    check,
    hit,
    shown,
)
from tests.botapi.keyboards import read_markup
from tests.profiles import examples


@pytest.mark.parametrize(
    ("listing", "heading"),
    [
        (Listing(), "最新文章"),
        (Listing(None, date(2022, 9, 25)), "到2022年9月25日为止的文章（共7篇）"),
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


@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    max_examples=examples(60),
    deadline=None,
)
@given(ANSWERS, VIEWS, st.sampled_from([0, 5]))
def test_no_answer_is_ever_refused(found: Answer, view: RenderContext, offset: int) -> None:
    formatted = check(render.answer(found, view, offset=offset, notes=("<注>",)))
    if found.hits and found.confidence is not Confidence.NONE:
        first = found.hits[0]
        allowed = {plain_text.clean(first.passage.text[start:end]) for start, end in first.sentences}
        allowed |= {render_articles.title(first.article, view)}
        assert set(formatted.spans("bold")) <= allowed
    keyboard = keyboards.answer(found, Search("甲"), KEY, view, offset=offset, asked=10**12)
    if keyboard is not None:
        read_markup(keyboard.to_dict())
        assert sum(map(len, keyboard.inline_keyboard)) <= 100


def test_several_questions_are_answered_in_short_each_under_its_own_words() -> None:
    first = replace(answer(hit(), hit(article=article("第二篇"))), question="外交重点是什么？")
    second = replace(answer(confidence=Confidence.NONE, text=None), question="火星上有谁？")
    both = replace(first, question="外交重点是什么？火星上有谁？", parts=(first, second))
    said = shown(render.answer(both, VIEW)).text
    heading, rest = said.split("\n", 1)
    assert heading == "1. 外交重点是什么？"
    assert "王毅谈2022年中国外交八大重点" in rest
    assert "第二篇" not in rest
    assert rest.index("2. 火星上有谁？") < rest.index("没有找到")
    assert [found.article.title for found in render.numbered(both, VIEW)] == ["王毅谈2022年中国外交八大重点"]
