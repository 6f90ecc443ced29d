"""Answers and lists for a terminal, with rich. Pure: values → renderables.

The order is header, blank line, text, blank line, further hits. Where bold is not visible (a pipe,
NO_COLOR), answering sentences stand in 【】. Where the width is unknown (a pipe), tables become lines with
tabs.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from bot.cli.wrapping import WrappedText
from bot.wording import plain_text
from bot.wording.answers import answer_text, list_heading
from bot.wording.filters import unmet_notes
from bot.wording.i18n import Language, translator
from bot.wording.periods import Count, Period, label
from corpus.models import (
    Answer,
    AnswerKind,
    Article,
    ArticlePage,
    ArticleText,
    BlockKind,
    Category,
    Confidence,
    Hit,
    Listing,
    Skipped,
    Span,
    UpdateReport,
    merge_spans,
)
from corpus.text import is_numbered

_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that control the terminal or the reading direction; replaced one for one to keep offsets."""

_MAX_SKIPPED = 20
_STAGES_FROM_SECONDS = 10.0
"""A run of indexing that takes longer lists the seconds of its stages."""

_MAX_NEAREST = 3
_MAX_DEPTH = 5
"""Levels of the category tree that are shown, four columns each."""
_MAX_NAME_COLUMNS = 40
"""Longest name of a category in the tree, in columns."""

_MIN_WIDE_COLUMNS = 64
"""Narrower terminals get a table without the source column."""


@dataclass(frozen=True, slots=True)
class TerminalStyle:
    """What the output can show.

    Attributes:
        zone: Time zone of the dates.
        columns: Width of the terminal; None without one, where lines are not wrapped.
        bold: Bold and colours are visible.
    """

    zone: ZoneInfo
    columns: int | None = None
    bold: bool = False


def sanitize(text: str) -> str:
    """Replace characters that control a terminal; the length stays the same.

    >>> sanitize("a" + chr(27) + "[2Jb")
    'a�[2Jb'
    """
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text)


def readable_url(address: str) -> str:
    """Decode percent-encoded letters of other scripts in an address, which stays valid.

    Punctuation stays encoded, so that it is not taken for the end of the address.

    >>> readable_url("https://example.org/%e5%a4%a7%E6%A1%A5%EF%BC%9F/a%20b")
    'https://example.org/大桥%EF%BC%9F/a%20b'
    """
    return _ENCODED.sub(_decoded, address)


_ENCODED = re.compile("(?:%[0-9a-fA-F]{2})+")


def _decoded(match: re.Match[str]) -> str:
    encoded = match.group()
    try:
        characters = unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        return encoded
    pieces, start = [], 0
    for character in characters:
        end = start + 3 * len(character.encode())
        letter = character.isalnum() and not character.isascii()
        pieces.append(character if letter else encoded[start:end])
        start = end
    return "".join(pieces)


def day(moment: datetime | None, zone: ZoneInfo) -> str:
    """Write the local date in Chinese.

    >>> from datetime import UTC
    >>> day(datetime(2021, 12, 30, 20, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    '2021年12月31日'
    """
    if moment is None:
        return "日期不详"
    return _date(moment.astimezone(zone).date())


def _date(local: date) -> str:
    return f"{local.year}年{local.month}月{local.day}日"


def _line(text: str) -> str:
    return sanitize(" ".join(text.split()))


def _path(text: str) -> str:
    """Sanitize a path and keep its blanks: people copy it."""
    return re.sub(r"[\t\n]", "\N{REPLACEMENT CHARACTER}", sanitize(text))


def _source(article: Article, zone: ZoneInfo) -> str:
    parts = [
        article.author,
        day(article.published, zone),
        article.categories[0] if article.categories else None,
    ]
    return _line(" · ".join(dict.fromkeys(part for part in parts if part)))


def _title(article: Article) -> WrappedText:
    style = Style(bold=True, link=article.url) if article.url else Style(bold=True)
    return WrappedText(_line(article.title), style=style)


def _header(article: Article, look: TerminalStyle) -> list[RenderableType]:
    # A terminal finds the end of an address by its ASCII characters; in a pipe it is read by people.
    place = readable_url(article.url) if article.url and look.columns is None else article.url or article.path
    return [
        _title(article),
        WrappedText(_source(article, look.zone), style="dim"),
        WrappedText(_path(place), style="cyan"),
    ]


def _passage(hit: Hit, look: TerminalStyle) -> Text:
    text = WrappedText(sanitize(hit.passage.text))
    for start, end in hit.sentences:
        text.stylize("bold yellow", start, end)
    for start, end in hit.highlights:
        text.stylize("underline", start, end)
    return text if look.bold else _bracketed(text, merge_spans(hit.sentences))


def _bracketed(text: Text, spans: Iterable[Span]) -> Text:
    bracketed = WrappedText()
    end = 0
    for start, stop in spans:
        for piece in (text[end:start], Text("【"), text[start:stop], Text("】")):
            bracketed.append_text(piece)
        end = stop
    return bracketed.append_text(text[end:])


