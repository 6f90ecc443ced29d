"""Answer types: what sort of thing a question asks for, and what a sentence must have to answer it.

A question pattern tells the type of a question, an evidence pattern finds sentences that may answer it. Both
work on folded text. `ANSWER_TYPES` is ordered from narrow to wide: 多少钱 comes before 多少.

The classes follow the idea of Li & Roth, "Learning Question Classifiers", COLING 2002; the patterns are our
own.
"""

import functools
import re
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

_NUMBER = (
    r"(?:(?<![\d,.])\d[\d,.]*|(?!一[个种些])(?:[零一二三四五六七八九十百千两半]{1,20}|[数几][十百千万亿]))"
)
"""A number, but neither an indefinite article (一个) nor a number left open (几个)."""

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙朱林郭罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范廖贾夏韦邱侯邹熊孟秦"
    "薛闫段雷郝龚邵钱覃贺顾毛龙"
)
"""The most frequent surnames, without 高, 方, 马 and others that are mostly something else."""

_PEOPLE = (
    "先生|女士|教授|博士|院士|总统|主席|总理|部长|省长|市长|书记|局长|导演|演员|歌手|作者|作家|记者|编剧|主编|编辑|律师|医生|创始人|董事长|总裁|"
    "经理|主任|老师|校长|院长|会长|队长|教练|球员|选手|公主|王子|国王|皇帝|将军|司令|议员|首相|大臣|创办人|发言人|负责人|设计师|工程师|科学家|艺术家|"
    "妻子|丈夫|儿子|女儿|父亲|母亲|兄弟|姐|弟|妹"
)
_PERSON = rf"·|[{_SURNAMES}][一-龥]{{1,2}}|{_PEOPLE}|[a-z]{{2,}} [a-z]{{2,}}"
_HOW_MANY = "(?<![这那哪近前后来去好十])几(?!内亚|何|率|乎|近|经|维|丁质|尼|许|欲|[年天周]前|个月前)"
"""几 where it asks for a number; 这几年 and 哪几家 do not."""

_MAGNITUDE = r"\s?[十百千]?[万亿]?\s?"


class Strength(IntEnum):
    """How much it means that a sentence has the evidence of an answer type; each includes those before it."""

    HINT = 1
    """The sentence is preferred to its neighbours: what looks like a name stands in many sentences."""
    EVIDENCE = 2
    """It raises the confidence of the answer."""
    REQUIRED = 3
    """Without it nothing is an answer, however much else speaks for it."""


@dataclass(frozen=True, slots=True)
class AnswerType:
    """A class of questions by what they ask for.

    Attributes:
        name: For logs and tables.
        question: Matches questions of this type.
        evidence: Matches sentences that may answer them; None: any sentence may.
        strength: What the evidence is worth.
    """

    name: str
    question: re.Pattern[str]
    evidence: re.Pattern[str] | None
    strength: Strength


_STRENGTHS = {
    **dict.fromkeys(("name", "who", "post", "meaning"), Strength.HINT),
    **dict.fromkeys(("why", "program", "contact"), Strength.EVIDENCE),
}
"""Where it is not `REQUIRED`."""


def _answer_type(name: str, question: str, evidence: str | None) -> AnswerType:
    if evidence is None:
        return AnswerType(name, re.compile(question), None, Strength.HINT)
    strength = _STRENGTHS.get(name, Strength.REQUIRED)
    return AnswerType(name, re.compile(question), re.compile(evidence), strength)


OTHER: Final = _answer_type("other", "", None)

