"""Small archives as generators of sites keep them: what is an article, its title, its day and its text."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from corpus.models import MarkKind
from tests.corpus.archives import Folder, opened

SHANGHAI = ZoneInfo("Asia/Shanghai")
HUGO: dict[str, str | bytes] = {
    "content/_index.md": "---\ntitle: 江城日报\n---\n欢迎。",
    "content/posts/_index.md": "---\ntitle: 所有文章\n---\n本栏收录全部报道。",
    "content/posts/2026-09-18.md": "# 九月十八日早报\n\n- **轮渡**：雾大停航一天。\n",
    "content/posts/2026-09-19/index.md": (
        "---\ntitle: 轮渡复航\n---\n"
        '{{< figure src="https://img.example.org/a.jpg" caption="清晨的码头" >}}\n\n'
        '轮渡今晨七点复航。\n\n{{< tabs >}}{{< tab "票价" >}}\n票价两元。\n{{< /tab >}}{{< /tabs >}}\n'
    ),
    "content/posts/2026-09-19/photo.jpg": b"\xff\xd8",
    "content/posts/2026/09/20/index.zh.md": (
        '+++\ntitle = "菜价回落"\n[extra]\nauthor = "某报"\n+++\n白菜每斤八角。'
    ),
    "content/tags/_index.md": "---\ntitle: 标签\n---\n",
    "content/about/index.md": "---\ntitle: 关于\nlayout: about\n---\n关于本站。",
    "archetypes/default.md": '---\ntitle: "{{ replace .Name }}"\ndate: {{ .Date }}\n---\n',
}
JEKYLL: dict[str, str | bytes] = {
    "_posts/2026-09-18-ferry-stops.md": (
        "---\nlayout: post\ntitle: 轮渡停航\npermalink: /news/:year/:title/\n---\n"
        "{% include figure.html src='a.jpg' caption='雾中的码头' %}\n\n"
        "{% comment %}待核实{% endcomment %}详见[公告]({{ site.baseurl }}/notice)"
        "与[航道处](https://ferry.example.org)。\n"
    ),
    "_posts/2026-09-19-ferry-back.md": (
        "---\nlayout: post\ntitle: 轮渡复航\n...\n七点{{ page.unknown }}复航。\n"
    ),
    "_drafts/next.md": "---\ntitle: 未完\n---\n草稿。",
    "_layouts/post.html": "<html><body>{{ content }}</body></html>",
    "404.md": "---\nlayout: page\ntitle: 没有这一页\n---\n走错了。",
    "tags/index.html": "---\nlayout: page\ntitle: 标签\n---\n<ul></ul>",
}
HEXO: dict[str, str | bytes] = {
    "source/_posts/新闻/轮渡停航.md": (
        "---\ntitle: 轮渡停航\ndate: 2026-09-18 08:00:00\ncategories:\n  - 新闻\n  - 本地\n---\n"
        "轮渡{% label primary@雾大停航 %}，{% post_link ferry-back '次日复航' %}。\n<!-- more -->\n"
        "<div class='tabs'><div class='tab-pane active'><p>上行停航。</p></div>"
        "<div class='tab-pane' style='display:none'><p>下行照常。</p></div></div>\n"
    ),
    "source/tags/index.md": "---\ntitle: 标签\ntype: tags\n---\n",
    "source/_data/links.yml": "- a",
    "scaffolds/post.md": "---\ntitle: {{ title }}\ndate: {{ date }}\n---\n",
    "source/报表.pdf": b"%PDF",
    "source/纪要.docx": b"PK",
}
WEEKLY: dict[str, str | bytes] = {
    "docs/issue-1.md": "# 江城周刊（第 1 期）：轮渡停航\n\n这里记录上周的事。\n\n## 轮渡\n\n停航一天。\n",
    "docs/issue-2.md": "江城周刊（第 2 期）：菜价\n===\n\n白菜每斤八角。\n",
    "README.md": "# 江城周刊\n\n每周五发布。\n\n- [第 1 期](docs/issue-1.md)\n",
}
EXPORT: dict[str, str | bytes] = {
    "page-1.html": (
        "<!doctype html><html><head><title>轮渡停航 - 江城晚报</title></head>"
        "<body><h1>轮渡停航</h1><p>雾大停航<sup>[1]</sup>，能见度 10<sup>2</sup> 米。</p></body></html>"
    ),
    "page-2.html": "<title>菜价</title><p>白菜每斤八角。</p>",
}


def indexed(tmp_path: Path, files: dict[str, str | bytes]) -> dict[str, tuple[str, str | None, list[str]]]:
    """Index an archive. Returns title, local day and paragraphs of each article by path."""
    folder = Folder(tmp_path / "archive")
    for path, text in files.items():
        folder.write(path, text)
    with opened(folder.root, tmp_path / "data") as corpus:
        report = corpus.update(workers=0)
        assert not report.warnings
        return {
            text.article.path: (
                text.article.title,
                f"{day.astimezone(SHANGHAI):%Y-%m-%d}" if (day := text.article.published) else None,
                [paragraph.text for paragraph in text.paragraphs],
            )
            for text in corpus.export()
        }


@pytest.mark.parametrize(
    ("files", "articles"),
    [
        pytest.param(
            HUGO,
            {
                "content/posts/2026-09-18.md": ("九月十八日早报", "2026-09-18", ["轮渡：雾大停航一天。"]),
                "content/posts/2026-09-19/index.md": (
                    "轮渡复航",
                    "2026-09-19",
                    ["清晨的码头", "轮渡今晨七点复航。", "票价", "票价两元。"],
                ),
                "content/posts/2026/09/20/index.zh.md": ("菜价回落", "2026-09-20", ["白菜每斤八角。"]),
            },
            id="Hugo",
        ),
        pytest.param(
            JEKYLL,
            {
                "_posts/2026-09-18-ferry-stops.md": (
                    "轮渡停航",
                    "2026-09-18",
                    ["雾中的码头", "详见公告与航道处。"],
                ),
                "_posts/2026-09-19-ferry-back.md": ("轮渡复航", "2026-09-19", ["七点复航。"]),
            },
            id="Jekyll",
        ),
        pytest.param(
            HEXO,
            {
                "source/_posts/新闻/轮渡停航.md": (
                    "轮渡停航",
                    "2026-09-18",
                    ["轮渡雾大停航，次日复航。", "上行停航。", "下行照常。"],
                )
            },
            id="Hexo",
        ),
        pytest.param(
            WEEKLY,
            {
                "docs/issue-1.md": (
                    "江城周刊（第 1 期）：轮渡停航",
                    None,
                    ["这里记录上周的事。", "轮渡", "停航一天。"],
                ),
                "docs/issue-2.md": ("江城周刊（第 2 期）：菜价", None, ["白菜每斤八角。"]),
            },
            id="a weekly without front matter",
        ),
        pytest.param(
            EXPORT,
            {
                "page-1.html": ("轮渡停航", None, ["雾大停航，能见度 10² 米。"]),
                "page-2.html": ("菜价", None, ["白菜每斤八角。"]),
            },
            id="whole pages",
        ),
    ],
)
def test_an_archive_of_a_generator_is_read_right(
    tmp_path: Path,
    files: dict[str, str | bytes],
    articles: dict[str, tuple[str, str | None, list[str]]],
) -> None:
    assert indexed(tmp_path, files) == articles


def test_what_is_no_post_is_counted_by_kind_and_marks_lead_to_the_source(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "archive")
    for path, content in (HEXO | JEKYLL).items():
        folder.write(path, content)
    with opened(folder.root, tmp_path / "data", site_url="https://news.example.org") as corpus:
        report = corpus.update(workers=0)
        text = corpus.article("_posts/2026-09-18-ferry-stops.md")
    assert dict(report.passed_over) == {".pdf": 1, ".docx": 1}
    assert text is not None
    assert text.article.url == "https://news.example.org/news/2026/ferry-stops/"
    links = [mark.target for one in text.paragraphs for mark in one.marks if mark.kind is MarkKind.LINK]
    assert links == ["https://news.example.org/notice", "https://ferry.example.org"]
