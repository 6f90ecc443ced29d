"""Context of a passage that cannot stand alone: the sentence before it, or its heading."""

import re
from collections.abc import Sequence
from typing import Final

from corpus.models import BlockKind, Paragraph
from corpus.text.passages import sentences

MAX_CHARS: Final = 120
"""Characters of the sentence before; of a longer one the end is taken."""

MAX_HEADING_CHARS: Final = 60
"""Characters of a heading; a longer one is a paragraph that was marked up as a heading."""

# Words that refer to what was said before. 其 and 该 begin other words too.
_ANAPHOR: Final = re.compile(
    r"[“\"‘「『（(]?(?:"
    r"[他她它牠]们?|[這这]|此(?!地无银)|其(?![实實他它余餘])|[該该](?![如怎不])|[對对]此|[為为]此|因此|因而|所以|于是|於是|"
    r"但(?!愿|願)|不[過过]|然而|而(?!且)|另外|此外|同[時时]|[隨随][後后]|接[著着]|[後后]者|前者|两者|兩者|双方|雙方|上述|"
    r"(?:He|She|It|They|This|These|Those|That|His|Her|Their|But|However|Then|So)\b)"
)

_CLAUSE_END = re.compile(r"[，、；：,;:\s]\s*")


def may_have_context(text: str, heading: str) -> bool:
    """Tell whether something may have to be read before a passage, as far as the passage itself tells.

    Args:
        text: Of the passage.
        heading: The heads above it; empty if there are none.
    """
    return bool(heading) or starts_with_anaphor(text)


def find_context(
    text: str, ordinal: int, paragraphs: Sequence[Paragraph], starts: Sequence[int]
) -> str | None:
    """Return what to read before a passage, or None where it stands alone.

    Args:
        text: Of the passage.
        ordinal: Of the passage in its article.
        paragraphs: Of the article, up to the passage at least.
        starts: For each passage of the article by ordinal, the index of its first paragraph.
    """
    if not 0 < ordinal < len(starts):
        return None
    start = starts[ordinal]
    if starts_with_anaphor(text):
        before = _sentence_before(text, start, paragraphs)
        if before is not None:
            return before
    if paragraphs[start].kind is BlockKind.HEADING:
        return None
    headings = [paragraph for paragraph in paragraphs[:start] if paragraph.kind is BlockKind.HEADING]
    return headings[-1].text if headings and len(headings[-1].text) <= MAX_HEADING_CHARS else None


def starts_with_anaphor(sentence: str) -> bool:
    """Tell whether a sentence needs the one before it to be understood.

    >>> [starts_with_anaphor(sentence) for sentence in ("因此停飞。", "该公司停飞。", "该怎么办？")]
    [True, True, False]
    """
    return _ANAPHOR.match(sentence) is not None


def _sentence_before(text: str, start: int, paragraphs: Sequence[Paragraph]) -> str | None:
    """The sentence before a passage, which may begin within a paragraph."""
    place = paragraphs[start].text.find(text.partition("\n")[0])
    inside = paragraphs[start].text[: max(0, place)]
    earlier = inside if inside.strip() else paragraphs[start - 1].text if start else ""
    spans = sentences(earlier)
    return _shortened(earlier[slice(*spans[-1])]) if spans else None


def _shortened(sentence: str) -> str:
    """The end of a long sentence, from the first clause on where there is one."""
    if len(sentence) <= MAX_CHARS:
        return sentence
    tail = sentence[-MAX_CHARS:]
    cut = _CLAUSE_END.search(tail, 0, MAX_CHARS // 2)
    return f"…{tail[cut.end() if cut else 0 :]}"
