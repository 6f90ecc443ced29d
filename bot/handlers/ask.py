"""Questions: in private, in groups, by command, as replies to answers; and the buttons under answers."""

import asyncio
import logging
import unicodedata
from dataclasses import dataclass, replace

from telegram import Chat, Message, Update

from bot import followups, groups, keyboards, markup, render, searches, votes
from bot.callback_data import Ask, Change, Narrow, Page, Suggestion
from bot.context import Context
from bot.handlers import browse, settings
from bot.render import View
from bot.replies import Reply, edit, in_group, reply, turn, with_typing
from bot.searches import Search, Shown
from corpus.models import Answer, Confidence, Filters, Order

logger = logging.getLogger(__name__)

GOOD_ENOUGH = (Confidence.ANSWER, Confidence.RELATED)


@dataclass(frozen=True, slots=True)
class Found:
    """A search, what the corpus said to it, and what to tell the reader on top."""

    search: Search
    answer: Answer
    offset: int = 0
    notes: tuple[str, ...] = ()


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
        await _say(update, context, "ask.usage", example=await example(context))


async def private(update: Update, context: Context) -> None:
    """Answer any text of a private chat."""
    message = update.effective_message
    if message is None or message.via_bot is not None:
        return  # a card that its person inserted by inline mode
    text = (message.text or message.caption or "").strip()
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
        await _say(update, context, "ask.usage_group", username=name, example=await example(context))


async def page(update: Update, context: Context, data: Page) -> str | None:
    """Turn to another page of results."""
    search = context.read(searches.load, data.search)
    if search is None or data.offset < 0:
        return context.t("answer.forgotten")
    answer = await _ask(update, context, search, offset=data.offset)
    if not answer.hits:
        return context.t("answer.no_more")
    await _turn_to(update, context, Found(search, answer, data.offset), data.search)
    return None


async def change(update: Update, context: Context, data: Change) -> str | None:
    """Show a search in another order, narrowed or widened."""
    search = context.read(searches.load, data.search)
    if search is None:
        return context.t("answer.forgotten")
    wanted = _changed(search, data, context)
    if wanted is None:
        return context.t("answer.gone")
    answer = await _ask(update, context, wanted)
    if not answer.hits:
        return context.t("answer.no_more")
    await _turn_to(update, context, Found(wanted, answer))
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
    answer = await _ask(update, context, search)
    note = context.t("answer.asked", question=render.echo(search.question))
    await _send(update, context, None, Found(search, answer, notes=(note,)))


async def suggestion(update: Update, context: Context, data: Suggestion) -> str | None:
    """Ask what the bot suggested instead, in the same message."""
    search = context.read(searches.load, data.search)
    if search is None:
        return context.t("answer.forgotten")
    suggested = (await _ask(update, context, search)).suggestions
    if not 0 <= data.index < len(suggested):
        return context.t("answer.changed")
    wanted = replace(search, question=suggested[data.index])
    await _turn_to(update, context, Found(wanted, await _ask(update, context, wanted)))
    return None


async def example(context: Context) -> str:
    """Return a question that this archive answers, for showing how to ask."""
    found = await asyncio.to_thread(context.corpus.example_questions, 1)
    return found[0] if found else context.t("ask.example")


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
    if is_odd(question):
        await _say(update, context, "ask.odd", example=await example(context))
        return
    if context.corpus.empty:
        await _say(update, context, "ask.empty_archive")
        return
    base = Filters(category=context.chat.category)
    found = await _follow_up(update, context, message, question, follows_up)
    if found is None:
        search = Search(question, base)
        found = Found(search, await _ask(update, context, search))
    await _send(update, context, message, found)


async def _follow_up(
    update: Update, context: Context, message: Message, question: str, follows_up: bool
) -> Found | None:
    """Answer a message that goes on from an answer; None when it is a question of its own."""
    original = message.reply_to_message
    if follows_up and original is not None:
        shown = context.read(searches.shown_in, message.chat.id, original.message_id)
    elif not in_group(message) and followups.continuation(question):
        shown = context.read(searches.last_shown, message.chat.id)
    else:
        return None
    if shown is None:
        return None
    # An article that a deep link opened was found by no search.
    previous = context.read(searches.load, shown.search) or (Search("") if shown.article else None)
    if previous is None:
        return None
    wanted = followups.understand(
        question, previous, today=context.today(), category=lambda name: _one_category(context, name)
    )
    if isinstance(wanted, followups.More):
        return await _go_on(update, context, previous, shown, back=wanted.back)
    if isinstance(wanted, followups.Again):
        return await _first_good(update, context, wanted.searches)
    return await _deeper(update, context, wanted, shown)


async def _go_on(update: Update, context: Context, search: Search, shown: Shown, *, back: bool) -> Found:
    # Of an answer that found nothing the nearest titles were shown.
    step = context.view.page_size if shown.article else render.NEAREST
    offset = max(shown.offset - step, 0) if back else shown.offset + step
    answer = await _ask(update, context, search, offset=offset)
    return Found(search, answer, offset)


async def _deeper(update: Update, context: Context, wanted: followups.Deeper, shown: Shown) -> Found:
    if shown.article:
        for question in wanted.within:
            search = Search(question, Filters(article=shown.article))
            answer = await _ask(update, context, search)
            if answer.confidence is Confidence.ANSWER:
                return Found(search, answer, notes=(context.t("answer.within_article"),))
    found = await _first_good(update, context, wanted.everywhere)
    return replace(found, notes=(context.t("answer.not_in_article"),)) if shown.article else found


