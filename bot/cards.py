"""Answers and lists as people see them in a terminal, with rich. Pure: values → renderables."""

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from corpus.models import (
    Answer,
    Article,
    ArticlePage,
    ArticleText,
    BlockKind,
    Category,
    Confidence,
    Hit,
    UpdateReport,
)

_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Would steer the terminal or turn the reading direction; replaced one for one, so offsets stay."""

_SHOWN_SKIPPED = 20


def safe(text: str) -> str:
    """Text that cannot steer a terminal, as long as before.

    >>> safe("a" + chr(27) + "[2Jb")
    'a�[2Jb'
    """
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text)


def day(moment: datetime | None, zone: ZoneInfo) -> str:
    """The local date in Chinese.

    >>> from datetime import UTC
    >>> day(datetime(2021, 12, 30, 20, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    '2021年12月31日'
    """
    if moment is None:
        return "日期不详"
    local = moment.astimezone(zone)
    return f"{local.year}年{local.month}月{local.day}日"


def _source(article: Article, zone: ZoneInfo) -> str:
    parts = [
        article.author,
        day(article.published, zone),
        article.categories[0] if article.categories else None,
    ]
    return safe(" · ".join(dict.fromkeys(part for part in parts if part)))


def _title(article: Article) -> Text:
    style = Style(bold=True, link=article.url) if article.url else Style(bold=True)
    return Text(safe(article.title), style=style)


def _passage(hit: Hit) -> Text:
    text = Text(safe(hit.passage.text))
    for start, end in hit.sentences:
        text.stylize("bold yellow", start, end)
    for start, end in hit.highlights:
        text.stylize("underline", start, end)
    return text


def _first(hit: Hit, zone: ZoneInfo) -> list[RenderableType]:
    lines: list[RenderableType] = [_title(hit.article), Text(_source(hit.article, zone), style="dim"), Text()]
    if hit.lead:
        lines.append(Text(safe(hit.lead), style="dim"))
    lines.append(_passage(hit))
    if hit.same_story:
        lines.append(Text(f"另有 {len(hit.same_story)} 篇相同报道", style="dim"))
    lines.append(Text(safe(hit.article.url or hit.article.path), style="cyan"))
    return lines


def _further(hits: Iterable[Hit], zone: ZoneInfo, *, start: int) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for number, hit in enumerate(hits, start):
        line = Text(f"{number}. ")
        line.append_text(_title(hit.article))
        line.append(f" — {_source(hit.article, zone)}", style="dim")
        lines.append(line)
    return lines


def answer(value: Answer, zone: ZoneInfo) -> RenderableType:
    """An answer in the order a person reads, the answering sentence in bold."""
    lines: list[RenderableType] = []
    if value.corrected:
        lines += [Text(f"已按「{safe(value.corrected)}」查找", style="dim"), Text()]
    if not value.hits:
        lines.append(Text("没有找到相关的文章。"))
    elif value.confidence is Confidence.NONE:
        lines += [Text("没有找到答案。最接近的文章："), *_further(value.hits[:3], zone, start=1)]
    else:
        if value.confidence is Confidence.RELATED:
            lines += [Text("没有找到确切的答案，这篇可能有关：", style="yellow"), Text()]
        lines += _first(value.hits[0], zone)
        if value.hits[1:]:
            lines += [Text(), Text("另见", style="dim"), *_further(value.hits[1:], zone, start=2)]
    if value.suggestions:
        lines += [Text(), Text(safe("您是不是要找：" + "；".join(value.suggestions)))]
    return Group(*lines)


def latest(page: ArticlePage, zone: ZoneInfo) -> RenderableType:
    """Newest articles as a table."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("编号", "日期", "来源", "标题"):
        table.add_column(name, no_wrap=name in {"编号", "日期"})
    for one in page.articles:
        table.add_row(one.id, day(one.published, zone), Text(safe(one.author or "")), _title(one))
    return Group(table, Text(f"共 {page.total:,} 篇", style="dim"))


def categories(roots: Iterable[Category]) -> RenderableType:
    """The tree of categories with the number of articles at and below each."""
    tree = Tree("", hide_root=True)

    def grow(branch: Tree, nodes: Iterable[Category]) -> None:
        for node in nodes:
            label = Text(safe(node.name))
            label.append(f"  {node.articles:,}", style="dim")
            grow(branch.add(label), node.children)

    grow(tree, roots)
    return tree


_KIND_STYLES = {BlockKind.HEADING: "bold", BlockKind.QUOTE: "italic", BlockKind.CAPTION: "dim"}


def article(value: ArticleText, zone: ZoneInfo) -> RenderableType:
    """A whole article for reading."""
    lines: list[RenderableType] = [_title(value.article), Text(_source(value.article, zone), style="dim")]
    for paragraph in value.paragraphs:
        text = Text(safe(paragraph.text), style=_KIND_STYLES.get(paragraph.kind, ""))
        lines.append(Padding(text, (1, 0, 0, 0)))
    lines += [Text(), Text(safe(value.article.url or value.article.path), style="cyan")]
    return Group(*lines)


def report(value: UpdateReport) -> RenderableType:
    """What a run of indexing did, with the files it left out and why."""
    total = value.added + value.changed + value.unchanged
    lines: list[RenderableType] = [
        Text.assemble(
            (f"{total:,} articles", "bold"),
            f": {value.added:,} added, {value.changed:,} changed, {value.removed:,} removed, "
            f"{value.unchanged:,} unchanged, {len(value.skipped):,} skipped, in {value.seconds:.1f} s",
        )
    ]
    for heading, entries in (("skipped", value.skipped), ("remarks", value.warnings)):
        if entries:
            lines.append(Text(f"{heading}:", style="yellow"))
            lines += [Text(safe(f"  {one.path}: {one.reason}")) for one in entries[:_SHOWN_SKIPPED]]
        if len(entries) > _SHOWN_SKIPPED:
            lines.append(Text(f"  … and {len(entries) - _SHOWN_SKIPPED:,} more (--json lists all)"))
    return Group(*lines)
