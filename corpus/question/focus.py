"""What a question turns on: the words beside the one that asks (年薪 in 年薪是多少, 医院 in 哪所医院).

The other words name what it is about, and that much an article may hold which answers something else.
What each part earns is in docs/decisions/answers.md.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from corpus.text.analyzer import Word

FARTHER: Final = 0.7
"""What a word counts for each content word that stands between it and what asks, beside the nearer one."""

UNPLACED: Final = 0.7
"""The nearness of what stands in no word of the question, such as a pair of characters across two."""

_MARK: Final = re.compile(
    r"(?=[什甚啥谁哪几多何如为怎咋吗么干是有能会没wh])(?:什么|甚么|啥|谁|哪|几|多少|多(?=[大长久高远重快宽深厚热])|何[时地处人]|如何|为何|怎|咋|吗|么$|干嘛|"
    r"是否|是不是|有没有|能不能|会不会|(?<=.)没有?$|\b(?:what|which|who|whose|whom|where|when|why|how)\b)"
)
"""What asks, first what it can begin with; a question without any asks at its end (青屿岛小学放假)."""

_ASKING: Final = re.compile(
    "(?:好?几(?!内亚|何|率|乎|近|经|维|丁质|尼|许|欲)|多少|哪(?!吒|怕|知|敢)|啥)[一-龥]{0,3}|"
    "多(?:[大长久高远重快宽深厚热](?:时间)?)?|干嘛|干吗|干什么|干啥|做什么|图啥|老几|第几|是从|是因为|是在"
)


def asks(word: str) -> bool:
    """Tell whether a folded word asks and names nothing that an answer would say: 几座, 多少度, 哪条.

    >>> asks("几座"), asks("几内亚"), asks("座谈")
    (True, False, False)
    """
    return _ASKING.fullmatch(word) is not None


def nearness(folded: str, spans: Sequence[Word]) -> Mapping[str, float]:
    """For each word how near it stands to what asks: 1 beside it, `FARTHER` to the number of words between.

    Args:
        folded: The question.
        spans: Its content words, in order.
    """
    marks = [match.span() for match in _MARK.finditer(folded)] or [(len(folded), len(folded))]
    mark_starts, mark_ends = [start for start, _ in marks], [end for _, end in marks]
    starts, ends = [start for _, start, _ in spans], [end for _, _, end in spans]
    near: dict[str, float] = {}
    for place, (word, start, end) in enumerate(spans):
        following, before = bisect_left(mark_starts, end), bisect_right(mark_ends, start) - 1
        between = [len(spans)]
        if following < len(marks):
            between.append(bisect_right(ends, mark_starts[following]) - 1 - place)
        if before >= 0:
            between.append(place - bisect_left(starts, mark_ends[before]))
        if following > before + 1:  # it holds what asks
            between.append(0)
        near[word] = max(near.get(word, 0.0), FARTHER ** min(between))
    return near


def nearness_of(
    terms: Iterable[str], near: Mapping[str, float], evidence: Mapping[str, Sequence[str]]
) -> list[float]:
    """How near terms stand to what asks: as near as the nearest word that they are part of.

    Args:
        near: Of each word, as `nearness` gives it.
        evidence: For each word itself and its synonyms.

    >>> nearness_of(["年薪", "京", "京年"], {"北京": 0.5, "年薪": 1.0}, {"北京": ["北京"], "年薪": ["年薪"]})
    [1.0, 0.5, 0.7]
    """
    told = [("\n".join(evidence[word]), value) for word, value in near.items()]
    told.sort(key=lambda each: -each[1])
    return [next((value for texts, value in told if term in texts), UNPLACED) for term in terms]
