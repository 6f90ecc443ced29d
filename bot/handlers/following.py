"""Replies to an answer: more of it, the same under other conditions, or deeper into its article."""

import asyncio
import re
from dataclasses import replace
from functools import partial

from telegram import Message, Update

from bot import followups, render, searches
from bot.context import Context
from bot.handlers.answers import Found, article_shown, search_for
from bot.replies import in_group
from bot.searches import Search, Shown
from corpus import Corpus
from corpus.models import Confidence, Filters


async def follow_up(
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
    category = partial(_one_category, context.corpus)
    understand = partial(followups.understand, today=context.today(), category=category)
    wanted = await asyncio.to_thread(understand, question, previous)
    if isinstance(wanted, followups.More):
        return await _go_on(update, context, previous, shown, back=wanted.back)
    if isinstance(wanted, followups.Again):
        found = await _first_good(update, context, wanted.searches)
        return _saying(found, context) if found.search.question != previous.question else found
    if shown.article is None and not wanted.everywhere:
        return None  # nothing was found, so nobody said it
    return await _deeper(update, context, wanted, shown, question)


async def _go_on(update: Update, context: Context, search: Search, shown: Shown, *, back: bool) -> Found:
    # Of an answer that found nothing the nearest titles were shown.
    step = context.view.page_size if shown.article else render.NEAREST
    offset = max(shown.offset - step, 0) if back else shown.offset + step
    answer = await search_for(update, context, search, offset=offset)
    return Found(search, answer, offset)


async def _deeper(
    update: Update, context: Context, wanted: followups.Deeper, shown: Shown, question: str
) -> Found:
    """Look in the article shown first; elsewhere when that tells more."""
    if shown.article is None:
        return await _first_good(update, context, wanted.everywhere)
    if wanted.evidence is not None:
        found = await _by_evidence(update, context, wanted.within, wanted.evidence, shown.article)
        # Nobody asked the words that such passages are found by.
        return replace(found, answer=replace(found.answer, question=question))
    inside = await _find(update, context, Search(wanted.within[0], Filters(article=shown.article)))
    alone, *combined = wanted.everywhere
    outside = await _find(update, context, alone)
    if _tells_as_much(inside, outside):
        return _under(inside, context.t("answer.within_article")) if _is_sure(inside) else inside
    for search in [] if _is_sure(outside) else combined:
        # With the words of the question before, the article before is found whatever the new ones are.
        found = await _find(update, context, search)
        if _is_sure(found) and article_shown(found.answer) != shown.article:
            outside = found
    if not _is_sure(outside):
        return outside
    same = article_shown(outside.answer) == shown.article
    return _under(outside, context.t("answer.within_article" if same else "answer.not_in_article"))


async def _by_evidence(
    update: Update, context: Context, questions: tuple[str, ...], evidence: re.Pattern[str], article: str
) -> Found:
    """Find the passage of an article whose answering sentences hold what was asked for."""
    tried = []
    for question in questions:
        found = await _find(update, context, Search(question, Filters(article=article)))
        first = next(iter(found.answer.hits), None)
        sentences = [first.passage.text[start:end] for start, end in first.sentences] if first else []
        if any(evidence.search(sentence) for sentence in sentences):
            return _under(found, context.t("answer.within_article"))
        tried.append(found)
    return _under(tried[0], context.t("answer.no_speaker"))


async def _find(update: Update, context: Context, search: Search) -> Found:
    return Found(search, await search_for(update, context, search))


def _is_sure(found: Found) -> bool:
    return found.answer.confidence is Confidence.ANSWER


def _tells_as_much(inside: Found, outside: Found) -> bool:
    """Say whether the article at hand answers at least as well as the whole archive."""
    bands = (Confidence.NONE, Confidence.RELATED, Confidence.ANSWER)
    here, there = (bands.index(found.answer.confidence) for found in (inside, outside))
    if here != there:
        return here > there
    same = inside.search.filters.article == article_shown(outside.answer)
    return here > 0 and (same or inside.answer.score >= outside.answer.score)


def _saying(found: Found, context: Context) -> Found:
    """Say what was asked where the bot has worded it."""
    return replace(found, notes=(context.t("answer.asked", question=render.echo(found.search.question)),))


def _under(found: Found, note: str) -> Found:
    """Show what was found under a note that says where it stands and how sure it is."""
    return replace(found, answer=replace(found.answer, confidence=Confidence.ANSWER), notes=(note,))


async def _first_good(update: Update, context: Context, wanted: tuple[Search, ...]) -> Found:
    """Return the first search that is answered, else the first that finds something, else the first."""
    found = [await _find(update, context, search) for search in wanted]
    for confidence in (Confidence.ANSWER, Confidence.RELATED):
        for one in found:
            if one.answer.confidence is confidence:
                return one
    return found[0]


def _one_category(corpus: Corpus, name: str) -> str | None:
    found = corpus.find_categories(name)
    return "/".join(found[0].path) if len(found) == 1 else None
