"""The focus of a question: content words close to its interrogative (年薪 in 年薪是多少, 医院 in 哪所医院).

The other words name what the question is about. An article can contain those and still answer another
question. docs/decisions/0016-sentences.md has what proximity gains in each part.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from corpus.text.analyzer import Word

DECAY: Final = 0.7
"""Factor by which proximity falls for each content word between a word and the interrogative."""

UNPLACED_PROXIMITY: Final = 0.7
"""Proximity of terms that are in no word of the question, such as a pair of characters across two words."""


def proximity(folded: str, words: Sequence[Word], asking: re.Pattern[str]) -> Mapping[str, float]:
    """Return for each word how close it stands to an interrogative: `DECAY` to the number of words between.

    A question without an interrogative asks at its end (青屿岛小学放假). Of a word that occurs several times
    the closest occurrence counts.

    Args:
        folded: The question.
        words: Its content words, in order.
        asking: Finds interrogatives.
    """
    places = [match.span() for match in asking.finditer(folded)] or [(len(folded), len(folded))]
    asking_starts, asking_ends = [start for start, _ in places], [end for _, end in places]
    starts, ends = [word.start for word in words], [word.end for word in words]
    closest: dict[str, float] = {}
    for place, word in enumerate(words):
        following = bisect_left(asking_starts, word.end)
        before = bisect_right(asking_ends, word.start) - 1
        between = [len(words)]
        if following < len(places):
            between.append(bisect_right(ends, asking_starts[following]) - 1 - place)
        if before >= 0:
            between.append(place - bisect_left(starts, asking_ends[before]))
        if following > before + 1:  # the word contains an interrogative
            between.append(0)
        closest[word.term] = max(closest.get(word.term, 0.0), DECAY ** min(between))
    return closest


def term_proximity(
    terms: Iterable[str], proximities: Mapping[str, float], variants: Mapping[str, Sequence[str]]
) -> list[float]:
    """Return the proximity of terms: that of the closest word of which they are a part.

    Args:
        terms: Words and characters.
        proximities: Of each word, as `proximity` gives it.
        variants: For each word itself and its synonyms.

    >>> variants = {"北京": ["北京"], "年薪": ["年薪"]}
    >>> term_proximity(["年薪", "京", "京年"], {"北京": 0.5, "年薪": 1.0}, variants)
    [1.0, 0.5, 0.7]
    """
    texts = [("\n".join(variants[word]), value) for word, value in proximities.items()]
    texts.sort(key=lambda each: -each[1])
    return [next((value for text, value in texts if term in text), UNPLACED_PROXIMITY) for term in terms]
