"""Normalisation of Cantonese function words: a question as typed in Hong Kong → the same in standard Chinese.

Only interrogatives, demonstratives, particles and the like are replaced, each by a word of the same length,
so that every character of a question keeps its place. Names of things (的士, 沽) are in `synonyms.txt`.
"""

import re
from typing import Final

from corpus.text.folding import fold

_AMBIGUOUS_WORD: Final = (
    r"(?<![重观热难试缺特焦地站终起零整钟景网要亮看痛疑识节盲弱优\d一二三四五六七八九十几两半])点(?:解(?![决读析])|样(?![本式样板品张书]))|"
    r"(?<![海河江湖周沿路身旁岸山溪这那东西南北左右外里])边(?:度(?![假过日])|处(?![理置罚于在]))|"
    r"(?<![茶这那])几多(?![年少])|几耐"
)
"""Words of two characters, except where they are parts of others: 几点解封, 海边度假, 茶几多少钱."""

_UNMISTAKABLE: Final = re.compile(
    rf"[咩乜嘢嘅喺唔冇咗嗰𠮶啲佢哋睇嚟攞]|(?<![旁身两一海河江路周那这])边[个间]|几[大高长远重快深]\W*$|{_AMBIGUOUS_WORD}"
)
"""Matches Cantonese questions only. In others the words below mean something else."""

_STANDARD_WORDS: Final = {
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
_UNCONDITIONAL: Final = sorted(
    (word for word in _STANDARD_WORDS if not re.fullmatch("点[解样]|边[度处]|几[多耐]|俾", word)),
    key=len,
    reverse=True,
)
_PATTERN: Final = re.compile(
    "(?P<quoted>「[^」]*」|『[^』]*』|“[^”]*”)|"
    rf"(?P<word>{_AMBIGUOUS_WORD}|{'|'.join(_UNCONDITIONAL)}|俾(?!斯麦|路支|格米))|"
    r"(?P<who>边个(?=系|话|讲|做|整|写|唱|拍|打|郁|赢|攞|出|报|同|俾|畀|会|有|想|可以|负责|主持|\W|$))|"
    r"(?P<which>(?<![一两旁身右左上下里外海岸河江路周那东西南北])边(?=[个间位只部本款种队国套年日条场支首份张区省市州]))|"
    r"(?P<this>呢(?=[个位间套部单啲件次期]))|"
    r"(?P<is>(?<![关联体派])系(?=同?(?:边|乜|咩|点|几|谁|哪)))|"
    r"(?P<much>几(?=[大高长远重快深](?:\W|$)))|(?P<still>仲(?=有|未|会|系|可))|(?P<yet>未(?=\W*$))"
)
_STANDARD_BY_GROUP: Final = {
    "who": "谁人",
    "which": "哪",
    "this": "这",
    "is": "是",
    "much": "多",
    "still": "还",
    "yet": "没",
}


def normalize_question(question: str) -> str:
    """Fold a question and normalize its Cantonese function words.

    >>> normalize_question("燒咗幾耐？")
    '烧了多久?'
    """
    return normalize_cantonese(fold(question))


def normalize_cantonese(folded: str) -> str:
    """Replace the Cantonese function words of a folded question by standard ones of the same length.

    Quotations stay as they are.

    >>> normalize_cantonese("嗰单新闻 边个报警 跌咗几多"), normalize_cantonese("身边的人")
    ('那单新闻 谁人报警 跌了多少', '身边的人')
    """
    folded = folded.replace("甚么", "什么")  # how Taiwan and Hong Kong write it
    if _UNMISTAKABLE.search(folded) is None:
        return folded
    return _PATTERN.sub(_standard_word, folded)


def _standard_word(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if kind == "quoted":
        return match.group()
    return _STANDARD_WORDS[match.group()] if kind == "word" else _STANDARD_BY_GROUP[kind]
