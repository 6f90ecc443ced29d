"""Questions: in private, in groups, by command, as replies; and the buttons under answers."""

import asyncio
import unicodedata
from dataclasses import replace
from datetime import timedelta

from telegram import Message, Update

from bot.handlers import access, browse, deep_links, examples, intents, small_talk, start
from bot.handlers.answers import as_chosen, search_for, send, show_in_place, show_search
from bot.handlers.context import Context
from bot.handlers.following import (
    answer_to_replied,
    carry_out,
    decide_about,
    decide_follow_up,
    message_replied_to,
    shown_before,
)
from bot.handlers.replies import edit_buttons, in_group, key_of, reply
from bot.handlers.rules import groups
from bot.inbox.addressing import Way
from bot.messages import keyboards, markup
from bot.messages.callback_data import Ask, Change, Fold, More, Narrow, ResultPage, Suggestion
from bot.messages.render_context import RenderContext
from bot.storage import searches
from bot.storage.chats import Askers
from bot.storage.searches import ShownMessage
from bot.wording import plain_text
from corpus import Corpus
from corpus.dialogue import (
    OwnQuestion,
    Search,
    ShowAnswer,
    is_self_contained,
    leans_on_message,
    page_turn,
)
from corpus.models import Filters, Order
from corpus.question import Utterance, is_unanswerable, without_filters
from corpus.text import fold

MIN_QUEUE_TO_MENTION = 4
"""Length of a group's queue from which on the group is told that questions are answered in order."""

QUEUE_MENTIONED_EVERY = timedelta(minutes=2)
"""How often a group is told at most."""


async def command(update: Update, context: Context) -> None:
    """Answer what follows /ask, or the message it replies to."""
    message = update.effective_message
    if message is None:
        return
    question = context.words
    asks_of_message = groups.refers_to_message(message) and not context.follows_up
    if asks_of_message and is_odd(question):
        await _answer_quoted(update, context, message)
    elif question:
        await _respond(update, context, message, question, is_reply=context.follows_up)
    else:
        await _say(update, context, "ask.usage", example=await examples.question(context))


async def _answer_quoted(update: Update, context: Context, message: Message) -> None:
    """Answer the message of somebody else that a message replies to."""
    quoted = groups.quoted_text(message)
    if quoted:
        await _respond(update, context, message, quoted, is_reply=False)
    else:
        await _say(update, context, "ask.nothing_to_quote")


async def private(update: Update, context: Context) -> None:
    """Answer any text of a private chat."""
    message, address = update.effective_message, context.address
    if message is not None and address is not None:
        question = address.question or ("" if address.follows_up else groups.quoted_text(message))
        await _respond(update, context, message, question, is_reply=address.follows_up)


async def in_a_group(update: Update, context: Context) -> None:
    """Answer a group's message that mentions the bot or replies to it.

    If a reply to somebody else says nothing beside the mention (@bot, @bot ？), the message it replies to is
    the question.
    """
    message, address = update.effective_message, context.address
    if message is None or address is None or address.way is Way.COMMAND:
        return
    quoted = "" if address.follows_up else groups.quoted_text(message)
    question = quoted if quoted and is_odd(address.question) else address.question
    if question:
        await _respond(update, context, message, question, is_reply=address.follows_up)
    elif update.edited_message is None:
        await _introduce(update, context, message)


async def page(update: Update, context: Context, data: ResultPage) -> str | None:
    """Turn to another page of results."""
    search = context.read(searches.load, data.search)
    if search is None or data.offset < 0:
        return context.t("answer.forgotten")
    answer = await search_for(update, context, search, offset=data.offset)
    if not answer.hits:
        return context.t("answer.no_more")
    await show_in_place(update, context, ShowAnswer(search, answer, offset=data.offset), data.search)
    return None


async def more(update: Update, context: Context, data: More) -> str | None:
    """Show all buttons below results, or two rows again."""
    message, chat = update.effective_message, update.effective_chat
    search = context.read(searches.load, data.search)
    if search is None or message is None or chat is None or data.offset < 0:
        return context.t("answer.forgotten")
    answer = await search_for(update, context, search, offset=data.offset)
    if data.found and not answer.hits:
        return context.t("answer.changed")
    shown = context.read(searches.shown_in, chat.id, key_of(message))
    buttons = keyboards.answer(
        as_chosen(ShowAnswer(search, answer)).answer if data.found else answer,
        search,
        data.search,
        context.view,
        offset=data.offset,
        asked=shown.asked if shown and context.bot_data.keeps_votes else None,
        alone=data.alone or None,
        opened=data.fold is Fold.OPEN,
    )
    return (
        None if await edit_buttons(context, chat.id, key_of(message), buttons) else context.t("answer.gone")
    )


