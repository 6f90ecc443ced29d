import pytest

from corpus.posts.pages import is_page


@pytest.mark.parametrize(
    ("path", "values", "dated"),
    [
        ("tags/index", {"type": "tags"}, True),
        ("about/index", {"layout": "about"}, True),
        ("404", {}, False),
        ("页/联系", {"layout": "page"}, False),
        ("archives/index", {}, False),
        ("scaffolds/post", {"title": "{{ title }}"}, False),
        ("archetypes/default", {"title": '{{ replace .Name "-" " " | title }}'}, False),
    ],
)
def test_pages_of_the_site_are_no_articles(path: str, values: dict[str, str], dated: bool) -> None:
    assert is_page(path, values, dated=dated)


@pytest.mark.parametrize(
    ("path", "values", "dated"),
    [
        ("_posts/2026-11-20-河堤", {"layout": "page"}, False),
        ("河堤", {"layout": "post", "type": "news"}, False),
        ("河堤", {"layout": "page"}, True),
        ("404/河堤", {}, False),
        ("404", {"title": "错误 404 的来历"}, True),
        ("links", {"title": "链接"}, False),
        ("模板", {"title": "{{ title }} 是什么"}, False),
    ],
)
def test_articles_are_no_pages(path: str, values: dict[str, str], dated: bool) -> None:
    assert not is_page(path, values, dated=dated)
