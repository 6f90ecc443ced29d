"""Questions: in private, in groups, by command, as replies; and the buttons under answers."""

import asyncio
import unicodedata
from dataclasses import replace
from datetime import timedelta

from telegram import Message, Update

from bot.handlers import browse, examples, settings, small_talk
from bot.handlers.answers import Found, search_for, send, turn_to
from bot.handlers.context import Context
from bot.handlers.following import follow_up, shown_before
from bot.handlers.replies import in_group, reply
from bot.handlers.rules import groups
from bot.messages import keyboards, markup, render
from bot.messages.callback_data import Ask, Change, Narrow, Page, Suggestion
from bot.messages.render import View
from bot.storage import searches
from corpus import Corpus
from corpus.dialogue import Search, continuation, stands_alone
from corpus.models import Filters, Order
from corpus.question import names_nothing
from corpus.text import fold
from corpus.text import words as words_of

QUEUE_WORTH_TELLING = 4
"""Questions waiting in a group from which on it is told that they are answered in order."""

QUEUE_TOLD_AGAIN_AFTER = timedelta(minutes=2)


async def command(update: Update, context: Context) -> None:
    """Answer what follows /ask, or the message it replies to."""
    message = update.effective_message
    if message is None:
        return
    question = " ".join((message.text or "").split(maxsplit=1)[1:]).strip()
    if question:
        await _respond(update, context, message, question, groups.replies_to(message, context.bot.bot))
    elif message.reply_to_message and not groups.replies_to(message, context.bot.bot):
        quoted = groups.quoted_text(message)
        await (
            _respond(update, context, message, quoted, False)
            if quoted
            else _say(update, context, "ask.nothing_to_quote")
        )
    else:
        await _say(update, context, "ask.usage", example=await examples.question(context))


async def private(update: Update, context: Context) -> None:
    """Answer any text of a private chat."""
    message = update.effective_message
    if message is None or message.via_bot is not None:
        return  # a card that its person inserted by inline mode
    text = groups.without_the_bot(message, context.bot.bot).strip()
    await _respond(update, context, message, text, groups.replies_to(message, context.bot.bot))


async def in_a_group(update: Update, context: Context) -> None:
    """Answer a group's message if it speaks to the bot; stay silent otherwise."""
    message = update.effective_message
    address = groups.addressed(message, context.bot.bot) if message else None
    if message is None or address is None:
        return
    if address.question:
        await _respond(update, context, message, address.question, address.follows_up)
    elif update.edited_message is None:
        name = context.bot.username
        await _say(
            update, context, "ask.usage_group", username=name, example=await examples.question(context)
        )


async def page(update: Update, context: Context, data: Page) -> str | None:
    """Turn to another page of results."""
    search = context.read(searches.load, data.search)
    if search is None or data.offset < 0:
        return context.t("answer.forgotten")
    answer = await search_for(update, context, search, offset=data.offset)
    if not answer.hits:
        return context.t("answer.no_more")
    await turn_to(update, context, Found(search, answer, data.offset), data.search)
    return None


async def change(update: Update, context: Context, data: Change) -> str | None:
    """Show a search in another order, narrowed or widened."""
    search = context.read(searches.load, data.search)
    if search is None:
        return context.t("answer.forgotten")
    if data.how is Narrow.LITERAL:
        mended = (await search_for(update, context, search)).corrected or ""
        wanted: Search | None = replace(search, question=literally(search.question, mended))
    else:
        wanted = await asyncio.to_thread(_changed, search, data, context.corpus, context.view)
    if wanted is None:
        return context.t("answer.gone")
    answer = await search_for(update, context, wanted)
    if not answer.hits or (data.how is Narrow.LITERAL and answer.unmet):
        words = render.echo(search.question)
        return (
            context.t("answer.none", question=words)
            if data.how is Narrow.LITERAL
            else context.t("answer.no_more")
        )
    await turn_to(update, context, Found(wanted, answer))
    return None


async def stored(update: Update, context: Context, data: Ask) -> str | None:
    """Ask a stored search, such as an example, and answer in a new message."""
    search = context.read(searches.load, data.search)
    if search is None:
        return context.t("answer.forgotten")
    await show_search(update, context, search)
    return None


async def show_search(update: Update, context: Context, search: Search) -> None:
    """Answer a search that nobody typed just now, in a new message that says what was asked."""
    answer = await search_for(update, context, search)
    note = context.t("answer.asked", question=render.echo(search.question))
    await send(update, context, None, Found(search, answer, notes=(note,)))


