"""Who said what an answer shows: only where the text says so of these very sentences. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from corpus.models import Hit, Span
from corpus.text.folding import fold
from corpus.text.passages import sentences

# All of this is looked for in folded text: simplified, lower case, half-width signs.
_BEGINS: Final = r"(?:^|[,。;、”」\s])"
_NAME: Final = r"[^\s,。;:“”「」!?、]"
_SAYS: Final = (
    "说|称|表示|指出|强调|介绍|透露|坦言|认为|解释|回应|写道|宣布|公布|披露|显示|表明|告诉[^,。:]{1,12}"
)

_SAID: Final = tuple(
    re.compile(pattern)
    for pattern in (
        # 校长叶知秋说, … ; 公司表示: …
        rf"{_BEGINS}(?P<who>{_NAME}{{2,40}}?) ?(?:{_SAYS})说?(?= ?(?:[,:“「]|$))",
        rf"{_BEGINS}(?P<who>[他她])[还也]?(?:说|表示|告诉)",
        # 澜川大学公布校园猫名录
        rf"^(?P<who>{_NAME}{{2,20}}?) ?(?:宣布|公布|披露|透露)了?(?![,的])",
        # 据AI财经社报道, … ; 霁州港集团消息, …
        rf"{_BEGINS}据(?P<who>{_NAME}{{2,30}}?)(?:报道|介绍|透露|消息|统计)?(?=,)",
        rf"{_BEGINS}(?P<who>{_NAME}{{2,30}}?)(?:消息|公告|通报)(?=[,:])",
        r"\b(?P<who>\w[\w.'-]{0,40}(?: [\w.'-]{1,40}){0,4}) (?:said|says|told)\b",
        r"\baccording to (?P<who>\w+)",
    )
)
_SAYS_SO: Final = re.compile(rf"(?P<who>{_NAME}{{1,30}}?)(?:{_SAYS})说?[。,:]")

_NOBODY: Final = re.compile(
    "(?:据|听|来|话|应该|可以|或者|老实|不用|怎么|想|要|虽|就是|有人|^数据|^结果)$|^据?[悉了解报道]+$|^\\d"
)
"""Before a word for saying this names nobody: 据说, 一般来说, 据了解, 9月26日消息."""


def attribution(hit: Hit) -> Span | None:
    """Return the sentence of a passage that says who said what its answering sentences say; None: none does.

    A speaker elsewhere in the article said something else.
    """
    text = hit.passage.text
    for answering in hit.sentences:
        if _names_speaker(text[slice(*answering)]):
            return answering
    spans = sentences(text)
    beside = (_beside_quotation(text, spans, spans.index(span)) for span in hit.sentences if span in spans)
    return next(filter(None, beside), None)


def _names_speaker(sentence: str) -> bool:
    folded = fold(sentence)
    matches = (match for pattern in _SAID for match in pattern.finditer(folded))
    return any(not _NOBODY.search(match["who"]) for match in matches)


def _beside_quotation(text: str, spans: Sequence[Span], place: int) -> Span | None:
    """The sentence behind or before a quotation, in its paragraph, that names who says it.

    Args:
        text: Of the passage.
        spans: Of its sentences.
        place: Which of them may be a quotation.
    """
    start, end = spans[place]
    if text[start] not in "“「":
        return None
    for other in spans[place + 1 : place + 2]:
        said = _SAYS_SO.match(fold(text[slice(*other)]))
        if said and not _NOBODY.search(said["who"]) and "\n" not in text[end : other[0]]:
            return other
    for other in spans[max(place - 1, 0) : place]:
        before = text[slice(*other)]
        if before.endswith(("：", ":")) and _names_speaker(before) and "\n" not in text[other[1] : start]:
            return other
    return None
