"""Reading an article in the chat: its pages, similar articles, and links for sharing it."""

import asyncio
from dataclasses import replace

from telegram import InlineKeyboardButton, Update

from bot.handlers.context import Context
from bot.handlers.replies import Reply, edit_or_send, key_of, reply, reply_in_place
from bot.messages import article_pages, articles, keyboards, links, markup, render
from bot.messages.callback_data import (
    ArticleLink,
    Fold,
    Read,
    ReadMore,
    SameStory,
    SearchLink,
    Share,
    Similar,
)
from bot.messages.render_context import RenderContext
from bot.storage import searches
from bot.storage.searches import ShownMessage
from corpus import Corpus
from corpus.dialogue import Search
from corpus.models import Article, ArticleText

MAX_SIMILAR = 5
MAX_SAME_STORY = 20


async def read(update: Update, context: Context, data: Read) -> str | None:
    """Show a page of an article; page -1 is the one with the passage that was found."""
    article = await asyncio.to_thread(context.corpus.article, data.article)
    if article is None:
        return context.t("answer.gone")
    page = await asyncio.to_thread(_page, context.view, article, data)
    message_id = await edit_or_send(update, context, page)
    await _note(update, context, message_id, data)
    return None


async def read_more(update: Update, context: Context, data: ReadMore) -> str | None:
    """Show all buttons below a page of an article, or two rows again."""
    article = await asyncio.to_thread(context.corpus.article, data.article)
    if article is None:
        return context.t("answer.gone")
    shown = Read(data.article, data.page, data.passage, data.search, data.offset)
    opened = data.fold is Fold.OPEN
    page = await asyncio.to_thread(_page, context.view, article, shown, opened=opened)
    await edit_or_send(update, context, page)
    return None


async def open_article(
    update: Update, context: Context, article_id: str, passage: int, *, origin: ShownMessage | None = None
) -> bool:
    """Open an article at a passage in a new message, as a deep link does; False if there is none.

    Args:
        update: The update to answer.
        context: The context of the update.
        article_id: Id of the article.
        passage: Ordinal of the passage to open.
        origin: The results or the list that led to it. Follow-up messages refer to it.
    """
    article = await asyncio.to_thread(context.corpus.article, article_id)
    # The corpus accepts paths too; a link from outside may only be an id.
    if article is None or article.article.id != article_id:
        return False
    search, offset = origin.back_target if origin else ("", 0)
    data = Read(article_id, -1, min(passage, len(article.passage_starts)), search, offset)
    page = await asyncio.to_thread(_page, context.view, article, data)
    sent = await reply_in_place(update, context, page)
    await _note(update, context, sent, data, origin)
    return True


async def send_source(update: Update, context: Context, article: Article, origin: ShownMessage) -> None:
    """Send the address of an article, or say that it has none and can be read here.

    Args:
        update: The update to answer.
        context: The context of the update.
        article: The article shown.
        origin: As for `open_article`.
    """
    view, t = context.view, context.t
    url = markup.address(article.url)
    where = markup.text(t("read.no_source"))
    if url:
        where = markup.join([markup.text(t("share.source")), markup.link(markup.text(url), url)], "\n")
    blocks = [
        markup.bold(articles.headline(article, view)),
        markup.text(articles.source_line(article, view)),
        where,
    ]
    search, offset = origin.back_target
    data = Read(article.id, 0, search=search, offset=offset)
    reading = keyboards.button(t("buttons.read"), data)
    buttons = keyboards.keyboard([[reading, *keyboards.page_button(article.id, 0, view)]])
    sent = await reply(update, context, Reply(markup.join(blocks, "\n"), buttons))
    await _note(update, context, key_of(sent), data, origin)


async def similar(update: Update, context: Context, data: Similar) -> str | None:
    """List articles similar to the one being read."""
    article = await asyncio.to_thread(context.corpus.article, data.article)
    if article is None:
        return context.t("answer.gone")
    found = await asyncio.to_thread(context.corpus.similar, data.article, limit=MAX_SIMILAR)
    if not found:
        return context.t("read.no_similar")
    view, t = context.view, context.t
    heading = t("read.similar", title=articles.title(article.article, view))
    back = [keyboards.button(t("buttons.back_list"), Read(data.article, 0, -1, data.search, data.offset))]
    buttons = keyboards.keyboard([*keyboards.number_buttons(found), back])
    await edit_or_send(update, context, Reply(articles.article_list(heading, found, view), buttons))
    return None


