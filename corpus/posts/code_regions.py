"""Where code stands in HTML or Markdown: there, marks and entities mean themselves."""

import re
from collections.abc import Callable, Iterator
from typing import Final

CODE_SPAN: Final = r"(?<!`)(?P<ticks>`{1,5})(?!`)[^`\n]{1,300}(?P=ticks)(?!`)"
_TOKEN: Final = re.compile(
    rf"^ {{0,3}}(?P<fence>`{{3,}}|~{{3,}})|{CODE_SPAN}"
    r"|<(?P<end>/?)(?P<tag>pre|code|script|style|textarea|kbd|samp)\b",
    re.M | re.I,
)


def rewrite_outside_code(text: str, rewrite: Callable[[str], str]) -> str:
    """Rewrite the pieces of a text between code; what is code stays, in linear time."""
    return "".join(piece if is_code else rewrite(piece) for piece, is_code in split_at_code(text))


def split_at_code(text: str) -> Iterator[tuple[str, bool]]:
    """Split a text into pieces, each with whether it is code, in linear time."""
    start, fence, depth, outer = 0, "", 0, ""
    for match in _TOKEN.finditer(text):
        if mark := match["fence"]:
            if fence:
                fence = "" if mark.startswith(fence) else fence
                if not fence and not depth:
                    yield text[start : match.end()], True
                    start = match.end()
            elif not depth:
                yield text[start : match.start()], False
                start, fence = match.start(), mark
        elif fence:
            continue
        elif match["ticks"]:
            if not depth:
                yield text[start : match.start()], False
                yield match[0], True
                start = match.end()
        elif depth and match["tag"].lower() == outer:
            depth += -1 if match["end"] else 1
            if not depth:
                yield text[start : match.end()], True
                start = match.end()
        elif not (depth or match["end"]):
            yield text[start : match.start()], False
            start, depth, outer = match.start(), 1, match["tag"].lower()
    # Code that never ends was a slip.
    yield text[start:], False
