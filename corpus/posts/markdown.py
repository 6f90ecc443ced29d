"""Markdown as blogs write it → HTML, which `blocks` reads.

Hexo, Jekyll and Hugo add template tags of their own; authors write `<T>` and `##heading`, and emphasis that
CommonMark does not accept beside Chinese punctuation. None of this may lose any text.
"""

import html
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from corpus.posts.blocks import BLOCK_TAGS, HIDDEN_TAGS, IGNORED_TAGS, INLINE_TAGS
from corpus.posts.code_regions import CODE_SPAN
from corpus.posts.markdown_rules import take_shortcuts
from corpus.posts.prose_as_code import FENCE, is_prose, without_stray_fences
from corpus.text.characters import UNSPACED

MAX_MARKDOWN_CHARS: Final = 500_000
"""A longer text is read as plain paragraphs: some constructs take the parser quadratic time."""

MAX_LINES: Final = 20_000
"""So is a text of more lines: a list item takes 2 kB of memory and more."""

MAX_MARKS: Final = 400
"""A paragraph with more of the expensive marks is read as plain text."""

_MARKS: Final = "[*_`<&~!"
_TIGHT_HEADING: Final = re.compile(r"( {0,3}#{2,6})(?=[^#\s])")
_CODE_TAG: Final = re.compile(
    r"[ \t]*(?:\{%-?[ \t]*(?:end)?(?:highlight|codeblock|code)\b[^%]*%\}"
    r"|\{\{[<%][ \t]*(?:/[ \t]*)?highlight\b[^}]*\}\})[ \t]*"
)
_COMMENT: Final = re.compile(
    rf"^ {{0,3}}(?P<fence>```|~~~)|{CODE_SPAN}|<!--|(?P<remark>(?<![%0-9A-Za-z_])%%(?!%))", re.M
)
_REMARK_END: Final = re.compile(r"(?<!%)%%(?![%0-9A-Za-z_])")
"""Ends a remark of Obsidian, `%%…%%`, which it does not show."""
_TAB_NAME: Final = re.compile(r"\s?(?:sub)?(?:tab|timeline) ([^@<>\n]{1,60})(?:@\S{0,60})?\s?")
"""A comment in which some themes of Hexo name the tab that begins."""
_MAX_TAB_NAME: Final = 140
_MAX_REMARK: Final = 2_000
_ATTRIBUTES: Final = re.compile(r"\s*\{:[^\n]{0,200}\}\s*")
_FOOTNOTE: Final = re.compile(r" {0,3}\[\^[^\]\n]{1,60}\]:[ \t]*(?=\S)")
_NOTE_NAME: Final = re.compile(r"^ {0,3}\[\^([^\]\n]{1,60})\]:", re.M)
_DEFINITION_OF_WORDS: Final = re.compile(rf" {{0,3}}\[[^\]\n]{{1,200}}\](?=:[^/\n]{{0,200}}[{UNSPACED}])")

_CONTENTS: Final = re.compile(
    r"\s*(?:[-*+] )?(?:@?\[{1,2}_?toc_?\]{1,2}(?:\([^()\n]{0,60}\))?"
    r"|\{\{toc\}\}|\$\{toc\}|\\tableofcontents)\s*",
    re.I,
)
"""A line in whose place the site shows a table of contents."""
_CONTENTS_ITEM: Final = re.compile(
    r"\s*(?:[-*+]|1\.)\s+(?:toc|目录|table of contents|this will .{0,60})\s*", re.I
)
_CONTENTS_ATTRIBUTE: Final = re.compile(r"\s*\{:[^\n}]{0,60}\btoc\b[^\n}]{0,60}\}\s*", re.I)
_COMMENT_LINE: Final = re.compile(r" {0,3}\[(?:#|//|comment)\]:")
"""A link definition whose name says that it is a remark."""
_CONTAINER: Final = re.compile(
    r" {0,3}:{3,9}[ \t]{0,20}(?:\{[^{}\n]{0,200}\}|[A-Za-z][\w-]{0,40})?(?:\[([^\[\]\n]{0,200})\])?"
    r"(?:\{[^{}\n]{0,200}\})?(?:[ \t]{1,20}(.*))?"
)
_ALERT: Final = re.compile(r"((?:[ \t]{0,3}>[ \t]?){1,5})\[![A-Za-z]{2,20}\][+-]?[ \t]*")
_ADMONITION: Final = re.compile(
    r"(?:!!!|\?\?\?\+?)[ \t]{1,9}[a-z][\w-]{0,30}(?:[ \t]{1,9}[a-z]{3,20})?"
    r"[ \t]{0,9}(?:\"([^\"\n]{0,200})\")?[ \t]{0,9}"
)
_TASK: Final = re.compile(r"([ \t]{0,40}(?:[-*+]|\d{1,9}[.)])[ \t]{1,4})\[[ xX]\][ \t]+")
_WIKI_LINK: Final = re.compile(
    rf"{CODE_SPAN}|(?P<embed>!?)\[\[(?=[^\s\d])(?P<page>[^\[\]\n|]{{1,200}})"
    r"(?:\|(?P<text>[^\[\]\n]{1,200}))?\]\](?!\()"
)
_MARKED: Final = re.compile(
    rf"{CODE_SPAN}|(?<![A-Za-z0-9_=])==(?=[^\s=])(?P<marked>[^=\n]{{1,200}})==(?![A-Za-z0-9_=])"
)