async def change(update: Update, context: Context, data: Change) -> str | None:
    """Show a search in another order, narrowed or widened."""
    search = context.read(searches.load, data.search)
    if search is None:
        return context.t("answer.forgotten")
    if data.how is Narrow.LITERAL:
        corrected = (await search_for(update, context, search)).corrected or ""
        wanted: Search | None = replace(search, question=quote_corrected(search.question, corrected))
    else:
        wanted = await asyncio.to_thread(_changed, search, data, context.corpus, context.view)
    if wanted is None:
        return context.t("answer.gone")
    answer = await search_for(update, context, wanted)
    if data.how is Narrow.LITERAL and (not answer.hits or answer.unmet):
        return context.t("answer.none", question=plain_text.echo(search.question))
    if not answer.hits:
        return context.t("answer.no_more")
    await show_in_place(update, context, ShowAnswer(wanted, answer))
    return None


async def stored(update: Update, context: Context, data: Ask) -> str | None:
    """Answer a stored search, such as an example, in a new message."""
    search = context.read(searches.load, data.search)
    if search is None:
        return context.t("answer.forgotten")
    await show_search(update, context, search)
    return None


async def suggestion(update: Update, context: Context, data: Suggestion) -> str | None:
    """Ask what the bot suggested instead, in the same message."""
    search = context.read(searches.load, data.search)
    if search is None:
        return context.t("answer.forgotten")
    suggested = (await search_for(update, context, search)).suggestions
    if not 0 <= data.index < len(suggested):
        return context.t("answer.changed")
    wanted = replace(search, question=suggested[data.index])
    await show_in_place(update, context, ShowAnswer(wanted, await search_for(update, context, wanted)))
    return None


def quote_corrected(question: str, corrected: str) -> str:
    """Quote the words of a question that were corrected: what is quoted is searched for as it stands.

    >>> quote_corrected("王义 外交", "王毅 外交")
    '"王义" 外交'
    """
    words, others = question.replace('"', " ").split(), corrected.split()
    if len(words) != len(others):
        return " ".join(f'"{word}"' for word in words)
    return " ".join(
        word if fold(word) == other else f'"{word}"' for word, other in zip(words, others, strict=True)
    )


def is_odd(question: str) -> bool:
    """Tell whether a text has nothing to search for: no letter, no digit.

    >>> is_odd("？！…"), is_odd("😀"), is_odd("知")
    (True, True, False)
    """
    return not any(unicodedata.category(character)[0] in "LN" for character in question)


async def _respond(
    update: Update, context: Context, message: Message, question: str, *, is_reply: bool
) -> None:
    """Answer a message: a command in words, small talk, a follow-up, or a question of its own.

    An edited question is answered in place of its old answer.

    Args:
        update: The update.
        context: Of the update.
        message: The message.
        question: What it asks, without the name of the bot.
        is_reply: Whether it replies to a message of the bot.
    """
    if in_group(message) and not await access.may_ask(update, context):
        return  # as the group's admins chose
    words = plain_text.clean(question).strip()
    remaining = await deep_links.answer(update, context, message, words)
    if remaining is None:
        return
    if not remaining and (words or not question):
        await _introduce(update, context, message)
        return
    question = remaining
    quoted = message_replied_to(context, message)
    if await _answer_about_message(update, context, message, question, quoted):
        return
    if await browse.alias(update, context, question):
        return
    if await small_talk.answer(
        update, context, question, follows_up=is_reply, about_message=bool(quoted) and quoted != question
    ):
        return
    if is_odd(question):
        await _say(update, context, "ask.odd", example=await examples.question(context))
        return
    if context.corpus.empty:
        # An archive that is being read, as after its database was set aside, is not an empty one.
        key = "ask.getting_ready" if context.corpus.unfinished else "ask.empty_archive"
        await _say(update, context, key)
        return
    utterance = await asyncio.to_thread(Utterance.from_text, question)
    if await intents.answer(update, context, utterance):
        return
    before = None
    if not await intents.is_own_question(context, utterance):
        if quoted and await _answer_pointed(update, context, message, utterance, quoted):
            return
        before = await shown_before(update, context, message, utterance, is_reply=is_reply)
    if before is None and page_turn(utterance):
        await _say(update, context, "ask.which_answer")
        return
    found = await _find(update, context, utterance, before)
    if found is None:
        return
    await send(update, context, message, found)
    if in_group(message):
        await _mention_queue(update, context)


