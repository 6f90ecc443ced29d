"""A question that a heading asks is answered by what stands under it, over the sample archive."""

import pytest

from corpus import Confidence, Corpus


@pytest.mark.parametrize(
    ("question", "shown", "others"),
    [
        pytest.param("高铁票价", "二等座46元", "1.5元", id="asked in other words than the heading"),
        pytest.param("霁澜高铁票价多少", "二等座46元", "1.5元", id="the same with its name"),
        pytest.param("高鐵票價多少錢", "二等座46元", "1.5元", id="traditional script"),
        pytest.param("高铁票多少钱一张", "二等座46元", "1.5元", id="a single ticket"),
        pytest.param("坐高铁能带大闸蟹吗", "大闸蟹要捆好", "宠物", id="named by the title in passing"),
        pytest.param("高铁能不能带柿饼", "柿饼随便带", "宠物", id="named by the heading"),
        pytest.param("误车了怎么办", "改签到后面的车次", "误车了怎么办", id="a numbered question"),
        pytest.param("轮椅怎么上高铁", "两个轮椅席位", "自行车", id="how"),
        pytest.param("石埠站公交多少钱", "票价1.5元", "票价3元", id="a fare that is asked for"),
        pytest.param("望湖北站接驳车票价", "票价3元", "1.5元", id="a fare under the next heading"),
        pytest.param("退票要手续费吗", "不收手续费", "计次票", id="the sentence beside is of its unit"),
        pytest.param(
            "高铁什么时候通车", "12月28日通车", "卖票", id="a heading that asks when something else is"
        ),
        pytest.param("高铁首班车几点", "7时02分", "四点", id="in another word"),
        pytest.param("高铁末班车几点", "22时10分", "四点", id="said of what is asked under another question"),
        pytest.param(
            "望江大桥限重多少吨", "12吨以上货车", "二等座", id="a unit, in an article without heads"
        ),
    ],
)
def test_what_is_under_the_heading_is_told(sample: Corpus, question: str, shown: str, others: str) -> None:
    told = sample.ask(question).text
    assert told is not None
    assert shown in told
    assert others not in told


def test_a_value_under_a_question_about_something_else_is_never_told_as_sure(sample: Corpus) -> None:
    answer = sample.ask("坐高铁几点能打热线")
    assert answer.confidence is not Confidence.ANSWER or "夜里11时" in (answer.text or "")


def test_when_there_are_trains_is_told_by_the_first_of_them(sample: Corpus) -> None:
    assert "7时02分" in (sample.ask("高铁几点有车").text or "")