async def _first_good(update: Update, context: Context, wanted: tuple[Search, ...]) -> Found:
    """Return the first search that finds something to show, else the first one."""
    found = [Found(search, await _ask(update, context, search)) for search in wanted]
    return next((one for one in found if one.answer.confidence in GOOD_ENOUGH), found[0])


async def _ask(update: Update, context: Context, search: Search, *, offset: int = 0) -> Answer:
    """Search, with a sign of life when it takes long."""
    size = context.view.page_size
    work = asyncio.to_thread(
        context.corpus.ask,
        search.question,
        filters=search.filters,
        order=search.order,
        limit=max(size, render.NEAREST),
        offset=offset,
    )
    answer = await with_typing(update, context, work)
    if answer.confidence is Confidence.NONE and not offset:
        return answer
    return replace(answer, hits=answer.hits[:size])


async def _send(update: Update, context: Context, message: Message | None, found: Found) -> None:
    """Send an answer, or put it in the place of the one to the question as it was before the edit."""
    chat, view, now = update.effective_chat, context.view, context.now()
    if found.offset and not found.answer.hits:
        await reply(update, context, markup.text(context.t("answer.end")))
        return
    if chat is None:
        return
    key = await context.write(searches.save, found.search, now)
    before = None
    if message is not None and update.edited_message:
        before = context.read(searches.answer_to, chat.id, message.message_id)
    if before is not None and before.search == key:
        return  # the edit asks the same
    found = _as_wanted(found) if found.offset else found
    asked = None if found.offset else await _record(update, context, found.answer)
    ready = card(found, key, asked, view)
    if before is not None and await edit(context, chat.id, before.message_id, ready):
        sent = before.message_id
    else:
        sent = (await reply(update, context, ready)).message_id
    if key is not None:
        question_id = message.message_id if message else None
        shown = Shown(chat.id, sent, question_id, key, found.offset, _article_shown(found.answer), asked)
        await context.write(searches.note_shown, shown, now)


async def _turn_to(update: Update, context: Context, found: Found, key: str | None = None) -> None:
    """Show something else in the message whose button was pressed; what it answered stays noted."""
    now = context.now()
    message, chat = update.effective_message, update.effective_chat
    key = key or await context.write(searches.save, found.search, now)
    before = context.read(searches.shown_in, chat.id, message.message_id) if message and chat else None
    asked = before.asked if before else None
    if found.answer.confidence is Confidence.NONE and found.answer.hits:
        # They asked for exactly this; 「没有找到」 above results would be odd.
        found = replace(
            found, answer=replace(found.answer, confidence=Confidence.RELATED), offset=found.offset
        )
    sent = await turn(update, context, card(found, key, asked, context.view))
    if key is not None and chat is not None:
        question_id = before.question_id if before else None
        shown = Shown(chat.id, sent, question_id, key, found.offset, _article_shown(found.answer), asked)
        await context.write(searches.note_shown, shown, now)


def _as_wanted(found: Found) -> Found:
    """Show results that somebody turned to as results: 「没有找到」 above them would be odd."""
    if found.answer.confidence is not Confidence.NONE or not found.answer.hits:
        return found
    return replace(found, answer=replace(found.answer, confidence=Confidence.RELATED))


def _article_shown(answer: Answer) -> str | None:
    """Return the id of the article that a reply to this answer is about."""
    return answer.hits[0].article.id if answer.hits and answer.confidence is not Confidence.NONE else None


def card(found: Found, key: str | None, asked: int | None, view: View) -> Reply:
    """Return an answer as a message; without buttons where its search could not be stored."""
    answer = found.answer
    buttons = None
    if key is not None:
        buttons = keyboards.answer(answer, found.search, key, view, offset=found.offset, asked=asked)
    first = answer.hits[0].article if answer.hits else None
    return Reply(
        render.answer(answer, view, offset=found.offset, notes=found.notes),
        buttons,
        source=markup.address(first.url) if first else None,
    )


def _changed(search: Search, data: Change, context: Context) -> Search | None:
    """Return what a button makes of a search; None when the article it goes by is gone."""
    match data.how:
        case Narrow.NEWEST:
            return replace(search, order=Order.NEWEST)
        case Narrow.RELEVANT:
            return replace(search, order=Order.RELEVANCE)
        case Narrow.EVERYTHING:
            return replace(search, filters=Filters())
        case Narrow.LITERAL:
            return replace(search, question='"{}"'.format(search.question.replace('"', " ").strip()))
        case _:
            text = context.corpus.article(data.article)
            if text is None:
                return None
            article = text.article
            if data.how is Narrow.MONTH:
                month = keyboards.month_of(article, context.view)
                filters = replace(search.filters, since=month.since, until=month.until)
            else:
                filters = replace(search.filters, category=next(iter(article.categories), None))
            return replace(search, filters=filters)


def _one_category(context: Context, name: str) -> str | None:
    found = context.corpus.find_categories(name)
    return "/".join(found[0].path) if len(found) == 1 else None


async def _record(update: Update, context: Context, answer: Answer) -> int | None:
    """Count a question and note it for statistics; return its number for votes, None without one."""
    chat, user = update.effective_chat, update.effective_user
    if context.bot_data.metrics is not None:
        via = "private" if chat is not None and chat.type == Chat.PRIVATE else "group"
        context.bot_data.metrics.observe_answer(answer.confidence, answer.milliseconds / 1000, via)
    if chat is None or user is None:
        return None
    return await context.write(
        votes.record, answer, chat_id=chat.id, user_id=user.id, now=context.now(), zone=context.zone
    )


async def _say(update: Update, context: Context, key: str, **values: object) -> None:
    await reply(update, context, markup.text(context.t(key, **values)))
