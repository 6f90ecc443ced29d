"""From a search to the message that shows its answer: search, record, render, send."""

import asyncio
from dataclasses import replace

from telegram import Chat, Message, Update

from bot.handlers.context import Context
from bot.handlers.replies import Reply, edit_or_send, key_of, reply, reply_in_place, with_typing
from bot.messages import keyboards, markup, render
from bot.messages.render_context import RenderContext
from bot.storage import searches, votes
from bot.storage.searches import ShownMessage, ShownResult
from bot.wording import plain_text
from corpus import Corpus
from corpus.dialogue import Note, Search, ShowAnswer, limit_hits
from corpus.models import Answer, Confidence, Filters

NOTE_KEYS = {
    Note.ASKED: "answer.asked",
    Note.WITHIN_ARTICLE: "answer.within_article",
    Note.NOT_IN_ARTICLE: "answer.not_in_article",
    Note.NOT_EXACTLY: "answer.not_exactly",
    Note.LATER: "answer.later",
    Note.NO_LATER: "answer.no_later",
    Note.NO_SPEAKER: "answer.no_speaker",
}
"""Note → the locale's words for it."""


MAX_TOPIC_UNITS = 30
"""Longest name of what a question was read with, in UTF-16 units."""


async def search_for(update: Update, context: Context, search: Search, *, offset: int = 0) -> Answer:
    """Search in a thread; the chat sees that the bot is typing where it takes long."""
    work = asyncio.to_thread(ask, context.corpus, search, page_size=context.view.page_size, offset=offset)
    return await with_typing(update, context, work)


def ask(corpus: Corpus, search: Search, *, page_size: int, offset: int = 0) -> Answer:
    """Search; the answer has the hits that a page of results shows. Blocks."""
    answer = corpus.ask(
        search.question,
        filters=search.filters,
        order=search.order,
        limit=max(page_size, render.MAX_NEAREST),
        offset=offset,
    )
    return limit_hits(answer, search, page_size=page_size, offset=offset)


async def send(update: Update, context: Context, message: Message | None, found: ShowAnswer) -> None:
    """Send an answer; where the question was edited, in place of the answer to the old question.

    Args:
        update: What asked for it.
        context: Of the update.
        message: The question; None where a button asked.
        found: What to send.
    """
    chat, view = update.effective_chat, context.view
    if found.offset and not found.answer.hits:
        await reply(update, context, markup.text(context.t("answer.end")))
        return
    if chat is None:
        return
    key = await context.save_search(found.search)
    before = None
    if message is not None and update.edited_message:
        before = context.read(searches.answer_to, chat.id, key_of(message))
    if before is not None and before.search == key:
        return  # the edit asks the same
    found = as_chosen(found) if found.offset else found
    asked = None if found.offset else await _record(update, context, found.answer)
    ready = answer_card(found, key, asked, view, alone=await _save_alone(context, found))
    sent = await reply_in_place(update, context, ready)
    if key is not None:
        question_id = key_of(message) if message else None
        await _remember_shown(context, found, ShownMessage(chat.id, sent, question_id, key, asked=asked))


async def show_search(update: Update, context: Context, search: Search) -> None:
    """Answer a search that nobody typed just now; the new message says what was asked."""
    answer = await search_for(update, context, search)
    await send(update, context, None, ShowAnswer(search, answer, Note.ASKED))


async def _save_alone(context: Context, found: ShowAnswer) -> str | None:
    """Store a question that was read with another as one of its own, for a button; None if it was not."""
    if found.alone is None:
        return None
    return await context.save_search(Search(found.alone, Filters(category=context.chat.category)))


async def show_in_place(update: Update, context: Context, found: ShowAnswer, key: str | None = None) -> None:
    """Show a result in the message whose button was pressed; which question it answers stays recorded.

    Args:
        update: The press.
        context: Of the update.
        found: What to show.
        key: The key of its search; None: the search is stored first.
    """
    message, chat = update.effective_message, update.effective_chat
    key = key or await context.save_search(found.search)
    before = context.read(searches.shown_in, chat.id, key_of(message)) if message and chat else None
    asked = before.asked if before else None
    found = as_chosen(found)
    sent = await edit_or_send(update, context, answer_card(found, key, asked, context.view))
    if key is not None and chat is not None:
        question_id = before.question_id if before else None
        await _remember_shown(context, found, ShownMessage(chat.id, sent, question_id, key, asked=asked))


async def _remember_shown(context: Context, found: ShowAnswer, shown: ShownMessage) -> None:
    """Record what a message shows, for its buttons and for follow-ups."""
    places = tuple(
        ShownResult(hit.article.id, hit.passage.ordinal)
        for hit in render.numbered(found.answer, context.view)
    )
    shown = replace(shown, offset=found.offset, article=found.article, results=places)
    await context.remember_shown(shown)


def answer_card(
    found: ShowAnswer, key: str | None, asked: int | None, view: RenderContext, *, alone: str | None = None
) -> Reply:
    """Return an answer as a message; without buttons where its search could not be stored.

    Args:
        found: The answer.
        key: The key of its search; None if it could not be stored.
        asked: The number under which the question was recorded, for votes; None without one.
        view: How the chat sees answers.
        alone: The key of the question as one of its own; None if it was read so.
    """
    answer = found.answer
    buttons = None
    if key is not None:
        buttons = keyboards.answer(
            answer, found.search, key, view, offset=found.offset, asked=asked, alone=alone
        )
    first = answer.hits[0].article if answer.hits else None
    return Reply(
        render.answer(answer, view, offset=found.offset, notes=_notes(found, view)),
        buttons,
        source=markup.address(first.url) if first else None,
    )


def _notes(found: ShowAnswer, view: RenderContext) -> tuple[str, ...]:
    """Say with what a question was read, and where its answer comes from; in one block."""
    question = found.search.question if found.note is Note.ASKED else found.answer.question
    notes = [] if found.note is None else [view.t(NOTE_KEYS[found.note], question=plain_text.echo(question))]
    leans = found.alone is not None or found.note is None
    if found.topic and leans and found.article is not None:
        topic = plain_text.shorten(plain_text.clean(view.convert(found.topic)), MAX_TOPIC_UNITS)
        notes.insert(0, view.t("answer.leaning", topic=topic, question=plain_text.echo(question)))
    return ("\n".join(notes),) if notes else ()


async def _record(update: Update, context: Context, answer: Answer) -> int | None:
    """Record a question for metrics and statistics; return its number for votes, None where none are kept."""
    chat, person = update.effective_chat, context.person
    if context.bot_data.metrics is not None:
        via = "private" if chat is not None and chat.type == Chat.PRIVATE else "group"
        context.bot_data.metrics.observe_answer(answer.confidence, answer.milliseconds / 1000, via)
    if chat is None or person is None:
        return None
    number = await context.write(
        votes.record, answer, chat_id=chat.id, user_id=person, now=context.now(), zone=context.zone
    )
    return number if context.bot_data.keeps_votes else None


def as_chosen(found: ShowAnswer) -> ShowAnswer:
    """Raise the confidence of results that the reader chose to see: 「没有找到」 above them would be odd.

    A search within one article counts as an answer: the reader chose the article.
    """
    answer = found.answer
    if not answer.hits:
        return found
    if found.search.filters.article is not None:
        return replace(found, answer=replace(answer, confidence=Confidence.ANSWER))
    if answer.confidence is Confidence.NONE:
        return replace(found, answer=replace(answer, confidence=Confidence.RELATED))
    return found
