"""Replies to an answer: more of it, the same under other conditions, or deeper into its article."""

from dataclasses import replace

from telegram import Message, Update

from bot import followups, render, searches
from bot.context import Context
from bot.handlers.answers import Found, article_shown, search_for
from bot.replies import in_group
from bot.searches import Search, Shown
from corpus.models import Answer, Confidence, Filters


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
    answer = await search_for(update, context, search, offset=offset)
    return Found(search, answer, offset)


async def _deeper(update: Update, context: Context, wanted: followups.Deeper, shown: Shown) -> Found:
    """Look in the article shown first, then everywhere."""
    tried = []
    for question in wanted.within if shown.article else ():
        search = Search(question, Filters(article=shown.article))
        found = Found(search, await search_for(update, context, search))
        if _tells(found.answer, wanted):
            return _as_sure(found, context.t("answer.within_article"))
        tried.append(found)
    if not wanted.everywhere:
        return _as_sure(tried[0], context.t("answer.no_speaker"))
    found = await _first_good(update, context, wanted.everywhere)
    if found.answer.confidence is not Confidence.ANSWER or shown.article in {
        None,
        article_shown(found.answer),
    }:
        return found
    return replace(found, notes=(context.t("answer.not_in_article"),))


def _tells(answer: Answer, wanted: followups.Deeper) -> bool:
    """Say whether an answer from one article is what was asked for."""
    if wanted.evidence is None or not answer.hits:
        return answer.confidence is Confidence.ANSWER
    first = answer.hits[0]
    return any(wanted.evidence.search(first.passage.text[start:end]) for start, end in first.sentences)


def _as_sure(found: Found, note: str) -> Found:
    """Show what the article has to say under a note that says how sure it is."""
    return replace(found, answer=replace(found.answer, confidence=Confidence.ANSWER), notes=(note,))


async def _first_good(update: Update, context: Context, wanted: tuple[Search, ...]) -> Found:
    """Return the first search that is answered, else the first that finds something, else the first."""
    found = [Found(search, await search_for(update, context, search)) for search in wanted]
    for confidence in (Confidence.ANSWER, Confidence.RELATED):
        for one in found:
            if one.answer.confidence is confidence:
                return one
    return found[0]


def _one_category(context: Context, name: str) -> str | None:
    found = context.corpus.find_categories(name)
    return "/".join(found[0].path) if len(found) == 1 else None
