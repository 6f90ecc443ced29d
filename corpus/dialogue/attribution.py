"""Attribution of quotations: who said what an answer shows, if the text beside it says so. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from corpus.models import Hit, Span
from corpus.text.folding import fold
from corpus.text.passages import sentences

# All patterns match folded text: simplified, lower case, half-width punctuation.
_CLAUSE_START: Final = r"(?:^|[,。;、”」\s])"
_NAME: Final = r"[^\s,。;:“”「」!?、]"
_VERBS: Final = (
    "说|称|表示|指出|强调|介绍|透露|坦言|认为|解释|回应|写道|宣布|公布|披露|显示|表明|告诉[^,。:]{1,12}"
)

_SPEAKER_PATTERNS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        # 校长叶知秋说, … ; 公司表示: …
        rf"{_CLAUSE_START}(?P<who>{_NAME}{{2,40}}?) ?(?:{_VERBS})说?(?= ?(?:[,:“「]|$))",
        rf"{_CLAUSE_START}(?P<who>[他她])[还也]?(?:说|表示|告诉)",
        # 澜川大学公布校园猫名录
        rf"^(?P<who>{_NAME}{{2,20}}?) ?(?:宣布|公布|披露|透露)了?(?![,的])",
        # 据AI财经社报道, … ; 霁州港集团消息, …
        rf"{_CLAUSE_START}据(?P<who>{_NAME}{{2,30}}?)(?:报道|介绍|透露|消息|统计)?(?=,)",
        rf"{_CLAUSE_START}(?P<who>{_NAME}{{2,30}}?)(?:消息|公告|通报)(?=[,:])",
        r"\b(?P<who>\w[\w.'-]{0,40}(?: [\w.'-]{1,40}){0,4}) (?:said|says|told)\b",
        r"\baccording to (?P<who>\w+)",
    )
)
_SPEAKER_AFTER_QUOTE: Final = re.compile(rf"(?P<who>{_NAME}{{1,30}}?)(?:{_VERBS})说?[。,:]")

_NO_SPEAKER: Final = re.compile(
    "(?:据|听|来|话|应该|可以|或者|老实|不用|怎么|想|要|虽|就是|有人|^数据|^结果)$|^据?[悉了解报道]+$|^\\d"
)
"""What names nobody before a verb of saying: 据说, 一般来说, 据了解, 9月26日消息."""


def attribution(hit: Hit) -> Span | None:
    """Return the span of the sentence that names the speaker of the answering sentences; None if none does.

    Only the answering sentences and those beside a quotation count: a speaker elsewhere said something else.
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
    matches = (match for pattern in _SPEAKER_PATTERNS for match in pattern.finditer(folded))
    return any(not _NO_SPEAKER.search(match["who"]) for match in matches)


def _beside_quotation(text: str, spans: Sequence[Span], place: int) -> Span | None:
    """Return the sentence behind or before a quotation, in its paragraph, that names the speaker.

    Args:
        text: The text of a passage.
        spans: The spans of its sentences.
        place: Which of them may be a quotation.
    """
    start, end = spans[place]
    if text[start] not in "“「":
        return None
    for other in spans[place + 1 : place + 2]:
        said = _SPEAKER_AFTER_QUOTE.match(fold(text[slice(*other)]))
        if said and not _NO_SPEAKER.search(said["who"]) and "\n" not in text[end : other[0]]:
            return other
    for other in spans[max(place - 1, 0) : place]:
        before = text[slice(*other)]
        if before.endswith(("：", ":")) and _names_speaker(before) and "\n" not in text[other[1] : start]:
            return other
    return None
