"""Titles as readers see them: without markup, and with punctuation that was replaced for file names.

A common feed generator writes `_` for each of `:`, `/`, `?`, `*`, `|`, curly quotes, and angle and square
brackets. The context usually determines the original character; otherwise `_` stays.
"""

import html
import re
from collections.abc import Callable
from typing import Final

from corpus.text.characters import HAN

_WIDE: Final = HAN + r"\u3001-\u301f\uff01-\uff60·—…"

MAX_TITLE_CHARS: Final = 400
"""A longer title is left unchanged."""

_Change = str | Callable[[re.Match[str]], str]


def _slashes(match: re.Match[str]) -> str:
    return match[0].replace("_", "/")


def _address(match: re.Match[str]) -> str:
    """Restore an address such as `https___a.org_watch_v=1`; a mark before `name=` begins the query."""
    host, _, path = match[2].partition("_")
    path = re.sub(r"_(?=[A-Za-z]+=)", "?", path, count=1)
    return f"{match[1]}://{host}/{path}".rstrip("/")


def _quotes(match: re.Match[str]) -> str:
    return f"[{match[1]}]" if match[1] in ("图片", "视频", "圖片") else f"“{match[1]}”"


def _model_names(match: re.Match[str]) -> str:
    """Restore `/` between two model names of the same pattern: `M1_M2`, `7900X_7700X`."""
    shapes = {re.sub("[A-Z]+", "A", re.sub("[0-9]+", "0", name)) for name in match.groups()}
    return f"{match[1]}/{match[2]}" if len(shapes) == 1 else match[0]


# Ordered: the most certain rules first, so that later ones see fewer marks.
_RULES: Final[tuple[tuple[re.Pattern[str], _Change], ...]] = (
    (re.compile(r"\b(https?)___(\S+)"), _address),
    (re.compile(r"(?<=\S) +_(?= +\S)"), " |"),
    (re.compile(r"(?<![A-Za-z0-9_])\d{1,4}_\d{1,4}(?![A-Za-z0-9_])"), _slashes),
    (
        re.compile(r"(?<![A-Za-z0-9_])(?=[A-Z0-9]*\d)([A-Z0-9]{2,8})_([A-Z0-9]{2,8})(?![A-Za-z0-9_])"),
        _model_names,
    ),
    (
        re.compile(
            rf"[（(][^（）(){HAN}]*[{HAN}][^（）()]*[）)]|[（(]©[^（）()]*[）)]|[元块]_[天月年次个人件]"
        ),
        _slashes,
    ),
    (re.compile(rf"(?<=[{HAN}])__(?=[{HAN}])([^_]+)_(?=[{HAN}])"), r" | “\1”"),
    (re.compile(r"(?<![A-Za-z0-9_])_(?! )([^_]{1,60})(?<! )_(?![A-Za-z0-9_])"), _quotes),
    (re.compile(rf"(?<=[0-9])_(?=[{HAN}])([^_]{{1,60}}[{_WIDE}])_(?=[{_WIDE}])"), r"“\1”"),
    (re.compile(r"(?<=[A-Za-z0-9\u00c0-\u04ff])_ (?=\S)"), ": "),
    (re.compile(rf"(?<=[{HAN}])_ (?=\S)"), "："),
)
_ONLY_MARK: Final[tuple[tuple[re.Pattern[str], _Change], ...]] = (
    (re.compile(rf"(?<=[{_WIDE}])_$"), "？"),
    (re.compile(r"(?<=[A-Za-z0-9])_$"), "?"),
    (re.compile(rf"(?<=[{_WIDE}])_(?=[{_WIDE}])"), " | "),
)
_CDATA: Final = re.compile(r"<!\[CDATA\[(.{0,2000}?)\]\]>", re.S)
_PAIRED_TAG: Final = re.compile(
    r"<(em|b|strong|i|u|span|font|mark|a|big|small|sup|sub|code|p|div|h[1-6])\b[^<>]{0,300}>([^<>]{0,400})</\1>",
    re.I,
)
_MARKDOWN: Final = re.compile(
    r"\*\*(?=[^\s*])([^*\n]{1,200})(?<!\s)\*\*|\[([^\[\]\n]{1,200})\]\(https?://[^\s()]{1,500}\)"
)
_BREAK_TAG: Final = re.compile(r"(?<=\S)<(?:br|wbr) ?/?>(?=\S)", re.I)
_ENTITY: Final = re.compile(
    r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|quot|apos|amp|nbsp|[lr][ds]quo|[mn]dash|hellip|middot|bull|times);"
)
_ABOUT_MARKS: Final = re.compile(r"下划线|下劃線|底线|底線|underscore", re.I)
_QUOTES: Final = "\"'"


def without_markup(text: str) -> str:
    """Remove paired inline tags, links and bold type of Markdown, and CDATA; a lone `<head>` stays.

    Entities that were escaped twice are decoded.

    >>> without_markup('<em class="hl">大桥</em>抢通 &amp; 限行'), without_markup("The <head> element")
    ('大桥抢通 & 限行', 'The <head> element')
    """
    if "&" in text:
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    if "**" in text or "](" in text:
        text = _MARKDOWN.sub(lambda match: match[1] or match[2], text)
    if "<" not in text:
        return text
    text = _BREAK_TAG.sub(" ", _CDATA.sub(r"\1", text))
    for _ in range(4):  # nested ones, from the inside
        text, count = _PAIRED_TAG.subn(r"\2", text)
        if not count:
            break
    return text


def restore_title(title: str) -> str:
    """Replace `_` by the original punctuation where the context determines it.

    >>> restore_title("国家发改委：_东数西算_工程投资")
    '国家发改委：“东数西算”工程投资'
    >>> restore_title("一图流 _ 新品发布会回顾"), restore_title("1_4舞者感染"), restore_title("snake_case")
    ('一图流 | 新品发布会回顾', '1/4舞者感染', 'snake_case')
    """
    opened = title.lstrip(_QUOTES)
    inside = opened.rstrip(_QUOTES)
    if inside and len(title) - 2 >= len(opened) >= len(inside) + 2:  # quoted several times over
        title = inside
    if "_" not in title or len(title) > MAX_TITLE_CHARS or _ABOUT_MARKS.search(title):
        return title
    for pattern, change in _RULES:
        title = pattern.sub(change, title)
    if title.count("_") == 1:
        for pattern, change in _ONLY_MARK:
            title = pattern.sub(change, title)
    return title
