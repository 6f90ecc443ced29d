"""Messages that follow up an answer: which answer that is, and what `corpus.dialogue` decides about them."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

from telegram import Message, Update

from bot.handlers import article, browse
from bot.handlers.answers import ask
from bot.handlers.context import Context
from bot.handlers.replies import in_group, key_of, reply, with_typing
from bot.handlers.rules import groups
from bot.messages import markup
from bot.storage import searches
from bot.storage.searches import ShownMessage
from corpus import Corpus
from corpus.dialogue import (
    Decision,
    ListPage,
    Lookups,
    NoSuchNumber,
    OpenArticle,
    OwnQuestion,
    SendSource,
    ShowAnswer,
    ShownAnswer,
    decide,
    decide_about_message,
    is_possible_follow_up,
    page_turn,
    quoted_number,
)
from corpus.models import Article, Filters
from corpus.question import Utterance

FOLLOW_UP_WITHIN = timedelta(minutes=10)
"""How long after an answer 那欧元呢 is understood as following it up, without being a reply to it."""


async def shown_before(
    update: Update, context: Context, message: Message, question: Utterance, *, is_reply: bool
) -> ShownMessage | None:
    """Return the answer that a message may follow up; None when it is a question of its own.

    Args:
        update: The update.
        context: Of the update.
        message: The message.
        question: What it says.
        is_reply: Whether it replies to a message of the bot.
    """
    original = message.reply_to_message
    turns_page = page_turn(question) is not None
    if is_reply and original is not None:
        shown = context.read(searches.shown_in, message.chat.id, key_of(original))
        if shown is not None or not turns_page:
            return shown
    elif answered := answer_to_replied(context, message):
        return answered
    since = None if turns_page else context.now() - FOLLOW_UP_WITHIN
    if since is not None and not is_possible_follow_up(question):
        return None
    # Others of a group may have asked something since.
    person = context.person if in_group(message) else None
    return context.read(
        searches.last_shown, message.chat.id, thread=context.topic, person=person, since=since
    )


def answer_to_replied(context: Context, message: Message) -> ShownMessage | None:
    """Return the answer to the question that a message replies to; None if it was not answered."""
    original = message.reply_to_message
    if original is None or context.follows_up:
        return None
    return context.read(searches.answer_to, message.chat.id, key_of(original))


def message_replied_to(context: Context, message: Message) -> str:
    """Return what a message replies to; empty if the bot wrote it or has answered it."""
    if not groups.refers_to_message(message) or context.follows_up:
        return ""
    if answer_to_replied(context, message) is not None:
        return ""
    return groups.quoted_text(message)


async def decide_about(
    update: Update, context: Context, quoted: str, question: Utterance, *, pointed: bool = False
) -> Decision:
    """Decide what a message means that replies to somebody's, in a thread; `carry_out` does it.

    Args:
        update: The update.
        context: Of the update.
        quoted: What it replies to.
        question: What it says.
        pointed: As for `decide_about_message`.
    """
    decision = partial(decide_quietly, context, quoted, question, pointed=pointed)
    return await with_typing(update, context, asyncio.to_thread(decision))


def decide_quietly(context: Context, quoted: str, question: Utterance, *, pointed: bool = True) -> Decision:
    """Decide the same without showing that the bot is typing. Blocks."""
    return decide_about_message(
        question,
        quoted,
        lookups(context.corpus, context.view.page_size),
        filters=Filters(category=context.chat.category),
        now=context.now().astimezone(context.zone),
        page_size=context.view.page_size,
        pointed=pointed,
    )


async def decide_follow_up(
    update: Update, context: Context, shown: ShownMessage, question: Utterance
) -> Decision:
    """Decide what a message means that may follow up an answer, in a thread; `carry_out` does it."""
    message = update.effective_message
    original = message.reply_to_message if message else None
    answer = await asyncio.to_thread(_shown_answer, context, shown, message)
    decision = partial(
        decide,
        question,
        answer,
        lookups(context.corpus, context.view.page_size),
        is_reply=original is not None and key_of(original) in {shown.message_id, shown.question_id},
        now=context.now().astimezone(context.zone),
        page_size=context.view.page_size,
    )
    return await with_typing(update, context, asyncio.to_thread(decision))


async def carry_out(
    update: Update, context: Context, decision: Decision, shown: ShownMessage | None
) -> ShowAnswer | None:
    """Do what was decided about a follow-up, or return the answer that is to be sent.

    Args:
        update: The follow-up.
        context: Of the update.
        decision: What was decided; an `OwnQuestion` is left to the caller.
        shown: The answer that is followed up; None: somebody's message is.
    """
    match decision:
        case ShowAnswer():
            return decision
        case OpenArticle(article_id, passage):
            if not await article.open_article(update, context, article_id, passage, origin=shown):
                await reply(update, context, markup.text(context.t("answer.gone")))
        case SendSource(source) if shown is not None:
            await article.send_source(update, context, source, shown)
        case ListPage(search, offset, size, back):
            await browse.turn_page(update, context, search, offset=offset, size=size, back=back)
        case NoSuchNumber(number):
            await reply(update, context, markup.text(context.t("answer.no_number", number=number)))
        case SendSource() | OwnQuestion():
            pass
    return None


def _shown_answer(context: Context, shown: ShownMessage, message: Message | None) -> ShownAnswer:
    """Return what a message shows; of a list, the line that the reply quotes is what it is about. Blocks."""
    answer = ShownAnswer(
        search=context.read(searches.load, shown.search),
        article=shown.article,
        offset=shown.offset,
        listed=tuple(OpenArticle(place.article, place.passage) for place in shown.results),
        list_size=shown.page,
    )
    quotation = message.quote.text if message is not None and message.quote is not None else ""
    if not quotation:
        return answer
    listed = [context.corpus.article(place.article) for place in shown.results]
    titles = ["" if text is None else text.article.title for text in listed]
    number = quoted_number(quotation, titles, shown.offset + 1)
    line = None if number is None else answer.at(number)
    is_first = line is not None and line.article == shown.article
    return answer if line is None or is_first else replace(answer, search=None, article=line.article)


def lookups(corpus: Corpus, page_size: int) -> Lookups:
    """Return what decisions look up in an archive, whose answers are pages of a size."""

    def find_article(article_id: str) -> Article | None:
        found = corpus.article(article_id)
        return None if found is None else found.article

    def find_category(name: str) -> str | None:
        found = corpus.find_categories(name)
        return "/".join(found[0].path) if len(found) == 1 else None

    def find_text(article_id: str) -> str:
        found = corpus.article(article_id)
        if found is None:
            return ""
        return "\n".join((found.article.title, *(paragraph.text for paragraph in found.paragraphs)))

    return Lookups(partial(ask, corpus, page_size=page_size), find_article, find_category, find_text)
