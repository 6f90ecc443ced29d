"""/stats for operators and /trend for everybody: charts, or text where no picture can be drawn."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal
from zoneinfo import ZoneInfo

from telegram import InlineKeyboardMarkup, InputMediaPhoto, Message, Update
from telegram.constants import ChatType, ParseMode
from telegram.error import TelegramError

from bot.handlers import feeds
from bot.handlers.access import may_ask
from bot.handlers.context import Context
from bot.handlers.replies import (
    Reply,
    edit_or_send,
    in_group,
    key_of,
    reply,
    reply_with_picture,
    with_typing,
)
from bot.messages import articles, markup
from bot.messages.callback_data import payload
from bot.messages.keyboards import button
from bot.messages.markup import Html
from bot.storage import searches, votes
from bot.storage.votes import Usage
from bot.wording import charts, periods, plain_text
from bot.wording.charts import Chart, ChartError, Ranking, Series
from bot.wording.i18n import Language, Translate
from bot.wording.periods import MAX_BARS, Count, Period, period_name
from corpus import Corpus
from corpus.dialogue import Search
from corpus.errors import CorpusError
from corpus.models import Confidence, Statistics

logger = logging.getLogger(__name__)

DAYS = 30
MAX_QUESTIONS = 5
MAX_CAPTION_UNITS = 1024
MAX_TERM_CHARS = 40

TERMINAL_BOT_ID = 0
"""Id of the bot in `baotong chat`."""


_NAMES: dict[Period, Literal["week", "month", "year"]] = {
    Period.WEEK: "week",
    Period.MONTH: "month",
    Period.YEAR: "year",
}


@payload("T")
@dataclass(frozen=True, slots=True)
class Trend:
    """Show how often the question of a stored search appeared in the archive."""

    search: str
    period: Period


async def stats(update: Update, context: Context) -> None:
    """Show an operator, in private, what the archive holds and what people asked."""
    user, chat = update.effective_user, update.effective_chat
    if user is None or chat is None:
        return
    if user.id not in context.settings.admin_ids:
        await reply(update, context, markup.text(context.t("stats.only_operators", id=user.id)))
        return
    if chat.type != ChatType.PRIVATE:
        await reply(update, context, markup.text(context.t("stats.only_private")))
        return
    read_usage = partial(context.read, votes.usage, now=context.now(), zone=context.zone, days=DAYS)
    usage = await asyncio.to_thread(read_usage, limit=MAX_QUESTIONS)
    archive = await asyncio.to_thread(context.corpus.statistics)
    if usage is None:
        await reply(update, context, markup.text(context.t("stats.unreadable")))
        return
    blocks = [
        _archive(archive, context),
        *await _feeds(context),
        *_numbers(usage, context.t),
        *_questions(usage, context.t),
    ]
    if not usage.total:
        await reply(update, context, markup.fit(blocks))
        return
    await _show(update, context, _stats_chart(usage, context.t), blocks, hint=True)


async def _feeds(context: Context) -> list[Html]:
    """Say in a block how the feeds are, if any are followed."""
    rounds = context.bot_data.feeds
    if rounds is None:
        return []
    try:
        found = await asyncio.to_thread(rounds.reader().overview)
    except CorpusError as error:
        logger.warning("feeds could not be read: %s", error)
        return []
    return [markup.text("\n".join(feeds.summary(found, context)))] if found else []


async def trend(update: Update, context: Context) -> None:
    """Show how often a word appeared in the archive, by months, or by years where they are too many."""
    message = update.effective_message
    if message is not None and in_group(message) and not await may_ask(update, context):
        return
    term = " ".join(context.args or ())
    if not any(character.isalnum() for character in term) or len(term) > MAX_TERM_CHARS:
        await reply(update, context, markup.text(context.t("trend.usage")))
        return
    await _show_trend(update, context, term, None)


async def trend_press(update: Update, context: Context, data: Trend) -> str | None:
    """Show the same word by weeks, months or years."""
    search = context.read(searches.load, data.search)
    if search is None or update.effective_chat is None:
        return context.t("answer.forgotten")
    await _show_trend(update, context, search.question, data.period)
    return None


async def _show_trend(update: Update, context: Context, term: str, wanted: Period | None) -> None:
    """Count the articles with a term in each period and show the counts; None: in the periods that fit."""
    period, counts = await with_typing(
        update, context, asyncio.to_thread(_counts, context.corpus, term, wanted, context.zone)
    )
    if not any(count for _, count in counts):
        await edit_or_send(update, context, markup.text(context.t("trend.none", term=plain_text.echo(term))))
        return
    chart = _trend_chart(term, counts[-MAX_BARS[period] :], period, context.t)
    caption = _trend_caption(term, counts, period, context.t)
    years = counts[-1][0].year - counts[0][0].year + 1
    await _show(update, context, chart, [caption], await _turns(context, term, period, years))


def _counts(
    corpus: Corpus, term: str, wanted: Period | None, zone: ZoneInfo
) -> tuple[Period, Sequence[Count]]:
    """Count the articles with a term, from the first mention to the newest day of the archive."""
    weeks = wanted is Period.WEEK
    found = corpus.trend(term, by="week" if weeks else "month")
    newest = corpus.statistics().newest
    last = newest.astimezone(zone).date() if newest else None
    counts = periods.until(found, last, Period.WEEK if weeks else Period.MONTH)
    period = wanted or periods.best_period(counts)
    return period, periods.by_year(counts) if period is Period.YEAR else counts


def _trend_caption(term: str, counts: Sequence[Count], period: Period, t: Translate) -> Html:
    """Say in words what the chart shows: how many, when most, when last, and whether the beginning is cut."""
    shown = counts[-MAX_BARS[period] :]
    best, most = max(shown, key=lambda count: count[1])
    lines = [
        markup.bold(markup.text(t("trend.title", term=plain_text.echo(term)))),
        markup.text(t("trend.total", count=sum(count for _, count in counts))),
    ]
    if most:
        day = period_name(best, period, t)
        lines.append(markup.text(t(f"trend.most_{_NAMES[period]}", day=day, count=most)))
    last = max(first for first, count in counts if count)
    if last != counts[-1][0]:
        lines.append(markup.text(t(f"trend.last_{_NAMES[period]}", day=period_name(last, period, t))))
    if len(shown) < len(counts):
        lines.append(markup.text(t("trend.cut", day=period_name(shown[0][0], period, t))))
    return markup.join(lines, "\n")


def _trend_chart(term: str, shown: Sequence[Count], period: Period, t: Translate) -> Chart:
    labels = tuple(periods.label(first, period) for first, _ in shown)
    return Chart(
        title=t("trend.title", term=plain_text.echo(term)),
        subtitle=t(f"trend.subtitle_{_NAMES[period]}", first=labels[0], last=labels[-1]),
        labels=labels,
        series=(Series(t("trend.articles"), tuple(count for _, count in shown)),),
        traditional=t.language is Language.HANT,
    )


async def _turns(context: Context, term: str, period: Period, years: int) -> InlineKeyboardMarkup | None:
    """Return the buttons that turn to other periods; None if the search cannot be stored."""
    key = await context.save_search(Search(term))
    if key is None:
        return None
    others = periods.other_periods(period, years)
    row = [button(context.t(f"trend.by_{_NAMES[other]}"), Trend(key, other)) for other in others]
    return InlineKeyboardMarkup([row])


async def _show(
    update: Update,
    context: Context,
    chart: Chart,
    blocks: Sequence[Html],
    keyboard: InlineKeyboardMarkup | None = None,
    *,
    hint: bool = False,
) -> None:
    """Send a chart with a caption, as a picture or as text where none can be drawn.

    Under a button it replaces what the message showed.

    Args:
        update: What asked for it.
        context: Of the update.
        chart: What is drawn.
        blocks: The caption.
        keyboard: Buttons below.
        hint: Say what the machine lacks for pictures, to an operator.
    """
    picture = None
    try:
        if context.bot.id != TERMINAL_BOT_ID:
            picture = await with_typing(update, context, asyncio.to_thread(charts.draw, chart))
    except ChartError as error:
        logger.info("%s", error)
        if hint:
            blocks = [*blocks, markup.text(context.t(f"stats.no_{error.missing}"))]
    if picture is None:
        bars = markup.code(markup.text(charts.text_bars(chart)))
        words = markup.fit([*blocks[:1], bars, *blocks[1:]])
        await edit_or_send(update, context, Reply(words, keyboard))
        return
    caption = markup.fit(blocks, limit=MAX_CAPTION_UNITS)
    if not await _replace_picture(update, picture, caption, keyboard):
        await reply_with_picture(update, context, picture, caption, keyboard)


async def _replace_picture(
    update: Update, picture: bytes, caption: Html, keyboard: InlineKeyboardMarkup | None
) -> bool:
    """Replace the picture of the message whose button was pressed; False if there is none to replace."""
    query = update.callback_query
    message = query.message if query else None
    if not isinstance(message, Message) or not message.photo or key_of(message) < 0:
        return False
    media = InputMediaPhoto(picture, caption=caption, parse_mode=ParseMode.HTML)
    try:
        await message.edit_media(media, reply_markup=keyboard)
    except TelegramError as error:  # too old, deleted, or a server that cannot
        if "not modified" in error.message.lower():
            return True
        logger.info("a picture could not be replaced: %s", error.message)
        return False
    return True


def _archive(archive: Statistics, context: Context) -> Html:
    t = context.t
    newest = articles.day_words(archive.newest, context.view)
    size = plain_text.file_size(archive.index_bytes + archive.store_bytes)
    lines = [
        markup.bold(markup.text(t("stats.archive"))),
        markup.text(t("stats.articles", count=f"{archive.articles:,}", passages=f"{archive.passages:,}")),
        markup.text(t("stats.newest", day=newest, size=size)),
    ]
    return markup.join(lines, "\n")


def _numbers(usage: Usage, t: Translate) -> list[Html]:
    heading = markup.bold(markup.text(t("stats.questions", days=len(usage.days))))
    if not usage.total:
        return [markup.join([heading, markup.text(t("stats.no_questions"))], "\n")]
    shares = t(
        "stats.shares",
        answered=f"{usage.share(Confidence.ANSWER):.0%}",
        related=f"{usage.share(Confidence.RELATED):.0%}",
        none=f"{usage.share(Confidence.NONE):.0%}",
    )
    lines = [
        heading,
        markup.text(t("stats.total", count=f"{usage.total:,}", people=f"{usage.people:,}")),
        markup.text(shares),
        markup.text(t("stats.votes", up=usage.up, down=usage.down)),
    ]
    return [markup.join(lines, "\n")]


def _questions(usage: Usage, t: Translate) -> list[Html]:
    """List the most frequent questions and those without an answer; people's words are shown literally."""
    blocks = []
    for key, ranking in (("stats.top", usage.top), ("stats.misses", usage.misses)):
        if ranking:
            lines = [markup.bold(markup.text(t(key)))]
            lines += [
                markup.text(t("stats.line", number=number, question=plain_text.echo(question), count=count))
                for number, (question, count) in enumerate(ranking, 1)
            ]
            blocks.append(markup.join(lines, "\n"))
    return blocks


def _stats_chart(usage: Usage, t: Translate) -> Chart:
    return Chart(
        title=t("stats.chart"),
        subtitle=t("stats.chart_subtitle", days=len(usage.days), count=usage.total, people=usage.people),
        labels=tuple(f"{day.day:%m-%d}" for day in usage.days),
        series=(
            Series(t("stats.answered"), tuple(day.answered for day in usage.days)),
            Series(t("stats.related"), tuple(day.related for day in usage.days)),
            Series(t("stats.none"), tuple(day.none for day in usage.days)),
        ),
        rankings=(Ranking(t("stats.top"), usage.top), Ranking(t("stats.misses"), usage.misses)),
        traditional=t.language is Language.HANT,
    )
