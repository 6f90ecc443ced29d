"""Inline mode: `@bot 关键词` in any chat shows cards of articles; a chosen card becomes a citation."""

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
from bot.messages import articles, keyboards, links, markup
from bot.messages.callback_data import ArticleLink
from bot.messages.markup import Html
from bot.messages.render_context import RenderContext
from bot.wording import plain_text
from bot.wording.answers import about_words
from bot.wording.excerpts import GAP, excerpt
from corpus import Corpus
from corpus.dialogue import Search, limit_hits
from corpus.models import Answer, AnswerKind, Article, Confidence, Filters, Hit

logger = logging.getLogger(__name__)

PAGE_SIZE = 20
MAX_NEAREST = 3
CACHE_SECONDS = 10
"""Long enough to delete a letter and type it again, short enough for an archive that grows."""

MAX_DESCRIPTION_UNITS = 200
MAX_QUOTE_UNITS = 700
MAX_OFFSET = 10_000
START_PARAMETER = "inline"


@dataclass(frozen=True, slots=True)
class InlineResults:
    """A page of results of an inline query.

    Attributes:
        hits: Hits of a search, or articles where the newest are listed.
        more: There are further results.
        answer: The answer of the corpus; None where the newest articles are listed.
    """

    hits: tuple[Hit | Article, ...]
    more: bool
    answer: Answer | None = None

    @property
    def sure(self) -> bool:
        """Whether the results are good enough to be offered."""
        return self.answer is None or self.answer.confidence is not Confidence.NONE

    def note(self, view: RenderContext) -> str:
        """Return what every card says before its source: that it may be about something else."""
        is_guess = self.answer is not None and self.answer.kind is AnswerKind.PASSAGE
        if is_guess and self.answer is not None and self.answer.confidence is Confidence.RELATED:
            return view.t("inline.related")
        return ""


async def query(update: Update, context: Context) -> None:
    """Answer an inline query with a page of cards, or with a button if nothing was found."""
    asked = update.inline_query
    if asked is None:
        return
    offset = _offset(asked.offset)
    view = context.view
    found = await asyncio.to_thread(find, context.corpus, asked.query, offset, context.chat.category)
    metrics = context.bot_data.metrics
    if metrics is not None and found.answer is not None and offset == 0:
        metrics.observe_answer(found.answer.confidence, found.answer.milliseconds / 1000, "inline")
    results = cards(found, view, context, offset=offset)
    button = None
    if offset == 0 and (not results or not found.sure):
        key = "inline.empty" if not asked.query.strip() else "inline.nothing"
        button = InlineQueryResultsButton(context.t(key), start_parameter=START_PARAMETER)
    try:
        await asked.answer(
            results,
            cache_time=CACHE_SECONDS,
            is_personal=True,  # language, default category and admission differ between people
            next_offset=str(offset + len(results)) if results and found.more else "",
            button=button,
        )
    except BadRequest as error:  # the person went on typing and the answer comes too late
        logger.info("an inline query could not be answered: %s", error.message)


def cards(
    found: InlineResults, view: RenderContext, context: Context, *, offset: int
) -> list[InlineQueryResultArticle]:
    """Return the cards of a page: what was found; else the nearest titles, which are called so."""
    if found.answer is not None and found.answer.about is not None:
        return [_about_card(about_words(found.answer.about, view.t, zone=view.zone))]
    if found.sure:
        return [result(hit, view, context, note=found.note(view)) for hit in found.hits]
    nearest = found.answer.nearest if found.answer is not None and not offset else ()
    note = view.t("inline.nearest")
    return [result(hit.article, view, context, note=note) for hit in nearest[:MAX_NEAREST]]


def _about_card(words: str) -> InlineQueryResultArticle:
    """Return a card that says something about the archive or the bot."""
    return InlineQueryResultArticle(
        id="about",
        title=plain_text.shorten(words, articles.MAX_TITLE_UNITS),
        input_message_content=InputTextMessageContent(markup.text(words), parse_mode=ParseMode.HTML),
    )


