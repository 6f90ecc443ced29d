"""Dates, months and periods in words of the reader's language."""

import calendar
from datetime import date

from bot.wording.i18n import Translate


def day_words(local: date, today: date, t: Translate) -> str:
    """Name a day as seen from today: today, yesterday, or its date."""
    return near_day(local, today, t) or date_words(local, t)


def near_day(local: date, today: date, t: Translate) -> str | None:
    """Return the words for today and yesterday; None for every other day."""
    if local == today:
        return t("date.today")
    if local.toordinal() == today.toordinal() - 1:
        return t("date.yesterday")
    return None


def date_words(local: date, t: Translate) -> str:
    """Write a date out."""
    return t("date.full", year=local.year, month=local.month, day=local.day, name=_month_name(local, t))


def month_words(local: date, t: Translate) -> str:
    """Write the month of a date out."""
    return t("date.month", year=local.year, month=local.month, name=_month_name(local, t))


def period_words(since: date | None, until: date | None, t: Translate) -> str:
    """Name a period by its first and last day, either of which may be open.

    A single day is named by its date and a whole month by its name. Returns an empty text if both ends
    are open.
    """
    if since and until:
        if since == until:
            return date_words(since, t)
        if _is_whole_month(since, until):
            return month_words(since, t)
        return t("answer.between", since=date_words(since, t), until=date_words(until, t))
    if since:
        return t("answer.since", day=date_words(since, t))
    return t("answer.until", day=date_words(until, t)) if until else ""


def _is_whole_month(since: date, until: date) -> bool:
    return since.day == 1 and until == month_end(since)


def month_end(day: date) -> date:
    """Return the last day of a day's month.

    >>> month_end(date(2020, 2, 3))
    datetime.date(2020, 2, 29)
    """
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _month_name(local: date, t: Translate) -> str:
    return t("date.months").split()[local.month - 1]
