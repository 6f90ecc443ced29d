"""Kinds of posts that were read wrong once: `kinds.toml` has a small example of each."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from corpus.models import BlockKind
from corpus.posts.cleaning import paragraphs
from corpus.posts.reader import parse_post

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 30, tzinfo=UTC)
POSTS: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "kinds.toml").read_text(encoding="utf-8")
)["post"]
KNOWN = {
    *("kind", "path", "text", "title", "date", "author", "categories", "paragraphs", "warning", "page"),
}


def test_the_examples_are_many_and_have_no_unknown_keys() -> None:
    assert len(POSTS) > 70
    assert {key for example in POSTS for key in example} <= KNOWN
    assert len({example["kind"] for example in POSTS}) == len(POSTS)


@pytest.mark.parametrize("example", POSTS, ids=lambda example: example["kind"])
def test_a_post_is_read_right(example: dict[str, Any]) -> None:
    path = example.get("path", "河堤.md")
    post = parse_post(path, example["text"].encode(), zone=SHANGHAI, now=NOW)
    date = post.published and post.published.astimezone(SHANGHAI).replace(tzinfo=None).isoformat()
    assert date == example.get("date")
    if "title" in example:
        assert post.title == example["title"]
    assert post.author == example.get("author")
    assert list(post.categories) == example.get("categories", [])
    assert post.page is example.get("page", False)
    if "warning" in example:
        assert example["warning"] in (post.warning or "")
    elif "no closing line" not in (post.warning or "") and "line by line" not in (post.warning or ""):
        assert post.warning is None
    if "paragraphs" in example:
        found = paragraphs(post.body, title=post.title)
        kinds = {text.partition(":")[0] for text in example["paragraphs"]} & set(BlockKind)
        shown = [f"{one.kind}:{one.text}" if one.kind in kinds else one.text for one in found]
        assert shown == example["paragraphs"]
