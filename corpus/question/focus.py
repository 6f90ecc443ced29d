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

_INTERROGATIVE: Final = re.compile(
    r"(?=[什甚啥谁哪几多何如为怎咋吗么干是有能会没wh])(?:什么|甚么|啥|谁|哪|几|多少|多(?=[大长久高远重快宽深厚热])|何[时地处人]|如何|为何|怎|咋|吗|么$|干嘛|"
    r"是否|是不是|有没有|能不能|会不会|(?<=.)没有?$|\b(?:what|which|who|whose|whom|where|when|why|how)\b)"
)
"""Interrogatives. The lookahead lists their first characters, for speed."""

_INTERROGATIVE_WORD: Final = re.compile(
    "(?:好?几(?!内亚|何|率|乎|近|经|维|丁质|尼|许|欲)|多少|哪(?!吒|怕|知|敢)|啥)[一-龥]{0,3}|"
    "多(?:[大长久高远重快宽深厚热](?:时间)?)?|干嘛|干吗|干什么|干啥|做什么|图啥|老几|第几|是从|是因为|是在"
)


def is_interrogative(word: str) -> bool:
    """Tell whether a folded word asks and is not what an answer would say: 几座, 多少度, 哪条.

    >>> is_interrogative("几座"), is_interrogative("几内亚"), is_interrogative("座谈")
    (True, False, False)
    """
    return _INTERROGATIVE_WORD.fullmatch(word) is not None


def proximity(folded: str, words: Sequence[Word]) -> Mapping[str, float]:
    """Return for each word how close it stands to an interrogative: `DECAY` to the number of words between.

    A question without an interrogative asks at its end (青屿岛小学放假). Of a word that occurs several times
    the closest occurrence counts.

    Args:
        folded: The question.
        words: Its content words, in order.
    """
    asking = [match.span() for match in _INTERROGATIVE.finditer(folded)] or [(len(folded), len(folded))]
    asking_starts, asking_ends = [start for start, _ in asking], [end for _, end in asking]
    starts, ends = [word.start for word in words], [word.end for word in words]
    closest: dict[str, float] = {}
    for place, word in enumerate(words):
        following = bisect_left(asking_starts, word.end)
        before = bisect_right(asking_ends, word.start) - 1
        between = [len(words)]
        if following < len(asking):
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