async def suggestion(update: Update, context: Context, data: Suggestion) -> str | None:
    """Ask what the bot suggested instead, in the same message."""
    search = context.read(searches.load, data.search)
    if search is None:
        return context.t("answer.forgotten")
    suggested = (await search_for(update, context, search)).suggestions
    if not 0 <= data.index < len(suggested):
        return context.t("answer.changed")
    wanted = replace(search, question=suggested[data.index])
    await turn_to(update, context, Found(wanted, await search_for(update, context, wanted)))
    return None


def literally(question: str, mended: str) -> str:
    """Quote the words of a question that were taken for mistyped: what is quoted is meant as it stands.

    >>> literally("王义 外交", "王毅 外交")
    '"王义" 外交'
    """
    words, others = question.replace('"', " ").split(), mended.split()
    if len(words) != len(others):
        return " ".join(f'"{word}"' for word in words)
    return " ".join(
        word if fold(word) == other else f'"{word}"' for word, other in zip(words, others, strict=True)
    )


def is_odd(question: str) -> bool:
    """Say whether a text has nothing to search for: no letter, no digit, no character.

    >>> is_odd("？！…"), is_odd("😀"), is_odd("知")
    (True, True, False)
    """
    return not any(unicodedata.category(character)[0] in "LN" for character in question)


async def _respond(
    update: Update, context: Context, message: Message, question: str, follows_up: bool
) -> None:
    """Answer a question; one that was edited in its old answer's place."""
    if in_group(message) and not await settings.may_ask(update, context):
        return  # as the group's admins chose
    question = markup.clean(question).strip()
    if await browse.alias(update, context, question):
        return
    if await small_talk.answer(update, context, question, follows_up=follows_up):
        return
    if is_odd(question):
        await _say(update, context, "ask.odd", example=await examples.question(context))
        return
    if context.corpus.empty:
        await _say(update, context, "ask.empty_archive")
        return
    before = await shown_before(update, context, message, question, follows_up=follows_up)
    if before is None and continuation(question):
        await _say(update, context, "ask.which_answer")
        return
    found = await follow_up(update, context, before, question) if before else False
    if found is True:
        return
    if found is False and await asyncio.to_thread(_names_nothing, question):
        await _say(update, context, "ask.odd", example=await examples.question(context))
        return
    if found is False:
        search = Search(question, Filters(category=context.chat.category))
        found = Found(search, await search_for(update, context, search))
    if not found.answer.hits and await asyncio.to_thread(_is_getting_ready, context.corpus):
        await _say(update, context, "ask.getting_ready")
        return
    await send(update, context, message, found)
    if in_group(message):
        await _mention_queue(update, context)


def _names_nothing(question: str) -> bool:
    """Whether a text is nothing but Chinese question words; of English ones IT may be meant, or US."""
    words = words_of(fold(question))
    return names_nothing(words) and not any(map(str.isascii, words))


def _is_getting_ready(corpus: Corpus) -> bool:
    """Say whether articles are there and the index is still being made, so that nothing can be found."""
    figures = corpus.statistics()
    return figures.articles > 0 and figures.index_bytes == 0


async def _mention_queue(update: Update, context: Context) -> None:
    """Tell a group once that its many questions are answered in order."""
    data, chat, now = context.bot_data, update.effective_chat, context.now()
    if data.inbox is None or chat is None or data.inbox.waiting_behind() < QUEUE_WORTH_TELLING:
        return
    told = data.queue_told.get(chat.id)
    if told is None or now - told > QUEUE_TOLD_AGAIN_AFTER:
        data.queue_told[chat.id] = now
        await _say(update, context, "limits.queued")


def _changed(search: Search, data: Change, corpus: Corpus, view: View) -> Search | None:
    """Return what a button makes of a search; None when the article it goes by is gone."""
    match data.how:
        case Narrow.NEWEST:
            return replace(search, order=Order.NEWEST)
        case Narrow.RELEVANT:
            return replace(search, order=Order.RELEVANCE)
        case Narrow.EVERYTHING if search.filters.article is not None:
            alone = stands_alone(search.question)
            question = search.question if alone else search.whole
            return replace(search, question=question, filters=replace(search.filters, article=None))
        case Narrow.EVERYTHING:
            return replace(search, filters=Filters())
        case Narrow.ARTICLE:
            return replace(
                search, filters=replace(search.filters, article=data.article), order=Order.RELEVANCE
            )
        case _:
            text = corpus.article(data.article)
            if text is None:
                return None
            article = text.article
            if data.how is Narrow.MONTH:
                month = keyboards.month_of(article, view)
                filters = replace(search.filters, since=month.since, until=month.until)
            else:
                filters = replace(search.filters, category=next(iter(article.categories), None))
            return replace(search, filters=filters)


async def _say(update: Update, context: Context, key: str, **values: object) -> None:
    await reply(update, context, markup.text(context.t(key, **values)))
