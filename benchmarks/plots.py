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


def draw(figures: Sequence[dict[str, Any]], picture: Path) -> None:
    """Draw the mean time of a question over the number of passages, both logarithmic, a line an engine."""
    runs = sorted((run for run in figures if run["kind"] == "peers"), key=lambda run: int(run["passages"]))
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    for name, color in COLORS.items():
        points = [(run["passages"], run["engines"][name]["mean"]) for run in runs if name in run["engines"]]
        if points:
            ours = name.startswith("baotong")
            sizes, means = zip(*points, strict=True)
            axes.plot(
                sizes, means, "o-", color=color, linewidth=2.6 if ours else 1.4, zorder=3 if ours else 2
            )
            axes.annotate(
                name,
                points[-1],
                xytext=(7, 3 if ours else -6),
                textcoords="offset points",
                color=color,
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
