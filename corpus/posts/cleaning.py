"""The body of a post, HTML or Markdown → clean paragraphs: markup and junk gone, nothing else lost."""

import re
from typing import Final

from corpus.models import Paragraph
from corpus.posts.blocks import Block, read_blocks
from corpus.posts.boilerplate import folded, without_junk
from corpus.posts.markdown import markdown_to_html
from corpus.text.characters import clean_line, without_surrogates

MAX_LEAD_TITLE: Final = 500
MAX_LEAD_ADDRESS: Final = 2000
_RULE_BEFORE_HTML: Final = re.compile(r"\n[-=]{3,99}[ \t]*\n\s*(?=<)")
_BLANK: Final = re.compile(r"\s")
_GENERATED: Final = re.compile(r"<div>[ \t]*\n")
_MOST_LOOKED_AT: Final = 200_000
_MARKDOWN: Final = re.compile(
    r"^ {0,3}(?:#{1,6} \S|```|~~~)|!?\[[^\[\]\n]{0,200}\]\([^\s()]{1,500}\)|\*\*[^*\n]{1,200}\*\*", re.M
)
_HIDING: Final = re.compile(r"<(script|style|iframe|object|title)\b", re.I)
_LINK_BAR: Final = re.compile(r"[^|｜]+(?:[|｜][^|｜]+)+")


def paragraphs(post_body: str, *, title: str) -> tuple[Paragraph, ...]:
    """Take the paragraphs out of a body. Never fails.

    Args:
        post_body: What follows the front matter.
        title: The article's; a heading that only repeats it is left out.

    Returns:
        Paragraphs in reading order, none empty.
    """
    body = _without_lead(without_surrogates(post_body), title)
    markup = body.replace("<![CDATA[", "").replace("]]>", "") if is_html(body) else markdown_to_html(body)
    blocks = read_blocks(_without_open_comment(markup))
    if blocks and _is_link_bar(blocks[0]):
        del blocks[0]
    return tuple(without_junk([Paragraph(block.text, block.kind) for block in blocks], title=title))


def first_words(post_body: str, *, most: int = 30) -> str:
    """The beginning of a body, to stand for a title that is missing; empty when there is no text."""
    text = next((paragraph.text for paragraph in paragraphs(post_body, title="")), "")
    return clean_line(text[:most])


def left_open(post_body: str) -> str | None:
    """Name the element that hides the rest of an HTML body because it is never closed; None as a rule.

    Browsers hide it as well, so nobody has read it; but its author may want to know.
    """
    name, start = "", -1
    for match in _HIDING.finditer(post_body):
        name, start = match[1].lower(), match.end()
    if start < 0 or not is_html(post_body) or f"</{name}" in post_body[start:].lower():
        return None
    return name


def is_html(body: str) -> bool:
    """Whether a body is HTML rather than Markdown.

    It is when its first character opens a tag; unless Markdown follows, as it does in posts that
    begin with a picture or a style sheet. The generator's `<div>` is HTML in any case.
    """
    if not body.startswith("<"):
        return False
    if _GENERATED.match(body) and body.rstrip().endswith("</div>"):
        return True
    signs = _MARKDOWN.finditer(body, 0, _MOST_LOOKED_AT)
    return next(signs, None) is None or next(signs, None) is None


def _without_lead(body: str, title: str) -> str:
    """Skip comments at the start, and a Markdown heading that repeats the title before an HTML body."""
    start = len(body) - len(body.lstrip())
    while body.startswith("<!--", start) and (end := body.find("-->", start)) >= 0:
        start = end + 3
        while body[start : start + 1].isspace():
            start += 1
    body = body[start:]
    lead = _lead(body)
    return body[lead[1] :] if lead and folded(lead[0]) in (folded(title), "") else body


def _lead(body: str) -> tuple[str, int] | None:
    """Words and end of a linked heading before HTML: `[words](address)`, a line of `-` or `=`."""
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
    """A comment that is never closed would swallow the rest: take its opening for a slip."""
    start = markup.rfind("<!--")
    return markup if start < 0 or "-->" in markup[start:] else markup[:start] + markup[start + 4 :]


def _is_link_bar(block: Block) -> bool:
    """A first line of nothing but links side by side is an advertisement or a menu."""
    if block.links < 2 or not _LINK_BAR.fullmatch(block.text):
        return False
    return block.linked * 10 >= 8 * sum(map(str.isalnum, block.text))
