"""Shortcodes of WordPress and Typecho in a body → the text that readers see.

    [caption id="a1" width="300"]<img …> 桥[/caption]   <img …> 桥
    [collapse title="名单"]三人[/collapse]               名单, and 三人 in the next paragraph
    [gallery ids="1,2"]                                nothing

A word in brackets is a shortcode if it has quoted attributes or is closed later; any other stays.
"""

import html
import re
from typing import Final

from corpus.posts.code_regions import rewrite_outside_code
from corpus.text.characters import HAN_CHARACTER

_TAG: Final = re.compile(r"\[(/?)([a-z][\w-]{1,30})((?:\s[^\[\]]{1,500})?)\](?![(\[:])")
_ATTRIBUTE: Final = re.compile(r"[A-Za-z_][\w-]{0,40}=(?:\"[^\"]{0,500}\"|'([^']{0,500})'|([^\s\"']{1,300}))")
_SHOWN: Final = re.compile(
    r"(?:title|caption|text|label|summary|content|name)=[\"']?(.{1,500}?)[\"']?$", re.S
)
_HINT: Final = re.compile(r"\[/|=[\"']")
_READABLE: Final = re.compile(HAN_CHARACTER)


def without_brackets(body: str) -> str:
    """Remove the shortcodes of a body, HTML or Markdown, outside code; their titles and contents stay.

    >>> without_brackets('[hide]明天停课。[/hide] [1] [gallery ids="1"]')
    '明天停课。 [1] '
    """
    return rewrite_outside_code(body, _without_brackets) if _HINT.search(body) else body


def _without_brackets(text: str) -> str:
    found = [(match[1], match[2]) for match in _TAG.finditer(text)]
    pairs = {name for slash, name in found if slash} & {name for slash, name in found if not slash}

    def shown(match: re.Match[str]) -> str:
        name, attributes = match[2], match[3]
        if name not in pairs and not _is_call(match[1], attributes):
            return match[0]
        titles = (_SHOWN.match(each[0]) for each in _ATTRIBUTE.finditer(attributes))
        words = [title[1] for title in titles if title and _READABLE.search(title[1])]
        return f"\n\n{html.escape(' '.join(words), quote=False)}\n\n" if words else ""

    return _TAG.sub(shown, text) if found else text


def _is_call(slash: str, attributes: str) -> bool:
    """Whether these are attributes of a shortcode that nothing closes: quoted, and nothing beside them."""
    quoted = '="' in attributes or "='" in attributes
    return not slash and quoted and not _ATTRIBUTE.sub("", attributes).strip(" /,\t\n")