_MAX_INDENT: Final = 40
_NESTED: Final = re.compile(r"(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))){12,}[ \t]?")

_KNOWN_TAGS: Final = BLOCK_TAGS | INLINE_TAGS | IGNORED_TAGS | HIDDEN_TAGS
_SWALLOWING_TAGS: Final = IGNORED_TAGS | HIDDEN_TAGS
"""Tags that would swallow the rest of a text if they are opened by mistake, as in prose about them."""

_ENDINGS: Final = "last_endings"
_ENDINGS_OF: Final = "last_endings_of"
"""Keys under which the renderer caches data of the current paragraph."""

_NOTES: Final = "notes"
"""Key of the names of all notes of the text."""

_TAG: Final = re.compile(r"<(/?)([A-Za-z][\w:-]*)")
_STRONG: Final = re.compile(r"\*\*(?=[^\x00-\x7f])|(?<=[^\x00-\x7f])\*\*")
_MIN_WRAPPED_CHARS: Final = 30
"""Minimum length of a line that may have been wrapped; a shorter one ends on purpose."""

_SENTENCE_ENDS: Final = frozenset("。！？；：…”’」』）.!?;:")
_LISTED: Final = re.compile(r"\s*(?:[0-9０-９]|[-*+•·※■●◆▲【（(①-⑳])")
_NUMBER: Final = re.compile(r"\d{1,3}")
_REFERENCE: Final = re.compile(r"\[\^([^\[\]\n]{1,60})\]")


def markdown_to_html(text: str) -> str:
    """Render Markdown with tables and strike-through; template tags and comments are removed first."""
    if len(text) > MAX_MARKDOWN_CHARS or text.count("\n") + text.count("\r") > MAX_LINES:
        return _as_plain_paragraphs(text)
    if "<!--" in text or text.count("%%") > 1:
        text = _without_comments(text)
    notes = frozenset(_NOTE_NAME.findall(text)) if "]:" in text else frozenset()
    return str(_PARSER.render("\n".join(_prepared_lines(text)), {_NOTES: notes}))


def _as_plain_paragraphs(text: str) -> str:
    blocks = re.split(r"\n[ \t]*\n", html.escape(text, quote=False))
    return "".join(f"<p>{block}</p>" for block in blocks)


def _without_comments(text: str) -> str:
    """Remove comments outside code: a blank line inside one would end it for a Markdown parser."""
    parts: list[str] = []
    kept = position = 0
    fence = ""
    while match := _COMMENT.search(text, position):
        position = match.end()
        if match["fence"]:
            fence = "" if fence == match["fence"] else fence or match["fence"]
        elif match[0] == "<!--" and not fence:
            end = text.find("-->", position)
            if end < 0:
                break
            parts.append(text[kept : match.start()])
            if name := _TAB_NAME.fullmatch(text, position, min(end, position + _MAX_TAB_NAME)):
                parts.append(f"\n\n{name[1].strip()}\n\n")
            kept = position = end + 3
        elif match["remark"] and not fence:
            ending = _REMARK_END.search(text, position, position + _MAX_REMARK)
            if ending is not None:
                parts.append(text[kept : match.start()])
                kept = position = ending.end()
    return "".join((*parts, text[kept:]))


