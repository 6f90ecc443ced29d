"""Intents: every template's examples, and that no other message has one."""

import itertools
import re
from collections import Counter

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


def test_no_form_is_covered_by_another_of_its_entry() -> None:
    assert [
        (rule.kind, one.roles, other.roles)
        for rule in intent_rules()
        for one, other in itertools.permutations(rule.forms, 2)
        if one.has_topic is other.has_topic
        and Counter(one.roles) <= Counter(other.roles)
        and rule.beside.issuperset(Counter(other.roles) - Counter(one.roles))
    ] == []


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
        ("把大桥的新闻都列出来", IntentKind.LIST),
        ("高铁方面有啥新闻", IntentKind.LIST),
        ("我要看台风的", IntentKind.LIST),
        ("跟停水有关的有吗", IntentKind.LIST),
        ("讲台风的一共几篇", IntentKind.COUNT),
        ("停水的公告有几条", IntentKind.COUNT),
        ("昨天新收了多少篇", IntentKind.COUNT),
        ("今晚读哪篇好", IntentKind.PICK),
        ("好无聊，推荐点东西看", IntentKind.PICK),
        ("surprise me with an article", IntentKind.PICK),
        ("昨天出了啥事", IntentKind.LOOK_AROUND),
        ("来点新鲜的", IntentKind.LOOK_AROUND),
        ("游戏类的来两条", IntentKind.NEWEST),
        ("IT之家最新三条", IntentKind.NEWEST),
        ("品玩 最近 更新", IntentKind.OUTLET),
        ("你哋收咗幾多篇文", IntentKind.ARCHIVE_SIZE),
        ("加起来有多少条新闻啊", IntentKind.ARCHIVE_SIZE),
        ("把分类列出来", IntentKind.ARCHIVE_CATEGORIES),
        ("where do your articles come from", IntentKind.ARCHIVE_OUTLETS),
        ("你都收了谁家的文章", IntentKind.ARCHIVE_OUTLETS),
        ("最舊嗰篇係幾時㗎", IntentKind.ARCHIVE_SPAN),
        ("最早能查到哪一年", IntentKind.ARCHIVE_SPAN),
        ("界面能不能改成英文", IntentKind.SETTINGS),
        ("how to change the language", IntentKind.SETTINGS),
        ("怎么把推送关了", IntentKind.SUBSCRIPTIONS),
        ("turn off notifications", IntentKind.SUBSCRIPTIONS),
        ("退回上一步", IntentKind.MENU),
        ("说短点行不行", IntentKind.SHORTER),
        ("我不是问这个", IntentKind.UNWANTED),
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
        "有几条公交绕行",
        "写文章有哪些技巧",
        "应用在哪些领域",
        "今日头条",
        "语言模型怎么训练",
        "怎么切换到简体输入法",
        "数据库最早是哪年出现的",
        "大桥更换了几条伸缩缝",
        "how to change language in Windows",
    ],
)
def test_questions_to_the_articles_have_none(message: str) -> None:
    assert kind_of(message) is None


WORDINGS = {
    IntentKind.ARCHIVE_SIZE: (
        "文章总共多少",
        "總共收錄了多少篇",
        "你这有几篇稿子",
        "how many posts do you have",
        "收集了多少条资讯",
        "how many news items do you hold",
        "收了多少东西",
        "一共收录多少",
        "目前收录文章总数",
        "有幾多篇文章",
        "现在有多少条",
        "你那里有多少新闻可以看",
        "收录量多少",
        "你手上有多少资料",
    ),
    IntentKind.ARCHIVE_CATEGORIES: (
        "都覆盖哪些板块",
        "都有什么主题",
        "栏目一览",
        "都能看哪些栏目",
        "你有哪些频道",
        "哪些板块可以看",
        "分几类",
        "有多少个栏目",
        "分成几块",
        "what topics do you have",
        "文章分为哪些类别",
        "what sections are there",
        "内容分哪几类",
        "topics list",
    ),
    IntentKind.ARCHIVE_OUTLETS: (
        "你收录的媒体有几家",
        "收了几个网站",
        "消息从哪里来的",
        "有多少家媒体",
        "订了哪些报",
        "新闻是从哪些地方来的",
        "新闻提供方是谁",
        "你引用哪些媒体",
        "有哪些媒体",
        "哪些媒体的新闻能看",
        "抓了哪些网站",
        "你引用的媒体有哪些",
        "what newspapers do you read",
        "你都看哪些网站",
    ),
    IntentKind.ARCHIVE_SPAN: (
        "上一次更新时间",
        "能查多早的新闻",
        "知识截止到哪天",
        "几天更新一次",
        "多长时间更新一回",
        "最近的一篇是啥时候发的",
        "资料截至何时",
        "每天都更新吗",
        "多久更新",
        "最后收录的是哪天",
        "how often do you update",
        "你的知识截止日期",
        "收录到几号",
        "when was the last update",
    ),
    IntentKind.IDENTITY: (
        "你是人工智能吗",
        "您是哪位",
        "你是谁啊",
        "介绍下你自己",
        "你是什么东西",
        "哪家公司做的你",
        "谁开发了你",
        "who built you",
        "你多大了",
        "你叫啥",
        "你是哪个",
        "你是真的人吗",
        "are you a robot",
        "谁造的你",
    ),
    IntentKind.USAGE: (
        "不会用",
        "你可以帮我查什么",
        "新手教程",
        "你可以干什么",
        "how to ask",
        "怎么查新闻",
        "怎么提问",
        "show me the commands",
        "能干点啥",
        "这玩意怎么用",
        "怎么使用",
        "有哪些功能",
        "你能做什么",
        "有帮助文档吗",
    ),
    IntentKind.MENU: (
        "回上一層",
        "返回",
        "回主界面",
        "返回目录",
        "home",
        "回退",
        "退回上一级",
        "back to menu",
        "退出",
        "返回上一级",
        "退回",
        "go back",
        "回到主菜单",
        "回首页",
    ),
    IntentKind.MY_ID: (
        "my telegram id",
        "what's my telegram id",
        "显示我的ID",
        "怎么知道自己的id",
        "我的用户编号是多少",
        "show my id",
        "告诉我我的id",
        "我的telegram id",
        "我的chat id",
        "我的ID是什么",
        "怎么看我的id",
        "我的编号是多少",
        "我的编号",
        "我的id",
    ),
    IntentKind.SETTINGS: (
        "偏好设置",
        "换成中文",
        "界面语言怎么改",
        "设置在哪",
        "怎么改成英文",
        "换个语言",
        "我想改设置",
        "切换简体",
        "語言改成英文",
        "english please",
        "我要换语言",
        "切换中英文",
        "语言能改吗",
        "可以换语言吗",
    ),
    IntentKind.SUBSCRIPTIONS: (
        "以后别给我发消息了",
        "怎么订阅",
        "停止推送",
        "stop notifications",
        "订阅",
        "停掉推送",
        "消息免打扰",
        "取消所有订阅",
        "我要订阅",
        "别推了",
        "unsubscribe from everything",
        "怎么不让你推送",
        "把订阅取消掉",
        "取消每日推送",
    ),
    IntentKind.SHORTER: (
        "简单点",
        "tldr",
        "能不能短点",
        "too long",
        "答案太长",
        "简单说说",
        "能简短些吗",
        "太长不看",
        "浓缩一下",
        "說簡單點",
        "请精简",
        "简要说",
        "话太多",
        "字太多",
    ),
    IntentKind.UNWANTED: (
        "这不是答案",
        "你理解错了",
        "我问的不是这个",
        "you misunderstood",
        "你没听懂",
        "搞错了吧",
        "我不是问这个",
        "答非所问",
        "不是我想问的",
        "牛头不对马嘴",
        "你弄错了",
        "答错了",
        "回答不对题",
        "wrong answer",
    ),
}
"""Messages that name nothing: whatever their words and order, the archive or the bot is meant."""


