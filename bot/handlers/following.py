"""Messages that follow up an answer: which answer that is, and what `corpus.dialogue` decides about them."""

import asyncio
from datetime import timedelta
from functools import partial

from telegram import Message, Update

from bot.handlers import article, browse
from bot.handlers.answers import ask
from bot.handlers.context import Context
from bot.handlers.replies import in_group, reply, with_typing
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
    is_possible_follow_up,
    page_turn,
)
from corpus.models import Article
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
        shown = context.read(searches.shown_in, message.chat.id, original.message_id)
        if shown is not None or not turns_page:
            return shown
    since = None if turns_page else context.now() - FOLLOW_UP_WITHIN
    if since is not None and not is_possible_follow_up(question):
        return None
    # Others of a group may have asked something since.
    user = update.effective_user if in_group(message) else None
    asker = user.id if user else None
    return context.read(searches.last_shown, message.chat.id, user_id=asker, since=since)


async def decide_follow_up(
    update: Update, context: Context, shown: ShownMessage, question: Utterance
) -> Decision:
    """Decide what a message means that may follow up an answer, in a thread; `carry_out` does it."""
    original = update.effective_message.reply_to_message if update.effective_message else None
    decision = partial(
        decide,
        question,
        _shown_answer(context, shown),
        lookups(context.corpus, context.view.page_size),
        is_reply=original is not None and original.message_id == shown.message_id,
        now=context.now().astimezone(context.zone),
        page_size=context.view.page_size,
    )
    return await with_typing(update, context, asyncio.to_thread(decision))


async def carry_out(
    update: Update, context: Context, decision: Decision, shown: ShownMessage
) -> ShowAnswer | None:
    """Do what was decided about a follow-up, or return the answer that is to be sent.

    Args:
        update: The follow-up.
        context: Of the update.
        decision: What was decided; an `OwnQuestion` is left to the caller.
        shown: The answer that is followed up.
    """
    match decision:
        case ShowAnswer():
            return decision
        case OpenArticle(article_id, passage):
            if not await article.open_article(update, context, article_id, passage, origin=shown):
                await reply(update, context, markup.text(context.t("answer.gone")))
        case SendSource(source):
            await article.send_source(update, context, source, shown)
        case ListPage(search, offset, size, back):
            await browse.turn_page(update, context, search, offset=offset, size=size, back=back)
        case NoSuchNumber(number):
            await reply(update, context, markup.text(context.t("answer.no_number", number=number)))
        case OwnQuestion():
            pass
    return None


def _shown_answer(context: Context, shown: ShownMessage) -> ShownAnswer:
    return ShownAnswer(
        search=context.read(searches.load, shown.search),
        article=shown.article,
        offset=shown.offset,
        listed=tuple(OpenArticle(place.article, place.passage) for place in shown.results),
        list_size=shown.page,
    )


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
