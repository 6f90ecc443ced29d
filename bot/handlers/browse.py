"""Browsing: /latest and /category, and their Chinese aliases 最新 and 分类."""

import asyncio
import re
from dataclasses import dataclass
from typing import NamedTuple

from telegram import Update

from bot.handlers import replies
from bot.handlers.context import Context
from bot.handlers.replies import Reply, reply
from bot.messages import articles, keyboards, markup
from bot.messages.callback_data import Latest, Tree
from bot.messages.render_context import RenderContext
from bot.storage.searches import ShownMessage, ShownResult
from bot.wording import plain_text
from corpus import Corpus
from corpus.dialogue import Search
from corpus.models import ArticlePage, Category, Filters, Order
from corpus.text import fold, single_spaced

PAGE_SIZE = 10
GROUP_PAGE_SIZE = 5
MAX_PAGE_SIZE = 20
"""Articles on a page; more would not fit one screen."""

MAX_ALIAS_CHARS = 200
"""A longer message is a question, whatever it begins with."""

# These patterns expect text whose blanks are single spaces.
_LATEST = re.compile("最新(?:文章|消息)?(?: (?P<rest>.+))?")
_CATEGORY = re.compile("(?:全部)?分类(?: (?P<rest>.+))?")
_NUMBER_BEHIND = re.compile("(?:^| )(?P<number>[0-9]{1,4}) ?[篇条]?$")
_ENCLOSING = " （）()【】[]〔〕「」『』《》〈〉“”\"'"
"""What people put around the name of a category."""

_NUMBER_BEFORE = re.compile(r"(?P<number>\d{1,4})(?: ?[篇条] ?| )(?P<name>[^ ].*)")


class _Wanted(NamedTuple):
    """What was asked of /latest: the name and number typed, and the categories of that name."""

    name: str
    number: int | None
    categories: tuple[Category, ...]


@dataclass(frozen=True, slots=True)
class _LatestPage:
    """A page of the newest articles, of a category or of all.

    Attributes:
        node: The category; None for all articles.
        page: The articles.
        offset: Rank of the first article, from 0.
        size: Articles on a page.
    """

    node: Category | None
    page: ArticlePage
    offset: int
    size: int

    def rendered(self, view: RenderContext) -> Reply:
        buttons = keyboards.latest(self.page, self.node, view, offset=self.offset, size=self.size)
        return Reply(articles.latest_list(self.page, self.node, view, offset=self.offset), buttons)


async def latest(update: Update, context: Context) -> None:
    """List the newest articles: `/latest [category] [number]`."""
    await _latest(update, context, " ".join(context.args or ()))


async def category(update: Update, context: Context) -> None:
    """Show the category tree, or the newest articles of one category: `/category [name]`."""
    await _category(update, context, " ".join(context.args or ()))


async def top(update: Update, context: Context) -> None:
    """Show the roots of the category tree."""
    await _category(update, context, "")


async def alias(update: Update, context: Context, text: str) -> bool:
    """Answer the Chinese aliases of these commands, in either script.

    「最新 …」 and 「分类 …」 are aliases only if a known category or a number follows, or nothing.

    Returns:
        Whether the text was an alias and has been answered.
    """
    text = single_spaced(text)
    if len(text) > MAX_ALIAS_CHARS:
        return False
    folded = single_spaced(fold(text))
    for pattern, show in ((_LATEST, _latest), (_CATEGORY, _category)):
        match = pattern.fullmatch(folded)
        if match is None:
            continue
        rest = match["rest"] or ""
        wanted = await asyncio.to_thread(_parse_words, context.corpus, rest)
        if wanted.categories or not wanted.name:
            await show(update, context, rest)
            return True
    return False


async def latest_page(update: Update, context: Context, data: Latest) -> str | None:
    """Turn to another page of the newest articles."""
    node = await _node(context, data.category)
    if data.offset < 0 or (data.category and node is None):
        return context.t("answer.gone")
    size = min(max(data.size, 1), MAX_PAGE_SIZE)
    newest = await _page(context, node, data.offset, size)
    if newest is None:
        return context.t("answer.no_more")
    await _note(
        update, context, await replies.edit_or_send(update, context, newest.rendered(context.view)), newest
    )
    return None


async def tree(update: Update, context: Context, data: Tree) -> str | None:
    """Show another level of the tree."""
    node = await _node(context, data.category)
    if data.offset < 0 or (data.category and node is None):
        return context.t("answer.gone")
    await replies.edit_or_send(update, context, await _level(context, node, data.offset))
    return None


async def show_category(update: Update, context: Context, category_id: str) -> bool:
    """Show the category of an id, as a deep link does; False if there is none."""
    node = await _node(context, category_id)
    if node is None:
        return False
    await _show(update, context, node)
    return True


async def _latest(update: Update, context: Context, words: str) -> None:
    wanted = await asyncio.to_thread(_parse_words, context.corpus, words)
    size = _default_size(context) if wanted.number is None else min(max(wanted.number, 1), MAX_PAGE_SIZE)
    if wanted.name and len(wanted.categories) != 1:
        await _ask_which(update, context, wanted.name, wanted.categories)
    else:
        await _send_first(update, context, wanted.categories[0] if wanted.name else None, size)


