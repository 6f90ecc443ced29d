"""Intents: every template's examples, and that no other message has one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.models import IntentKind
from corpus.question.intents import compile_template, find_intent, intent_rules, read_intents
from corpus.question.utterance import Utterance
from corpus.text.data_files import Entry

ENTRIES = list(read_intents().tables("intent"))


def kind_of(message: str) -> IntentKind | None:
    intent = find_intent(Utterance.from_text(message))
    return None if intent is None else intent.kind


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.text("name"))
def test_every_entry_means_what_its_examples_say(entry: Entry) -> None:
    assert entry.texts("examples")
    assert entry.texts("counterexamples")
    assert {message: kind_of(message) for message in entry.texts("examples")} == dict.fromkeys(
        entry.texts("examples"), IntentKind(entry.text("name"))
    )
    assert not [
        message
        for message in entry.texts("counterexamples")
        if kind_of(message) is IntentKind(entry.text("name"))
    ]


def test_every_kind_has_an_entry() -> None:
    assert {intent.kind for intent in intent_rules()} == set(IntentKind)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("请问最近有啥大新闻吗？", IntentKind.LOOK_AROUND),
        ("這兩天有什麼大事", IntentKind.LOOK_AROUND),
        ("隨便看看", IntentKind.LOOK_AROUND),
        ("能不能给我推荐几篇文章？", IntentKind.PICK),
        ("随机看一篇", IntentKind.PICK),
        ("一共有几篇关于台风的报道？", IntentKind.COUNT),
        ("台风的新闻一共有多少条", IntentKind.COUNT),
        ("關於英鎊的文章有多少篇", IntentKind.COUNT),
        ("How many stories about Tesla do you have?", IntentKind.COUNT),
        ("华尔街见闻最新", IntentKind.NEWEST),
        ("最新的5条科技新闻", IntentKind.NEWEST),
        ("两篇最新的财经报道", IntentKind.NEWEST),
        ("果壳网这周发了什么", IntentKind.OUTLET),
        ("帮我列出所有关于芯片的文章", IntentKind.LIST),
        ("你们一共收录了多少篇文章呢", IntentKind.ARCHIVE_SIZE),
        ("都有什么栏目", IntentKind.ARCHIVE_CATEGORIES),
        ("有哪些來源？", IntentKind.ARCHIVE_OUTLETS),
        ("最早的一篇文章是什么时候的", IntentKind.ARCHIVE_SPAN),
        ("数据更新到什么时候了", IntentKind.ARCHIVE_SPAN),
        ("我的ID是什么？", IntentKind.MY_ID),
        ("打开设置", IntentKind.SETTINGS),
        ("怎么退订", IntentKind.SUBSCRIPTIONS),
        ("返回首页", IntentKind.MENU),
        ("有点长", IntentKind.SHORTER),
        ("這不是我要的", IntentKind.UNWANTED),
        ("您是哪位", IntentKind.IDENTITY),
        ("请问怎么使用", IntentKind.USAGE),
    ],
)
def test_other_wordings_mean_the_same(message: str, kind: IntentKind) -> None:
    assert kind_of(message) is kind


@pytest.mark.parametrize(
    "message",
    [
        "英镑为什么大跌",
        "安倍国葬花了多少钱",
        "有哪些分类算法",
        "如何取消订阅Netflix",
        "设置密码的规则是什么",
        "多少篇论文被撤稿",
        "最新的iPhone多少钱",
        "语言模型是什么",
        "谁开发的微信",
        "太长不看是什么意思",
        "推荐算法怎么写",
        "微信怎么用",
        "目录怎么自动生成",
        "数据库怎么备份",
        "他是谁",
        "what is this song",
    ],
)
def test_questions_to_the_articles_have_none(message: str) -> None:
    assert kind_of(message) is None


@pytest.mark.parametrize(
    ("message", "asked", "number"),
    [
        ("有几篇关于 iPhone 14 的文章", ["iphone 14"], None),
        ("2022年9月有几篇关于安倍的报道", ["2022年9月", "安倍"], None),
        ("最新的三篇体育新闻", ["体育"], 3),
        ("36氪 最新", ["36氪"], None),
        ("最近10条新闻", [], 10),
    ],
)
def test_what_is_asked_about_is_found_where_it_stands(
    message: str, asked: list[str], number: int | None
) -> None:
    utterance = Utterance.from_text(message)
    text, intent = utterance.normalized, find_intent(utterance)
    assert intent is not None
    assert [text[start:end] for start, end in intent.slots] == asked
    assert intent.number == number


def test_a_template_is_written_in_four_signs() -> None:
    pattern = compile_template("[大桥]有(哪些|<what>)", {"what": "(?:啥|什么)"})
    assert re.fullmatch(pattern, "大桥有啥")
    assert re.fullmatch(pattern, "有哪些")
    assert not re.fullmatch(pattern, "有")


@given(st.text(max_size=80))
def test_any_text_may_be_compared(text: str) -> None:
    intent = find_intent(Utterance.from_text(text))
    assert intent is None or all(0 <= start < end <= len(text) for start, end in intent.slots)