def find(corpus: Corpus, words: str, offset: int, category: str | None = None) -> InlineResults:
    """Search for the words; without words, list the newest articles."""
    if not words.strip():
        root = next(iter(corpus.find_categories(category)), None) if category else None
        page = corpus.latest(category=root, limit=PAGE_SIZE, offset=offset)
        return InlineResults(page.articles, more=offset + len(page.articles) < page.total)
    search = Search(words, Filters(category=category))
    answer = corpus.ask(words, filters=search.filters, limit=PAGE_SIZE, offset=offset)
    if answer.confidence is Confidence.RELATED and not offset:  # others only share a word
        good = limit_hits(answer, search, page_size=PAGE_SIZE, offset=0)
        is_cut = len(good.hits) < len(answer.hits)
        return InlineResults(good.hits, more=not is_cut and len(answer.hits) == PAGE_SIZE, answer=good)
    more = len(answer.hits) == PAGE_SIZE and offset + PAGE_SIZE < MAX_OFFSET
    return InlineResults(answer.hits, more, answer)


def result(
    hit: Hit | Article, view: RenderContext, context: Context, *, note: str = ""
) -> InlineQueryResultArticle:
    """Return a card: title, "note · outlet · date — sentence", the article's picture."""
    article = hit if isinstance(hit, Article) else hit.article
    passage = 0 if isinstance(hit, Article) else hit.passage.ordinal
    sentence = "" if isinstance(hit, Article) else _sentence(hit)
    source = " · ".join(part for part in (note, _source(article, view)) if part)
    description = " — ".join(part for part in (source, view.convert(sentence)) if part)
    ready = Reply(citation(hit, view), source=article.url)
    return InlineQueryResultArticle(
        id=article.id if isinstance(hit, Article) else hit.passage.id,
        title=articles.title(article, view),
        description=plain_text.shorten(plain_text.clean(description), MAX_DESCRIPTION_UNITS),
        thumbnail_url=_picture(article),
        input_message_content=InputTextMessageContent(
            ready.html,
            parse_mode=ParseMode.HTML,
            link_preview_options=preview_options(ready, context.chat.preview),
        ),
        reply_markup=read_button(article, passage, view),
    )


def citation(hit: Hit | Article, view: RenderContext) -> Html:
    """Return what a card inserts: linked title, outlet and date, the answering sentences quoted."""
    if isinstance(hit, Article):
        return markup.join([markup.bold(articles.headline(hit, view)), markup.text(_source(hit, view))], "\n")
    sentence = _sentence(hit)
    head = markup.bold(articles.headline(hit.article, view, hit.passage.ordinal, sentence))
    quote = markup.text(plain_text.shorten(view.convert(sentence), MAX_QUOTE_UNITS))
    lines = [head, markup.text(_source(hit.article, view)), markup.quotation(quote)]
    return markup.join(lines, "\n")


def _sentence(hit: Hit) -> str:
    """Return the answering sentences, or the first sentence of the passage if there are none."""
    shown = excerpt(hit.passage.text, hit.sentences, budget=0, title=hit.article.title)
    pieces = shown.pieces if any(piece.answers for piece in shown.pieces) else shown.pieces[:1]
    return " ".join("".join(piece.text for piece in pieces).removeprefix(GAP).split())


def _source(article: Article, view: RenderContext) -> str:
    """Return "outlet · date" with the date in full, since the message will be read on other days too."""
    # With the last possible day as today, no date is called today or yesterday.
    lasting = replace(view, today=date.max)
    parts = [article.author and view.convert(article.author), articles.day_words(article.published, lasting)]
    return plain_text.shorten(" · ".join(part for part in parts if part), articles.MAX_TITLE_UNITS)


def _picture(article: Article) -> str | None:
    """Return the address of an article's picture if Telegram can show it in a card (HTTPS only)."""
    address = markup.address(article.image)
    return address if address and urlsplit(address).scheme == "https" else None


def read_button(article: Article, passage: int, view: RenderContext) -> InlineKeyboardMarkup | None:
    """Return the buttons below a citation: they open the article in the chat with the bot, and its page."""
    url = links.deep_link(view.username, ArticleLink(article.id, passage))
    reading = [InlineKeyboardButton(view.t("buttons.read"), url=url)] if url else []
    return keyboards.keyboard([[*reading, *keyboards.page_button(article.id, passage, view)]])


def _offset(raw: str) -> int:
    """Read the offset of the next page; a forged value starts at the first page."""
    return min(int(raw), MAX_OFFSET) if raw.isascii() and raw.isdigit() and len(raw) < 10 else 0
