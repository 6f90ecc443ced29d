"""What a question asks for, and what may answer it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.question.answer_types import Strength, answer_type_of, has_evidence
from corpus.text.folding import fold


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("新版卖多少钱", "money"),
        ("起步价是几块", "money"),
        ("增长百分之几", "percent"),
        ("末班车几点", "clock"),
        ("哪年成立的", "year"),
        ("什么时候通车", "date"),
        ("考试几号", "date"),
        ("施工多久", "duration"),
        ("他今年几岁", "age"),
        ("死了多少人", "people"),
        ("一共几集", "amount"),
        ("在哪里举行", "where"),
        ("报名电话", "contact"),
        ("为什么涨价", "why"),
        ("凭什么涨价", "why"),
        ("这种理论又被称为什么", "name"),
        ("又译为什么", "name"),
        ("又称之为什么", "name"),
        ("为什么又称之为天府", "why"),
        ("那家店叫什么", "name"),
        ("在哪所大学教书", "school"),
        ("担任什么职务", "post"),
        ("带押过户是什么意思", "meaning"),
        ("开在什么地方", "where"),
        ("为什么书店倒闭", "why"),
        ("为什么大学生就业难", "why"),
        ("合作为什么破裂", "why"),
        ("评分为什么下降", "why"),
        ("几内亚总统是谁", "who"),
        ("几乎垄断市场的公司是哪家", "other"),
        ("哪几家公司被罚款", "other"),
        ("这几年最火的电影是什么", "other"),
        ("几年前的旧案谁破的", "who"),
        ("提出了哪几点要求", "other"),
        ("票房冠军是谁", "who"),
        ("由谁定价", "who"),
        ("工资最高的城市是哪个", "other"),
        ("邮箱泄露事件是怎么回事", "why"),
        ("折扣店在哪", "where"),
        ("有问题发哪个邮箱", "email"),
        ("谁发明了电话", "who"),
        ("租金最多涨几成", "percent"),
        ("票价多少", "money"),
        ("经济增长是什么原因", "why"),
        ("机器人是什么", "other"),
        ("学生是什么时候开学", "date"),
        ("谁是主席", "who"),
        ("那个留学生叫什么名字", "who"),
        ("他是哪里人", "origin"),
        ("全国排第几", "rank"),
        ("管理费是多少", "money"),
        ("股息率多少", "percent"),
        ("短片有几分钟", "duration"),
        ("外交重点", "other"),
        ("how much is it", "money"),
        ("what is the price of the phone", "money"),
        ("what is baotong?", "meaning"),
        ("when does it open", "date"),
        ("how long does it take", "duration"),
    ],
)
def test_a_question_is_of_a_kind(question: str, kind: str) -> None:
    assert answer_type_of(question).name == kind


@pytest.mark.parametrize(
    ("question", "yes", "no"),
    [
        ("新版卖多少钱", "售价3,299元。", "售价尚未公布。"),
        ("增长百分之几", "增长16.6%。", "增长很快。"),
        ("末班车几点", "末班车18:20开出。", "末班车已经开出。"),
        ("什么时候通车", "10月1日零时通车。", "不久就会通车。"),
        ("施工多久", "施工历时四年。", "施工还在继续。"),
        ("死了多少人", "造成三人死亡。", "造成严重损失。"),
        ("一共几集", "全剧共24集。", "全剧拍了3年。"),
        ("有多少辆", "召回12418辆。", "召回1次。"),
        ("发行了多少国债", "发行国债300亿元。", "发行了国债。"),
        ("能装几个字体", "能装5款。", "能装字体。"),
        ("多少本科生", "有3000名本科生。", "有不少本科生。"),
        ("特集有几页", "特集共20页。", "杂志创刊25周年。"),
        ("身高多少", "身高1米75。", "有60万粉丝。"),
        ("登陆时是几级", "登陆时是四级飓风。", "9月26日登陆。"),
        ("谈了多久", "会谈进行了90分钟。", "2022年9月23日会谈。"),
        ("那首歌叫什么名字", "歌名叫《逐光》。", "一名歌手唱了这首歌。"),
        ("他是哪里人", "他是澜川人。", "他写人们的生活。"),
        ("找到几个漏洞", "找到了两个漏洞。", "这是一个漏洞，还有几个没有修好。"),
        ("谁来主持", "由李明远主持。", "由电视台主持。"),
        ("谁来主持", "主编会到场。", "会场在三楼。"),
        ("在哪所大学教书", "她在青屿师范学院教书。", "她在教书。"),
        ("担任什么职务", "他任副厂长。", "他昨天来过。"),
        ("带押过户是什么意思", "是指有抵押也能过户。", "多地都在推行。"),
    ],
)
def test_an_answer_of_the_kind_is_told_from_another(question: str, yes: str, no: str) -> None:
    kind = answer_type_of(question)
    assert has_evidence(kind, fold(yes))
    assert not has_evidence(kind, fold(no))


@pytest.mark.parametrize(
    "question", ["票价会涨吗", "票价涨了没有", "排名是不是掉了", "有任何价格变动吗", "这几名嫌犯被抓了吗"]
)
def test_who_asks_whether_needs_no_number(question: str) -> None:
    assert answer_type_of("票价是多少").strength is Strength.REQUIRED
    assert answer_type_of(question).strength is Strength.HINT


def test_a_kind_without_a_mark_is_answered_by_anything() -> None:
    assert has_evidence(answer_type_of("外交重点"), "随便什么")


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_has_a_kind_and_may_be_looked_at(question: str, text: str) -> None:
    has_evidence(answer_type_of(fold(question)), fold(text))
