"""Bodies that a feed escaped twice: `&lt;p&gt;大桥抢通&lt;/p&gt;` shows its tags to readers.

An article about HTML shows tags too, and names them: 标签, 元素. Its text stays, and so does all code.
"""

import html
import re
from collections.abc import Callable
from typing import Final

from corpus.posts.code_regions import rewrite_outside_code, split_at_code

_BLOCKS: Final = "p|div|br|li|ul|ol|h[1-6]|blockquote|section|article|figure|table|tr|td"
_INLINE: Final = "a|span|strong|b|em|i|u|font|img"
_ESCAPED_TAG: Final = re.compile(
    rf"&lt;(?P<end>/?)(?P<name>{_BLOCKS}|{_INLINE})(?P<attributes>(?:\s(?:[^&<>]|&(?![lg]t;))"
    r"{0,600})?)/?&gt;",
    re.I,
)
_REAL_BLOCK: Final = re.compile(rf"<(?:{_BLOCKS})\b", re.I)
_REAL_TAG: Final = re.compile(r"(<[^<>]{0,3000}>)")
_ABOUT_TAGS: Final = re.compile(
    r"标签|標籤|元素|属性|屬性|\bhtml\b|\btags?\b|\belements?\b|代码|程式碼|语法|語法"
    r"|尖括号|角括號|\bangle brackets?\b",
    re.I,
)
_ABOUT_ENTITIES: Final = re.compile(r"实体|實體|转义|轉義|字符引用|entit|escap", re.I)
_ENTITY: Final = re.compile(
    r"&amp;(?=(?:quot|apos|amp|nbsp|hellip|[mn]dash|[lr][ds]quo|middot|bull|times|#\d{2,7}|#[xX][0-9a-fA-F]{2,6});)"
)
_BY_NUMBER: Final = re.compile(r"&#(?:0{0,5}6[02]|x0{0,4}3[ce]);", re.I)
_IN_JSON: Final = re.compile(r"\\u003[ce]", re.I)
_TWICE: Final = re.compile(r"&amp;(?=(?:[lg]t|amp|quot|nbsp|#\d{2,7});)")
_MIN_BLOCKS: Final = 2


def unescaped_once_more(body: str) -> str:
    """Decode what was escaped twice in the text of a body; everything else stays.

    >>> unescaped_once_more("<div>&lt;p&gt;甲&amp;amp;乙&lt;/p&gt;&lt;p&gt;丙&lt;/p&gt;</div>")
    '<div><p>甲&amp;乙</p><p>丙</p></div>'
    >>> unescaped_once_more("<p>用 &lt;p&gt; 标签开始一段。</p>")
    '<p>用 &lt;p&gt; 标签开始一段。</p>'
    """
    body = _with_usual_escapes(body)
    if "&lt;" in body:
        prose = " ".join(piece for piece, is_code in split_at_code(body) if not is_code)
        decode = html.unescape if _is_escaped(prose) else _decoded_pairs
        body = rewrite_outside_code(body, lambda text: _rewrite_outside_tags(text, decode))
    if "&amp;" in body and not _ABOUT_ENTITIES.search(body):
        body = rewrite_outside_code(body, lambda text: _ENTITY.sub("&", text))
    return body


def _with_usual_escapes(body: str) -> str:
    """Write tags that were escaped by number, as in JSON, or once more, as `&lt;p&gt;`."""
    if "&#" in body:
        body = rewrite_outside_code(body, lambda text: _BY_NUMBER.sub(_by_name, text))
    if "\\u003c/" in body.lower():
        body = rewrite_outside_code(body, lambda text: _IN_JSON.sub(_by_name, text))
    if "&amp;lt;/" in body and not _ABOUT_ENTITIES.search(body):
        body = rewrite_outside_code(body, lambda text: _TWICE.sub("&", text))
    return body


def _by_name(match: re.Match[str]) -> str:
    return "&lt;" if match[0].rstrip(";").lower().endswith(("60", "3c")) else "&gt;"


def _is_escaped(prose: str) -> bool:
    """Whether the body as a whole was escaped: its blocks are, and hardly any real ones stand beside them."""
    names = [match["name"].lower() for match in _ESCAPED_TAG.finditer(prose)]
    escaped = sum(name not in _INLINE.split("|") for name in names)
    wrapped = len(_REAL_BLOCK.findall(prose))
    if escaped < _MIN_BLOCKS or escaped <= 2 * max(0, wrapped - 1):
        return False
    text = _REAL_TAG.sub("", prose).strip()
    begins = _ESCAPED_TAG.match(text) is not None
    return (begins and len(names) >= 4) or not _ABOUT_TAGS.search(prose)


def _rewrite_outside_tags(text: str, rewrite: Callable[[str], str]) -> str:
    """Rewrite the pieces of a text between its real tags, whose attributes stay as they are."""
    return "".join(
        piece if piece.startswith("<") and piece.endswith(">") else rewrite(piece)
        for piece in _REAL_TAG.split(text)
    )


def _decoded_pairs(piece: str) -> str:
    """Decode the tags of a piece of text that open and close in it."""
    if "&lt;" not in piece or _ABOUT_TAGS.search(_ESCAPED_TAG.sub("", piece)):
        return piece
    tags = list(_ESCAPED_TAG.finditer(piece))
    names = {(tag["name"].lower(), bool(tag["end"])) for tag in tags}
    paired = {name for name, is_end in names if is_end and (name, False) in names}
    paired |= {"img"} if any("src=" in tag["attributes"] for tag in tags) else set()
    paired |= {"br"} if paired else set()
    return _ESCAPED_TAG.sub(
        lambda tag: html.unescape(tag[0]) if tag["name"].lower() in paired else tag[0], piece
    )