@pytest.mark.parametrize("kind", WORDINGS)
def test_a_message_that_names_nothing_means_the_archive_or_the_bot(kind: IntentKind) -> None:
    assert {message: kind_of(message) for message in WORDINGS[kind]} == dict.fromkeys(WORDINGS[kind], kind)


def test_a_message_that_names_something_does_not() -> None:
    messages = (
        "路太长了",
        "重点大学",
        "使用寿命",
        "入门级相机",
        "数据库有哪些",
        "数据分析",
        "什么时候更新系统",
        "推送系统架构",
        "错峰出行",
        "来源证明",
        "系统更新要多久",
        "文不加点",
        "最早的火车",
        "最新的手机",
        "不对称加密",
        "公众号怎么赚钱",
        "几点开门",
        "返回舱什么时候着陆",
        "停水通知",
        "范围经济",
        "报纸停刊了吗",
        "帮助残疾人",
        "消息队列",
        "新闻自由",
        "哪些媒体倒闭了",
        "订阅制好不好",
        "怎么关机",
        "谁开发了微信",
        "内容电商",
        "首页怎么设计",
        "知识付费",
        "地图更新频率",
        "怎么学英语",
        "新闻学专业怎么样",
        "最新的政策",
        "写文章有什么技巧",
        "游戏更新时间",
        "简历怎么写",
        "设置闹钟",
        "每天喝多少水",
        "作者权益",
        "人工智能是什么",
        "每天走多少步",
        "实时公交",
        "功能手机",
        "垃圾分类怎么分",
        "多久能退烧",
        "不是药神",
        "机器人多少钱",
        "高铁时间范围",
        "编号001是什么",
        "总结报告怎么写",
        "最老的人",
        "怎么取消航班",
        "繁体输入法",
        "新闻联播",
        "头发太长",
        "分类讨论",
        "最早的电影",
        "通知书什么时候发",
    )
    assert [message for message in messages if kind_of(message) is not None] == []


@pytest.mark.parametrize(
    ("message", "asked", "number"),
    [
        ("有几篇关于 iPhone 14 的文章", ["iphone 14"], None),
        ("2022年9月有几篇关于安倍的报道", ["2022年9月", "安倍"], None),
        ("最新的三篇体育新闻", ["体育"], 3),
        ("36氪 最新", ["36氪"], None),
        ("最近10条新闻", [], 10),
        ("IT之家最新三条", ["it之家"], 3),
        ("望江大桥的公告有几条", ["望江大桥的公告"], None),
        ("9月25日到26日大桥有什么新闻", ["9月25日到26日", "大桥"], None),
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


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("微信最近更新了什么", True),
        ("潮汐网写了多少条新闻", True),
        ("虎嗅最近发了什么", False),
        ("虎嗅有多少条", False),
    ],
)
def test_what_an_article_may_tell_of_an_outlet(message: str, *, told: bool) -> None:
    intent = find_intent(Utterance.from_text(message))
    assert intent is not None
    assert (intent.only_of_outlets, intent.may_be_told) == (True, told)


@given(st.text(max_size=80))
def test_any_text_may_be_compared(text: str) -> None:
    intent = find_intent(Utterance.from_text(text))
    assert intent is None or all(0 <= start < end <= len(text) for start, end in intent.slots)
