import pytest

from corpus.posts.page_head import page_values


def page(head: str) -> str:
    body = "<meta name='author' content='正文里的'>"
    return f"<!DOCTYPE html>\n<HTML><HEAD>{head}</HEAD><body>{body}</body></HTML>"


@pytest.mark.parametrize(
    ("head", "values"),
    [
        ("<meta itemprop=datePublished content=2026-03-02>", {"date": "2026-03-02"}),
        ("<meta content='2026-03-02' name='PubDate'/>", {"date": "2026-03-02"}),
        (
            "<meta name=date content=2026-03-02><meta property='article:published_time' content=2026-03-03>",
            {"date": "2026-03-02"},
        ),
        ("<meta name='author' content='甲&amp;乙'>", {"author": "甲&乙"}),
        ("<meta property='article:author' content='https://example.org/a'>", {}),
        ("<link rel='canonical' href='https://example.org/b'>", {"link": "https://example.org/b"}),
        ("<link rel='stylesheet' href='a.css'><meta charset=utf-8><meta name=date>", {}),
        ("<title>河堤</title>", {}),
    ],
)
def test_the_head_of_a_page_is_read(head: str, values: dict[str, str]) -> None:
    assert page_values(page(head)) == values


@pytest.mark.parametrize("body", ["<p>正文</p>", "", "# 标题\n\n<meta name='author' content='甲'>"])
def test_a_body_that_is_no_page_has_none(body: str) -> None:
    assert page_values(body) == {}
