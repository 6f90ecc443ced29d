"""What goes on from an answer: more of it, the same under other conditions, or deeper into its article."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

from telegram import Message, Update

from bot.handlers import article, browse
from bot.handlers.answers import Found, article_shown, search_for
from bot.handlers.context import Context
from bot.handlers.replies import in_group, reply
from bot.messages import markup, render
from bot.storage import searches
from bot.storage.searches import Shown
from corpus import Corpus
from corpus.dialogue import Search, attribution, followups, relevance
from corpus.dialogue.followups import Wish
from corpus.models import Confidence, Filters

UNDERSTOOD_FOR = timedelta(minutes=10)
"""So long after an answer 那欧元呢 is understood as going on from it, without a reply to it."""


async def shown_before(
    update: Update, context: Context, message: Message, question: str, *, follows_up: bool
) -> Shown | None:
    """Return the answer that a message goes on from; None when it is a question of its own."""
    original = message.reply_to_message
    goes_on = followups.continuation(question) is not None
    if follows_up and original is not None:
        shown = context.read(searches.shown_in, message.chat.id, original.message_id)
        if shown is not None or not goes_on:
            return shown
    since = None if goes_on else context.now() - UNDERSTOOD_FOR
    if since is not None and not await asyncio.to_thread(followups.may_lean_on_an_answer, question):
        return None
    # Others of a group may have asked something since.
    user = update.effective_user if in_group(message) else None
    asker = user.id if user else None
    return context.read(searches.last_shown, message.chat.id, user_id=asker, since=since)


async def follow_up(update: Update, context: Context, shown: Shown, question: str) -> Found | bool:
    """Answer what goes on from an answer; True: it has been done, False: it is a question of its own."""
    previous = await _gone_on_from(context, shown)
    if previous is None:
        return False
    category = partial(_one_category, context.corpus)
    understand = partial(followups.understand, today=context.today(), category=category)
    wanted = await asyncio.to_thread(understand, question, previous)
    if isinstance(wanted, followups.Pick):
        await _pick(update, context, shown, wanted.number)
        return True
    if isinstance(wanted, followups.More):
        return await _more(update, context, previous, shown, back=wanted.back)
    return await _go_deeper(update, context, wanted, previous, shown, question)


async def _go_deeper(
    update: Update,
    context: Context,
    wanted: Wish | followups.Again | followups.Deeper,
    previous: Search,
    shown: Shown,
    question: str,
) -> Found | bool:
    """Answer what is asked of an answer, as `follow_up` does."""
    if not _replies(update, shown) and not await asyncio.to_thread(followups.leans_on_an_answer, question):
        if shown.article is None or not isinstance(wanted, followups.Deeper):
            return False
        return await _perhaps(update, context, wanted, shown.article, question)
    if isinstance(wanted, Wish):
        return await _grant(update, context, wanted, previous, shown, question)
    if isinstance(wanted, followups.Again):
        found = await _again(update, context, wanted, shown)
        reworded = found.search.question != previous.question and not found.notes
        return _saying(found, context) if reworded else found
    if shown.article is None:
        if await asyncio.to_thread(followups.stands_alone, question):
            return await _first_good(update, context, wanted.everywhere)
        found = _at_most_related(await _find(update, context, wanted.everywhere[0]))
    else:
        found = await _deeper(update, context, wanted, shown.article, question)
    return replace(found, answer=replace(found.answer, question=question))


async def _gone_on_from(context: Context, shown: Shown) -> Search | None:
    """Return the search that a message shows; what was opened from a link or a list is known by its title."""
    search = context.read(searches.load, shown.search)
    if shown.article is None or (search is not None and shown.page is None):
        return search
    text = await asyncio.to_thread(context.corpus.article, shown.article)
    return None if text is None else Search(text.article.title)


def _replies(update: Update, shown: Shown) -> bool:
    message = update.effective_message
    original = message.reply_to_message if message else None
    return original is not None and original.message_id == shown.message_id


async def _go_on(update: Update, context: Context, search: Search, shown: Shown, *, back: bool) -> Found:
    if shown.article is None:  # nothing answers: who wants to see what there is all the same sees the best
        answer = await search_for(update, context, search)
        found = bool(answer.hits) and answer.confidence is Confidence.NONE
        return Found(search, replace(answer, confidence=Confidence.RELATED) if found else answer)
    step = context.view.page_size
    offset = max(shown.offset - step, 0) if back else shown.offset + step
    answer = await search_for(update, context, search, offset=offset)
    return Found(search, answer, offset)


async def _more(
    update: Update, context: Context, previous: Search, shown: Shown, *, back: bool
) -> Found | bool:
    """Go on in the results, or in a list of the newest articles."""
    if shown.page is None:
        return await _go_on(update, context, previous, shown, back=back)
    search = context.read(searches.load, shown.search)
    if search is None:
        return False
    await browse.more(update, context, search, offset=shown.offset, size=shown.page, back=back)
    return True


async def _pick(update: Update, context: Context, shown: Shown, number: int) -> None:
    """Open the article under a number of what was shown, or say that there is none."""
    place = shown.under(number)
    if place is None:
        await reply(update, context, markup.text(context.t("answer.no_number", number=number)))
    elif not await article.open_article(update, context, place.article, place.passage, origin=shown):
        await reply(update, context, markup.text(context.t("answer.gone")))


async def _grant(
    update: Update, context: Context, wish: Wish, previous: Search, shown: Shown, question: str
) -> Found | bool:
    """Give the whole article, its source, a speaker, or what was written later; False: there is none."""
    text = None if shown.article is None else await asyncio.to_thread(context.corpus.article, shown.article)
    if text is None or shown.article is None:
        return False
    if wish is Wish.WHOLE:
        return await article.open_article(update, context, shown.article, 0, origin=shown)
    if wish is Wish.SOURCE:
        await article.send_source(update, context, text.article, shown)
        return True
    if wish is Wish.SPEAKER:
        said = await _who_said(update, context, previous, shown, shown.article)
        return replace(said, answer=replace(said.answer, question=question)) if said.answer.hits else False
    published = text.article.published
    day = published.astimezone(context.zone).date() if published else None
    topic = previous.topic or previous.question or text.article.title
    base = replace(previous.filters, article=None, since=day and day + timedelta(days=1))
    later = await _find(update, context, Search(topic, base, topic=topic)) if day and topic else None
    if later is not None and _is_sure(later) and article_shown(later.answer) != shown.article:
        found = _under(later, context.t("answer.later"))
    else:
        inside = await _find(update, context, Search(topic, Filters(article=shown.article), topic=topic))
        found = _under(inside, context.t("answer.no_later"))
    return replace(found, answer=replace(found.answer, question=question))


async def _again(update: Update, context: Context, wanted: followups.Again, shown: Shown) -> Found:
    """Ask the same at another time or of another thing; of that also the article at hand may tell."""
    if not wanted.about:
        return await _first_good(update, context, wanted.searches)
    found = [await _find(update, context, search) for search in wanted.searches]
    named = [one for one in found if relevance.names(one.answer, wanted.about)]
    elsewhere = (one for one in named if _is_sure(one) and article_shown(one.answer) != shown.article)
    if sure := next(elsewhere, None):
        return sure
    if shown.article is not None:
        within = Filters(article=shown.article)
        for question in (wanted.searches[-1].question, wanted.about):
            inside = await _find(update, context, Search(question, within))
            if relevance.holds(inside.answer, wanted.about):
                return _within(inside, wanted.about, context.t("answer.within_article"))
    if related := next((one for one in named if one.answer.confidence is Confidence.RELATED), None):
        return related
    return await _find(update, context, replace(wanted.searches[0], question=wanted.about))


async def _deeper(
    update: Update, context: Context, wanted: followups.Deeper, shown: str, question: str
) -> Found:
    """Look in the article shown first; elsewhere when nothing in it answers.

    Being sure of a question made of common words is worth nothing: only with the question before,
    or where it names something of its own, is it asked of everything.
    """
    own = await asyncio.to_thread(followups.stands_alone, question)
    best, worth = await _inside(update, context, wanted, shown, question, own=own)
    outside = [await _find(update, context, search) for search in wanted.everywhere[: None if own else 1]]
    about, alone = outside[0], outside[-1]
    if worth >= relevance.ENOUGH and not own:
        surer = _is_sure(about) and about.answer.score > best.answer.score
        if (
            surer
            and article_shown(about.answer) != shown
            and relevance.worth(about.answer, question) >= worth
        ):
            return about
        return _within(best, question, context.t("answer.within_article"))
    leans = await asyncio.to_thread(followups.leans_on_an_answer, question)
    goes_on = leans or relevance.belongs(about.answer, alone.answer, question, about.search.topic)
    for found in (about, alone) if goes_on else (alone, about):
        elsewhere = _is_sure(found) and article_shown(found.answer) != shown
        if elsewhere and relevance.worth(found.answer, question) > max(worth, relevance.ENOUGH):
            return _under(found, context.t("answer.not_in_article"))
    same = own and _is_sure(alone) and article_shown(alone.answer) == shown
    if same or worth >= relevance.ENOUGH:
        return _within(best, question, context.t("answer.within_article"))
    if own:
        related = about.answer.confidence is Confidence.RELATED and not _is_sure(alone)
        return about if related else alone
    return _under(best, context.t("answer.not_exactly")) if best.answer.hits else about


async def _inside(
    update: Update, context: Context, wanted: followups.Deeper, shown: str, question: str, *, own: bool
) -> tuple[Found, float]:
    """What an article says to a question, and what that is worth; `own`: the question stands alone."""
    topic = wanted.everywhere[0].topic
    asked = [Search(words, Filters(article=shown), topic=topic) for words in wanted.within]
    inside = [await _find(update, context, search) for search in (asked[::-1] if own else asked)]
    worths = [relevance.worth(found.answer, question) for found in inside]
    return inside[worths.index(max(worths))], max(worths)


async def _perhaps(
    update: Update, context: Context, wanted: followups.Deeper, shown: str, question: str
) -> Found | bool:
    """Understand a question as going on from an answer if the archive has that; False: it stands alone."""
    about, *others = [await _find(update, context, search) for search in wanted.everywhere]
    if not others or not relevance.belongs(about.answer, others[-1].answer, question, about.search.topic):
        return False
    found = about
    if article_shown(about.answer) == shown:
        best, worth = await _inside(update, context, wanted, shown, question, own=False)
        if worth >= relevance.ENOUGH:
            found = _within(best, question, context.t("answer.within_article"))
    return replace(found, answer=replace(found.answer, question=question))


def _within(found: Found, question: str, note: str) -> Found:
    return _under(replace(found, answer=relevance.focused(found.answer, question)), note)


async def _who_said(update: Update, context: Context, previous: Search, shown: Shown, article: str) -> Found:
    """Show the answer again, with the sentence in bold that names who said it; or say that none does."""
    before = await search_for(update, context, previous, offset=shown.way_back[1])
    within = Search(previous.question, Filters(article=article), topic=previous.topic)
    if not before.hits or before.hits[0].article.id != article:  # the archive has changed
        before = await search_for(update, context, within)
    spoken = [(hit, attribution.attribution(hit)) for hit in before.hits[:1]]
    hits = tuple(replace(hit, sentences=(said,)) if said else hit for hit, said in spoken)
    note = "answer.within_article" if any(said for _, said in spoken) else "answer.no_speaker"
    answer = replace(before, hits=hits, filters=within.filters, total=len(hits), corrected=None, unmet=())
    return _under(Found(within, answer), context.t(note))


async def _find(update: Update, context: Context, search: Search) -> Found:
    return Found(search, await search_for(update, context, search))


def _is_sure(found: Found) -> bool:
    return found.answer.confidence is Confidence.ANSWER


def _at_most_related(found: Found) -> Found:
    """Be less sure: of what nothing was found, nothing more can be known."""
    sure = _is_sure(found)
    return replace(found, answer=replace(found.answer, confidence=Confidence.RELATED)) if sure else found


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