async def same_story(update: Update, context: Context, data: SameStory) -> str | None:
    """List the near-duplicates that were collapsed into one result."""
    search = context.read(searches.load, data.search)
    if search is None or data.offset < 0:
        return context.t("answer.forgotten")
    found = await asyncio.to_thread(_same_story, context.corpus, search, data.offset)
    if not found:
        return context.t("read.no_same_story")
    view = context.view
    buttons = keyboards.keyboard(
        [
            *([] if view.brief else keyboards.number_buttons(found)),
            keyboards.back(data.search, data.offset, view),
        ]
    )
    await edit_or_send(
        update, context, Reply(articles.article_list(context.t("read.same_story"), found, view), buttons)
    )
    return None


async def share(update: Update, context: Context, data: Share) -> str | None:
    """Send links for sharing: to the article at the passage, to the search, to the source.

    What is sent on is the article's page, where there is one: it opens for everybody.
    """
    article = await asyncio.to_thread(context.corpus.article, data.article)
    if article is None:
        return context.t("answer.gone")
    view, t = context.view, context.t
    passage = max(data.passage, 0)
    page = links.page_url(article.article.id, passage, view)
    here = links.deep_link(view.username, ArticleLink(article.article.id, passage))
    rows = [("share.page", page), ("share.article", here)]
    search = context.read(searches.load, data.search)
    if search is not None:
        rows.append(("share.search", links.deep_link(view.username, SearchLink(data.search))))
    rows.append(("share.source", markup.address(article.article.url)))
    blocks = [
        markup.join(
            [markup.bold(markup.text(t("share.title"))), markup.text(articles.title(article.article, view))],
            "\n",
        )
    ]
    blocks += [
        markup.join([markup.text(t(key)), markup.link(markup.text(url), url)], "\n")
        for key, url in rows
        if url
    ]
    outward = articles.share_url(article.article, page or here, view)
    buttons = [[InlineKeyboardButton(t("buttons.send_on"), url=outward)]] if outward else []
    await reply(update, context, Reply(markup.fit(blocks), keyboards.keyboard(buttons)))
    return None


def _same_story(corpus: Corpus, search: Search, offset: int) -> list[Article]:
    answer = corpus.ask(search.question, filters=search.filters, order=search.order, limit=1, offset=offset)
    ids = answer.hits[0].same_story[:MAX_SAME_STORY] if answer.hits else ()
    return [text.article for text in map(corpus.article, ids) if text is not None]


def _page(view: RenderContext, article: ArticleText, data: Read, *, opened: bool = False) -> Reply:
    """Return a page of an article. Blocks: for seconds, if the text has megabytes."""
    all_pages = article_pages.paginate(article)
    number = article_pages.page_of_passage(article, data.passage) if data.page < 0 else data.page
    number = min(number, len(all_pages) - 1)
    passage = data.passage if data.passage >= 0 else None
    citation = render.reference(article.article, view)
    return Reply(
        article_pages.render_page(article, number, view, passage=passage),
        keyboards.article_page(data, number, len(all_pages), citation, view, opened=opened),
        picture=article_pages.first_picture(article) if number == 0 else None,
    )


async def _note(
    update: Update, context: Context, message_id: int, data: Read, origin: ShownMessage | None = None
) -> None:
    """Remember what the message shows.

    A reply to it then asks this article, and a number refers to the results that led to it.
    """
    chat = update.effective_chat
    if chat is None:
        return
    before = context.read(searches.shown_in, chat.id, message_id)
    question_id, asked = (before.question_id, before.asked) if before else (None, None)
    shown = ShownMessage(chat.id, message_id, question_id, data.search, data.offset, data.article, asked)
    origin = origin or before
    if origin is not None and origin.back_target == (data.search, data.offset):
        shown = replace(
            shown, search=origin.search, offset=origin.offset, results=origin.results, page=origin.page
        )
    await context.remember_shown(shown)
