import pytest

from bot.wording.script import converter_for, mending, to_hong_kong, to_traditional


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        ("为什么群众启用里面的床", "為什麼群眾啟用裡面的床"),
        ("刚才的峰会", "剛才的峰會"),
        ("范先生吃面，余女士不吃", "范先生吃麵，余女士不吃"),
        ("余秋雨展示了如何参与制造", "余秋雨展示了如何參與製造"),
        ("他对此了如指掌", "他對此瞭如指掌"),
        ("合理发展，被发现了", "合理發展，被發現了"),
    ],
)
def test_readers_get_the_characters_they_know(simplified: str, traditional: str) -> None:
    assert to_traditional(simplified) == traditional


@pytest.mark.parametrize(("simplified", "traditional"), mending().examples)
def test_each_mending_has_its_examples(simplified: str, traditional: str) -> None:
    assert to_traditional(simplified) == traditional


def test_hong_kong_has_its_own() -> None:
    assert to_hong_kong("里面的床") == "裏面的牀"
    assert converter_for("zh-HK")("里面") == "裏面"
    assert converter_for("zh_Hant_MO")("里面") == "裏面"
    assert converter_for("zh-TW")("里面") == converter_for(None)("里面") == "裡面"
