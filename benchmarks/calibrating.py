"""Fit the weights of confidence anew: questions whose answers are there against the same with them gone.

    python -m benchmarks.calibrating FOLDER QUESTIONS.jsonl CMRC

FOLDER is an archive of posts with its questions, CMRC a set of passages (its tuning part is used). The sample
is used too. Only questions with even numbers are fitted; the odd ones tell how well the weights carry over.
Prints the weights as `corpus.answering.parameters` has them, and what they separate.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from unittest import mock

import numpy as np
import typer
from numpy.typing import NDArray

from benchmarks.judging import Judged, auc
from benchmarks.quality import SAMPLE_QUESTIONS, Measured, measure_articles, measure_passages
from benchmarks.sets import PassageSet, read_questions
from corpus import sample_folder
from corpus.answering import calibration, search
from corpus.answering.features import Features
from corpus.answering.parameters import BIAS, WEIGHTS

Floats = NDArray[np.float64]

GONE_WEIGHT, TEMPTING_WEIGHT = 3.0, 1.0
"""What a question counts whose answers were taken out, and one that nothing answers."""

STEPS, RATE, SHRINKAGE = 4_000, 0.5, 1e-4

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Observation:
    """The first hit of a question.

    Attributes:
        features: In the order of `WEIGHTS`.
        right: Whether it answers.
        weight: What it counts in the fit.
        fitted: Whether the fit sees it.
    """

    features: tuple[float, ...]
    right: bool
    weight: float
    fitted: bool


@contextmanager
def recorded() -> Iterator[dict[float, Features]]:
    """Remember the features behind each confidence, by the confidence."""
    seen: dict[float, Features] = {}

    def calibrate(*args: Any, features: Features, **named: Any) -> float:
        score = calibration.calibrate(*args, features=features, **named)
        while score in seen and seen[score] != features:
            score = float(np.nextafter(score, 1))
        seen[score] = features
        return score

    with mock.patch.object(search, "calibrate", calibrate):
        yield seen


def observations(measured: Measured, seen: dict[float, Features], *, all_fitted: bool) -> list[Observation]:
    """Everything that was asked of a set, where something was found."""

    def some(group: Iterable[Judged], weight: float, *, answerable: bool) -> Iterator[Observation]:
        for each in group:
            if each.score in seen:
                features = seen[each.score]
                fitted = all_fitted or each.question.number % 2 == 0
                yield Observation(
                    tuple(getattr(features, name) for name in WEIGHTS),
                    answerable and each.rank == 1,
                    weight,
                    fitted,
                )

    gone = [each for group in measured.without.values() for each in group]
    return [
        *some(measured.judged, 1.0, answerable=True),
        *some(gone, GONE_WEIGHT, answerable=False),
        *some(measured.tempting, TEMPTING_WEIGHT, answerable=False),
    ]


def fit(observed: Sequence[Observation]) -> tuple[Floats, float]:
    """Fit a logistic regression by gradient descent; no weight is below 0, for no evidence speaks against."""
    features = np.array([each.features for each in observed])
    right = np.array([each.right for each in observed], float)
    weight = np.array([each.weight for each in observed])
    weight /= weight.sum()
    weights, bias = np.ones(features.shape[1]), -3.0
    for _ in range(STEPS):
        predicted = 1 / (1 + np.exp(-(features @ weights + bias)))
        error = weight * (predicted - right)
        weights = np.maximum(0.0, weights - RATE * 8 * (features.T @ error + SHRINKAGE * weights))
        bias -= RATE * 8 * float(error.sum())
    return weights, bias


def separation(observed: Sequence[Observation], weights: Floats, bias: float) -> float:
    """Area under the curve of right ones against all others."""
    scores = np.array([each.features for each in observed]) @ weights + bias
    right = [float(score) for score, each in zip(scores, observed, strict=True) if each.right]
    wrong = [float(score) for score, each in zip(scores, observed, strict=True) if not each.right]
    return auc(right, wrong)


@app.command()
def main(
    folder: Annotated[Path, typer.Argument(help="Archive of posts.")],
    questions: Annotated[Path, typer.Argument(help="Questions over it, JSON lines.")],
    passages: Annotated[Path, typer.Argument(help="Set of passages with a tuning part.")],
) -> None:
    """Fit the weights and print them."""
    sets: dict[str, list[Observation]] = {}
    with recorded() as seen:
        news = measure_articles("news", folder, read_questions(questions))
        sets["news"] = observations(news, seen, all_fitted=False)
    with recorded() as seen:
        sample = measure_articles("sample", sample_folder(), read_questions(SAMPLE_QUESTIONS))
        sets["sample"] = observations(sample, seen, all_fitted=True)
    with recorded() as seen:
        tuned = measure_passages("cmrc tune", PassageSet.read(passages, "tune"))
        sets["cmrc tune"] = observations(tuned, seen, all_fitted=True)
    fitted = [each for group in sets.values() for each in group if each.fitted]
    weights, bias = fit(fitted)
    for name, weight in zip(WEIGHTS, weights, strict=True):
        print(f'        "{name}": {weight:.2f},')
    print(f"BIAS: Final = {bias:.2f}")
    old = np.array(list(WEIGHTS.values()))
    held = [each for each in sets["news"] if not each.fitted]
    for name, group in {**sets, "news, not fitted": held}.items():
        print(
            f"  {name}: AUC {separation(group, weights, bias):.3f}, before {separation(group, old, BIAS):.3f}"
        )


if __name__ == "__main__":
    app()
