"""What a quoted message is about, and which line of a list a quotation is. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from corpus.question.topic import has_topic
from corpus.question.utterance import Utterance
from corpus.text import passages
from corpus.text.characters import single_spaced
from corpus.text.folding import fold

MAX_SUBJECT_CHARS: Final = 80
"""Longest part of a message that is searched for: news say at their beginning what they are about."""

MIN_SUBJECT_CHARS: Final = 8
"""A first sentence that is shorter is searched for together with the next one."""

MIN_QUOTED_CHARS: Final = 4
"""Shortest part of a title that tells which of several was quoted."""

_MAX_READ_CHARS: Final = 1_000
_LINK: Final = re.compile(r"https?://[^\s]{1,500}|[@#][\w]{1,64}")
_NUMBER: Final = re.compile(r"\s{0,3}(\d{1,3})[.、．] ?")


def subject_of(message: str) -> str:
    """Return the beginning of a message that says what it is about; empty where it names nothing.

    >>> subject_of("望江大桥塌了一半！大家绕行。 https://example.com/v/1")
    '望江大桥塌了一半！'
    """
    text = single_spaced(_LINK.sub(" ", message[:_MAX_READ_CHARS])).strip()
    subject = ""
    for start, end in passages.sentences(text):
        subject += text[start:end]
        if len(subject) >= MIN_SUBJECT_CHARS and has_topic(Utterance.from_text(subject[:MAX_SUBJECT_CHARS])):
            break
    subject = subject[:MAX_SUBJECT_CHARS].strip()
    return subject if has_topic(Utterance.from_text(subject)) else ""


def quoted_number(quotation: str, titles: Sequence[str], first: int) -> int | None:
    """Return the number of the listed title that a quotation of the list is; None if it is none of them.

    Args:
        quotation: The part of the list that was quoted.
        titles: What is listed, in order.
        first: Number of the first title.

    >>> quoted_number("3. 早班车", ["晚报", "日报", "早班车"], 1), quoted_number("没有的", ["晚报"], 1)
    (3, None)
    """
    folded = fold(single_spaced(quotation)).strip()
    for number, title in enumerate(map(fold, titles), first):
        words = single_spaced(title).strip()
        if words and (words in folded or (len(folded) >= MIN_QUOTED_CHARS and folded in words)):
            return number
    numbered = _NUMBER.match(folded)
    number = int(numbered[1]) if numbered else 0
    return number if first <= number < first + len(titles) else None
