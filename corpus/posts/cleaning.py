"""The body of a post, HTML or Markdown → clean paragraphs without markup and boilerplate."""

import re
from typing import Final

from corpus.models import BlockKind, Mark, Paragraph
from corpus.posts.blocks import Block, read_blocks, read_page
from corpus.posts.boilerplate import alphanumeric_key, remove_boilerplate
from corpus.posts.bracket_tags import without_brackets
from corpus.posts.escaping import unescaped_once_more
from corpus.posts.markdown import markdown_to_html
from corpus.posts.marks import at_place, images_of
from corpus.posts.template_tags import without_tags
from corpus.text.characters import clean_line, without_surrogates

MAX_LEAD_TITLE: Final = 500
MAX_LEAD_ADDRESS: Final = 2000
_RULE_BEFORE_HTML: Final = re.compile(r"\n[-=]{3,99}[ \t]*\n\s*(?=<)")
_BEFORE_PAGE: Final = re.compile(r"\s{1,99}(?:<!--)?|<!--")
_PAGE_START: Final = re.compile(r"<(?:!doctype\s|(?:html|head|meta|title)\b)", re.I)
_BLANK: Final = re.compile(r"\s")
_GENERATED: Final = re.compile(r"<div>[ \t]*\n")
_MAX_SEARCHED_CHARS: Final = 200_000
_MARKDOWN: Final = re.compile(
    r"^ {0,3}(?:#{1,6} \S|```|~~~)|!?\[[^\[\]\n]{0,200}\]\([^\s()]{1,500}\)|\*\*[^*\n]{1,200}\*\*", re.M
)
_HIDING_TAG: Final = re.compile(r"<(script|style|iframe|object|title)\b", re.I)
_SECTION: Final = re.compile(
    r"第?[\d一二三四五六七八九十]{1,3}[、.．章节部回 ]|前言|引言|背景|概述|导语|摘要|目录|简介|序言?$"
)
"""Beginnings of headings that are sections among others of their level."""

_LINK_BAR: Final = re.compile(r"[^|｜]+(?:[|｜][^|｜]+)+")


def paragraphs(post_body: str, *, title: str) -> tuple[Paragraph, ...]:
    """Extract the paragraphs of a body with their marks. Never fails.

    Args:
        post_body: The text after the front matter.
        title: The article's title; a heading that only repeats it is removed.

    Returns:
        Paragraphs in reading order, none empty.
    """
    blocks = read_blocks(_markup(post_body, title))
    if blocks and _is_link_bar(blocks[0]):
        del blocks[0]
    found = [Paragraph(block.text, block.kind, block.level, block.marks) for block in blocks]
    return tuple(remove_boilerplate(found, title=title))


def pictures(post_body: str) -> tuple[Mark, ...]:
    """The pictures of a body without paragraphs, at which they would stand."""
    blocks, images = read_page(_markup(post_body, ""))
    return (*(image for block in blocks for image in at_place(images_of(block.marks), 0)), *images)


def _markup(post_body: str, title: str) -> str:
    """A body as HTML, whatever it is written in."""
    body = without_brackets(unescaped_once_more(_without_lead(without_surrogates(post_body), title)))
    if is_html(body):
        markup = without_tags(body, title=title).replace("<![CDATA[", "").replace("]]>", "")
    else:
        markup = markdown_to_html(without_tags(body, title=title))
    return _without_open_comment(markup)


def heading_title(post_body: str) -> str:
    """The heading that is the title of a body without another one; empty if there is none.

    It is the first block and of the first level, or of a level that no later heading reaches, or the only
    line in bold type. What a whole page says of itself is read by `page_metadata`.
    """
    blocks = read_blocks(_markup(post_body, ""))
    headings = [block for block in blocks if block.level]
    if not headings:
        bold = [block for block in blocks if block.kind is BlockKind.HEADING]
        return bold[0].text if len(bold) == 1 and blocks[0] is bold[0] else ""
    if blocks[0] is not headings[0]:
        return ""
    first, *later = headings
    is_alone = all(block.level > first.level for block in later)
    is_title = is_alone if first.level > 1 else is_alone or not _SECTION.match(first.text)
    return first.text if is_title else ""