ANSWER_TYPES: Final = (
    _answer_type(
        "work",
        r"哪一?[部首本支出](?!分)|哪个?(?:节目|游戏|电影|综艺|剧|小说|漫画|专辑|歌)|(?<!为)什么(?:书|电影|游戏|歌)",
        r"[《〈「『“\"]",
    ),
    _answer_type(
        "program",
        r"(?:哪个?|哪款|哪种|(?<!为)什么|啥)(?:app|软件|工具|程序|插件|库|框架|浏览器|vpn|应用|属性|函数|命令|参数|编辑器|语言|脚本|字体|型号|系统|平台)",
        r"[a-z]{2,}",
    ),
    _answer_type("email", r"邮箱|信箱|\bemail\b", r"@"),
    _answer_type(
        "who",
        r"(?:人|员|生|者|长|师|老板|主角|嫌犯|选手|教练|孩子?|儿子?|妻子?|丈夫|爷|奶|妈|爸)(?:他|她)?(?:的?[真本姓大]?名字?)?(?:叫(?:什么|啥)|是谁)",
        _PERSON,
    ),
    _answer_type(
        "name",
        r"(?:又|也|还|亦|可以)叫|叫(?:什么|啥|做什么)|(?:(?<!为)什么|啥)名|别名|原名|全名|全称|简称|昵称|笔名|艺名|绰号|外号|又称|"
        r"[称译]之?为什么|\bname\b|\bcalled\b",
        r"叫|[取起命题本艺化真原别]名|名[为叫字]|姓名|名[:：]|称|[「“《\"‘『]|译作|\bcalled\b|\bname",
    ),
    _answer_type(
        "school",
        r"(?:(?<!为)什么|哪一?[个所间家]?|啥)(?:大学|学校|中学|院校|高校|学院|小学|高中)|(?:毕业|就读)于(?:什么|哪(?!一?年))",
        r"大学|学院|学校|中学|小学|高中|[一-龥]校|清华|北大|复旦|\b(?:university|school|college)\b",
    ),
    _answer_type(
        "post",
        r"(?:(?<!为)什么|哪些|哪个|啥)(?:职[务位业]|官职?|工作|身份|角色|岗位)|任(?:何职|什么|哪)|职务",
        r"任|[长员师家理官席授手工督监卿守令]|总裁|主席|教授|职",
    ),
    _answer_type(
        "meaning",
        r"[什啥]么?意思|(?:^|[\s,])什么是|是指什么|指的?是(?:什么|哪)|定义|含义|寓意|指什么|"
        r"^what(?: is|\'s) (?:an? )?[\w-]+(?:[^\w-]\W*)?$",
        r"指|意|即|就是|定义|是一|称为|称作|表示|代表|象征",
    ),
    _answer_type(
        "why",
        r"(?<![称译])(?<!称之)为什么|为啥|为何|干嘛|干吗|原因|图个?啥|怎么回事|怎么会|凭什么|"
        r"理由|为了(?:什么|啥)|\bwhy\b",
        r"因|由于|所以|为了|导致|原因|以便|从而|旨在|使得|造成|引发|出于|为的是|是为|"
        r"\bbecause\b|\bdue to\b|\bto\b",
    ),
    _answer_type(
        "money",
        r"多少钱|几块?钱|几块|什么价|价格|售价|定价|票价|造价|成交价|起步价|起售价|租金|学费|工资|月薪|年薪|票房|营收|卖(?:多少|几)(?![台辆份本套部张架])|"
        r"(?:费用?|价|奖金|片酬|薪水?|成本|投资|流水|市值|身家|本钱|保证金|押金|稿酬|罚款|赔偿|利润|亏损|募资|融资)"
        r"[要是为有收定的大概到领出卖砍总共一]*(?:多少|几)|"
        r"(?:多少|几)[十百千万亿]*(?:元|块|美元|刀|日元|日币|英镑|欧元|港币|人民币)|(?:花|赚|挣|赔|亏|罚|募资|融资|拿)了?多少(?![个家人次条名台平])|"
        r"\bhow much\b|\bprice\b|\bcost\b",
        rf"{_NUMBER}{_MAGNITUDE}(?:多|余)?(?:元|块|美元|美金|日元|円|英镑|欧元|港元|港币|台币|人民币|卢布|韩元|刀|usd|rmb|cny)|"
        r"[¥￥$€£]\s?\d|nt\$|\d\s?[万亿]|[一二三四五六七八九十两百千][万亿]|价格?[:：]\s?\d|免费|不[收要][费钱]",
    ),
    _answer_type(
        "percent",
        r"百分之[几多]|占(?:比|了?多少)|比例|几成|(?:多少个?|几个)点(?![钟半左开])|[多几]少?趴|几%|"
        r"率[掉降升涨提高到是为了]*多少|涨幅|跌幅|折扣|\bpercent",
        r"\d\s?%|百分之|\d\s?趴|[\d一二三四五六七八九]成|\d(?:\.\d+)?折|个百分点|分之|半数|一半|过半",
    ),
    _answer_type(
        "clock",
        r"几点(?!要求|建议|意见|主张|原因|看法)|what time",
        r"\d{1,2}\s?[:点时]\s?\d{0,2}|[零一二三四五六七八九十两]{1,20}[点时]|午夜|[正中]午|\d\s?[ap]m\b",
    ),
    _answer_type(
        "year",
        r"哪一?年|几几年|什么年份|what year|which year",
        r"\b(?:1[5-9]|20)\d{2}\b|(?:1[5-9]|20)\d{2}\s?年?|[一二][九〇零][〇零一二三四五六七八九]{2}|去年|今年|前年|\d\s?年前",
    ),
    _answer_type(
        "date",
        r"什么时[候间]|啥时[候间]?|[何几]时|几号(?!线|楼|文件)|几月|哪[一]?[天日月]|多会儿?|什么日[子期]|日期|"
        r"\bwhen\b|what (?:date|day)",
        r"\d{1,2}\s?[月日号]|\d{4}\s?年|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|[一二三四五六七八九十]{1,20}[月日号]|"
        r"[昨今明前当]天|[昨今明次翌当同]日|[昨今当]晚|今早|[今去明]年|"
        r"第\s?[\d一二三四五六七八九十]+[天日]|[年月][初中末]|[早午傍凌][上晨晚]|"
        r"[上下本]周|周[一二三四五六日末]|星期|[上中下]旬|季度?|年底|月底|"
        r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|\b(?:1[5-9]|20)\d{2}\b",
    ),
    _answer_type(
        "duration",
        rf"多久|多长时间|(?:{_HOW_MANY}|多少)(?:[天年周秒]|分钟|个?(?:小时|钟头|星期|礼拜)|个月)|how long",
        rf"(?<!\d)(?!(?:1[5-9]|20)\d\d\s?年){_NUMBER}\s?(?:多|余|半)?\s?(?:天|年|周|个?半?月(?!\d)|个?多?小时|分钟?|秒|"
        r"(?<!月\d)(?<!月\d\d)日|个?多?星期|个?礼拜|个?钟头|hours?|days?|years?|minutes?|weeks?|months?)|整[天夜日月年]|无期|终[身生]|永久",
    ),
    _answer_type(
        "age",
        r"几岁|多大(?:岁数|年纪|年龄)|今年多大|多少岁|哪年生|how old",
        r"\d{1,4}\s?岁|[一二三四五六七八九十]{1,20}岁|\b(?:19|20)\d{2}\s?年|出生|生于",
    ),
    _answer_type(
        "rank",
        r"第几(?![章期季集届次页版代部回个天年])|老几|排名|名次|排行|\brank",
        r"第\s?[\d一二三四五六七八九十]|[榜魁]首|[冠亚季]军|\btop\s?\d|名列|排名",
    ),
    _answer_type(
        "people",
        rf"(?:多少|{_HOW_MANY})[个名位]?(?:人|员工|学生|粉丝|用户|会员|观众)|人数|(?:死|伤|没|裁|病)了?(?:多少|几)",
        rf"{_NUMBER}{_MAGNITUDE}(?:多|余)?\s?(?:人|名|位|员工|学生|粉丝|用户|会员|观众|例|头|只|死|伤|people|users)|无人|没有人|无一",
    ),
    _answer_type(
        "amount",
        rf"多少|{_HOW_MANY}[\u4e00-\u9fff]|{_HOW_MANY}\b|多[大长高远重快宽深厚]|若干|"
        r"\bhow (?:many|far|big|tall|fast)\b",
        rf"\d|{_NUMBER}[万亿个名次期章首款种只头匹件套部集家所艘架辆台篇本条层节块颗粒]",
    ),
    _answer_type(
        "origin",
        r"哪[里儿国]的?人|哪一?国人|国籍|籍贯|祖籍",
        r"[一-龥]人(?![们员口民士气生数群物])|籍|出[生身]|生于|来自|祖",
    ),
    _answer_type(
        "where",
        r"哪里|哪儿|何地|何处|在哪|去哪|到哪|哪个?(?:地方|城市|国家?|省|县|区|馆|酒店|剧场|医院|宾馆|旅馆)|"
        r"(?:什么|哪些|啥)(?:地[方区点]|位置)|位于(?:什么|哪)|地点|\bwhere\b",
        r"[省市县区州国镇村路街馆店场院校港岛湖江河海楼厅站城营园宫]|[在于位去到]|\b(?:in|at)\b",
    ),
    _answer_type(
        "contact",
        r"电话|网址|链接|地址|密码|提取码|解压码|\b(?:url|ip)\b",
        r"https?:|\d{3,4}-\d{6,8}|1\d{10}|\d{1,9}(?:\.\d{1,9}){3}|www\.|[路街号楼]|[:：]\s?[a-z0-9]{4,}|\b[a-z0-9]{4,}\b",
    ),
    _answer_type(
        "who",
        r"谁|哪位|什么人|哪个人|何人|\bwho\b|\bwhom\b|\bwhose\b",
        _PERSON,
    ),
    OTHER,
)


