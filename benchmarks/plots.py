"""Pictures of measured figures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt

COLORS = {
    "baotong": "#c0392b",
    "baotong numpy": "#e67e22",
    "rank_bm25": "#7f8c8d",
    "tantivy": "#2980b9",
    "bm25s numpy": "#27ae60",
    "bm25s numba": "#16a085",
    "SQLite FTS5": "#8e44ad",
}

LABEL_STEP = 1.55
"""Factor between two names on the logarithmic axis, so that none lies on another."""


def draw(figures: Sequence[dict[str, Any]], picture: Path) -> None:
    """Draw the mean time of a question over the number of passages, both logarithmic, a line an engine."""
    runs = sorted((run for run in figures if run["kind"] == "peers"), key=lambda run: int(run["passages"]))
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    ends: list[tuple[float, int, str]] = []
    for name, color in COLORS.items():
        points = [(run["passages"], run["engines"][name]["mean"]) for run in runs if name in run["engines"]]
        if points:
            ours = name.startswith("baotong")
            sizes, means = zip(*points, strict=True)
            axes.plot(
                sizes, means, "o-", color=color, linewidth=2.6 if ours else 1.4, zorder=3 if ours else 2
            )
            ends.append((means[-1], sizes[-1], name))
    place = 0.0
    for mean, size, name in sorted(ends):
        place = max(mean, place * LABEL_STEP)
        axes.annotate(
            name,
            (size, place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            color=COLORS[name],
            fontsize=9,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("passages")
    axes.set_ylabel("milliseconds of processor time a question (mean)")
    axes.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
    axes.set_xlim(right=axes.get_xlim()[1] * 3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(picture)
    plt.close(figure)
