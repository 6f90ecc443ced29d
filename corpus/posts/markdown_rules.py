"""Fast paths for markdown-it: the same tokens without trying every rule at every position.

Each rule of markdown-it first checks whether a line, or the text at a position, begins with the rule's own
mark. Most lines of an article neither begin with a mark nor contain one.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from markdown_it import MarkdownIt, rules_inline
from markdown_it.rules_block import StateBlock, paragraph
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_Rule = Callable[[StateInline, bool], bool]

_RULES_AT: Final[Mapping[str, Sequence[_Rule]]] = {
    "\n": [rules_inline.newline],
    "\\": [rules_inline.escape],
    "`": [rules_inline.backtick],
    "~": [rules_inline.strikethrough.tokenize],
    "*": [rules_inline.emphasis.tokenize],
    "_": [rules_inline.emphasis.tokenize],
    "[": [rules_inline.link],
    "!": [rules_inline.image],
    "<": [rules_inline.autolink, rules_inline.html_inline],
    "&": [rules_inline.entity],
}
"""The rules that may apply at each character, in markdown-it's order."""

_NAMES: Final = (
    *("newline", "escape", "backticks", "strikethrough", "emphasis", "link", "image", "autolink"),
    *("html_inline", "entity"),
)
"""The names of these rules. Rules of other presets would be lost."""

_MARK: Final = re.compile(r"[\n\\`~*_\[\]<&]|!(?=\[)")
"""Marks that end plain text."""

_OPENING: Final = frozenset("\\`~*_[]<&!#>|+-=:0123456789")
"""First characters of lines that may begin something other than a paragraph."""


def take_shortcuts(parser: MarkdownIt) -> MarkdownIt:
    """Install the fast paths in a parser for CommonMark with tables and strike-through."""
    parser.inline.ruler.at("text", _text)
    parser.inline.ruler.after("text", "mark", _mark)
    parser.inline.ruler.disable(_NAMES)
    parser.block.ruler.before("table", "plain_line", _plain_line)
    parser.core.ruler.at("inline", _inline)
    return parser


def _text(state: StateInline, silent: bool) -> bool:
    """Skip text without marks; markdown-it's own rule also stops at marks of extensions."""
    match = _MARK.search(state.src, state.pos)
    end = match.start() if match else state.posMax
    if end == state.pos:
        return False
    if not silent:
        state.pending += state.src[state.pos : end]
    state.pos = end
    return True


def _mark(state: StateInline, silent: bool) -> bool:
    return any(rule(state, silent) for rule in _RULES_AT.get(state.src[state.pos], ()))


def _plain_line(state: StateBlock, line: int, last: int, silent: bool) -> bool:
    """Parse a paragraph of one line that begins with no mark."""
    following = line + 1
    if silent or (following < state.lineMax and not state.isEmpty(following)):
        return False
    start = state.bMarks[line] + state.tShift[line]
    if state.src[start] in _OPENING or state.is_code_block(line):
        return False
    return paragraph(state, line, last, silent)


def _inline(state: StateCore) -> None:
    """Parse inline content; content without marks becomes a single text token."""
    for token in state.tokens:
        if token.type != "inline":
            continue
        token.children = []
        if _MARK.search(token.content):
            state.md.inline.parse(token.content, state.md, state.env, token.children)
        elif token.content:
            token.children.append(Token("text", "", 0, content=token.content))