_UNITS = (
    "集 首 期 章 届 国 省 城市 瓦 级 页 床 字 分 亩 步 道 枚 条 台 件 部 份 套 张 座 艘 架 辆 篇 光年 席 板 "
    "层|楼 度|℃|° 倍|成 款|种 名|位|人 场|次|回 遍|次 轮|次 本|册 册|本 家|间|所|店 只|头|匹 头|只 "
    "颗|个|粒|枚|块 克|g gb|g 吨 斤|公斤|千克|kg|克 公斤|千克|kg|斤 公里|千米|km 千米|公里|km 米|m|公尺 "
    "厘米|cm|公分 英寸|寸 平方米|平米|平|㎡|坪 平米|平方米|平|㎡|坪 平|㎡"
)
"""Units that a question may count, each with all its spellings."""

_UNIT_SPELLINGS = {unit.partition("|")[0]: unit for unit in _UNITS.split()}
_ANY_UNIT = "|".join(sorted(_UNIT_SPELLINGS, key=len, reverse=True))
_COUNTED_UNIT = re.compile(
    rf"{_HOW_MANY}({_ANY_UNIT})|(?:{_HOW_MANY}[个种]|多少[个种]?)({_ANY_UNIT})(?=\W|$|[的了啊呢吗])"
)
"""A unit that is counted, but no noun that begins with a unit: 多少国债, 几个字体."""

