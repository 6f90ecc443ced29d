"""Who said it: only where the text says so of the very sentences that were shown."""

import pytest

from corpus.dialogue.attribution import attribution
from corpus.models import Article, Hit, Passage
from corpus.text.passages import sentences


def attributed(text: str, *places: int) -> str | None:
    """The sentence that names who said the sentences at some places of a text."""
    spans = sentences(text)
    article = Article("a", "a.md", "题", None, None, None, ())
    hit = Hit(article, Passage("a.0", 0, text), tuple(spans[place] for place in places), (), 1.0)
    span = attribution(hit)
    return None if span is None else text[slice(*span)]


@pytest.mark.parametrize(
    "sentence",
    [
        "电工说，拆旧灯时在灯罩里一共发现了61个鸟窝。",
        "交通局局长方知远表示：“大桥下月通车。”",
        "蓝穹半导体在互动平台表示，产线良率升至93.4%。",
        "鎮長表示，戲院建物已提報歷史建築審議。",
        "她说原稿里这一章有二十三页。",
        "澜川大学公布校园猫名录，共78只。",
        "据AI财经社报道，高山大学2019级的招生名额为30人。",
        "9月26日消息，东兴证券公告，董事长魏庆华近日辞职。",
        "信用中国网站显示，松下家电被罚款2.32万元。",
        "Snowden 披露了该机构的一份绝密文件。",
        "The river ferry will run until 11 p.m., the operator said.",
    ],
)
def test_a_sentence_that_names_its_speaker_is_found(sentence: str) -> None:
    assert attributed(sentence, 0) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "Mossy：用苔藓的颜色表示仓库里每个文件多久没人动过。",
        "上面红色的区域，就是表示掉帧的区域，因为高于16ms。",
        "本文如有不实之处，欢迎交流指出。",
        "据悉，爱犬法罗斯是被一口咬死的。",
        "据了解，方案分三期进行。",
        "一般来说，要先关闭电源。",
        "也就是说，两者相等。",
        "数据显示，消费者占比高达93%。",
        "说明：灯塔的光束每12秒扫过一次海面。",
        "9月26日消息，地铁延长夜间运营。",
        "最后一排水马被叉车挪开，望江大桥恢复双向通行。",
    ],
)
def test_words_of_saying_alone_name_nobody(sentence: str) -> None:
    assert attributed(sentence, 0) is None


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        pytest.param("“大桥下月通车。”方知远说。另有别的事。", 0, "方知远说。", id="behind"),
        pytest.param("方知远这样说：“大桥下月通车。”", 0, "方知远这样说：“大桥下月通车。”", id="in one"),
        pytest.param("“大桥下月通车。”\n方知远说。", 0, None, id="another paragraph"),
        pytest.param("大桥下月通车。方知远说，路也要修。", 0, None, id="something else is said next"),
        pytest.param("大桥下月通车。\n制作人苏未眠说，游戏要晚。", 0, None, id="somebody else elsewhere"),
    ],
)
def test_who_speaks_beside_a_sentence_said_it_only_if_that_is_a_quotation(
    text: str, place: int, said: str | None
) -> None:
    assert attributed(text, place) == said
