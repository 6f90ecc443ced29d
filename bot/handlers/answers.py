"""From a search to the message that shows its answer: searching, recording, sending, turning pages."""

import asyncio
from dataclasses import dataclass, replace

from telegram import Chat, Message, Update

from bot.handlers.context import Context
from bot.handlers.replies import Reply, edit, reply, turn, with_typing
from bot.messages import keyboards, markup, render
from bot.messages.render import View
from bot.storage import searches, votes
from bot.storage.searches import Place, Shown
from corpus.dialogue import Search
from corpus.models import Answer, Confidence, Hit, Order

NEAR_SHARE = 0.5
"""Beside the first hit those are named at once that have this share of its score; others are a page further.

Of development questions over real posts whose article is second to fifth, 97 % keep it, and two lines
stand there in the mean instead of four, most of which only shared a common word with the question.
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A search, what the corpus said to it, and what to tell the reader on top."""

    search: Search
    answer: Answer
    offset: int = 0
    notes: tuple[str, ...] = ()


async def search_for(update: Update, context: Context, search: Search, *, offset: int = 0) -> Answer:
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
    hits = answer.hits[:size]
    if not offset and search.order is Order.RELEVANCE and search.filters.article is None:
        hits = _near(hits)
    return replace(answer, hits=hits)


def _near(hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    return tuple(hit for hit in hits if hit.score >= NEAR_SHARE * hits[0].score)


async def send(update: Update, context: Context, message: Message | None, found: Found) -> None:
    """Send an answer, or put it in the place of the one to the question as it was before the edit."""
    chat, view = update.effective_chat, context.view
    if found.offset and not found.answer.hits:
        await reply(update, context, markup.text(context.t("answer.end")))
        return
    if chat is None:
        return
    key = await context.save_search(found.search)
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
        await _note(context, found, Shown(chat.id, sent, question_id, key, asked=asked))


async def turn_to(update: Update, context: Context, found: Found, key: str | None = None) -> None:
    """Show something else in the message whose button was pressed; what it answered stays noted."""
    message, chat = update.effective_message, update.effective_chat
    key = key or await context.save_search(found.search)
    before = context.read(searches.shown_in, chat.id, message.message_id) if message and chat else None
    asked = before.asked if before else None
    found = _as_wanted(found)
    sent = await turn(update, context, card(found, key, asked, context.view))
    if key is not None and chat is not None:
        question_id = before.question_id if before else None
        await _note(context, found, Shown(chat.id, sent, question_id, key, asked=asked))


async def _note(context: Context, found: Found, shown: Shown) -> None:
    """Note what a message shows, with the answer it holds."""
    places = tuple(
        Place(hit.article.id, hit.passage.ordinal) for hit in render.numbered(found.answer, context.view)
    )
    shown = replace(shown, offset=found.offset, article=article_shown(found.answer), listed=places)
    await context.write(searches.note_shown, shown, context.now())


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


def _as_wanted(found: Found) -> Found:
    """Show results that somebody turned to as results: 「没有找到」 above them would be odd.

    Nor does it matter whether an article is the right one to whoever chose to search in it.
    """
    answer = found.answer
    if not answer.hits:
        return found
    if found.search.filters.article is not None:
        return replace(found, answer=replace(answer, confidence=Confidence.ANSWER))
    if answer.confidence is Confidence.NONE:
        return replace(found, answer=replace(answer, confidence=Confidence.RELATED))
    return found


def article_shown(answer: Answer) -> str | None:
    """Return the id of the article that a reply to this answer is about."""
    return answer.hits[0].article.id if answer.hits and answer.confidence is not Confidence.NONE else None