def _first(hit: Hit, look: TerminalStyle) -> list[RenderableType]:
    lines = [*_header(hit.article, look), Text()]
    if hit.lead:
        lines.append(WrappedText(sanitize(hit.lead), style="dim"))
    lines.append(_passage(hit, look))
    if hit.same_story:
        lines += [Text(), Text(f"另有 {len(hit.same_story)} 篇相同报道", style="dim")]
    return lines


def _further(hits: Iterable[Hit], zone: ZoneInfo, *, start: int) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for number, hit in enumerate(hits, start):
        line = WrappedText(f"{number}. ")
        line.append_text(_title(hit.article))
        line.append(f" — {_source(hit.article, zone)}", style="dim")
        lines.append(line)
    return lines


def answer(value: Answer, look: TerminalStyle) -> RenderableType:
    """Render an answer with its answering sentences marked; of several questions each in turn."""
    if value.parts:
        rendered = [(Text(_line(part.question), style="bold"), answer(part, look)) for part in value.parts]
        return Group(
            *(line for number, part in enumerate(rendered) for line in (*[Text()] * bool(number), *part))
        )
    lines: list[RenderableType] = []
    for note in unmet_notes(value.unmet, translator(Language.HANS)) if value.unmet else ():
        lines += [WrappedText(_line(note), style="yellow"), Text()]
    if value.corrected:
        lines += [WrappedText(f"已按「{_line(value.corrected)}」查找", style="dim"), Text()]
    said = answer_text(value, translator(Language.HANS), zone=look.zone, today=date.max)
    if value.kind in {AnswerKind.ABOUT, AnswerKind.COUNT}:
        lines.append(WrappedText(_line(said or ""), style="bold"))
        if value.total and value.hits:
            lines += [Text(), *_further(value.hits, look.zone, start=1)]
    elif not value.hits:
        lines.append(Text("没有找到相关的文章。"))
    elif value.confidence is Confidence.NONE:
        lines.append(Text("没有找到答案。标题最接近的文章：" if value.nearest else "没有找到答案。"))
        if value.nearest:
            lines += [Text(), *_further(value.nearest[:_MAX_NEAREST], look.zone, start=1)]
    elif value.listing is not None:
        lines += [_heading(value.listing, value.total), Text()]
        lines += _further(value.hits, look.zone, start=1)
    else:
        if value.confidence is Confidence.RELATED:
            lines += [Text("没有找到确切的答案，这篇可能有关：", style="yellow"), Text()]
        lines += _first(value.hits[0], look)
        if value.hits[1:]:
            lines += [Text(), Text("另见", style="dim"), *_further(value.hits[1:], look.zone, start=2)]
    if value.suggestions:
        lines += [Text(), WrappedText(_line("您是不是要找：" + "；".join(value.suggestions)))]
    return Group(*lines)


def _heading(listing: Listing, total: int) -> Text:
    """Say which articles are listed."""
    if listing.topic is None and listing.until is None and not listing.is_pick:
        return Text(f"最新文章（共 {total:,} 篇）", style="bold")
    words = list_heading(listing, total, translator(Language.HANS), today=date.max)
    return Text(_line(words), style="yellow" if listing.nothing_then else "bold")


