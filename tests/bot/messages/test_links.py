"""The address at which an article opens."""

from dataclasses import replace

import pytest

from bot.messages import links
from tests.bot.messages.rendering import (
    VIEW,
    article,
)


@pytest.mark.parametrize(
    ("url", "public_url", "expected"),
    [
        ("https://news.example.org/p/6271.html", None, "https://news.example.org/p/6271.html"),
        (None, "https://read.example.org", "https://read.example.org/a/0123456789a#p3"),
        (None, None, "https://t.me/baotong_bot?start=a_0123456789a_3"),
        (None, "http://localhost:8080", "https://t.me/baotong_bot?start=a_0123456789a_3"),
        ("javascript:alert(1)", None, "https://t.me/baotong_bot?start=a_0123456789a_3"),
        (
            "https://news.example.org.evil.example/x",
            None,
            "https://news.example.org.evil.example/x#:~:text=%E4%B8%AD%E5%9B%BD",
        ),
    ],
)
def test_links_follow_the_order_of_the_design(url: str | None, public_url: str | None, expected: str) -> None:
    view = replace(VIEW, public_url=public_url)
    assert links.article_url(article(url=url), view, 3, "中国") == expected
