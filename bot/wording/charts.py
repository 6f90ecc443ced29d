"""Charts as PNG pictures or as text bars. Pure: values in, bytes or text out.

Pictures need the extra `plots` (matplotlib) and, for Chinese words, a system font that has them.
"""

import io
import logging
import threading
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from itertools import dropwhile, groupby
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

FONT_HINT = (
    "no font with Chinese characters was found, charts are sent as text; "
    "install one (Debian, Ubuntu: fonts-noto-cjk; Alpine: font-noto-cjk; Fedora: google-noto-sans-cjk-fonts)"
)
MATPLOTLIB_HINT = "charts are sent as text; for pictures install requirements-plots.lock (make install-plots)"

COLOURS = ("#2f6f9f", "#e0a44a", "#c4cad1")
"""Distinguishable in grey and for the colour-blind; the first is for the most important series."""

INK, PALE, GRID = "#22272e", "#6b7480", "#e6e9ed"
PIXELS_PER_INCH = 150
MAX_LABELS = 8
MAX_NUMBERED_BARS = 16
MAX_WIDE_BARS = 24
TEXT_BAR_CHARS = 16
_WARMING = "warming charts"
MIN_GAP = 3
"""Shortest run of empty bars that is one line in a chart of text."""

MAX_TITLE_WIDTH, MAX_SUBTITLE_WIDTH, MAX_ITEM_WIDTH = 32, 54, 18
"""Longest text on a line, in wide characters."""

_SIMPLIFIED = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC"),
    *("Microsoft YaHei", "Hiragino Sans GB", "Heiti SC", "STHeiti", "SimHei", "Sarasa Gothic SC"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Serif CJK SC", "Source Han Serif SC", "SimSun"),
    *("AR PL UMing CN", "AR PL UKai CN", "LXGW WenKai"),
)
_TRADITIONAL = (
    *("Noto Sans CJK TC", "Noto Sans TC", "Noto Sans CJK HK", "Source Han Sans TC", "PingFang TC"),
    *("PingFang HK", "Microsoft JhengHei", "Heiti TC", "Noto Serif CJK TC", "PMingLiU", "AR PL UMing TW"),
)
# These have nearly all Chinese characters, in slightly different shapes.
_FALLBACK = ("Noto Sans CJK JP", "Noto Serif CJK JP", "Droid Sans Fallback", "Arial Unicode MS", "Unifont")
_LATIN = "DejaVu Sans"  # comes with matplotlib


class MissingPart(StrEnum):
    """The part that is missing to draw a chart."""

    LIBRARY = "library"
    FONT = "font"


class ChartError(Exception):
    """A chart cannot be drawn here; the text is a hint for operators."""

    def __init__(self, missing: MissingPart) -> None:
        super().__init__(FONT_HINT if missing is MissingPart.FONT else MATPLOTLIB_HINT)
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of one kind, one for each label of the chart."""

    name: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """A short list of items with their counts, most frequent first."""

    title: str
    items: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over time, with lists below.

    Attributes:
        title: Title of the chart.
        subtitle: Period and archive; may be empty.
        labels: Labels of the bars, oldest first.
        series: Series, stacked from below. A single one has no legend.
        rankings: At most two lists below the bars.
        traditional: Prefer a font for readers of traditional characters.
    """

    title: str
    subtitle: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    rankings: tuple[Ranking, ...] = ()
    traditional: bool = False

    def __post_init__(self) -> None:
        if any(len(series.values) != len(self.labels) for series in self.series):
            raise ValueError("each label needs one value of each series")


