"""`@bot 关键词` in any chat: cards of articles, one of which becomes a citation where it is chosen."""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlsplit

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.handlers.context import Context
from bot.handlers.replies import Reply, preview_options
from bot.messages import markup, render
from bot.messages.callback_data import ArticleLink
from bot.messages.excerpts import GAP, excerpt
from bot.messages.markup import Html
from bot.messages.render import View
from corpus import Corpus
from corpus.models import Answer, Article, Confidence, Filters, Hit

logger = logging.getLogger(__name__)

PAGE = 20
CACHE_SECONDS = 10
"""Long enough for somebody who deletes a letter and types it again, short enough for a growing archive."""

DESCRIPTION_UNITS = 200
QUOTE_UNITS = 700
MOST_OFFSET = 10_000
START_PARAMETER = "inline"


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what an inline query found.

    Attributes:
        hits: Articles with the passage that answers, or without one where the newest are listed.
        more: There are further ones.
        answer: What the corpus said; None where the newest are listed.
    """

    hits: tuple[Hit | Article, ...]
    more: bool
    answer: Answer | None = None

    @property
    def sure(self) -> bool:
        """Whether what was found is worth inserting."""
        return self.answer is None or self.answer.confidence is not Confidence.NONE


async def query(update: Update, context: Context) -> None:
    """Answer an inline query with a page of cards, or with a button when nothing was found."""
    asked = update.inline_query
    if asked is None:
        return
    offset = _offset(asked.offset)
    view = context.view
    found = await asyncio.to_thread(find, context.corpus, asked.query, offset, context.chat.category)
    metrics = context.bot_data.metrics
    if metrics is not None and found.answer is not None and offset == 0:
        metrics.observe_answer(found.answer.confidence, found.answer.milliseconds / 1000, "inline")
    results = [result(hit, view, context) for hit in found.hits] if found.sure else []
    button = None
    if not results and offset == 0:
        key = "inline.empty" if not asked.query.strip() else "inline.nothing"
        button = InlineQueryResultsButton(context.t(key), start_parameter=START_PARAMETER)
    try:
        await asked.answer(
            results,
            cache_time=CACHE_SECONDS,
            is_personal=True,  # language, default category and who may use the archive differ
            next_offset=str(offset + len(results)) if results and found.more else "",
            button=button,
        )
    except BadRequest as error:  # the person typed on, the answer comes too late
        logger.info("an inline query could not be answered: %s", error.message)


def find(corpus: Corpus, words: str, offset: int, category: str | None = None) -> Found:
    """Search for the words; without any, list the newest articles."""
    if not words.strip():
        root = next(iter(corpus.find_categories(category)), None) if category else None
        page = corpus.latest(category=root, limit=PAGE, offset=offset)
        return Found(page.articles, more=offset + len(page.articles) < page.total)
    answer = corpus.ask(words, filters=Filters(category=category), limit=PAGE, offset=offset)
    more = len(answer.hits) == PAGE and offset + PAGE < MOST_OFFSET
    return Found(answer.hits, more, answer)


def result(hit: Hit | Article, view: View, context: Context) -> InlineQueryResultArticle:
    """Make a card: title, "outlet · date — sentence", the article's picture."""
    article = hit if isinstance(hit, Article) else hit.article
    passage = 0 if isinstance(hit, Article) else hit.passage.ordinal
    sentence = "" if isinstance(hit, Article) else _sentence(hit)
    source = _source(article, view)
    description = " — ".join(part for part in (source, view.convert(sentence)) if part)
    ready = Reply(citation(hit, view), source=article.url)
    return InlineQueryResultArticle(
        id=article.id if isinstance(hit, Article) else hit.passage.id,
        title=render.title(article, view),
        description=markup.shorten(markup.clean(description), DESCRIPTION_UNITS),
        thumbnail_url=_picture(article),
        input_message_content=InputTextMessageContent(
            ready.html,
            parse_mode=ParseMode.HTML,
            link_preview_options=preview_options(ready, context.chat.preview),
        ),
        reply_markup=_read_on(article, passage, view),
    )


def citation(hit: Hit | Article, view: View) -> Html:
    """Return what is inserted: linked title, outlet and date, the answering sentences quoted."""
    if isinstance(hit, Article):
        return markup.join([markup.bold(render.headline(hit, view)), markup.text(_source(hit, view))], "\n")
    sentence = _sentence(hit)
    head = markup.bold(render.headline(hit.article, view, hit.passage.ordinal, sentence))
    quote = markup.text(markup.shorten(view.convert(sentence), QUOTE_UNITS))
    lines = [head, markup.text(_source(hit.article, view)), markup.quotation(quote)]
    return markup.join(lines, "\n")


def _sentence(hit: Hit) -> str:
    """Return the sentences that answer, or the first of the passage where none stands out."""
    shown = excerpt(hit.passage.text, hit.sentences, budget=0, title=hit.article.title)
    pieces = shown.pieces if any(piece.answers for piece in shown.pieces) else shown.pieces[:1]
    return " ".join("".join(piece.text for piece in pieces).removeprefix(GAP).split())


def _source(article: Article, view: View) -> str:
    """Return outlet · date, the date in full: the message will be read on other days too."""
    # No day is "today" to somebody who reads the message next week.
    lasting = replace(view, today=date.max)
    parts = [article.author and view.convert(article.author), render.day(article.published, lasting)]
    return markup.shorten(" · ".join(part for part in parts if part), render.TITLE_UNITS)


def _picture(article: Article) -> str | None:
    """Return the address of an article's picture if Telegram can show it in a card."""
    address = markup.address(article.image)
    return address if address and urlsplit(address).scheme == "https" else None


def _read_on(article: Article, passage: int, view: View) -> InlineKeyboardMarkup | None:
    url = render.deep_link(view.username, ArticleLink(article.id, passage))
    return InlineKeyboardMarkup([[InlineKeyboardButton(view.t("buttons.read"), url=url)]]) if url else None


def _offset(raw: str) -> int:
    """Read back where the next page begins; anything forged begins anew."""
    return min(int(raw), MOST_OFFSET) if raw.isascii() and raw.isdigit() and len(raw) < 10 else 0
