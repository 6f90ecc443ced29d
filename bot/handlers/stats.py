"""/stats for operators and /trend for everybody: numbers as a picture, or as text where none can be drawn."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Literal

from telegram import InlineKeyboardMarkup, InputMediaPhoto, Message, ReplyParameters, Update
from telegram.constants import ChatType, ParseMode
from telegram.error import TelegramError

from bot.handlers.context import Context
from bot.handlers.replies import Reply, in_group, reply, topic_of, turn, with_typing
from bot.handlers.settings import may_ask
from bot.messages import markup, render
from bot.messages.callback_data import payload
from bot.messages.keyboards import button
from bot.messages.markup import Html
from bot.storage import searches, votes
from bot.storage.votes import Usage
from bot.wording import charts
from bot.wording.charts import Chart, PlotError, Ranking, Series
from bot.wording.i18n import Language, Translate
from corpus.dialogue import Search
from corpus.models import Confidence, Statistics

logger = logging.getLogger(__name__)

DAYS = 30
NAMED_QUESTIONS = 5
CAPTION_UNITS = 1024
MOST_BARS = 120
"""Periods of a trend that are drawn; older ones are left out, and said so."""

LONGEST_TERM = 40

TERMINAL_BOT = 0
"""Id of the bot that people talk to with `baotong chat`."""


class Period(StrEnum):
    """What a bar of a trend stands for."""

    WEEK = "w"
    MONTH = "m"


_BY: dict[Period, Literal["week", "month"]] = {Period.WEEK: "week", Period.MONTH: "month"}


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
    look = partial(context.read, votes.usage, now=context.now(), zone=context.zone, days=DAYS)
    usage = await asyncio.to_thread(look, limit=NAMED_QUESTIONS)
    archive = await asyncio.to_thread(context.corpus.statistics)
    if usage is None:
        await reply(update, context, markup.text(context.t("stats.unreadable")))
        return
    blocks = [_archive(archive, context), *_numbers(usage, context.t), *_questions(usage, context.t)]
    if not usage.total:
        await reply(update, context, markup.fit(blocks))
        return
    await _show(update, context, _stats_chart(usage, context.t), blocks, hint=True)


async def trend(update: Update, context: Context) -> None:
    """Show how often a word appeared in the archive, month by month."""
    message = update.effective_message
    if message is not None and in_group(message) and not await may_ask(update, context):
        return
    term = " ".join(context.args or ())
    if not any(character.isalnum() for character in term) or len(term) > LONGEST_TERM:
        await reply(update, context, markup.text(context.t("trend.usage")))
        return
    await _show_trend(update, context, term, Period.MONTH)


async def trend_press(update: Update, context: Context, data: Trend) -> str | None:
    """Show the same word by weeks or by months."""
    search = context.read(searches.load, data.search)
    if search is None or update.effective_chat is None:
        return context.t("answer.forgotten")
    await _show_trend(update, context, search.question, data.period)
    return None


async def _show_trend(update: Update, context: Context, term: str, period: Period) -> None:
    work = asyncio.to_thread(context.corpus.trend, term, by=_BY[period])
    points = await with_typing(update, context, work)
    t, name = context.t, render.echo(term)
    total = sum(count for _, count in points)
    if not total:
        await turn(update, context, markup.text(t("trend.none", term=name)))
        return
    shown = points[-MOST_BARS:]
    first, last = shown[0][0], shown[-1][0]
    best, most = max(shown, key=lambda point: point[1])
    blocks = [
        markup.bold(markup.text(t("trend.title", term=name))),
        markup.text(t("trend.total", count=total)),
        markup.text(t(f"trend.most_{_BY[period]}", day=_period_words(best, period, t), count=most)),
    ]
    if len(shown) < len(points):
        blocks.append(markup.text(t("trend.cut", day=_period_words(first, period, t))))
    chart = Chart(
        title=t("trend.title", term=name),
        subtitle=t(f"trend.subtitle_{_BY[period]}", first=_label(first, period), last=_label(last, period)),
        labels=tuple(_label(day, period) for day, _ in shown),
        series=(Series(t("trend.articles"), tuple(count for _, count in shown)),),
        traditional=t.language is Language.HANT,
    )
    keyboard = None
    key = await context.save_search(Search(term))
    if key is not None:
        other = Period.WEEK if period is Period.MONTH else Period.MONTH
        keyboard = InlineKeyboardMarkup([[button(t(f"trend.by_{_BY[other]}"), Trend(key, other))]])
    await _show(update, context, chart, [markup.join(blocks, "\n")], keyboard)


async def _show(
    update: Update,
    context: Context,
    chart: Chart,
    blocks: Sequence[Html],
    keyboard: InlineKeyboardMarkup | None = None,
    *,
    hint: bool = False,
) -> None:
    """Send a chart with a caption, or in text; under a button, in place of what the message showed.

    Operators get a hint what their machine lacks.
    """
    picture = None
    try:
        if context.bot.id != TERMINAL_BOT:
            picture = await with_typing(update, context, asyncio.to_thread(charts.draw, chart))
    except PlotError as error:
        logger.info("%s", error)
        if hint:
            blocks = [*blocks, markup.text(context.t(f"stats.no_{error.missing}"))]
    if picture is None:
        bars = markup.code(markup.text(charts.text_bars(chart)))
        words = markup.fit([*blocks[:1], bars, *blocks[1:]])
        await turn(update, context, Reply(words, keyboard))
        return
    caption = markup.fit(blocks, limit=CAPTION_UNITS)
    query = update.callback_query
    if query is not None and isinstance(query.message, Message) and query.message.photo:
        try:
            await query.message.edit_media(
                InputMediaPhoto(picture, caption=caption, parse_mode=ParseMode.HTML), reply_markup=keyboard
            )
            return
        except TelegramError as error:  # too old, deleted, or a server that cannot
            if "not modified" in error.message.lower():
                return
            logger.info("a picture could not be replaced: %s", error.message)
    await _send_picture(update, context, picture, caption, keyboard)


async def _send_picture(
    update: Update, context: Context, picture: bytes, caption: Html, keyboard: InlineKeyboardMarkup | None
) -> None:
    message, chat = update.effective_message, update.effective_chat
    if chat is None:
        return
    quoting = None
    if message is not None and in_group(message) and update.callback_query is None:
        quoting = ReplyParameters(message.message_id, allow_sending_without_reply=True)
    await context.bot.send_photo(
        chat.id,
        picture,
        caption=caption,
        parse_mode=ParseMode.HTML,
        reply_markup=keyboard,
        message_thread_id=topic_of(message),
        reply_parameters=quoting,
    )


def _archive(archive: Statistics, context: Context) -> Html:
    t = context.t
    newest = render.day(archive.newest, context.view)
    size = render.file_size(archive.index_bytes + archive.store_bytes)
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
    """List what was asked most and what was not answered; people's words are shown literally."""
    blocks = []
    for key, ranking in (("stats.top", usage.top), ("stats.misses", usage.misses)):
        if ranking:
            lines = [markup.bold(markup.text(t(key)))]
            lines += [
                markup.text(t("stats.line", number=number, question=render.echo(question), count=count))
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


def _label(day: date, period: Period) -> str:
    return f"{day:%Y-%m}" if period is Period.MONTH else f"{day:%Y-%m-%d}"


def _period_words(day: date, period: Period, t: Translate) -> str:
    return render.month_words(day, t) if period is Period.MONTH else render.date_words(day, t)
