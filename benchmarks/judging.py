"""What an answer is worth: ranks, shares and areas under curves, from questions with known answers."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from corpus import Answer, Confidence
from corpus.text.folding import fold


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what answers it.

    Attributes:
        paths: Articles (paths in the archive) that answer; empty: nothing does.
        answers: Strings any of which is the answer.
    """

    id: str
    text: str
    paths: frozenset[str]
    answers: tuple[str, ...]
    kind: str = ""

    @property
    def number(self) -> int:
        """The digits of its id as one number, by which sets are halved; 0 without any."""
        return int("".join(filter(str.isdecimal, self.id)) or 0)


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one question.

    Attributes:
        rank: Of the first right article, from 1; 0 when it is not among those looked at.
        in_passage: The first article is right, and its title or passage holds the answer.
        in_sentences: The first article is right, and the sentences shown of it hold the answer.
    """

    question: Question
    rank: int
    in_passage: bool
    in_sentences: bool
    answer: Answer = field(repr=False)

    @property
    def score(self) -> float:
        """Confidence, 0 to 1."""
        return self.answer.score

    @property
    def band(self) -> Confidence:
        """Confidence as people see it."""
        return self.answer.confidence

    @property
    def sentences_shown(self) -> int:
        """Number of sentences marked in the first hit."""
        return len(self.answer.hits[0].sentences) if self.answer.hits else 0


def judge(question: Question, answer: Answer) -> Judged:
    """Compare an answer with what is right."""
    rank = rank_of(question, [hit.article.path for hit in answer.hits])
    if rank != 1:
        return Judged(question, rank, in_passage=False, in_sentences=False, answer=answer)
    hit = answer.hits[0]
    shown = "".join(hit.passage.text[start:end] for start, end in hit.sentences)
    return Judged(
        question,
        rank,
        holds_answer(question, f"{hit.article.title}\n{hit.passage.text}"),
        holds_answer(question, shown),
        answer,
    )


def rank_of(question: Question, paths: Sequence[str]) -> int:
    """Rank of the first right article, from 1; 0 for none.

    >>> rank_of(Question("1", "", frozenset({"b"}), ()), ["a", "b"])
    2
    """
    return next((place for place, path in enumerate(paths, 1) if path in question.paths), 0)


def holds_answer(question: Question, text: str) -> bool:
    """Tell whether a text holds one of the answers, folded, blanks and marks aside."""
    plain = _plain(text)
    return any(wanted in plain for answer in question.answers if (wanted := _plain(answer)))


def _plain(text: str) -> str:
    return "".join(character for character in fold(text) if character.isalnum())


def auc(right: Sequence[float], wrong: Sequence[float]) -> float:
    """Chance that a score of the one kind is above one of the other; a tie counts half.

    >>> auc([0.9, 0.5], [0.5, 0.1])
    0.875
    """
    merged = sorted([(score, True) for score in right] + [(score, False) for score in wrong])
    total, below, start = 0.0, 0, 0
    while start < len(merged):
        end = start
        while end < len(merged) and merged[end][0] == merged[start][0]:
            end += 1
        ones = sum(is_right for _, is_right in merged[start:end])
        zeros = end - start - ones
        total += ones * (below + zeros / 2)
        below += zeros
        start = end
    return total / (len(right) * len(wrong)) if right and wrong else math.nan


def share(values: Iterable[bool]) -> float:
    """Per cent of true ones; not a number for none."""
    listed = list(values)
    return 100 * sum(listed) / len(listed) if listed else math.nan


def ranking_figures(ranks: Sequence[int]) -> dict[str, float]:
    """hit@k, MRR@10 and nDCG@10 in per cent; of several right articles only the first counts.

    Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, 2002, with a single
    gain of 1: nDCG is 1 / log2(rank + 1).
    """
    figures = {f"hit@{k}": share(0 < rank <= k for rank in ranks) for k in (1, 3, 5, 10)}
    count = max(1, len(ranks))
    figures["MRR@10"] = 100 * sum(1 / rank for rank in ranks if 0 < rank <= 10) / count
    figures["nDCG@10"] = 100 * sum(1 / math.log2(rank + 1) for rank in ranks if 0 < rank <= 10) / count
    return figures


def band_figures(judged: Sequence[Judged]) -> dict[str, float]:
    """Per cent of the answers in each band of confidence."""
    return {band.value: share(each.band is band for each in judged) for band in Confidence}
