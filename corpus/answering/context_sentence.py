"""What to read before a passage that cannot stand alone: the sentence before it, or its heading."""

import re
from collections.abc import Sequence
from typing import Final

from corpus.models import BlockKind, Paragraph
from corpus.text.passages import sentences

MOST: Final = 120
"""Characters of a sentence that is put before; of a longer one its end is taken."""

MOST_OF_HEADING: Final = 60

# Words with which a sentence takes up what was said before. 其 and 该 begin other words too.
_TAKES_UP = re.compile(
    r"[“\"‘「『（(]?(?:"
    r"[他她它牠]们?|[這这]|此(?!地无银)|其(?![实實他它余餘])|[該该](?![如怎不])|[對对]此|[為为]此|因此|因而|所以|于是|於是|"
    r"但(?!愿|願)|不[過过]|然而|而(?!且)|另外|此外|同[時时]|[隨随][後后]|接[著着]|[後后]者|前者|两者|兩者|双方|雙方|上述|"
    r"(?:He|She|It|They|This|These|Those|That|His|Her|Their|But|However|Then|So)\b)"
)

_CLAUSE_END = re.compile(r"[，、；：,;:\s]\s*")


def lead(text: str, ordinal: int, paragraphs: Sequence[Paragraph], starts: Sequence[int]) -> str | None:
    """Return what to read first, or None where a passage stands alone.

    Args:
        text: Of the passage.
        ordinal: Of the passage in its article.
        paragraphs: Of the article.
        starts: For each passage of the article by ordinal, the index of its first paragraph.
    """
    if not 0 < ordinal < len(starts):
        return None
    start = starts[ordinal]
    if takes_up(text):
        before = _before(text, start, paragraphs)
        if before is not None:
            return before
    if paragraphs[start].kind is BlockKind.HEADING:
        return None
    headings = [paragraph for paragraph in paragraphs[:start] if paragraph.kind is BlockKind.HEADING]
    return headings[-1].text if headings and len(headings[-1].text) <= MOST_OF_HEADING else None


def takes_up(sentence: str) -> bool:
    """Tell whether a sentence needs the one before it to be understood.

    >>> takes_up("因此停飞。"), takes_up("该公司停飞。"), takes_up("该怎么办？")
    (True, True, False)
    """
    return _TAKES_UP.match(sentence) is not None


def _before(text: str, start: int, paragraphs: Sequence[Paragraph]) -> str | None:
    """The sentence before a passage, which may begin within a paragraph."""
    place = paragraphs[start].text.find(text.partition("\n")[0])
    inside = paragraphs[start].text[: max(0, place)]
    earlier = inside if inside.strip() else paragraphs[start - 1].text if start else ""
    spans = sentences(earlier)
    if not spans:
        return None
    sentence = earlier[slice(*spans[-1])]
    if len(sentence) <= MOST:
        return sentence
    tail = sentence[-MOST:]
    cut = _CLAUSE_END.search(tail, 0, MOST // 2)
    return f"…{tail[cut.end() if cut else 0 :]}"
