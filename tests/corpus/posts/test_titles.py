import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.posts.titles import restore_title


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("江城发改委：_东水西引_工程开工", "江城发改委：“东水西引”工程开工"),
        ("如何_看懂_一份_体检报告_？", "如何“看懂”一份“体检报告”？"),
        ("明年新款手机 _Max_将取代_Pro Max_，换接口", "明年新款手机 “Max”将取代“Pro Max”，换接口"),
        ("_开门红_", "“开门红”"),
        ("2022_城市更新训练营_走进江城大学", "2022“城市更新训练营”走进江城大学"),
        ("一图流 _ 秋季新品发布会", "一图流 | 秋季新品发布会"),
        ("甲 _ 乙 _ 丙", "甲 | 乙 | 丙"),
        ("直播__匠造之美_品牌发布", "直播 | “匠造之美”品牌发布"),
        ("收评_沪指跌1.2%，消费股走强", "收评 | 沪指跌1.2%，消费股走强"),
        ("万字长文_ 品牌的三个问题", "万字长文：品牌的三个问题"),
        ("【排行】09_25：公园", "【排行】09/25：公园"),
        ("1_4舞者感染", "1/4舞者感染"),
        ("低至1元_天", "低至1元/天"),
        ("社区卫生站（江城_江北_二七区）", "社区卫生站（江城/江北/二七区）"),
        ("7900X_7700X处理器首测", "7900X/7700X处理器首测"),
        ("支持 M1_M2 芯片", "支持 M1/M2 芯片"),
        ("Weekly tip #103_ Sharing plugins", "Weekly tip #103: Sharing plugins"),
        ("Why do we need them_", "Why do we need them?"),
        ("为什么没有人承认_", "为什么没有人承认？"),
        ("Game of War _Time_", "Game of War “Time”"),
        ("某猫吃什么？_图片_ _图片_ 看图", "某猫吃什么？[图片] [图片] 看图"),
        (
            "https___www.example.org_watch_v=5-x&ab_channel=Y",
            "https://www.example.org/watch?v=5-x&ab_channel=Y",
        ),
        ('"""\'SP\'"""', "SP"),
    ],
)
def test_marks_come_back_where_the_place_tells_which(written: str, shown: str) -> None:
    assert restore_title(written) == shown


@pytest.mark.parametrize(
    "title",
    [
        *(
            "snake_case_name",
            "__init__ 与 __new__",
            "用 _posts 目录",
            "使用_snake_case_命名",
            "《POP_STARS》",
            "K_DA",
        ),
        *(
            "_private",
            "@Some_Body",
            "^_^",
            "_",
            "__",
            "2022_09_26",
            "关于下划线_的用法",
            "''",
            "普通标题",
            '他说"好"',
        ),
    ],
)
def test_names_with_underscores_stay(title: str) -> None:
    assert restore_title(title) == title


@given(st.text(alphabet="_ aB1中文（）()《》，：？|/\"'", max_size=40))
def test_restoring_changes_nothing_but_marks(title: str) -> None:
    restored = restore_title(title)
    assert [c for c in restored if c.isalnum()] == [c for c in title if c.isalnum()]
    assert bool(restored.strip()) == bool(title.strip())


def test_a_title_too_long_to_be_one_is_left_alone() -> None:
    assert restore_title("_甲_" * 50_000) == "_甲_" * 50_000
