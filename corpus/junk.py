"""Lines that sites put around a text: editors, copyright, sharing. Whole short lines, never words in prose."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from corpus.models import BlockKind, Paragraph

_MOST: Final = 80
_LINE: Final = re.compile(
    r"(?:责任?编辑?|责编|編輯|编辑|校对|审核|排版|监制)\s*[：:丨|/]\s*[^。！？]{1,30}"
    r"|[-—·•.\s]*(?:END|完|全文完)[-—·•.\s]*"
    r"|【本文结束】.*|.*如需转载请务必注明出处.*"
    r"|本文(?:来自|系|由|分享自).{1,40}(?:未经(?:授权|许可|允许)).{0,20}"
    r"|.*联系 ?\S+@\S+ ?删除。?"
    r"|感谢\S{2,8}网友.{1,40}线索投递[！!]?"
    r"|海量资讯、精准解读.*|扫码分享|扫码关注.{0,20}|点击此处查看原文[>》]*|繼續閱讀|继续阅读|阅读原文|复制代码"
    r"|※ ?如以下影片.*"
)


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


def without_junk(paragraphs: Iterable[Paragraph], *, title: str) -> list[Paragraph]:
    """Leave out junk lines, a title repeated at the head, and paragraphs that came twice."""
    kept: list[Paragraph] = []
    name = _folded(title)
    seen: set[str] = set()
    for paragraph in paragraphs:
        text = paragraph.text
        if paragraph.kind is not BlockKind.CODE:
            if len(kept) < 2 and name and _folded(text) == name:
                continue
            if len(text) <= _MOST and _LINE.fullmatch(text):
                continue
            if not any(character.isalnum() for character in text):
                continue
            if len(text) >= 30:
                if text in seen:
                    continue
                seen.add(text)
        kept.append(paragraph)
    return kept
