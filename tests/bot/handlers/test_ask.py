"""Questions end to end: the card, its buttons, pages, edits, follow-ups, odd questions."""

import asyncio
import shutil
import sqlite3
import time
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.handlers import replies
from bot.storage import chats, lock_rest, votes
from bot.storage.chats import ChatPreferences, Preview
from bot.storage.database import State
from bot.storage.lock_rest import LockRest
from corpus import Corpus, CorpusOptions
from corpus.models import Answer
from tests.assertions import assert_all
from tests.bot.conftest import NOW, OpenTalk, open_archive
from tests.botapi.harness import Talk
from tests.botapi.messages import Message
from tests.botapi.server import BotApiServer
from tests.newspaper import Story

SUBWAY = "地铁"
"""Told of by eight articles: two pages."""


def titles(message: Message) -> list[str]:
    """Titles on a card or list, in order."""
    return [link.text for link in message.links]


async def test_an_answer_shows_title_source_and_the_answering_sentence_in_bold(talk: Talk) -> None:
    [answer] = await talk.say("临江大桥什么时候通车")
    lines = answer.text.split("\n")
    assert lines[0] == "临江大桥十月一日零时通车"
    assert lines[1] == "临江晚报 · 2026年9月20日 · 城市"
    assert answer.bold[0] == "临江大桥十月一日零时通车"
    assert any("2026年10月1日零时正式通车" in words for words in answer.bold[1:])
    assert answer.links[0].url.startswith("https://paper.example.com/2026/bridge?id=1&page=2#:~:text=")
    assert answer.preview is None
    assert answer.reply_to is None


async def test_a_preview_of_the_source_is_shown_where_the_chat_wants_it(open_talk: OpenTalk) -> None:
    with State.in_memory() as state:
        async with open_talk(state=state) as talk:
            with state.transaction() as connection:
                chats.save(connection, talk.chat.id, ChatPreferences(preview=Preview.SMALL))
            [answer] = await talk.say("临江大桥什么时候通车")
    assert answer.preview == "https://paper.example.com/2026/bridge?id=1&page=2"


@pytest.mark.parametrize(
    "question", ["臨江大橋什麼時候通車", "／ask 临江大桥什么时候通车", "临江大桥　什么时候通车？？"]
)
async def test_other_ways_to_write_the_question_find_the_same(talk: Talk, question: str) -> None:
    [answer] = await talk.say(question)
    assert answer.text.startswith("临江大桥十月一日零时通车")


async def test_pages_together_are_one_list_without_gap_or_repetition(talk: Talk, newspaper: Corpus) -> None:
    [first] = await talk.say(SUBWAY)
    second = (await talk.press(first, "下一页")).shown
    assert second.id == first.id
    expected = [hit.article.title for hit in newspaper.ask(SUBWAY, limit=50).hits]
    assert len(expected) > 5
    assert titles(first) + titles(second) == expected[:10]
    back = (await talk.press(second, "上一页")).shown
    assert titles(back) == titles(first)


async def test_an_old_message_turns_its_own_pages_after_another_question(talk: Talk) -> None:
    [old] = await talk.say(SUBWAY)
    await talk.say("临江大桥什么时候通车")
    second = (await talk.press(old, "下一页")).shown
    assert second.id == old.id
    assert_all(titles(second), lambda title: "地铁" in title or "大桥" not in title)
    assert not set(titles(second)) & set(titles(old))


async def test_anybody_in_a_group_can_turn_pages_and_searches_never_mix(
    talk: Talk, telegram: BotApiServer
) -> None:
    other = telegram.person("小红")
    group = telegram.group("读报小组", talk.me, other)
    [mine] = await talk.say("@baotong_bot 地铁票价听证会 地铁三号线", chat=group)
    [theirs] = await talk.say("@baotong_bot 图书馆", chat=group, by=other)
    turned = (await talk.press(mine, "下一条", by=other)).shown
    assert turned.id == mine.id
    assert "地铁" in turned.text
    assert "图书馆" in titles(group.now(theirs))[0]


