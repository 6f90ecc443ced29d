"""The same story from several outlets is one; things that share boilerplate are many."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.retrieval.near_duplicates import (
    DEFAULTS,
    ArticleSource,
    Title,
    _Titles,
    group_stories,
    same_story,
)
from corpus.text.sketches import Shingles, sketch_of

STORY = (
    "独立游戏《盐与灯塔》发售三天卖出五十万份。开发组只有五个人，他们用四年时间画完了每一座灯塔。"
    "制作人在博客里写道，最难的不是海浪，而是让玩家愿意在雾里停下来听一会儿。工作室下一步要做的是休假。"
    "据介绍，游戏的每一座岛都取材于真实的旧海图，全部音效在渔港录制，结局共有七种。"
    "首周售价四十八元，移植版本预计明年春天与玩家见面，实体版附赠手绘海图一张，由老船长亲自题写。"
)
BOILERPLATE = (
    "本店所有商品均为手工制作，每件略有差异，介意者请勿下单。现货四十八小时内发出，预订款以页面时间为准。"
    "如遇破损请在签收当日联系客服并附上照片，我们会尽快补发。加入会员可享九五折，满三百元免运费。"
    "商品颜色因显示设备不同可能存在偏差，以实物为准。开封后非质量问题不退不换，敬请谅解。"
)


def told(title: str, outlet: str, text: str) -> tuple[ArticleSource, Shingles]:
    return ArticleSource(title, outlet), Shingles.from_text(text)


def same(one: tuple[ArticleSource, Shingles], other: tuple[ArticleSource, Shingles]) -> bool:
    return same_story(*one, *other)


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(STORY, id="word for word"),
        pytest.param("超值！会员限时七折，点击了解>>>\n" + STORY, id="an advertisement first"),
        pytest.param(STORY.replace("。", "。\n\n"), id="other paragraphs"),
        pytest.param(STORY[: len(STORY) * 3 // 4], id="cut"),
        pytest.param(STORY.replace("独立游戏", "獨立遊戲"), id="a few words in the other script"),
        pytest.param(STORY + "【本文结束】" + "其他新闻，与此无关。" * 10, id="with more after it"),
    ],
)
def test_a_copy_in_another_outlet_is_the_same_story(copy: str) -> None:
    assert same(
        told("《盐与灯塔》三天卖出50万份，开发组只有五个人", "像素酒馆", STORY),
        told("五人团队四年磨一剑：独立游戏《盐与灯塔》首周大卖", "极客岸", copy),
    )


def test_goods_of_one_shop_are_different_things_though_most_of_the_text_is_the_same() -> None:
    assert not same(
        told("榫卯胡桃木手机支架", "好物橱窗", "胡桃木，八十克。" + BOILERPLATE),
        told("霁蓝釉手冲咖啡壶 600ml", "好物橱窗", "高温瓷，六百毫升。" + BOILERPLATE),
    )


def test_a_weekly_column_is_not_its_own_copy() -> None:
    assert not same(
        told("今日好价 0924", "煎蛋", "键盘二百元。" + BOILERPLATE),
        told("今日好价 0925", "煎蛋", "鼠标一百元。" + BOILERPLATE),
    )


def test_a_post_that_one_outlet_published_twice_is_one_story() -> None:
    assert same(told("盐与灯塔", "像素酒馆", STORY), told("盐与灯塔！", "像素酒馆", STORY))


def test_another_report_of_the_same_event_is_another_story() -> None:
    assert not same(
        told("《盐与灯塔》三天卖出50万份", "像素酒馆", STORY),
        told(
            "《盐与灯塔》卖得好", "极客岸", "一款关于海与雾的小游戏最近很受欢迎，销量超出了所有人的预料。" * 4
        ),
    )


def test_short_texts_need_titles_that_agree() -> None:
    short = "公司公告，董事长因年龄原因辞职。"
    assert same(told("谷雨乳业董事长辞职", "甲", short), told("谷雨乳业：董事长辞职", "乙", short))
    assert not same(told("谷雨乳业董事长辞职", "甲", short), told("远帆汽车换帅", "乙", short))


def test_without_text_only_the_same_title_is_the_same_story() -> None:
    assert same(told("快讯：大桥通车", "甲", ""), told("快讯 大桥通车", "乙", ""))
    assert not same(told("快讯：大桥通车", "甲", ""), told("快讯：大桥封闭", "乙", ""))


def grouped(tellings: Sequence[tuple[str, str, str]], wanted: int) -> list[list[int]]:
    def load(places: Sequence[int]) -> Mapping[int, str]:
        return {place: tellings[place][2] for place in places}

    return group_stories([ArticleSource(title, outlet) for title, outlet, _ in tellings], load, wanted=wanted)


def test_stories_are_grouped_in_the_order_of_their_best_telling() -> None:
    tellings = [
        ("《盐与灯塔》三天卖出50万份", "甲", STORY),
        ("手工商品须知与售后说明", "甲", BOILERPLATE),
        ("《盐与灯塔》卖出50万份", "乙", STORY),
        ("手工商品须知和售后说明", "乙", BOILERPLATE),
        ("《盐与灯塔》首周50万份", "丙", STORY),
    ]
    assert grouped(tellings, 5) == [[0, 2, 4], [1, 3]]


def test_only_texts_that_may_agree_are_read() -> None:
    story, other = ("".join(map(chr, range(start, start + 800))) for start in (0x4E00, 0x6E00))
    tellings = [
        ("盐与灯塔卖出五十万份", "甲", story),
        ("盐与灯塔卖出五十万份", "乙", other),
        ("盐与灯塔卖出五十万份", "丙", f"盐与灯塔{story}"),
        # One outlet's posts with two titles are no repeat, whatever they hold.
        ("盐与灯塔：卖出五十万份的秘密", "甲", story),
    ]
    read: list[int] = []

    def load(places: Sequence[int]) -> Mapping[int, str]:
        read.extend(places)
        return {place: tellings[place][2] for place in places}

    sources = [ArticleSource(title, outlet, sketch_of([text])) for title, outlet, text in tellings]
    assert group_stories(sources[:3], load, wanted=5) == [[0, 2], [1]]
    assert read == [0, 2]
    read.clear()
    assert group_stories([sources[0], sources[3]], load, wanted=5) == [[0], [1]]
    assert read == []


def test_texts_are_told_apart_the_same_with_and_without_sketches() -> None:
    texts = [STORY, BOILERPLATE, STORY[:150], STORY + BOILERPLATE, BOILERPLATE * 8 + STORY, "短", ""]
    tellings = [("盐与灯塔卖出五十万份", str(outlet), text) for outlet, text in enumerate(texts * 2)]
    sources = [ArticleSource(title, outlet, sketch_of([text])) for title, outlet, text in tellings]

    def load(places: Sequence[int]) -> Mapping[int, str]:
        return {place: tellings[place][2] for place in places}

    assert group_stories(sources, load, wanted=20) == grouped(tellings, 20)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["盐与灯塔", "灯塔与盐", "好物"]),
            st.sampled_from("甲乙丙"),
            st.sampled_from([STORY, BOILERPLATE, STORY[:150], ""]),
        ),
        max_size=40,
    ),
    st.integers(0, 12),
)
def test_the_first_stories_are_the_same_however_many_are_wanted(
    tellings: list[tuple[str, str, str]], wanted: int
) -> None:
    few, all_of_them = grouped(tellings, wanted), grouped(tellings, len(tellings))
    assert few[:wanted] == all_of_them[:wanted]
    assert sorted(place for group in few for place in group) == list(range(len(tellings)))


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_texts_are_compared_and_either_way_round_alike(one: str, other: str) -> None:
    first, second = told(f"题{one}", "甲", one), told(f"题{other}", "乙", other)
    assert same(first, second) == same(second, first)
    assert same(first, (ArticleSource(f"题{one}", "丙"), first[1]))


TITLES = st.text(alphabet="大桥通车abc 1。", max_size=12)


@given(TITLES, TITLES)
def test_two_titles_agree_alone_as_among_many(one: str, other: str) -> None:
    many = _Titles([one, other], DEFAULTS)
    expected = many.overlap(0, 1) if list(many.similar_pairs(0, 1)) else None
    assert Title.from_text(one).overlap(Title.from_text(other)) == expected