def latest(page: ArticlePage, look: TerminalStyle) -> RenderableType:
    """Render the newest articles as a table, or as lines with tabs."""
    if not page.articles:
        return Text("没有文章。")
    if look.columns is None:
        return Group(*(WrappedText("\t".join(_cells(one, look.zone))) for one in page.articles))
    wide = look.columns >= _MIN_WIDE_COLUMNS
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("编号", no_wrap=True)
    table.add_column("日期", no_wrap=True)
    if wide:
        table.add_column("来源", max_width=look.columns // 4)
    table.add_column("标题", overflow="fold")
    for one in page.articles:
        number, date, source, _ = _cells(one, look.zone)
        table.add_row(number, date, *([WrappedText(source)] if wide else []), _title(one))
    return Group(table, Text(), Text(f"最新 {len(page.articles):,} 篇，共 {page.total:,} 篇", style="dim"))


def _cells(one: Article, zone: ZoneInfo) -> tuple[str, str, str, str]:
    return one.id, day(one.published, zone), _line(one.author or ""), _line(one.title)


def trend(words: str, counts: Sequence[Count], period: Period, look: TerminalStyle) -> RenderableType:
    """Render how many articles contain some words, as bars beside their periods, or as lines with tabs."""
    t = translator(Language.HANS)
    if not counts:
        return Text(t("trend.none", term=_line(plain_text.echo(words))))
    labels = [label(first, period) for first, _ in counts]
    if look.columns is None:
        return Group(
            *(WrappedText(f"{name}\t{count}") for name, (_, count) in zip(labels, counts, strict=True))
        )
    most = max(count for _, count in counts)
    digits = len(f"{most:,}")
    room = max(1, look.columns - len(labels[0]) - digits - 4)
    lines = [
        Text.assemble((name, "dim"), f"  {count:>{digits},}  ", "█" * (-(-count * room // most)))
        for name, (_, count) in zip(labels, counts, strict=True)
    ]
    total = t("trend.total", count=sum(count for _, count in counts))
    return Group(
        Text(t("trend.title", term=_line(plain_text.echo(words))), style="bold"),
        *lines,
        Text(total, style="dim"),
    )


def categories(roots: Sequence[Category]) -> RenderableType:
    """Render the category tree with the number of articles in and below each category."""
    if not roots:
        return Text("没有分类。")
    tree = Tree("", hide_root=True)

    def grow(branch: Tree, nodes: Sequence[Category], room: int) -> None:
        for node in nodes if room else ():
            name = _line(node.name) or "…"
            label = WrappedText(
                name if cell_len(name) <= _MAX_NAME_COLUMNS else set_cell_size(name, _MAX_NAME_COLUMNS) + "…"
            )
            label.append(f"  {node.articles:,}", style="dim")
            grow(branch.add(label), node.children, room - 1)
        if nodes and not room:
            branch.add(Text(f"… 更深的 {sum(map(_size, nodes)):,} 个见 --json", style="dim"))

    grow(tree, roots, _MAX_DEPTH)
    return tree


def _size(node: Category) -> int:
    return 1 + sum(map(_size, node.children))


_KIND_STYLES = {BlockKind.HEADING: "bold", BlockKind.QUOTE: "italic", BlockKind.CAPTION: "dim"}
_IMPORTABLE = frozenset({".pdf", ".docx", ".txt", ".text", ".htm", ".xhtml", ".mhtml", ".mht"})
"""Kinds of files that `baotong import` makes posts of."""

_MAX_KINDS = 8
"""Kinds of files passed over that a report names."""

_TIGHT_KINDS = {BlockKind.LIST_ITEM, BlockKind.ROW, BlockKind.CODE}
"""Kinds whose paragraphs follow each other without blank lines."""


def article(value: ArticleText, look: TerminalStyle) -> RenderableType:
    """Render a whole article."""
    lines = _header(value.article, look)
    before: BlockKind | None = None
    for paragraph in value.paragraphs:
        if paragraph.kind not in _TIGHT_KINDS or paragraph.kind is not before:
            lines.append(Text())
        text: Text = WrappedText(sanitize(paragraph.text), style=_KIND_STYLES.get(paragraph.kind, ""))
        if paragraph.kind is BlockKind.LIST_ITEM:
            text = text if is_numbered(paragraph.text) else WrappedText.assemble("· ", text)
        lines.append(text)
        before = paragraph.kind
    return Group(*lines)


def report(value: UpdateReport) -> RenderableType:
    """Render the report of a run of indexing, with the files it skipped and why."""
    total = value.added + value.changed + value.unchanged
    counts = (
        f": {value.added:,} added, {value.changed:,} changed, {value.removed:,} removed, "
        f"{value.unchanged:,} unchanged, {len(value.skipped):,} skipped, in {value.seconds:.1f} s"
    )
    whole = (f"{total:,} {'article' if total == 1 else 'articles'}", "bold")
    lines: list[RenderableType] = [WrappedText.assemble(whole, counts)]
    if value.seconds >= _STAGES_FROM_SECONDS:
        stages = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in value.stages)
        lines.append(WrappedText(f"  of it {stages}", style="dim"))
    lines += _named("skipped", value.skipped)
    lines += _named("remarks", value.warnings)
    if value.passed_over:
        lines.append(WrappedText(_passed_over(value.passed_over), style="yellow"))
    return Group(*lines)


def _passed_over(kinds: Sequence[tuple[str, int]]) -> str:
    """Name the files of a folder that are no posts, by kind.

    >>> _passed_over([(".pdf", 12), (".docx", 1)])
    '12 .pdf, 1 .docx passed over: `baotong import` reads them'
    >>> _passed_over([(".zip", 1)])
    '1 .zip passed over: only .md, .markdown and .html files are read'
    """
    named = [f"{count:,} {kind}" for kind, count in kinds[:_MAX_KINDS]]
    others = sum(count for _, count in kinds[_MAX_KINDS:])
    if others:
        named.append(f"{others:,} others")
    importable = [kind for kind, _ in kinds if kind in _IMPORTABLE]
    if importable:
        which = "them" if len(importable) == len(kinds) else ", ".join(importable[:_MAX_KINDS])
        return f"{', '.join(named)} passed over: `baotong import` reads {which}"
    return f"{', '.join(named)} passed over: only .md, .markdown and .html files are read"


def _named(heading: str, entries: Sequence[Skipped]) -> Iterable[RenderableType]:
    if entries:
        yield Text(f"{heading}:", style="yellow")
    for one in entries[:_MAX_SKIPPED]:
        yield WrappedText(f"  {_path(one.path)}: {_line(one.reason)}")
    if len(entries) > _MAX_SKIPPED:
        yield Text(f"  … and {len(entries) - _MAX_SKIPPED:,} more (--json lists all)")
