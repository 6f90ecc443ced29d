"""Filters of a search in words: what it is narrowed to, and which of them nothing meets."""

from collections.abc import Sequence

from bot.wording import plain_text
from bot.wording.dates import period_words
from bot.wording.i18n import Translate
from corpus.models import Condition, Filters, Unmet

MAX_NAME_UNITS = 40
"""Longest name of an outlet or a category that is shown in full, in UTF-16 units."""


def filter_words(filters: Filters, t: Translate) -> list[str]:
    """Name each filter of a search in words."""
    names = [filters.category, filters.author]
    words = [plain_text.shorten(name, MAX_NAME_UNITS) for name in names if name]
    if filters.since or filters.until:
        words.append(period_words(filters.since, filters.until, t))
    words += [t("answer.phrase", phrase=_quoted(phrase)) for phrase in filters.phrases]
    words += [t("answer.without", phrase=_quoted(phrase)) for phrase in filters.excluded]
    if filters.article:
        words.append(t("answer.within"))
    return words


def unmet_notes(conditions: Sequence[Unmet], t: Translate) -> list[str]:
    """Say which conditions nothing meets, and that the question was answered without them."""
    notes = [_unmet_name(unmet, t) for unmet in conditions if unmet.condition is not Condition.PHRASE]
    phrases = [unmet.value for unmet in conditions if unmet.condition is Condition.PHRASE]
    if phrases:
        notes.append(t("answer.no_phrase", name=_quoted(t("answer.and_quoted").join(phrases))))
    return notes


def _unmet_name(unmet: Unmet, t: Translate) -> str:
    near = t("answer.near", names=t("answer.and").join(unmet.nearest)) if unmet.nearest else ""
    return t(f"answer.no_{unmet.condition}", name=_quoted(unmet.value), near=near)


def _quoted(words: str) -> str:
    return plain_text.shorten(words, plain_text.MAX_ECHO_UNITS)
