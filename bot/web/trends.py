"""The page of a trend: how many articles contain some words, as a chart and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bot.web.listing import Choice
from bot.web.rendering import render
from bot.web.responses import Page
from bot.web.visit import MAX_WORDS_CHARS, Visit
from bot.wording import periods
from bot.wording.periods import Count, Period
from corpus import Corpus

WIDTH, HEIGHT = 480, 240
RIGHT, TOP, BOTTOM = 8, 14, 30
"""Size of the chart and of its margins, in units of the drawing; so few that a phone shows its letters."""

DIGIT = 8
"""Width of a digit of its letters; the style sheet sets their size."""

MAX_LINES = 4
"""Lines behind the bars above zero."""

MIN_PLACES = 6
"""A few bars are as wide as so many."""

_NAMES = {"week": Period.WEEK, "month": Period.MONTH, "year": Period.YEAR}

_LINE = Markup('<line x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>')
_NUMBER = Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>')
_BAR = Markup('<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}"/>')
_NAME = Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>')


@dataclass(frozen=True, slots=True)
class Row:
    """A period in the table."""

    name: str
    count: int


def trend_page(corpus: Corpus, visit: Visit) -> Page:
    """Show how many articles contain some words, by weeks, months or years.

    Raises:
        VisitError: The words are too long.
    """
    words = visit.text("q", limit=MAX_WORDS_CHARS)
    t = visit.t
    if not any(map(str.isalnum, words)):
        return render("trend.html", visit, title=t("web.trend"), heading=t("web.trend"), rows=[], note="")
    months = corpus.trend(words, by="month")
    if not months:
        note = t("trend.none", term=words)
        return render("trend.html", visit, title=words, heading=words, rows=[], note=note)
    period = _NAMES.get(visit.text("by"), periods.best_period(months))
    counts = _counts(corpus, words, months, period)
    newest = corpus.statistics().newest
    newest_day = newest.astimezone(visit.options.zone).date() if newest else None
    all_counts = periods.until(counts, newest_day, period)
    shown = all_counts[-periods.MAX_BARS[period] :]
    first_day = periods.period_name(shown[0][0], period, t)
    heading = t("trend.title", term=words)
    return render(
        "trend.html",
        visit,
        title=heading,
        heading=heading,
        total=sum(count for _, count in months),
        chart=bar_chart(shown, period, title=heading),
        rows=[Row(periods.period_name(first, period, t), count) for first, count in reversed(shown) if count],
        choices=[
            Choice(t(f"web.each_{name}"), visit.same_page(by=name), chosen=one is period)
            for name, one in _NAMES.items()
        ],
        search=visit.href("/search", q=words),
        note=t("trend.cut", day=first_day) if len(shown) < len(all_counts) else "",
    )


def _counts(corpus: Corpus, words: str, months: Sequence[Count], period: Period) -> Sequence[Count]:
    if period is Period.YEAR:
        return periods.by_year(months)
    return months if period is Period.MONTH else corpus.trend(words, by="week")


def bar_chart(counts: Sequence[Count], period: Period, *, title: str) -> Markup:
    """Draw bars over time as SVG; its colours come from the style of the page.

    The axis begins at zero. Lines behind the bars have their number, some bars the name of their period.
    """
    top = _rounded(max((count for _, count in counts), default=0))
    left = DIGIT * len(f"{top:,}") + 12
    height = HEIGHT - TOP - BOTTOM
    step = (WIDTH - left - RIGHT) / max(len(counts), MIN_PLACES)
    pieces = []
    for number in range(MAX_LINES + 1):
        value = top * number // MAX_LINES
        y = TOP + height * (1 - value / top)
        pieces.append(_LINE.format(left, WIDTH - RIGHT, y, y))
        pieces.append(_NUMBER.format(left - 8, y + 5, f"{value:,}"))
    for place, (_, count) in enumerate(counts):
        if count:
            tall = height * count / top
            pieces.append(_BAR.format(left + step * (place + 0.12), TOP + height - tall, step * 0.76, tall))
    half = DIGIT * len(periods.label(counts[0][0], period)) / 2 if counts else 0
    end: float = WIDTH + DIGIT  # from the newest back, each bar has its name where there is room right below
    for place in reversed(range(len(counts))):
        middle = left + step * (place + 0.5)
        if half <= middle and middle + half + DIGIT <= end:
            pieces.append(_NAME.format(middle, HEIGHT - 9, periods.label(counts[place][0], period)))
            end = middle - half
    return Markup(
        '<svg class="chart" role="img" aria-label="{}" viewBox="0 0 {} {}" xmlns="http://www.w3.org/2000/svg">{}</svg>'
    ).format(title, WIDTH, HEIGHT, Markup("").join(pieces))


def _rounded(highest: int) -> int:
    """Return the number at the top of the axis: at least the highest, round, and four times a whole number.

    >>> [_rounded(number) for number in (0, 1, 3, 7, 23, 101)]
    [4, 4, 4, 8, 40, 120]
    """
    scale = 1
    while highest > 40 * scale:
        scale *= 10
    for top in (4, 8, 12, 20, 40):
        if highest <= top * scale:
            return top * scale
    raise AssertionError  # the loop has made the scale large enough
