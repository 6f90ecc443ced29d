"""What contradicts a question, or is of another place or time, is never told as sure."""

import pytest

from corpus import Confidence, Corpus


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("半亩茶饮卖得最差的是哪款", id="the best one is told, not the worst"),
        pytest.param("哪些公交线路没有绕行", id="those that did are told"),
        pytest.param("望江大桥2019年为什么封闭", id="another year is told"),
        pytest.param("远帆汽车9月交付了多少辆", id="other months are told"),
        pytest.param("远帆汽车11月交付了多少", id="a paper of that month tells of another"),
        pytest.param("HPV疫苗去哪打，多少钱", id="another vaccine is told"),
        pytest.param("上海的夜市周五开到几点", id="another town is told"),
        pytest.param("柿饼", id="one word that stands in passing"),
        pytest.param("明天停水吗", id="a notice of another day"),
        pytest.param("岑安国下一部电影演什么", id="the present one is told of"),
        pytest.param("澜川马拉松女子第二名是谁", id="the first one is told"),
        pytest.param("早班车讲春节上岛多少人", id="another season is told of"),
        pytest.param("蝉声-mini 训练用了多少小时的语音", id="years are no hours"),
        pytest.param("哪些代表支持公交涨价", id="numbers are told, not who"),
    ],
)
def test_it_is_not_told_as_sure(sample: Corpus, question: str) -> None:
    assert sample.ask(question).confidence is not Confidence.ANSWER


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        pytest.param("老城夜市周五开到几点", "周五", id="any Friday"),
        pytest.param("半亩茶饮最畅销的单品是什么", "米香青茶", id="the same superlative"),
        pytest.param("去年立秋糖粥铺的绿豆沙几块钱一碗", "8元", id="no name begins with a year"),
        pytest.param("11月25日哪里停水", "打铁巷", id="the day itself"),
        pytest.param("XR770一共召回了多少辆", "12418", id="the name in another spelling"),
    ],
)
def test_what_agrees_stays_sure(sample: Corpus, question: str, shown: str) -> None:
    answer = sample.ask(question)
    assert answer.confidence is Confidence.ANSWER
    assert shown in (answer.text or "")


@pytest.mark.parametrize(
    ("question", "newer"),
    [
        pytest.param("半亩茶饮上市了吗", "挂牌", id="listed after it had passed the hearing"),
        pytest.param("盐与灯塔到现在一共卖了多少份", "137万", id="a later count"),
        pytest.param("逐光二号发射了没", "14时07分", id="launched after it was put off"),
        pytest.param("台风石榴现在停航吗", "恢复", id="ended, in another word"),
    ],
)
def test_of_two_states_of_an_affair_the_newer_one_comes_first(
    sample: Corpus, question: str, newer: str
) -> None:
    first = sample.ask(question).hits[0]
    shown = "".join(first.passage.text[start:end] for start, end in first.sentences)
    assert newer in shown
