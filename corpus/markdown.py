"""Markdown as blogs write it → HTML, for the one cleaner that follows."""

import re
from typing import Final

from markdown_it import MarkdownIt

_PARSER: Final = MarkdownIt("commonmark", {"html": True, "maxNesting": 60}).enable(["table", "strikethrough"])
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING: Final = re.compile(r"( {0,3}#{2,6})(?=[^#\s])")
_TAGS: Final = re.compile(r"(`+)(?:(?!\1).)+\1|\{%.*?%\}|\{\{[<%].*?[>%]\}\}")
_FOOTNOTE: Final = re.compile(r" {0,3}\[\^[^\]]+\]:")


def markdown_to_html(text: str) -> str:
    """Render Markdown with tables; template tags of Hexo, Jekyll and Hugo are taken out first."""
    return str(_PARSER.render("\n".join(_prepared(text))))


def _prepared(text: str) -> list[str]:
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if fence:
            if match and match[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            lines.append(line)
            continue
        if match:
            fence = match[1]
            lines.append(line)
            continue
        line = _HEADING.sub(r"\1 ", line)
        if "{" in line:
            line = _TAGS.sub(lambda found: found[0] if found[1] else "", line)
        if _FOOTNOTE.match(line):
            line = line.replace("[", "\\[", 1)
        lines.append(line)
    return lines