async def _category(update: Update, context: Context, name: str) -> None:
    name = name.strip(_ENCLOSING)
    if not name:
        await reply(update, context, await _level(context, None, 0))
        return
    found = await asyncio.to_thread(context.corpus.find_categories, name)
    if len(found) == 1:
        await _show(update, context, found[0])
    else:
        await _ask_which(update, context, name, found)


async def _show(update: Update, context: Context, node: Category) -> None:
    """Show the newest articles of a category, with its parts as buttons."""
    await _send_first(update, context, node, _default_size(context))


async def _ask_which(update: Update, context: Context, name: str, found: tuple[Category, ...]) -> None:
    t, name = context.t, plain_text.echo(name)
    if found:
        ready = Reply(
            markup.text(t("latest.which", name=name)), keyboards.category_choices(found, context.view)
        )
    else:
        text = markup.text(t("latest.no_category", name=name))
        ready = Reply(text, (await _level(context, None, 0)).keyboard)
    await reply(update, context, ready)


async def _send_first(update: Update, context: Context, node: Category | None, size: int) -> None:
    if not await _send_page(update, context, node, size):
        await reply(update, context, markup.text(context.t("latest.none")))


async def turn_page(
    update: Update, context: Context, search: Search, *, offset: int, size: int, back: bool
) -> None:
    """Send the page of newest articles that follows the one at `offset`, or precedes it if `back`."""
    node = await _category_of(context, search)
    offset = max(offset - size, 0) if back else offset + size
    if not await _send_page(update, context, node, size, offset):
        await reply(update, context, markup.text(context.t("answer.end")))


async def _category_of(context: Context, search: Search) -> Category | None:
    names = search.filters.category
    found = await asyncio.to_thread(context.corpus.find_categories, names) if names else ()
    return next(iter(found), None)


async def _send_page(
    update: Update, context: Context, node: Category | None, size: int, offset: int = 0
) -> bool:
    """Send a page of the newest articles; False if there is none at that offset."""
    newest = await _page(context, node, offset, size)
    if newest is None:
        return False
    sent = await replies.reply_in_place(update, context, newest.rendered(context.view))
    await _note(update, context, sent, newest)
    return True


async def _page(context: Context, node: Category | None, offset: int, size: int) -> _LatestPage | None:
    """Return a page of the newest articles; None if there is none at that offset."""
    page = await asyncio.to_thread(context.corpus.latest, category=node, limit=size, offset=offset)
    return _LatestPage(node, page, offset, size) if page.articles else None


async def _note(update: Update, context: Context, message_id: int, newest: _LatestPage) -> None:
    """Remember what the message lists, so that 还有吗 and numbers refer to it.

    The stored search has no words, only the category.
    """
    chat, category = update.effective_chat, "/".join(newest.node.path) if newest.node else None
    key = await context.save_search(Search("", Filters(category=category), Order.NEWEST))
    if chat is None or key is None:
        return
    places = tuple(ShownResult(article.id) for article in newest.page.articles)
    shown = ShownMessage(chat.id, message_id, None, key, newest.offset, results=places, page=newest.size)
    await context.remember_shown(shown)


async def _node(context: Context, category_id: str) -> Category | None:
    return await asyncio.to_thread(context.corpus.category, category_id) if category_id else None


async def _level(context: Context, node: Category | None, offset: int) -> Reply:
    corpus, view = context.corpus, context.view
    roots = await asyncio.to_thread(corpus.categories)
    # At the top, articles without a category count too.
    total = node.articles if node else (await asyncio.to_thread(corpus.latest, limit=1)).total
    if not total:
        return Reply(markup.text(context.t("category.none")))
    parent = _parent(node, roots) if node else ""
    children = node.children if node else roots
    buttons = keyboards.category(node, children, view, total=total, parent=parent, offset=offset)
    return Reply(articles.category_heading(node, total, view), buttons)


def _parent(node: Category, roots: tuple[Category, ...]) -> str:
    """Return the id of the parent node, empty for a root."""
    above: tuple[Category, ...] = roots
    parent = ""
    for depth in range(1, len(node.path)):
        found = next((one for one in above if one.path == node.path[:depth]), None)
        if found is None:
            return parent
        parent, above = found.id, found.children
    return parent


def _parse_words(corpus: Corpus, words: str) -> _Wanted:
    """Read what was typed after /latest.

    The number stands behind the name. It may also stand before the name if only the rest is the name of a
    category (3 金融, but not 90 后).
    """
    name, number = _split_number(words.strip(_ENCLOSING))
    name = name.strip(_ENCLOSING)
    found = corpus.find_categories(name)
    first = _NUMBER_BEFORE.fullmatch(name)
    if found or number is not None or first is None:
        return _Wanted(name, number, found)
    rest = corpus.find_categories(first["name"])
    return _Wanted(first["name"], int(first["number"]), rest) if rest else _Wanted(name, None, ())


def _split_number(words: str) -> tuple[str, int | None]:
    """Split a number off the end of what was typed.

    >>> _split_number("金融 5"), _split_number("20"), _split_number("新浪 财经")
    (('金融', 5), ('', 20), ('新浪 财经', None))
    """
    words = single_spaced(words)
    match = _NUMBER_BEHIND.search(words)
    return (words[: match.start()], int(match["number"])) if match else (words, None)


def _default_size(context: Context) -> int:
    return GROUP_PAGE_SIZE if context.view.brief else PAGE_SIZE
