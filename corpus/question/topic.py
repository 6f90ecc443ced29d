"""What a question is about, apart from what it asks of it: 望江大桥 in 望江大桥为什么封闭."""

from collections.abc import Sequence
from typing import Final

from corpus.question.focus import asks
from corpus.question.framing import NEWS_WORDS, QUESTION_WORDS
from corpus.text import analyzer
from corpus.text.analyzer import Word
from corpus.text.cantonese import in_standard_words, plain
from corpus.text.folding import fold

# What is said of something, and names nothing: a short question of these words asks about what was answered.
PREDICATES: Final = frozenset(
    """
    开始 结束 举行 举办 召开 进行 完成 持续 停止 恢复 参加 参与 出席 到场 反对 支持 赞成 同意 拒绝 批准
    通过 受伤 伤亡 死亡 遇难 失踪 死 伤 死者 伤者 烧 爆炸 起火 着火 灭火 扑灭 救 获救 抢救 被捕 抓 抓到
    抓住 逮捕 判 判刑 被判 处罚 罚款 罚 赔偿 赔 负责 道歉 回应 解释 承认 否认 调查 处理 解决 发现 发生 公布
    宣布 发布 上映 上市 开售 发售 出来 涨 跌 上涨 下跌 增长 下降 增加 减少 花 花费 花钱 用 用了 赚 亏 亏损
    卖 买 付 赢 输 走 来 去 回 到 住 吃 看 讲 谈 写 做 干 办 找 找到 变 变化 原因 结果 影响 后果 目的 意义
    时间 地点 地方 地址 详情 细节 经过 过程 背景 情况 现场 人数 人员 人 数字 数量 金额 价格 价钱 价 钱 费用
    规模 范围 比例 名字 名称 严重 厉害 贵 便宜 多 少 大 小 远 近 高 低 快 慢 长 短 久 早 晚 好 坏 成功 失败
    真 假 真实 新 旧 再 没 没有 了 过 已经 一共 总共 共 最后 目前 现在 还有 还 呢 首次 第一次 上次 下次
    周末 平时 开 关 停 修 断 打 进 招 退 换 改 拆 建
    以前 以后 之前 之后 为 因 一 第 次 天 年 月 日 号 点 小时 分钟 岁 元 块 万 亿 happen happened start
    年纪 年龄 岁数
    started begin began end ended cost hurt injured died killed reason price people long time place
    """.split()  # noqa: SIM905 — a list this long reads better as text
)

NAMELESS: Final = PREDICATES | QUESTION_WORDS | NEWS_WORDS
"""Words that name nothing."""

_ASKING: Final = frozenset(
    """
    什么 什么样 甚么 啥 啥样 咋 咋样 怎么 怎么样 怎样 怎么办 如何 为什么 为啥 为何 何时 何地 何处 何人 谁 谁家
    哪 哪个 哪些 哪里 哪儿 哪家 哪位 哪天 哪年 哪种 哪一 哪部 哪边 几 多少 多大 多长 多久 多高 多远 多重 多快
    多宽 多深 多厚 是不是 有没有 能不能 会不会 是否 what when where who whom whose which why how
    """.split()  # noqa: SIM905
)


_ASKING_AT_ALL: Final = _ASKING.union(
    "吗 么 嘛 呢 没 没有 有人 是 do does did is are was were can could".split()  # noqa: SIM905
)


def asks_something(question: str) -> bool:
    """Say whether a text is a question, as far as its words tell.

    >>> asks_something("有人受伤吗"), asks_something("烧了多久"), asks_something("望江大桥塌了")
    (True, True, False)
    """
    return any(word in _ASKING_AT_ALL or asks(word) for word in analyzer.words(plain(question)))


def names(question: str) -> list[str]:
    """The words of a question, folded, that name something."""
    return [word for word in analyzer.words(plain(question)) if word not in NAMELESS and not asks(word)]


def names_something(question: str) -> bool:
    """Say whether a question has a word of its own, rather than only what may be asked of anything.

    >>> names_something("有人受伤吗"), names_something("他几岁"), names_something("宋代古井里挖出了什么")
    (False, False, True)
    """
    return bool(names(question))


def share_a_name(one: str, other: str) -> bool:
    """Say whether two questions name something alike: by a character, as people shorten names.

    >>> share_a_name("修桥花了多少钱", "望江大桥为什么会断"), share_a_name("mac多少钱", "word怎么删除水印")
    (True, False)
    """
    held = [{part for name in names(text) for part in _parts(name)} for text in (one, other)]
    return not held[0].isdisjoint(held[1])


def _parts(name: str) -> Sequence[str]:
    return name if analyzer.is_han(name) else [name]


def subject(question: str) -> str:
    """Return what a question names before the word that asks, else after it; what names nothing as it is.

    What is asked next may be told by another article than the one that has the rest of the question.

    >>> subject("望江大桥为什么封闭"), subject("谁是英国首相"), subject("国葬花了多少钱"), subject("为什么")
    ('望江大桥', '英国首相', '国葬', '为什么')
    """
    folded = fold(question)
    understood = in_standard_words(folded)
    runs: list[list[Word]] = [[]]
    for span in analyzer.word_spans(understood):
        word = understood[span[1] : span[2]]
        if word in _ASKING or asks(word):
            runs.append([])
        else:
            runs[-1].append(span)
    for run in runs:
        named = [place for place, (_, start, end) in enumerate(run) if understood[start:end] not in NAMELESS]
        if named:
            first = named[0] - _is_torn(run, named[0])
            return folded[run[first][1] : run[named[-1]][2]]
    return question


def _is_torn(run: Sequence[Word], place: int) -> bool:
    """Whether a character belongs to a name with the one before it, which jieba does not know: 远帆."""
    if not place:
        return False
    (before, _, end), (word, start, _) = run[place - 1], run[place]
    return len(before) == len(word) == 1 and end == start and before not in QUESTION_WORDS