async def _introduce(update: Update, context: Context, message: Message) -> None:
    """Answer a message that only names the bot: in a group with an example, in private as /start does."""
    if in_group(message):
        name, example = context.bot.username, await examples.question(context)
        await _say(update, context, "ask.usage_group", username=name, example=example)
    else:
        await start.introduce(update, context)


async def _answer_about_message(
    update: Update, context: Context, message: Message, question: str, quoted: str
) -> bool:
    """Answer a message that leans on the one it replies to, which somebody else wrote; else return False.

    Of a message of another chat the bot sees no more than what is quoted, and pictures say nothing to it.
    """
    is_mute = not quoted and _replies_to_wordless(context, message)
    if not (quoted or is_mute) or not question or context.corpus.empty:
        return False
    utterance = await asyncio.to_thread(Utterance.from_text, question)
    if not await asyncio.to_thread(leans_on_message, utterance):
        return False
    if is_mute:
        await _say(update, context, "ask.nothing_to_quote")
        return True
    return await _send_about(update, context, message, utterance, quoted, pointed=False)


def _replies_to_wordless(context: Context, message: Message) -> bool:
    """Say whether a message replies to one without words that was not answered."""
    return (
        groups.refers_to_message(message)
        and not context.follows_up
        and not groups.quoted_text(message)
        and answer_to_replied(context, message) is None
    )


async def _answer_pointed(
    update: Update, context: Context, message: Message, question: Utterance, quoted: str
) -> bool:
    """Answer a question that replies to somebody's message without leaning on it; False: it stands alone.

    还有吗 goes on from the answer that its person got to that very message, if there is one.
    """
    if question.typed == quoted:
        return False  # nothing but a mention: the message itself is the question
    if page_turn(question):
        before = await shown_before(update, context, message, question, is_reply=False)
        search = None if before is None else context.read(searches.load, before.search)
        if search is not None and search.question in quoted:
            return False
    return await _send_about(update, context, message, question, quoted, pointed=True)


async def _send_about(
    update: Update, context: Context, message: Message, question: Utterance, quoted: str, *, pointed: bool
) -> bool:
    """Answer a message with what the archive says of the one it replies to; return whether it was."""
    decision = await decide_about(update, context, quoted, question, pointed=pointed)
    if isinstance(decision, OwnQuestion):
        return False
    found = await carry_out(update, context, decision, None)
    if found is not None:
        await send(update, context, message, found)
    return True


async def _find(
    update: Update, context: Context, utterance: Utterance, before: ShownMessage | None
) -> ShowAnswer | None:
    """Answer a follow-up or a question of its own; None when nothing is left to be sent."""
    if before is not None:
        decision = await decide_follow_up(update, context, before, utterance)
        if not isinstance(decision, OwnQuestion):
            return await carry_out(update, context, decision, before)
    question = utterance.typed
    if await asyncio.to_thread(is_unanswerable, question):
        await _say(update, context, "ask.odd", example=await examples.question(context))
        return None
    search = Search(question, Filters(category=context.chat.category))
    return ShowAnswer(search, await search_for(update, context, search))


async def _mention_queue(update: Update, context: Context) -> None:
    """Tell a busy group, once in a while, that its questions are answered in order.

    Where only admins are answered nobody is told: what waits may be questions that get no answer.
    """
    if context.chat.askers is Askers.ADMINS:
        return
    data, chat, now = context.bot_data, update.effective_chat, context.now()
    if data.inbox is None or chat is None or data.inbox.backlog() < MIN_QUEUE_TO_MENTION:
        return
    told = data.last_queue_notice.get(chat.id)
    if told is None or now - told > QUEUE_MENTIONED_EVERY:
        data.last_queue_notice[chat.id] = now
        await _say(update, context, "limits.queued")


def _changed(search: Search, data: Change, corpus: Corpus, view: RenderContext) -> Search | None:
    """Return the search that a button asks for; None when the article it narrows by is gone."""
    match data.how:
        case Narrow.NEWEST:
            return replace(search, order=Order.NEWEST)
        case Narrow.RELEVANT:
            return replace(search, order=Order.RELEVANCE)
        case Narrow.EVERYTHING if search.filters.article is not None:
            alone = is_self_contained(Utterance.from_text(search.question))
            question = search.question if alone else search.standalone
            return replace(search, question=question, filters=replace(search.filters, article=None))
        case Narrow.UNFILTERED:
            return replace(search, question=without_filters(search.question), filters=Filters())
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
                month = keyboards.month_filters(article, view)
                filters = replace(search.filters, since=month.since, until=month.until)
            else:
                filters = replace(search.filters, category=next(iter(article.categories), None))
            return replace(search, filters=filters)


async def _say(update: Update, context: Context, key: str, **values: object) -> None:
    await reply(update, context, markup.text(context.t(key, **values)))
