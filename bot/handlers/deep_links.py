"""What the bot's own links lead to: opened by /start, pasted, forwarded, and asked about."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from telegram import Message, Update

from bot.handlers import access, article, browse, inline, subscribe
from bot.handlers.answers import send, show_search
from bot.handlers.context import Context
from bot.handlers.following import carry_out, lookups
from bot.handlers.replies import reply, with_typing
from bot.handlers.rules import groups
from bot.handlers.rules.addresses import (
    bare_addresses,
    has_words,
    linked_addresses,
    without_addresses,
    written_addresses,
)
from bot.messages import links, markup
from bot.messages.callback_data import ArticleLink, CategoryLink, DeepLink, SearchLink, decode_start
from bot.storage import searches
from corpus.dialogue import Decision, OpenArticle, OwnQuestion, Search, SendSource, ShownAnswer, decide
from corpus.models import AnswerKind, Confidence, Filters
from corpus.question import Utterance

HELP_PAYLOAD = "help"
PLAIN_PAYLOADS = frozenset({"", inline.START_PARAMETER, access.START_PARAMETER})
"""Payloads of the bot's own buttons that only open the greeting."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A link to something of the bot's.

    Attributes:
        target: What it leads to; None: it leads to the bot, but to nothing that exists.
        written: How it stands in the text; empty: it stands behind words or a button.
        names_bot: Whether it leads to the bot and to nothing in particular.
    """

    target: DeepLink | None
    written: str = ""
    names_bot: bool = False


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

    The link alone, or a forwarded message with it, opens its target. Words beside it, and words in reply to
    a message with it, are asked of the article.

    Args:
        update: The update.
        context: Of the update.
        message: The message.
        question: What it says; or, if it only calls the bot, what the message says that it replies to.

    Returns:
        What is still to be answered; None: nothing; empty: the message does no more than name the bot.
    """
    quoted = "" if context.follows_up else groups.quoted_text(message)
    if next(_addresses(context, message, question, quoted), None) is None:
        return question
    found = await asyncio.to_thread(_find, context, message, question, quoted)
    if found is None:
        return await _without_link(update, context, question)
    words = question.replace(found.written, " ").strip() if found.written else question
    is_alone = not has_words(words) or question == quoted or message.forward_origin is not None
    if isinstance(found.target, ArticleLink) and not is_alone:
        return await _ask_about(update, context, message, found.target, words)
    if not is_alone:
        return words
    if found.names_bot:
        return ""
    if found.target is None or not await open_target(update, context, found.target):
        await reply(update, context, markup.text(context.t("start.bad_link")))
    return None


def find_article(context: Context, message: Message, question: str) -> ArticleLink | None:
    """Return the article whose link stands in a question or in what it replies to, if any. Blocks."""
    found = _find(context, message, question, groups.quoted_text(message))
    return found.target if found is not None and isinstance(found.target, ArticleLink) else None


async def _without_link(update: Update, context: Context, question: str) -> str | None:
    """Return a question without its addresses, which lead to no article; say so if there is nothing else."""
    if not written_addresses(question):
        return question
    words = without_addresses(question)
    if has_words(words):
        return words
    await reply(update, context, markup.text(context.t("ask.unknown_link")))
    return None


async def _ask_about(
    update: Update, context: Context, message: Message, link: ArticleLink, words: str
) -> str | None:
    """Ask an article what is written beside its address; return what is a question of its own.

    Words that neither the article nor the archive has a sure answer to (看看这个) are about the article.
    """
    decision = await with_typing(update, context, asyncio.to_thread(_decide, context, link, words))
    if isinstance(decision, OwnQuestion):
        return words
    if isinstance(decision, SendSource):
        await open_target(update, context, link)
        return None
    found = await carry_out(update, context, decision, None)
    if found is not None:
        await send(update, context, message, found)
    return None


def _decide(context: Context, link: ArticleLink, words: str) -> Decision:
    size = context.view.page_size
    shown, about = ShownAnswer(search=None, article=link.article), lookups(context.corpus, size)
    now = context.now().astimezone(context.zone)
    decision = decide(Utterance.from_text(words), shown, about, is_reply=True, now=now, page_size=size)
    if not isinstance(decision, OwnQuestion):
        return decision
    alone = about.ask(Search(words, Filters(category=context.chat.category)))
    is_sure = alone.confidence is Confidence.ANSWER or alone.kind is not AnswerKind.PASSAGE
    return decision if is_sure else OpenArticle(link.article, link.passage)


def _find(context: Context, message: Message, question: str, quoted: str) -> _Found | None:
    """Return the first link of the bot's own: in the question, in what it replies to, behind words.

    One that only names the bot counts if there is no other.
    """
    found = None
    for address, written in _addresses(context, message, question, quoted):
        found = _resolve(context, address, written) or found
        if found is not None and not found.names_bot:
            break
    return found


def _addresses(context: Context, message: Message, question: str, quoted: str) -> Iterator[tuple[str, str]]:
    """Yield addresses, and how those of the question stand in it."""
    for spellings in written_addresses(question):
        yield from ((address, address) for address in spellings)
    for written in bare_addresses(message):
        yield f"https://{written}", written if written in question else ""
    for spellings in written_addresses(quoted):
        yield from ((address, "") for address in spellings)
    original = None if context.follows_up else message.reply_to_message
    if original is not None:
        yield from ((f"https://{written}", "") for written in bare_addresses(original))
    for one in (message, original):
        yield from ((address, "") for address in (linked_addresses(one) if one is not None else ()))


def _resolve(context: Context, address: str, written: str = "") -> _Found | None:
    payload = links.start_payload(address, context.bot.username)
    if payload is not None:
        return _Found(decode_start(payload), written, payload in PLAIN_PAYLOADS | {HELP_PAYLOAD})
    if page := links.reader_page(address, context.view.public_url):
        return _Found(page, written)
    there = context.corpus.article_at(address)
    return None if there is None else _Found(ArticleLink(there.id), written)
