"""Questions as they are typed in Hong Kong → the same with the standard language's words of asking.

Only what asks, points and joins is put into other words, each as long as before, so that every place in
a question stays where it is. What things are called there (的士, 沽) is in `synonyms.txt`.
"""

import re
from typing import Final

from corpus.text.folding import fold

_WHOLE: Final = (
    r"(?<![重观热难试缺特焦地站终起零整钟景网要亮看痛疑识节盲弱优\d一二三四五六七八九十几两半])点(?:解(?![决读析])|样(?![本式样板品张书]))|"
    r"(?<![海河江湖周沿路身旁岸山溪这那东西南北左右外里])边(?:度(?![假过日])|处(?![理置罚于在]))|"
    r"(?<![茶这那])几多(?![年少])|几耐"
)
"""Words of two characters, where they are no parts of others: 几点解封, 海边度假, 茶几多少钱."""

_UNMISTAKABLE: Final = re.compile(
    rf"[咩乜嘢嘅喺唔冇咗嗰𠮶啲佢哋睇嚟攞]|(?<![旁身两一海河江路周那这])边[个间]|几[大高长远重快深]\W*$|{_WHOLE}"
)
"""Tells Cantonese from questions in which the words below stand for something else."""

_WORDS: Final = {
    **dict(
        zip(
            "乜咩嘢嗰𠮶啲咗佢唔冇嘅喺俾畀睇搵揾攞嚟哋咁谂嗌啱",
            "啥啥事那那些了他不没的在给给看找找拿来们这想叫对",
            strict=True,
        )
    ),
    "乜嘢": "什么",
    "咩嘢": "什么",
    "几多": "多少",
    "几耐": "多久",
    "点解": "为何",
    "点样": "怎样",
    "边度": "哪里",
    "边处": "何处",
    "系咪": "是否",
    "即系": "就是",
    "今次": "这次",
    "今期": "本期",
    "而家": "现在",
    "依家": "现在",
    "寻日": "昨日",
    "琴日": "昨日",
    "㖊日": "昨日",
    "听日": "明日",
    "听晚": "明晚",
    "啱啱": "刚刚",
    "成日": "整天",
    "唔该": "请问",
    "郁手": "动手",
}
_PLAIN: Final = sorted(
    (word for word in _WORDS if not re.fullmatch("点[解样]|边[度处]|几[多耐]|俾", word)),
    key=len,
    reverse=True,
)
_PATTERN: Final = re.compile(
    "(?P<quoted>「[^」]*」|『[^』]*』|“[^”]*”)|"
    rf"(?P<word>{_WHOLE}|{'|'.join(_PLAIN)}|俾(?!斯麦|路支|格米))|"
    r"(?P<who>边个(?=系|话|讲|做|整|写|唱|拍|打|郁|赢|攞|出|报|同|俾|畀|会|有|想|可以|负责|主持|\W|$))|"
    r"(?P<which>(?<![一两旁身右左上下里外海岸河江路周那东西南北])边(?=[个间位只部本款种队国套年日条场支首份张区省市州]))|"
    r"(?P<this>呢(?=[个位间套部单啲件次期]))|"
    r"(?P<is>(?<![关联体派])系(?=同?(?:边|乜|咩|点|几|谁|哪)))|"
    r"(?P<much>几(?=[大高长远重快深](?:\W|$)))|(?P<still>仲(?=有|未|会|系|可))|(?P<yet>未(?=\W*$))"
)
_OF_GROUP: Final = {
    "who": "谁人",
    "which": "哪",
    "this": "这",
    "is": "是",
    "much": "多",
    "still": "还",
    "yet": "没",
}


def plain(question: str) -> str:
    """Fold a question and put its Cantonese words of asking into those of the standard language.

    >>> plain("燒咗幾耐？")
    '烧了多久?'
    """
    return in_standard_words(fold(question))


def in_standard_words(folded: str) -> str:
    """Put a question's Cantonese words of asking into those of the standard language, length kept.

    What is quoted stays as it is.

    >>> in_standard_words("嗰单新闻 边个报警 跌咗几多"), in_standard_words("身边的人")
    ('那单新闻 谁人报警 跌了多少', '身边的人')
    """
    folded = folded.replace("甚么", "什么")  # how Taiwan and Hong Kong write it
    if _UNMISTAKABLE.search(folded) is None:
        return folded
    return _PATTERN.sub(_standard, folded)


def _standard(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if kind == "quoted":
        return match.group()
    return _WORDS[match.group()] if kind == "word" else _OF_GROUP[kind]