def draw(chart: Chart) -> bytes:
    """Draw a chart.

    Thread-safe. The first call of a process takes a second or two unless `warm_up` was called, later calls
    about 0.2 s.

    Returns:
        A PNG picture of 1200 pixels width.

    Raises:
        ChartError: matplotlib is not installed, or no font has the characters.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ChartError(MissingPart.LIBRARY) from error
    pen = _Pen(_font(_all_words(chart), chart.traditional))
    rankings = [ranking for ranking in chart.rankings[:2] if ranking.items]
    rows = max((len(ranking.items) for ranking in rankings), default=0)
    lists_height = 0.6 + 0.27 * rows if rows else 0.0
    figure = Figure(figsize=(8, 4.4 + lists_height), dpi=PIXELS_PER_INCH, facecolor="white")
    FigureCanvasAgg(figure)
    height = figure.get_figheight()
    pen.write(figure, 0.045, 1 - 0.38 / height, _shorten(chart.title, MAX_TITLE_WIDTH), size=15, va="center")
    pen.write(
        figure,
        0.045,
        1 - 0.72 / height,
        _shorten(chart.subtitle, MAX_SUBTITLE_WIDTH),
        size=9.5,
        color=PALE,
        va="center",
    )
    bars = figure.add_axes((0.075, (lists_height + 0.6) / height, 0.885, 2.75 / height))
    _draw_bars(bars, chart, pen)
    for place, ranking in enumerate(rankings):
        lower = figure.add_axes((0.045 + 0.485 * place, 0.25 / height, 0.43, (lists_height - 0.25) / height))
        _draw_ranking(lower, ranking, rows, pen)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()


def text_bars(chart: Chart) -> str:
    """Return a chart as lines of text, the series added up; what is empty is left out or shortened.

    >>> print(text_bars(Chart("", "", ("2021-12", "2022-01", "2022-02"), (Series("", (0, 4, 2)),))))
    2022-01 ████████████████ 4
    2022-02 ████████ 2
    >>> print(text_bars(Chart("", "", tuple("abcdef"), (Series("", (4, 0, 0, 0, 0, 1)),))))
    a ████████████████ 4
    ⋮
    f ████ 1
    """
    totals = _totals(chart)
    highest = max(totals, default=0)
    filled = dropwhile(lambda bar: not bar[1], zip(chart.labels, totals, strict=True))
    lines: list[str] = []
    for is_empty, run in groupby(filled, key=lambda bar: not bar[1]):
        bars = [_text_bar(label, total, highest) for label, total in run]
        lines += ["⋮"] if is_empty and len(bars) >= MIN_GAP else bars
    return "\n".join(lines)


def _text_bar(label: str, total: int, highest: int) -> str:
    eighths = round(total / highest * TEXT_BAR_CHARS * 8) if highest else 0
    bar = "█" * (eighths // 8) + ("", *"▏▎▍▌▋▊▉")[eighths % 8]
    return f"{label} {bar or '·'} {total}"


def warm_up() -> None:
    """Load what draws, in a thread of its own, so that the first chart is as quick as the next.

    Without the library or a font nothing is loaded; the log says so when a chart is asked for.
    """
    if find_spec("matplotlib") is not None:
        threading.Thread(target=_draw_one, name=_WARMING, daemon=True).start()


def is_warming_up() -> bool:
    """Tell whether that thread is at work. An interpreter that ends meanwhile crashes in its C++ code."""
    return any(thread.name == _WARMING for thread in threading.enumerate())


def _draw_one() -> None:
    with suppress(ChartError):
        draw(Chart("报", "", ("2026-01",), (Series("", (1,)), Series("", (0,)))))


class _Pen:
    """Writes words on a chart literally, in a font that has them; never as formulas."""

    def __init__(self, font: Any) -> None:
        self._font = font
        self._missing = _MissingCharacters(font)

    def write(self, where: Any, x: float, y: float, words: str, *, size: float, **options: Any) -> None:
        """Write words on a figure or on axes."""
        options.setdefault("color", INK)
        label = where.text(x, y, self.drawable(words), parse_math=False, **options)
        label.set_fontproperties(self.font(size))

    def font(self, size: float) -> Any:
        """The font at a size in points."""
        font = self._font.copy()
        font.set_size(size)
        return font

    def drawable(self, words: str) -> str:
        """Replace characters that the font does not have; invisible ones are left out."""
        kept = []
        for character in " ".join(words.split()):
            if character not in self._missing:
                kept.append(character)
            elif unicodedata.category(character)[0] not in "CM":
                kept.append("□" if "□" not in self._missing else "?")
        return "".join(kept)


def _draw_bars(axes: Any, chart: Chart, pen: _Pen) -> None:
    count = len(chart.labels)
    heights = [0] * count
    for series, colour in zip(chart.series, COLOURS, strict=False):
        axes.bar(range(count), series.values, bottom=heights, width=0.78, color=colour, zorder=2)
        heights = [below + value for below, value in zip(heights, series.values, strict=True)]
    highest = max(heights, default=0)
    # Limits for a single bar, which would fill the picture, and for no bars, whose zero line would be on top.
    axes.set_xlim(-0.6, max(count, 6) - 0.4)
    axes.set_ylim(0, highest * 1.12 or 1)
    axes.yaxis.get_major_locator().set_params(integer=True, nbins=4)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(PALE)  # where bars begin: at zero
    axes.grid(axis="y", color=GRID, linewidth=0.8, zorder=0)
    axes.tick_params(length=0, labelsize=9, colors=PALE)
    shown = _labelled_bars(count)
    axes.set_xticks(shown, [pen.drawable(chart.labels[place]) for place in shown], parse_math=False)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(pen.font(9))
    if count > MAX_WIDE_BARS:  # labels are wider than bars: those at the ends would leave the picture
        axes.get_xticklabels()[0].set_horizontalalignment("left")
        axes.get_xticklabels()[-1].set_horizontalalignment("right")
    if count <= MAX_NUMBERED_BARS:
        for place, height in ((place, height) for place, height in enumerate(heights) if height):
            pen.write(
                axes,
                place,
                height + highest * 0.02,
                str(height),
                size=9,
                color=PALE,
                ha="center",
                va="bottom",
            )
    if len(chart.series) > 1:
        _draw_legend(axes, chart.series, pen)


def _draw_legend(axes: Any, series: Sequence[Series], pen: _Pen) -> None:
    legend = axes.legend(
        axes.containers[: len(series)],
        [pen.drawable(one.name) for one in series],
        prop=pen.font(9),
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=len(series),
        frameon=False,
        labelcolor=PALE,
        handlelength=1,
        handleheight=1,
        columnspacing=1.4,
        borderaxespad=0.2,
    )
    for label in legend.get_texts():
        label.set_parse_math(False)


def _draw_ranking(axes: Any, ranking: Ranking, rows: int, pen: _Pen) -> None:
    """Draw a list: words above a thin bar whose length shows the count."""
    axes.axis("off")
    axes.set_xlim(0, 1)
    axes.set_ylim(rows + 0.2, -1)
    pen.write(axes, 0, -0.6, ranking.title, size=11, va="center")
    highest = max((count for _, count in ranking.items), default=1)
    for row, (words, count) in enumerate(ranking.items):
        pen.write(axes, 0, row + 0.35, _shorten(words, MAX_ITEM_WIDTH), size=9.5, va="center")
        pen.write(axes, 1, row + 0.35, str(count), size=9.5, color=PALE, ha="right", va="center")
        axes.barh(row + 0.72, 1, height=0.05, color=GRID)
        axes.barh(row + 0.72, count / highest, height=0.05, color=COLOURS[0])


def _labelled_bars(count: int) -> list[int]:
    """Choose the bars that get a label: from the first at equal distances, and the newest."""
    step = max(1, -(-(count - 1) // (MAX_LABELS - 1)))
    labelled = list(range(0, count, step))
    rest = count - 1 - labelled[-1] if labelled else 0
    if 0 < rest < step * 0.7 and len(labelled) > 1:  # the two labels would touch
        labelled.pop()
    return labelled + [count - 1] * (rest > 0)


def _shorten(words: str, length: int) -> str:
    """Shorten to a width in wide characters; a narrow character counts as half."""
    room = length * 2
    flat = " ".join(words.split())
    for position, character in enumerate(flat):
        room -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if room < 0:
            return flat[: max(position - 1, 0)] + "…"
    return flat


def _totals(chart: Chart) -> list[int]:
    return [sum(values) for values in zip(*(series.values for series in chart.series), strict=True)]


def _all_words(chart: Chart) -> str:
    parts = [chart.title, chart.subtitle, *chart.labels, *(series.name for series in chart.series)]
    for ranking in chart.rankings:
        parts += [ranking.title, *(words for words, _ in ranking.items)]
    return "".join(parts)


def _font(words: str, traditional: bool) -> Any:
    """Return the properties of a font for these words.

    Raises:
        ChartError: No font has them.
    """
    if all(unicodedata.east_asian_width(character) not in "WF" for character in words):
        family: str | None = _LATIN
    else:
        family = _chinese_family(traditional)
    if family is None:
        raise ChartError(MissingPart.FONT)
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=family)


@cache
def _chinese_family(traditional: bool) -> str | None:
    """Return the name of the best Chinese font of this system, or None."""
    preferred = (
        (*_TRADITIONAL, *_SIMPLIFIED, *_FALLBACK)
        if traditional
        else (*_SIMPLIFIED, *_TRADITIONAL, *_FALLBACK)
    )
    families = _families()
    if families.isdisjoint(preferred):
        _rescan_fonts()
        families = _families()
    family = next((name for name in preferred if name in families), None)
    if family is None:
        logger.warning("%s", FONT_HINT)
    return family


def _families() -> set[str]:
    from matplotlib.font_manager import fontManager

    return {entry.name for entry in fontManager.ttflist if Path(entry.fname).exists()}


def _rescan_fonts() -> None:
    """Add fonts that were installed after matplotlib built its list, which it never refreshes."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    known = {entry.fname for entry in fontManager.ttflist}
    for path in set(findSystemFonts()) - known:
        try:
            fontManager.addfont(path)
        except (OSError, RuntimeError, ValueError):
            logger.debug("font left out: %s", path)


class _MissingCharacters:
    """The characters that a font does not have."""

    def __init__(self, font: Any) -> None:
        from matplotlib.font_manager import findfont, get_font

        self._font = get_font(findfont(font))

    def __contains__(self, character: str) -> bool:
        return not self._font.get_char_index(ord(character))
