"""Answers that no passage gives, in words: how many articles there are, what archive and bot are."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.wording import plain_text
from bot.wording.dates import date_words, near_day, period_words
from bot.wording.i18n import Translate
from corpus.models import About, Answer, AnswerKind, ArchiveFacts, IntentKind, Listing

MAX_NAMES = 30
"""Names of categories or outlets that are listed; the others are counted."""


def answer_text(found: Answer, t: Translate, *, zone: ZoneInfo, today: date) -> str | None:
    """Return the text of an answer: a passage's, a count, or words about the archive or the bot.

    None for a list, and where nothing was found.

    Args:
        found: The answer.
        t: The words of the reader's language.
        zone: The reader's time zone.
        today: The reader's local day.
    """
    if found.kind is AnswerKind.COUNT and found.listing is not None:
        return count_words(found.listing, found.total, t, today=today, names=_names(found))
    if found.about is not None:
        return about_words(found.about, t, zone=zone)
    return found.text


def count_words(listing: Listing, count: int, t: Translate, *, today: date, names: str = "") -> str:
    """Say how many articles there are about a topic, of an outlet or category, or of some days.

    Args:
        listing: What they have in common.
        count: How many there are.
        t: The words of the reader's language.
        today: The reader's local day.
        names: The category or outlet.
    """
    about = t("list.about", topic=plain_text.echo(listing.topic)) if listing.topic else ""
    origin = t("list.from", name=names) if names else ""
    days = days_words(listing, t, today=today)
    when = t("list.when" if about or origin else "list.when_only", days=days) if days else ""
    sentence = t(
        "list.count" if count else "list.count_none", when=when, about=about, origin=origin, count=count
    )
    return sentence + (t("list.count_note") if about and count else "")


def list_heading(listing: Listing, total: int, t: Translate, *, today: date) -> str:
    """Say which articles are listed."""
    if listing.is_pick:
        return t("list.pick")
    days = days_words(listing, t, today=today)
    if listing.topic:
        about = t("list.about", topic=plain_text.echo(listing.topic))
        when = t("list.when", days=days) if days else ""
        return t("list.title", when=when, about=about, origin="", count=total)
    if not days:
        return t("latest.title")
    if listing.nothing_then:
        return t("latest.nothing_then", days=days)
    return t("latest.title_days", days=days, count=total)


def days_words(listing: Listing, t: Translate, *, today: date) -> str:
    """Name the days of a list; empty for the newest articles."""
    since, until = listing.since, listing.until
    near = near_day(since, today, t) if since is not None and since == until else None
    return near or period_words(since, until, t)


def about_words(about: About, t: Translate, *, zone: ZoneInfo) -> str:
    """Answer a question about the archive or the bot."""
    facts = about.facts
    match about.subject:
        case IntentKind.ARCHIVE_SIZE:
            return t("about.size", count=facts.articles) + _span(facts, t, zone)
        case IntentKind.ARCHIVE_SPAN:
            return _span(facts, t, zone) or t("about.no_dates")
        case IntentKind.ARCHIVE_CATEGORIES:
            return _named("categories", facts.categories, t)
        case IntentKind.ARCHIVE_OUTLETS:
            return _named("outlets", facts.outlets, t)
        case _:
            return t(f"about.{about.subject}", count=facts.articles)


def _span(facts: ArchiveFacts, t: Translate, zone: ZoneInfo) -> str:
    """Say from when the oldest and the newest article are; empty if none has a date."""
    if facts.first is None or facts.last is None:
        return ""
    return t("about.span", first=_day(facts.first, t, zone), last=_day(facts.last, t, zone))


def _day(moment: datetime, t: Translate, zone: ZoneInfo) -> str:
    return date_words(moment.astimezone(zone).date(), t)


def _named(what: str, named: Sequence[tuple[str, int]], t: Translate) -> str:
    """List names with their numbers of articles, the largest first."""
    if not named:
        return t(f"about.no_{what}")
    shown = [t("buttons.node", name=plain_text.clean(name), count=count) for name, count in named[:MAX_NAMES]]
    more = t("about.more_names", count=len(named)) if len(named) > MAX_NAMES else ""
    return t(f"about.{what}", count=len(named), names=t("answer.and").join(shown)) + more


def _names(found: Answer) -> str:
    names = [name for name in (found.filters.category, found.filters.author) if name]
    return plain_text.echo(" · ".join(names))