def _prepared_lines(text: str) -> Iterator[str]:
    """Rewrite each line outside code so that the parser reads it as its author meant it."""
    fence = ""
    is_inside = False  # an admonition, whose content is indented
    lines = without_stray_fences(text.split("\n"))
    for number, line in enumerate(lines):
        if is_inside and line.strip():
            is_inside = line.startswith(("    ", "\t"))
            line = (line[1:] if line.startswith("\t") else line[4:]) if is_inside else line
        match = FENCE.match(line)
        if fence:
            if match and match[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            yield line
        elif match and (match[1][0] == "~" or "`" not in line[match.end() :]):
            fence = match[1]
            yield line
        elif "{" in line and _CODE_TAG.fullmatch(line):
            yield "```"  # the closing tag becomes the closing fence
        elif ("{:" in line and _ATTRIBUTES.fullmatch(line)) or _is_unseen(line, lines, number):
            yield ""
        elif ":::" in line and (box := _CONTAINER.fullmatch(line)):
            yield from ("", box[1] or box[2] or "", "")
        elif line.startswith(("!!! ", "??? ", "???+ ")) and (box := _ADMONITION.fullmatch(line)):
            is_inside = True
            yield from ("", box[1] or "", "")
        else:
            yield _prepared_line(line)


def _is_unseen(line: str, lines: Sequence[str], number: int) -> bool:
    """Whether a line stands for a table of contents, or is a remark of the author to himself."""
    if "]:" in line and _COMMENT_LINE.match(line):
        return True
    if ("toc" in line.lower() or "\\tableofcontents" in line) and _CONTENTS.fullmatch(line):
        return True
    following = lines[number + 1] if number + 1 < len(lines) else ""
    return "{:" in following and bool(
        _CONTENTS_ATTRIBUTE.fullmatch(following) and _CONTENTS_ITEM.fullmatch(line)
    )


def _prepared_line(line: str) -> str:
    # The parser drops content that is nested deeper than `maxNesting`.
    if line.startswith(" " * _MAX_INDENT):
        line = " " * _MAX_INDENT + line.lstrip()
    if nested := _NESTED.match(line):
        line = "> " + line[nested.end() :]
    if "##" in line[:5]:
        line = _TIGHT_HEADING.sub(r"\1 ", line, count=1)
    if "[!" in line:
        line = _ALERT.sub(r"\1", line, count=1)
    if "[ ]" in line or "[x]" in line or "[X]" in line:
        line = _TASK.sub(r"\1", line, count=1)
    if "[[" in line:
        line = _WIKI_LINK.sub(_linked_words, line)
    if "==" in line:
        line = _MARKED.sub(lambda match: match[0] if match["ticks"] else match["marked"], line)
    if "]:" in line:
        # Footnotes, and words that look like a link definition, would be dropped.
        line = _FOOTNOTE.sub("", line, count=1)
        line = _DEFINITION_OF_WORDS.sub(r"\g<0>\\", line, count=1)
    return line


def _linked_words(match: re.Match[str]) -> str:
    """The words of a link to another page; a picture that is put in has none."""
    if match["ticks"]:
        return match[0]
    return "" if match["embed"] else match["text"] or match["page"]


def _mend_tokens(state: StateCore) -> None:
    """Mend what the parser took for code: indented HTML and prose; make paragraphs of too many marks text."""
    _note_leaps(state.tokens)
    depth = 0
    if any(token.type == "code_block" and is_prose(token.content.split("\n")) for token in state.tokens):
        state.tokens = list(_with_prose_as_paragraphs(state))
    for token in state.tokens:
        if token.type == "code_block" and depth > 0:
            token.type = "html_block"
        if token.type == "html_block":
            for tag in _TAG.finditer(token.content):
                if tag[2].lower() in BLOCK_TAGS:
                    depth += -1 if tag[1] else 1
        elif token.type == "inline" and sum(map(token.content.count, _MARKS)) > MAX_MARKS:
            token.type = "text"


def _with_prose_as_paragraphs(state: StateCore) -> Iterator[Token]:
    """Read indented prose as paragraphs, one a line: Chinese indents the first line of each."""
    for token in state.tokens:
        lines = token.content.split("\n") if token.type == "code_block" else []
        if not lines or not is_prose(lines):
            yield token
            continue
        paragraphs: list[Token] = []
        text = "\n\n".join(line.strip() for line in lines)
        state.md.block.parse(text, state.md, state.env, paragraphs)
        yield from paragraphs


def _render_item(_: Any, tokens: Sequence[Token], index: int, *__: Any) -> str:
    """A list item; with its own number where the author leaps: 1. 2. 2019. is no list of three."""
    number = tokens[index].meta.get("number")
    return "<li>" if number is None else f'<li value="{number}">'


def _note_leaps(tokens: Sequence[Token]) -> None:
    """Note the number of each item that is ahead of its count. 1. 1. 1. is counted, as everywhere."""
    counts: list[int] = []
    for token in tokens:
        if token.type in ("ordered_list_open", "bullet_list_open"):
            counts.append(int(token.attrGet("start") or 1))
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            counts.pop()
        elif token.type == "list_item_open" and token.info.isdecimal():
            if int(token.info) > counts[-1]:
                counts[-1] = token.meta["number"] = int(token.info)
            counts[-1] += 1


def _render_line_end(_: Any, tokens: Sequence[Token], index: int, *__: Any) -> str:
    """The end of a line inside a paragraph: a break, as Hexo has it, unless the text was wrapped there."""
    before = ""
    for place in range(index - 1, -1, -1):
        token = tokens[place]
        if token.type in ("softbreak", "hardbreak"):
            break
        before = token.content[-_MIN_WRAPPED_CHARS:] + before
        if len(before) >= _MIN_WRAPPED_CHARS:
            break
    after = tokens[index + 1].content if index + 1 < len(tokens) else ""
    wrapped = (
        len(before) >= _MIN_WRAPPED_CHARS and before[-1] not in _SENTENCE_ENDS and not _LISTED.match(after)
    )
    return "\n" if wrapped else "<br>\n"


def _render_text(_: Any, tokens: Sequence[Token], index: int, _options: Any, env: dict[Any, Any]) -> str:
    text = tokens[index].content
    if "**" in text:
        text = _STRONG.sub("", text)
    if "[^" in text:
        notes = env.get(_NOTES, ())
        text = _REFERENCE.sub(
            lambda match: "" if match[1] in notes or _NUMBER.fullmatch(match[1]) else match[0], text
        )
    return html.escape(text, quote=False)


def _render_tag(_: Any, tokens: Sequence[Token], index: int, _options: Any, env: dict[Any, Any]) -> str:
    """A tag inside a line: kept when HTML knows it and when it cannot swallow what follows."""
    content = tokens[index].content
    match = _TAG.match(content)
    if match is None:
        return content
    name = match[2].lower()
    closed = match[1] or content.endswith("/>") or name not in _SWALLOWING_TAGS
    closed = closed or _last_endings(tokens, env).get(name, -1) > index
    return content if name in _KNOWN_TAGS and closed else html.escape(content, quote=False)


def _last_endings(tokens: Sequence[Token], env: dict[Any, Any]) -> dict[str, int]:
    """Place of the last end tag of each swallowing tag; computed once per paragraph."""
    if env.get(_ENDINGS_OF) is not tokens:
        last = {
            name: place
            for place, token in enumerate(tokens)
            if token.content.startswith("</")
            for name in _SWALLOWING_TAGS
            if token.content[2 : 2 + len(name)].lower() == name
        }
        env.update({_ENDINGS_OF: tokens, _ENDINGS: last})
    endings: dict[str, int] = env[_ENDINGS]
    return endings


def _render_block(_: Any, tokens: Sequence[Token], index: int, *__: Any) -> str:
    """Render lines of HTML; as plain text if they do not close a swallowing tag."""
    content = tokens[index].content
    match = _TAG.match(content.lstrip())
    name = match[2].lower() if match else ""
    if match and not match[1] and name in _SWALLOWING_TAGS and f"</{name}" not in content.lower():
        return _as_plain_paragraphs(content)
    return _TAG.sub(lambda tag: tag[0] if tag[2].lower() in _KNOWN_TAGS else f"&lt;{tag[0][1:]}", content)


class _Markdown(MarkdownIt):
    """A parser that keeps addresses as they are: only the text of links is used."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """Return the address unchanged; it is still validated."""
        return url


def _make_parser() -> MarkdownIt:
    parser = _Markdown("commonmark", {"html": True, "maxNesting": 60}).enable(["table", "strikethrough"])
    parser.core.ruler.before("inline", "mend_tokens", _mend_tokens)
    parser.add_render_rule("list_item_open", _render_item)
    parser.add_render_rule("softbreak", _render_line_end)
    parser.add_render_rule("text", _render_text)
    parser.add_render_rule("html_inline", _render_tag)
    parser.add_render_rule("html_block", _render_block)
    return parser


_PARSER: Final = take_shortcuts(_make_parser())