_MEASURES = (
    (re.compile(r"身高|多高|高度|海拔"), r"米|m\b|cm|厘米|公分|公尺|尺"),
    (re.compile(r"多重|体重|重量"), r"斤|kg|公斤|千克|克|吨|磅"),
    (re.compile(r"多远|距离"), r"公里|米|千米|km|光年|里"),
)
"""What is measured, and in which units."""

_YES_NO = re.compile(r"[吗么]\b|[吗么]$|是否|是不是|有没有|能不能|会不会|要不要|[没不]有?\W*$")
_INTERROGATIVE = re.compile(
    rf"什么|啥|谁|哪|{_HOW_MANY}|多少|多[大久长高远重快宽深厚]|(?<!任)[何怎]|"
    r"\b(?:how|what|when|where|which|who|whose|why)\b"
)
_OPEN_INTERROGATIVE = re.compile("谁|哪|怎么|如何")
"""Interrogatives that ask for something even where no type is known for it."""

_ENDS_WITH_WHICH = re.compile("(?:哪[一个种款]{0,2}|(?<!为)什么|啥)$")


def answer_type_of(folded_question: str) -> AnswerType:
    """Classify a folded question by what it asks for.

    A question that counts something (几集) needs a number of just that unit. A yes-no question (涨价了吗)
    needs no evidence: its type is only a hint.

    >>> answer_type_of("新版卖多少钱").name, answer_type_of("谁是主席").name, answer_type_of("外交重点").name
    ('money', 'who', 'other')
    """
    answer_type = _asked_type(folded_question)
    units = _asked_units(folded_question) if answer_type.name in {"amount", "people"} else None
    if units:
        return _with_units(answer_type, units)
    is_yes_no = _YES_NO.search(folded_question) and not _INTERROGATIVE.search(folded_question)
    return replace(answer_type, strength=Strength.HINT) if is_yes_no else answer_type


def _asked_type(folded_question: str) -> AnswerType:
    """Return the first type whose pattern matches and is asked for, not only mentioned.

    票房冠军是谁 mentions a sum of money and asks for a person. The mentioned type is the fallback if only
    `amount` is asked for, or if nothing is and there is no open interrogative: 票价会涨吗.
    """
    matches = [(each, match) for each in ANSWER_TYPES if (match := each.question.search(folded_question))]
    first_match, _ = matches[0]
    asked = next(each for each, match in matches if each is OTHER or not _is_only_mentioned(match))
    if asked.name == "amount":
        return first_match
    if asked is OTHER and not _OPEN_INTERROGATIVE.search(folded_question):
        return first_match
    return asked


def _is_only_mentioned(match: re.Match[str]) -> bool:
    """Tell whether the match neither asks itself nor stands behind a word that does (哪个邮箱)."""
    before = match.string[: match.start()]
    return _INTERROGATIVE.search(match[0]) is None and _ENDS_WITH_WHICH.search(before) is None


def _asked_units(folded_question: str) -> str | None:
    """Return the spellings of the unit that a question counts or measures in, as a pattern."""
    counted = _COUNTED_UNIT.search(folded_question)
    if counted is not None:
        return _UNIT_SPELLINGS[counted[1] or counted[2]]
    return next((units for measured, units in _MEASURES if measured.search(folded_question)), None)


@functools.cache
def _with_units(answer_type: AnswerType, units: str) -> AnswerType:
    evidence = rf"{_NUMBER}{_MAGNITUDE}(?:多|余|个|来)?\s?(?:{units})"
    return _answer_type(answer_type.name, answer_type.question.pattern, evidence)


def has_evidence(answer_type: AnswerType, folded: str) -> bool:
    """Tell whether a folded text could answer a question of that type; always where it needs no evidence."""
    return answer_type.evidence is None or answer_type.evidence.search(folded) is not None
