import pytest

from corpus.posts.blocks import read_blocks
from corpus.text.characters import is_numbered


@pytest.mark.parametrize(
    ("markup", "items"),
    [
        ("<ol><li>甲<li>乙</ol>", ["1. 甲", "2. 乙"]),
        ('<ol start="9"><li>甲</li><li value="20">乙</li><li>丙</li></ol>', ["9. 甲", "20. 乙", "21. 丙"]),
        ('<ol type="A"><li>甲</li><li>乙</li></ol>', ["A. 甲", "B. 乙"]),
        ('<ol type="i"><li>甲</li><li>乙</li></ol>', ["i. 甲", "ii. 乙"]),
        ('<ol reversed start="2"><li>甲</li><li>乙</li></ol>', ["2. 甲", "1. 乙"]),
        ("<ol reversed><li>甲</li></ol>", ["甲"]),
        ('<ol style="list-style: none"><li>甲</li></ol>', ["甲"]),
        ('<ol class="linenums"><li>x = 1</li></ol>', ["x = 1"]),
        ("<ol><li>1、甲</li><li>3.5亿元</li></ol>", ["1、甲", "2. 3.5亿元"]),
        ("<ol><li>甲<ul><li>乙</li></ul></li><li>丙</li></ol>", ["1. 甲", "乙", "2. 丙"]),
        ("<ol><li><p>甲</p><p>乙</p></li></ol>", ["1. 甲", "乙"]),
        ("<ul><li>甲</li></ul><li>乙</li>", ["甲", "乙"]),
        ('<ol start="x"><li>甲</li></ol>', ["1. 甲"]),
    ],
)
def test_items_have_the_numbers_that_readers_see(markup: str, items: list[str]) -> None:
    assert [block.text for block in read_blocks(markup)] == items


@pytest.mark.parametrize(
    "text", ["1. 甲", "12）甲", "（3）甲", "一、甲", "①甲", "第二，甲", "a. 甲", "iv. 甲"]
)
def test_an_item_may_begin_with_its_number(text: str) -> None:
    assert is_numbered(text)


@pytest.mark.parametrize("text", ["甲", "3.5亿元", "2026年", "一起去", "Mr. 王", "C++", "mix. 甲"])
def test_other_items_have_none(text: str) -> None:
    assert not is_numbered(text)
