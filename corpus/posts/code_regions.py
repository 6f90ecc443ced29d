"""Where code stands in HTML or Markdown: there, marks and entities mean themselves."""

import re
from collections.abc import Callable
from typing import Final

CODE_SPAN: Final = r"(?<!`)(?P<ticks>`{1,5})(?!`)[^`\n]{1,300}(?P=ticks)(?!`)"
_TOKEN: Final = re.compile(
    rf"^ {{0,3}}(?P<fence>`{{3,}}|~{{3,}})|{CODE_SPAN}"
    r"|<(?P<end>/?)(?P<tag>pre|code|script|style|textarea|kbd|samp)\b",
    re.M | re.I,
)


def rewrite_outside_code(text: str, rewrite: Callable[[str], str]) -> str:
    """Rewrite the pieces of a text between code; what is code stays, in linear time."""
    parts: list[str] = []
    start, fence, depth, outer = 0, "", 0, ""
    for match in _TOKEN.finditer(text):
        if mark := match["fence"]:
            if fence:
                fence = "" if mark.startswith(fence) else fence
                if not fence and not depth:
                    parts.append(text[start : match.end()])
                    start = match.end()
            elif not depth:
                parts.append(rewrite(text[start : match.start()]))
                start, fence = match.start(), mark
        elif fence:
            continue
        elif match["ticks"]:
            if not depth:
                parts += [rewrite(text[start : match.start()]), match[0]]
                start = match.end()
        elif depth and match["tag"].lower() == outer:
            depth += -1 if match["end"] else 1
            if not depth:
                parts.append(text[start : match.end()])
                start = match.end()
        elif not (depth or match["end"]):
            parts.append(rewrite(text[start : match.start()]))
            start, depth, outer = match.start(), 1, match["tag"].lower()
    # Code that never ends was a slip.
    parts.append(rewrite(text[start:]))
    return "".join(parts)