async def test_buttons_work_after_a_restart(open_talk: OpenTalk, tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite3"
    with State.open(path) as state:
        async with open_talk(state=state) as talk:
            [first] = await talk.say(SUBWAY)
            me, chat = talk.me, talk.chat
    with State.open(path) as state:
        async with open_talk(state=state) as talk:
            chat.new_edits()
            press = me.press(first, "下一页")
            await talk.settle()
            [second] = chat.new_edits()
            assert not (await press.answer()).text
    assert titles(second)
    assert not set(titles(second)) & set(titles(first))


@pytest.mark.parametrize(
    "data",
    [
        "",
        "x",
        "1p:nokey123:5",
        "1p:nokey123:-5",
        "1p:nokey123:999999",
        "2p:a:1",
        "1r:xxxxxxxxxxx:0:0::0",
        "1q:zzzzzzzz",
    ],
)
async def test_a_forged_button_gets_a_notice_and_changes_nothing(talk: Talk, data: str) -> None:
    [answer] = await talk.say(SUBWAY)
    before = answer.html
    outcome = await talk.forge(answer, data)
    assert outcome.answer is not None
    assert outcome.answer.text
    assert not outcome.edits
    assert not outcome.messages
    assert talk.chat.now(answer).html == before


async def test_a_page_beyond_the_end_gets_a_notice(talk: Talk) -> None:
    [answer] = await talk.say(SUBWAY)
    key = (answer.button("下一页").data or "").split(":")[1]
    outcome = await talk.forge(answer, f"1p:{key}:5000")
    assert outcome.answer is not None
    assert outcome.answer.text == "没有更多结果了。"
    outcome = await talk.forge(answer, f"1p:{key}:-5")
    assert outcome.answer is not None
    assert outcome.answer.text
    assert not outcome.edits


@pytest.mark.parametrize("words", ["临江大桥什么时候通车", SUBWAY, "地铁", "地铁 分类:城市", "临江大轿通车"])
async def test_an_answer_has_two_rows_of_buttons_and_the_others_behind_one(talk: Talk, words: str) -> None:
    [answer] = await talk.say(words)
    assert 1 <= len(answer.keyboard) <= 2
    opened = await talk.unfold(answer)
    assert opened.text == answer.text
    assert set(answer.labels) - {"更多"} <= set(opened.labels)
    if "更多" in answer.labels:
        assert len(opened.labels) > len(answer.labels)
        closed = (await talk.press(opened, "收起")).shown
        assert closed.keyboard == answer.keyboard


async def test_buttons_behind_one_work_for_others_and_on_further_pages(
    talk: Talk, telegram: BotApiServer
) -> None:
    [first] = await talk.say(SUBWAY)
    second = (await talk.press(first, "下一页")).shown
    opened = await talk.unfold(second)
    assert titles(opened) == titles(second)
    assert "订阅这个搜索" in opened.labels
    outcome = await talk.forge(second, "1m:nosuchon:0:o::1")
    assert outcome.answer is not None
    assert outcome.answer.text
    assert not outcome.edits


async def test_newest_first_reorders_and_most_relevant_goes_back(talk: Talk) -> None:
    [first] = await talk.say(SUBWAY)
    newest = (await talk.press(first, "最新优先")).shown
    assert titles(newest)[0] == "地铁三号线首批列车抵达车辆段"
    assert "最相关" in newest.labels
    assert titles((await talk.press(newest, "最相关")).shown) == titles(first)


async def test_a_search_can_be_narrowed_to_category_and_month_and_widened_again(talk: Talk) -> None:
    [first] = await talk.say(SUBWAY)
    newest = (await talk.press(first, "最新优先")).shown
    narrowed = (await talk.press(newest, "只看城市")).shown
    assert "筛选：城市" in narrowed.text
    assert "地铁工地发现宋代古井" not in titles(narrowed)
    month = (await talk.press(narrowed, "只看本月")).shown
    assert "筛选：城市 · 2026年9月" in month.text
    assert titles(month) == ["地铁三号线首批列车抵达车辆段", "地铁票价听证会下周举行"]
    wide = (await talk.press(month, "取消筛选")).shown
    assert "筛选" not in wide.text


async def test_conditions_typed_into_the_question_hold(talk: Talk) -> None:
    [answer] = await talk.say("地铁 分类:文化 -古井")
    assert "筛选：文化 · 不含“古井”" in answer.text
    assert titles(answer) == ["地铁站里开起流动图书馆"]


async def test_an_edited_question_changes_its_answer(talk: Talk) -> None:
    [answer] = await talk.say("临江大桥什么时候通车")
    question = talk.chat.messages[-2]
    outcome = await talk.edit(question, "头茬茶的收购均价是多少")
    assert not outcome.messages
    [edited] = outcome.edits
    assert edited.id == answer.id
    assert "三百二十元" in edited.text


async def test_an_edited_command_changes_its_answer_and_the_usage_hint_too(talk: Talk) -> None:
    [hint] = await talk.say("/ask")
    assert "/ask " in hint.text
    outcome = await talk.edit(talk.chat.messages[-2], "/ask 临江大桥什么时候通车")
    assert "零时正式通车" in (*outcome.messages, *outcome.edits)[0].text


async def test_an_edit_that_changes_nothing_stays_quiet(talk: Talk) -> None:
    await talk.say("临江大桥什么时候通车")
    outcome = await talk.edit(talk.chat.messages[-2], "临江大桥什么时候通车 ")
    assert not outcome.messages
    assert not outcome.edits


async def test_asking_for_more_in_reply_or_not_goes_on_where_the_answer_ended(
    talk: Talk, newspaper: Corpus
) -> None:
    [first] = await talk.say(SUBWAY)
    [second] = await talk.say("还有吗", reply_to=first)
    expected = [hit.article.title for hit in newspaper.ask(SUBWAY, limit=50).hits]
    assert titles(first) + titles(second) == expected[:10]
    if len(expected) <= 10:
        [end] = await talk.say("还有吗？")
        assert end.text == "后面没有更多结果了，可以换个说法再问。"


async def test_asking_for_more_goes_on_from_the_page_turned_to(talk: Talk, newspaper: Corpus) -> None:
    [first] = await talk.say("地铁 -古井 -志愿者", by=None)
    second = (await talk.press(first, "下一页")).shown if "下一页 ›" in first.labels else first
    [reply] = await talk.say("上一页", reply_to=second)
    assert titles(reply) == titles(first)


async def test_another_time_is_the_same_search_at_that_time(talk: Talk) -> None:
    [first] = await talk.say(SUBWAY)
    [answer] = await talk.say("那今年六月呢", reply_to=first)
    assert titles(answer) == ["地铁站里开起流动图书馆"]
    assert "2026年6月" in answer.text


async def test_a_question_put_anew_for_another_year_is_said_so(talk: Talk) -> None:
    [first] = await talk.say("2025年临江大桥通车")
    [answer] = await talk.say("那2026年呢", reply_to=first)
    assert answer.text.startswith("问：2026年临江大桥通车\n\n临江大桥十月一日零时通车\n")


async def test_another_category_is_the_same_search_there(talk: Talk) -> None:
    [first] = await talk.say(SUBWAY)
    [answer] = await talk.say("那财经呢", reply_to=first)
    assert titles(answer)[0] == "地铁广告收入去年增长一成"
    assert "筛选：财经" in answer.text


def below_leaning(message: Message) -> str:
    """What a message says below the line that tells what its question was read with, which must be there."""
    line, _, rest = message.text.partition("\n")
    assert line.startswith("接着“")
    return rest


async def test_a_narrower_question_is_answered_from_the_same_article(talk: Talk) -> None:
    [first] = await talk.say("临江大桥什么时候通车")
    [answer] = await talk.say("全长多少米", reply_to=first)
    assert below_leaning(answer).startswith("在这篇文章里找到：\n\n临江大桥十月一日零时通车")
    assert any("2860米" in words for words in answer.bold)


async def test_who_said_it_finds_whoever_speaks_in_the_article(talk: Talk) -> None:
    [first] = await talk.say("东西两岸车程要多久")
    [answer] = await talk.say("谁说的", reply_to=first)
    assert "方知远说" in answer.text
    usage = votes.usage(talk.application.bot_data.state.connection(), now=NOW, zone=ZoneInfo("UTC"))
    assert [question for question, _ in usage.top] == ["谁说的", "东西两岸车程要多久"]


async def test_nobody_who_speaks_elsewhere_in_the_article_is_said_to_have_said_it(talk: Talk) -> None:
    [first] = await talk.say("临江大桥全长多少米")
    [answer] = await talk.say("谁说的", reply_to=first)
    assert answer.text.startswith("这一段没有写明是谁说的：\n\n临江大桥十月一日零时通车\n")
    assert not any("方知远" in words for words in answer.bold)


async def test_where_nothing_was_found_who_said_it_is_a_question_of_its_own(talk: Talk) -> None:
    [first] = await talk.say("火星上的土豆价格是谁定的")
    assert first.text.startswith("没有找到")
    answers = await talk.say("谁说的", reply_to=first)
    assert len(answers) == 1


async def test_it_is_said_when_the_article_does_not_name_who_said_it(talk: Talk) -> None:
    [first] = await talk.say("宋代古井里挖出了什么")
    [answer] = await talk.say("谁说的", reply_to=first)
    assert answer.text.startswith("这一段没有写明是谁说的：\n\n地铁工地发现宋代古井\n")


async def test_a_mistyped_name_is_corrected_told_and_may_be_searched_as_typed(talk: Talk) -> None:
    [answer] = await talk.say("梁速心 茶农协会")
    assert answer.text.startswith("已改查“梁素心 茶农协会”\n\n本地新茶开采")
    assert answer.labels[0] == "仍查“梁速心 茶农协会”"
    outcome = await talk.press(answer, "仍查")
    assert outcome.answer is not None
    assert outcome.answer.text == "没有找到能回答“梁速心 茶农协会”的文章。"
    assert not outcome.edits


async def test_a_pressed_message_that_is_gone_is_answered_by_a_new_one(talk: Talk) -> None:
    [answer] = await talk.say(SUBWAY)
    press = talk.me.press(answer, "下一页", inaccessible=True)
    talk.me.delete(answer)
    talk.server.expect_refusals()
    await talk.settle()
    assert (await press.answer()) is not None
    assert len(talk.chat.new_answers()) == 1


async def test_passages_of_one_article_are_listed_by_their_words(open_talk: OpenTalk, tmp_path: Path) -> None:
    text = tuple(
        f"第{number}天，修路队到了{place}，全天铺好路面三百米。"
        + "沿街的店铺照常开门，只是门前多了一块木板。" * 9
        for number, place in enumerate(("东门", "南门", "西门", "北门"), 1)
    )
    stories = (Story("修路日记", "城市", "晚报", "2026-01-02 08:00:00", text),)
    with open_archive(tmp_path, stories) as corpus:
        async with open_talk(corpus=corpus) as talk:
            [first] = await talk.say("修路队到了东门")
            [answer] = await talk.say("他们哪天到了北门", reply_to=first)
            assert below_leaning(answer).startswith("在这篇文章里找到：")
            assert answer.text.count("修路日记") == 1
            assert "\n文内还有\n2. 第" in answer.text
            assert "只看城市" not in answer.labels
            everywhere = (await talk.press(answer, "在全部文章里查")).shown
            # 他们 needs the question before it, whose words lead to another day: nothing is told as sure.
            assert everywhere.text.startswith("没有找到确切的答案，这篇可能有关：\n\n修路日记\n")


async def test_further_passages_of_the_article_are_a_tap_away_and_so_is_the_way_back(
    open_talk: OpenTalk, tmp_path: Path
) -> None:
    text = tuple(
        f"第{number}天，修路队到了{place}，全天铺好路面三百米。"
        + "沿街的店铺照常开门，只是门前多了一块木板。" * 9
        for number, place in enumerate(("东门", "南门", "西门", "北门"), 1)
    )
    stories = (
        Story("修路日记", "城市", "晚报", "2026-01-02 08:00:00", text),
        Story("修路队招人", "城市", "晚报", "2026-01-03 08:00:00", ("修路队下周招人，路面工优先。",)),
    )
    with open_archive(tmp_path, stories) as corpus:
        async with open_talk(corpus=corpus) as talk:
            [answer] = await talk.say("修路队铺好路面三百米 分类:城市")
            inside = (await talk.press(answer, "文内其他段落")).shown
            assert "\n文内还有\n2. 第" in inside.text
            assert "筛选：城市 · 本文之内" in inside.text
            assert "没有找到" not in inside.text
            assert not [label for label in inside.labels if label.startswith(("文内其他", "订阅", "只看"))]
            back = (await talk.press(inside, "在全部文章里查")).shown
            assert back.text == answer.text


async def test_a_reply_about_something_else_is_answered_as_if_it_were_asked_alone(talk: Talk) -> None:
    [alone] = await talk.say("宋代古井里挖出了什么")
    [first] = await talk.say("临江大桥什么时候通车")
    [answer] = await talk.say("宋代古井里挖出了什么", reply_to=first)
    assert answer.text == alone.text
    assert "青瓷碗" in answer.text


async def test_follow_ups_of_two_people_go_on_from_the_answer_they_reply_to(
    talk: Talk, telegram: BotApiServer
) -> None:
    other = telegram.person("小红")
    group = telegram.group("读报小组", talk.me, other)
    [bridge] = await talk.say("@baotong_bot 临江大桥什么时候通车", chat=group)
    [tea] = await talk.say("@baotong_bot 头茬茶收购均价", chat=group, by=other)
    [answer] = await talk.say("全长多少米", chat=group, by=other, reply_to=bridge)
    assert "2860米" in answer.text
    [answer] = await talk.say("比去年早几天", chat=group, reply_to=tea)
    assert "早四天" in answer.text


@pytest.mark.parametrize("question", ["？！……", "。", "😀😀", "…", '"""', "<>", "\u200b\u200d?"])
async def test_a_question_without_words_gets_a_calm_hint(talk: Talk, question: str) -> None:
    answers = await talk.say(question)
    assert len(answers) == 1
    assert answers[0].text.startswith("没看懂这个问题。")


@pytest.mark.parametrize(
    "question",
    [
        "-h",
        "--help",
        "-t=",
        '"',
        "的",
        "知",
        "_*[<&`",
        "<b>临江</b> & <script>",
        "a" * 4096,
        "桥" * 4096,
        "临江大桥\x00通车",
        "مرحبا بالعالم",
        "\u202e桥大江临\u202c",
        "{title} {0} %s",
        "分类:没有这个 地铁",
        "从:昨天的明天 地铁",
        "𠮷野家 👩🏽‍🚀",
        "'; DROP TABLE searches; --",
        "C++ && <模板>",
    ],
)
async def test_an_odd_question_gets_one_calm_answer_in_good_time(
    talk: Talk, telegram: BotApiServer, question: str
) -> None:
    async with asyncio.timeout(60):  # far from what an unbounded search would take
        answers = await talk.say(question)
    assert len(answers) == 1
    assert answers[0].text


async def test_one_character_finds_what_holds_it(talk: Talk) -> None:
    [answer] = await talk.say("茶")
    assert "本地新茶开采 均价与去年持平" in answer.text


async def test_nothing_found_says_so_and_names_the_nearest_titles(talk: Talk) -> None:
    [answer] = await talk.say("火星上的土豆价格是谁定的")
    assert answer.text.startswith("没有找到能回答“火星上的土豆价格是谁定的”的文章。")
    assert len(answer.links) <= 3
    assert "读全文" not in answer.labels


async def test_a_title_with_every_hostile_character_is_shown_as_it_is(talk: Talk) -> None:
    [answer] = await talk.say("编译器 cc1plus 报错先看什么")
    assert answer.text.startswith("C++ 与 <模板> 的“那些事” & 更多\n")
    assert any("<cc1plus>" in words for words in answer.bold)


async def test_typing_is_shown_only_when_an_answer_takes_long(
    open_talk: OpenTalk, newspaper: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_talk() as talk:
        monkeypatch.setattr(replies, "TYPING_AFTER_SECONDS", 60)
        await talk.say("临江大桥什么时候通车")
        assert talk.chat.actions() == []
        monkeypatch.setattr(replies, "TYPING_AFTER_SECONDS", 0.1)
        quick = newspaper.ask

        def slow(*arguments: Any, **words: Any) -> Answer:
            time.sleep(0.9)
            return quick(*arguments, **words)

        monkeypatch.setattr(newspaper, "ask", slow)
        [answer] = await talk.say("头茬茶收购均价")
        assert "三百二十元" in answer.text
        assert talk.chat.actions() == ["typing"]


async def test_an_answer_has_no_buttons_when_its_search_cannot_be_stored(
    open_talk: OpenTalk, tmp_path: Path
) -> None:
    with State.open(tmp_path / "bot.sqlite3") as state:
        async with open_talk(state=state) as talk:
            with state.transaction() as connection:
                connection.execute("DROP TABLE searches")
            [answer] = await talk.say("临江大桥什么时候通车")
    assert "零时正式通车" in answer.text
    assert not answer.buttons


async def test_while_the_index_is_being_made_nobody_is_told_that_nothing_was_found(
    open_talk: OpenTalk, tmp_path: Path
) -> None:
    with open_archive(tmp_path) as corpus:
        folder = corpus.folder
    shutil.rmtree(tmp_path / "data" / "index")
    options = CorpusOptions(folder=folder, data_dir=tmp_path / "data")
    with Corpus.open(options, now=lambda: NOW, rebuild_in_background=True) as corpus:
        async with open_talk(corpus=corpus) as talk:
            talk.expect_errors()
            [answer] = await talk.say("临江大桥什么时候通车")
            assert answer.text == "文章正在整理，暂时查不了，请过几分钟再问。"
            await asyncio.to_thread(corpus.update, workers=0)
            [answer] = await talk.say("临江大桥什么时候通车")
            assert "零时正式通车" in answer.text


async def test_many_questions_at_once_are_all_answered(talk: Talk) -> None:
    questions = ["临江大桥什么时候通车", "头茬茶收购均价", "宋代古井挖出了什么", "轮渡几点收班"] * 5
    await asyncio.gather(
        *(talk.say(question, by=talk.server.person(f"人{i}")) for i, question in enumerate(questions))
    )
    talk.server.check()


# Conditions that nothing meets


@pytest.mark.parametrize("question", ['"大桥停运"什么时候', "“大桥停运”什么时候"])
async def test_a_quoted_phrase_that_nothing_holds_is_said_above_what_its_words_find(
    talk: Talk, question: str
) -> None:
    [answer] = await talk.say(question)
    assert answer.text.startswith("没有找到原样写着“大桥停运”的段落，已按不加引号查找。\n\n")
    assert "临江大桥十月一日零时通车" in titles(answer)
    assert "筛选" not in answer.text


async def test_several_phrases_are_named_in_one_line(talk: Talk) -> None:
    [answer] = await talk.say('"大桥停运" "通车典礼" 临江')
    assert answer.text.startswith("没有找到原样写着“大桥停运”、“通车典礼”的段落，已按不加引号查找。\n\n")


async def test_quotes_of_a_pasted_text_are_not_looked_for_one_by_one(talk: Talk) -> None:
    [answer] = await talk.say("“甲乙”“丙丁”“戊己”说临江大桥十月通车")
    assert "原样" not in answer.text


async def test_a_filter_that_names_nothing_is_said_and_the_nearest_name_is_a_button(talk: Talk) -> None:
    [answer] = await talk.say("分类:成市 临江大桥什么时候通车")
    assert answer.text.startswith(
        "没有叫“成市”的分类（相近的有：城市），已不加这个条件查找。\n\n临江大桥十月一日零时通车\n"
    )
    assert answer.labels[0] == "分类:城市 临江大桥什么时候通车"
    outcome = await talk.press(answer, answer.labels[0])
    [edited] = outcome.edits
    assert edited.text.startswith("临江大桥十月一日零时通车\n")
    assert edited.text.endswith("筛选：城市")


async def test_above_a_list_the_nearest_name_is_a_button_too(talk: Talk) -> None:
    [answer] = await talk.say("分类:成市 有什么新闻")
    assert answer.text.startswith("没有叫“成市”的分类（相近的有：城市），已不加这个条件查找。\n\n最新文章\n")
    assert answer.labels[0] == "分类:城市 有什么新闻"


async def test_an_outlet_that_there_is_not_is_said(talk: Talk) -> None:
    [answer] = await talk.say("作者:火星日报社 临江大桥什么时候通车")
    assert answer.text.startswith("没有叫“火星日报社”的媒体或作者，已不加这个条件查找。\n\n临江大桥")


# Filters alone, and questions of nothing


async def test_a_filter_alone_lists_what_passes_it(talk: Talk) -> None:
    [answer] = await talk.say("分类:文化 从:2026-06")
    assert answer.text.startswith("最新文章\n\n1. 地铁工地发现宋代古井 — ")
    assert titles(answer) == ["地铁工地发现宋代古井", "地铁站里开起流动图书馆"]
    assert answer.text.endswith("筛选：文化 · 2026年6月1日起")


@pytest.mark.parametrize("question", ["是什么", "有什么事", "什麼時候的事", "看什么"])
async def test_words_that_name_nothing_are_not_understood(talk: Talk, question: str) -> None:
    [answer] = await talk.say(question)
    assert answer.text.startswith("没看懂这个问题。")


async def test_after_nothing_was_found_more_is_the_best_there_is_and_said_to_be_uncertain(talk: Talk) -> None:
    await talk.say("量子计算机地铁超导材料论文")
    [more] = await talk.say("还有吗")
    assert more.text.startswith("没有找到确切的答案，这篇可能有关：\n\n地铁")
    assert "第4" not in more.text


@pytest.mark.parametrize("question", ["IT", "IT是什么"])
async def test_latin_words_may_be_names(talk: Talk, question: str) -> None:
    [answer] = await talk.say(question)
    assert answer.text.startswith(f"没有找到能回答“{question}”的文章。")


async def test_a_database_that_another_process_keeps_locked_holds_up_hardly_any_answer(
    open_talk: OpenTalk, telegram: BotApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_rest, "REST_SECONDS", 600)
    crowd = [telegram.person(f"读者{number}") for number in range(40)]
    path = tmp_path / "bot.sqlite3"
    with State.open(path) as state, closing(sqlite3.connect(path, isolation_level=None)) as other:
        async with open_talk(state=state) as talk:
            other.execute("BEGIN IMMEDIATE")
            waits: list[str] = []
            take = state.transaction

            def note(**options: Any) -> AbstractContextManager[sqlite3.Connection]:
                waits.append(person.name)
                return take(**options)

            monkeypatch.setattr(state, "transaction", note)
            for person in crowd:
                [answer] = await talk.say("临江大桥什么时候通车", by=person)
                assert "临江大桥" in answer
                assert answer.buttons == ()
            assert 0 < len(waits) < 4
            other.execute("ROLLBACK")
            talk.application.bot_data.lock_rest = LockRest()  # as after the rest
            [answer] = await talk.say("临江大桥什么时候通车")
            assert answer.buttons


@pytest.mark.parametrize(
    "since", ["", "0001-01-01", "0001-12-31", "1969-12-31", "9999-01-01", "9999-12-01", "9999-12-31"]
)
@pytest.mark.parametrize("until", ["", "0001-01-01", "0001-01-31", "0001-12-31", "9999-12-01", "9999-12-31"])
async def test_the_first_and_last_days_of_the_calendar_are_days_like_others(
    talk: Talk, since: str, until: str
) -> None:
    days = [f"从:{since}"] * bool(since) + [f"到:{until}"] * bool(until)
    for words in ("地铁", "鸬鹚", ""):
        answers = await talk.say(" ".join([words, *days]) or "地铁")
        assert len(answers) == 1
        assert "出错" not in answers[0].text
        for button in answers[0].buttons[:2]:
            if button.data:
                await talk.press(answers[0], button.text)


@pytest.mark.parametrize(
    "question",
    [
        *("地铁 9999年12月31日", "地铁 9999年12月", "地铁 0001年1月", "地铁 0001-01-01", "地铁 9999-12-31"),
        *("最近九十九年的地铁", "地铁 最近99个月", "/trend 地铁 9999-12-31", "/subscribe 地铁 从:9999-12-31"),
        *("/latest 9999-12-31", "/subscribe 地铁 从:0001-01-01 到:9999-12-31", "December 31, 9999 地铁"),
    ],
)
async def test_a_day_at_the_ends_of_the_calendar_in_words_is_answered(talk: Talk, question: str) -> None:
    [answer] = await talk.say(question)
    assert "出错" not in answer.text


async def test_two_questions_in_one_message_are_both_answered(talk: Talk) -> None:
    [alone] = await talk.say("临江大桥什么时候通车？")
    [both] = await talk.say("临江大桥什么时候通车？轮渡几点收班？")
    assert both.text.startswith("1. 临江大桥什么时候通车？")
    assert "2. 轮渡几点收班？" in both.text
    assert alone.text.splitlines()[0] in both.text
