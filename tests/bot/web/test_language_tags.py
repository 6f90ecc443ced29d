"""The language of a text, told by its script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.language_tags import language_tag


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("王毅谈2022年中国外交八大重点", "zh-Hans"),
        ("王毅談2022年中國外交八大重點", "zh-Hant"),
        ("東京で新しい橋が開通しました", "ja"),
        ("서울에서 새 다리가 개통되었다", "ko"),
        ("Мост открыт", "ru"),
        ("Why I moved from GitHub issues", "en"),
        ("用 LINQPad 寫程式", "zh-Hant"),
        ("", "zh-Hans"),
    ],
)
def test_the_script_tells_the_language(text: str, tag: str) -> None:
    assert language_tag(text) == tag


@given(st.text())
def test_any_text_has_one(text: str) -> None:
    assert language_tag(text) in {"zh-Hans", "zh-Hant", "ja", "ko", "ru", "en"}
