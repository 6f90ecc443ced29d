"""What the bot's own links lead to: opened by /start, pasted, forwarded, and asked about."""

import asyncio
from dataclasses import dataclass
from functools import partial

from telegram import Message, Update

from bot.handlers import article, browse, subscribe
from bot.handlers.answers import send, show_search
from bot.handlers.context import Context
from bot.handlers.following import carry_out, lookups
from bot.handlers.replies import reply, with_typing
from bot.handlers.rules.addresses import has_words, linked_addresses, written_addresses
from bot.messages import links, markup
from bot.messages.callback_data import ArticleLink, CategoryLink, DeepLink, SearchLink, decode_start
from bot.storage import searches
from corpus.dialogue import OwnQuestion, SendSource, ShownAnswer, decide
from corpus.question import Utterance


@dataclass(frozen=True, slots=True)
class _Found:
    """A link to something of the bot's.

    Attributes:
        target: What it leads to; None: it leads to the bot, but to nothing that exists.
        written: How it stands in the text; empty: it stands behind words or a button.
    """

    target: DeepLink | None
    written: str = ""


async def open_target(update: Update, context: Context, target: DeepLink) -> bool:
    """Open the target of a deep link; False if it does not exist (any more)."""
    if isinstance(target, ArticleLink):
        return await article.open_article(update, context, target.article, target.passage)
    if isinstance(target, CategoryLink):
        return await browse.show_category(update, context, target.category)
    search = context.read(searches.load, target.search)
    if search is None:
        return False
    if isinstance(target, SearchLink):
        await show_search(update, context, search)
    else:
        await subscribe.offer(update, context, search, target.search)
    return True


async def answer(update: Update, context: Context, message: Message, question: str) -> str | None:
    """Answer a message that holds a link of the bot's own, or the address of an article of the archive.

    The link alone, or a forwarded message with it, opens its target. Words beside it are asked of the
    article.

    Args:
        update: The update.
        context: Of the update.
        message: The message.
        question: What it says.

    Returns:
        What is still to be answered; None: nothing.
    """
    linked = linked_addresses(message)
    if not linked and not written_addresses(question):
        return question
    found = await asyncio.to_thread(_find, context, linked, question)
    if found is None:
        if has_words(question):
            return question
        await reply(update, context, markup.text(context.t("ask.unknown_link")))
        return None
    words = question.replace(found.written, " ").strip() if found.written else question
    is_alone = not has_words(words) or message.forward_origin is not None
    if isinstance(found.target, ArticleLink) and not is_alone:
        return await _ask_about(update, context, message, found.target, words)
    if not is_alone:
        return words
    if found.target is None or not await open_target(update, context, found.target):
        await reply(update, context, markup.text(context.t("start.bad_link")))
    return None


async def _ask_about(
    update: Update, context: Context, message: Message, link: ArticleLink, words: str
) -> str | None:
    """Ask an article what is written beside its address; return what is a question of its own."""
    asked = await asyncio.to_thread(Utterance.from_text, words)
    decision = await with_typing(
        update,
        context,
        asyncio.to_thread(
            partial(
                decide,
                asked,
                ShownAnswer(search=None, article=link.article),
                lookups(context.corpus, context.view.page_size),
                is_reply=True,
                now=context.now().astimezone(context.zone),
                page_size=context.view.page_size,
            )
        ),
    )
    if isinstance(decision, OwnQuestion):
        return words
    if isinstance(decision, SendSource):
        await open_target(update, context, link)
        return None
    found = await carry_out(update, context, decision, None)
    if found is not None:
        await send(update, context, message, found)
    return None


def _find(context: Context, linked: tuple[str, ...], question: str) -> _Found | None:
    """Return the first link of the bot's own, of those in the text and then of those behind words. Blocks."""
    for spellings in written_addresses(question):
        for address in spellings:
            if found := _resolve(context, address, address):
                return found
    for address in linked:
        if found := _resolve(context, address):
            return found
    return None


def _resolve(context: Context, address: str, written: str = "") -> _Found | None:
    payload = links.start_payload(address, context.bot.username)
    if payload is not None:
        return _Found(decode_start(payload), written) if payload else None
    if page := links.reader_page(address, context.view.public_url):
        return _Found(page, written)
    there = context.corpus.article_at(address)
    return None if there is None else _Found(ArticleLink(there.id), written)