def is_whole_page(post_body: str) -> bool:
    """Whether a body is a page with a head of its own, perhaps after comments of what saved it."""
    start = 0
    while found := _BEFORE_PAGE.match(post_body, start):
        start = found.end()
        if found[0].endswith("<!--"):
            end = post_body.find("-->", start, _MAX_SEARCHED_CHARS)
            if end < 0:
                return False
            start = end + 3
    return _PAGE_START.match(post_body, start) is not None


def opening_words(post_body: str, *, most: int = 30) -> str:
    """The beginning of a body, as a substitute for a missing title; empty if there is no text."""
    text = next((paragraph.text for paragraph in paragraphs(post_body, title="")), "")
    return clean_line(text[:most])


def unclosed_element(post_body: str) -> str | None:
    """Name of the element that hides the rest of an HTML body because it is never closed; usually None.

    Browsers hide that rest as well, so no reader has seen it; but the author may want to know.
    """
    name, start = "", -1
    for match in _HIDING_TAG.finditer(post_body):
        name, start = match[1].lower(), match.end()
    if start < 0 or not is_html(post_body) or f"</{name}" in post_body[start:].lower():
        return None
    return name


def is_html(body: str) -> bool:
    """Whether a body is HTML rather than Markdown.

    It is if it begins with a tag and no Markdown follows; Markdown posts may begin with a picture or a style
    sheet. A body inside the feed generator's `<div>` is always HTML.
    """
    body = body.lstrip()
    if not body.startswith("<"):
        return False
    if _GENERATED.match(body) and body.rstrip().endswith("</div>"):
        return True
    signs = _MARKDOWN.finditer(body, 0, _MAX_SEARCHED_CHARS)
    return next(signs, None) is None or next(signs, None) is None


def _without_lead(body: str, title: str) -> str:
    """Remove comments at the start, and a Markdown heading before an HTML body that repeats the title."""
    start = len(body) - len(body.lstrip())
    kept = 0
    while body.startswith("<!--", start) and (end := body.find("-->", start)) >= 0:
        kept = start = end + 3
        while body[start : start + 1].isspace():
            start += 1
    # The indentation of the first line belongs to it.
    body = body[max(kept, body.rfind("\n", 0, start) + 1) :]
    lead = _lead(body)
    return body[lead[1] :] if lead and alphanumeric_key(lead[0]) in (alphanumeric_key(title), "") else body


def _lead(body: str) -> tuple[str, int] | None:
    """Text and end of a linked heading before HTML: `[text](address)`, then a line of `-` or `=`."""
    end = body.find("\n", 0, MAX_LEAD_TITLE + MAX_LEAD_ADDRESS + 100)
    if not body.startswith("[") or end < 0:
        return None
    line = body[:end].rstrip(" \t")
    middle = line.rfind("](", 0, MAX_LEAD_TITLE + 3)
    address = line[middle + 2 : -1]
    if middle < 0 or not line.endswith(")") or len(address) > MAX_LEAD_ADDRESS or _BLANK.search(address):
        return None
    rule = _RULE_BEFORE_HTML.match(body, end)
    return (line[1:middle], rule.end()) if rule else None


def _without_open_comment(markup: str) -> str:
    """Remove the opening of a comment that is never closed: it would swallow the rest."""
    start = markup.rfind("<!--")
    return markup if start < 0 or "-->" in markup[start:] else markup[:start] + markup[start + 4 :]


def _is_link_bar(block: Block) -> bool:
    """Whether a first line consists of nothing but links: an advertisement or a menu."""
    if block.links < 2 or not _LINK_BAR.fullmatch(block.text):
        return False
    return block.linked * 10 >= 8 * sum(map(str.isalnum, block.text))
