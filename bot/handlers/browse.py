"""Looking around without a question: /latest and /category, and the words 最新 and 分类."""

import asyncio
import re
from dataclasses import dataclass

from telegram import Update

from bot.handlers import replies
from bot.handlers.context import Context
from bot.handlers.replies import Reply, reply
from bot.messages import keyboards, markup, render
from bot.messages.callback_data import Latest, Tree
from bot.messages.render import View
from bot.storage import searches
from bot.storage.searches import ShownMessage, ShownResult
from corpus import Corpus
from corpus.dialogue import Search
from corpus.models import ArticlePage, Category, Filters, Order
from corpus.text import fold, single_spaced

PAGE = 10
PAGE_IN_GROUP = 5
MOST = 20
"""Articles a page; more would not be one screen."""

MAX_ALIAS = 200
"""Characters; a longer message is a question, whatever it begins with."""

# These read text whose blanks are single spaces.
_LATEST = re.compile("最新(?:文章|消息)?(?: (?P<rest>.+))?")
_CATEGORY = re.compile("(?:全部)?分类(?: (?P<rest>.+))?")
_NUMBER_BEHIND = re.compile("(?:^| )(?P<number>[0-9]{1,4}) ?[篇条]?$")
_NUMBER_BEFORE = re.compile(r"(?P<number>\d{1,4})(?: ?[篇条] ?| )(?P<name>[^ ].*)")


@dataclass(frozen=True, slots=True)
class _Newest:
    """A page of the newest articles, of a category or of all.

    Attributes:
        offset: Rank, from 0, of its first article.
        size: Articles a page.
    """

    node: Category | None
    page: ArticlePage
    offset: int
    size: int

    def rendered(self, view: View) -> Reply:
        buttons = keyboards.latest(self.page, self.node, view, offset=self.offset, size=self.size)
        return Reply(render.latest(self.page, self.node, view, offset=self.offset), buttons)


async def latest(update: Update, context: Context) -> None:
    """List the newest articles: /latest [category] [number]."""
    await _latest(update, context, " ".join(context.args or ()))


async def category(update: Update, context: Context) -> None:
    """Show the tree of categories, or what stands in one: /category [name]."""
    await _category(update, context, " ".join(context.args or ()))


async def alias(update: Update, context: Context, text: str) -> bool:
    """Deal with the Chinese words for these commands, in either script.

    「最新 …」 and 「分类 …」 with anything but a known category or a number behind them are questions.

    Returns:
        Whether the text was one of them.
    """
    text = single_spaced(text)
    if len(text) > MAX_ALIAS:
        return False
    folded = single_spaced(fold(text))
    for pattern, show in ((_LATEST, _latest), (_CATEGORY, _category)):
        match = pattern.fullmatch(folded)
        if match is None:
            continue
        rest = match["rest"] or ""
        name, _, found = await asyncio.to_thread(_understand, context.corpus, rest)
        if found or not name:
            await show(update, context, rest)
            return True
    return False


async def latest_page(update: Update, context: Context, data: Latest) -> str | None:
    """Turn to another page of the newest articles."""
    node = await _node(context, data.category)
    if data.offset < 0 or (data.category and node is None):
        return context.t("answer.gone")
    size = min(max(data.size, 1), MOST)
    newest = await _page(context, node, data.offset, size)
    if newest is None:
        return context.t("answer.no_more")
    await _note(update, context, await replies.turn(update, context, newest.rendered(context.view)), newest)
    return None


async def tree(update: Update, context: Context, data: Tree) -> str | None:
    """Show another level of the tree."""
    node = await _node(context, data.category)
    if data.offset < 0 or (data.category and node is None):
        return context.t("answer.gone")
    await replies.turn(update, context, await _level(context, node, data.offset))
    return None


async def show_category(update: Update, context: Context, category_id: str) -> bool:
    """Show a category named by id, as a deep link does; False if there is none."""
    node = await _node(context, category_id)
    if node is None:
        return False
    await _show(update, context, node)
    return True


async def _latest(update: Update, context: Context, words: str) -> None:
    name, number, found = await asyncio.to_thread(_understand, context.corpus, words)
    size = min(max(number, 1), MOST) if number is not None else _usual_size(context)
    if name and len(found) != 1:
        await _which(update, context, name, found)
    else:
        await _send_first(update, context, found[0] if name else None, size)


async def _category(update: Update, context: Context, name: str) -> None:
    if not name.strip():
        await reply(update, context, await _level(context, None, 0))
        return
    found = await asyncio.to_thread(context.corpus.find_categories, name)
    if len(found) == 1:
        await _show(update, context, found[0])
    else:
        await _which(update, context, name, found)


async def _show(update: Update, context: Context, node: Category) -> None:
    """Show what is below a category: its own branches, or its articles."""
    if node.children:
        await reply(update, context, await _level(context, node, 0))
    else:
        await _send_first(update, context, node, _usual_size(context))


async def _which(update: Update, context: Context, name: str, found: tuple[Category, ...]) -> None:
    t, name = context.t, render.echo(name)
    if found:
        ready = Reply(markup.text(t("latest.which", name=name)), keyboards.choices(found, context.view))
    else:
        text = markup.text(t("latest.no_category", name=name))
        ready = Reply(text, (await _level(context, None, 0)).keyboard)
    await reply(update, context, ready)


async def _send_first(update: Update, context: Context, node: Category | None, size: int) -> None:
    if not await _send_page(update, context, node, size):
        await reply(update, context, markup.text(context.t("latest.none")))


async def more(
    update: Update, context: Context, search: Search, *, offset: int, size: int, back: bool
) -> None:
    """Send what follows or (`back`) precedes a page of the newest articles."""
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
    """Send a page of the newest articles; False: there is none at that place."""
    newest = await _page(context, node, offset, size)
    if newest is None:
        return False
    sent = await reply(update, context, newest.rendered(context.view))
    await _note(update, context, sent.message_id, newest)
    return True


async def _page(context: Context, node: Category | None, offset: int, size: int) -> _Newest | None:
    """Return a page of the newest articles; None when there is none at that place."""
    page = await asyncio.to_thread(context.corpus.latest, category=node, limit=size, offset=offset)
    return _Newest(node, page, offset, size) if page.articles else None


async def _note(update: Update, context: Context, message_id: int, newest: _Newest) -> None:
    """Note what the message lists, for 还有吗 and for numbers, with a search without words."""
    chat, category = update.effective_chat, "/".join(newest.node.path) if newest.node else None
    key = await context.save_search(Search("", Filters(category=category), Order.NEWEST))
    if chat is None or key is None:
        return
    places = tuple(ShownResult(article.id) for article in newest.page.articles)
    shown = ShownMessage(chat.id, message_id, None, key, newest.offset, results=places, page=newest.size)
    await context.write(searches.save_shown, shown, context.now())


async def _node(context: Context, category_id: str) -> Category | None:
    return await asyncio.to_thread(context.corpus.category, category_id) if category_id else None


async def _level(context: Context, node: Category | None, offset: int) -> Reply:
    corpus, view = context.corpus, context.view
    roots = await asyncio.to_thread(corpus.categories)
    # At the top also those that stand in no category count.
    total = node.articles if node else (await asyncio.to_thread(corpus.latest, limit=1)).total
    if not total:
        return Reply(markup.text(context.t("category.none")))
    parent = _parent(node, roots) if node else ""
    children = node.children if node else roots
    buttons = keyboards.category(node, children, view, total=total, parent=parent, offset=offset)
    return Reply(render.category(node, total, view), buttons)


def _parent(node: Category, roots: tuple[Category, ...]) -> str:
    """Return the id of the node above, empty for a root."""
    above: tuple[Category, ...] = roots
    parent = ""
    for depth in range(1, len(node.path)):
        found = next((one for one in above if one.path == node.path[:depth]), None)
        if found is None:
            return parent
        parent, above = found.id, found.children
    return parent


def _understand(corpus: Corpus, words: str) -> tuple[str, int | None, tuple[Category, ...]]:
    """What was typed after /latest: a name, a number, and the categories of that name.

    The number stands behind the name; before it where only the rest names a category (3 金融, but 90 后).
    """
    name, number = _split(words)
    found = corpus.find_categories(name)
    first = _NUMBER_BEFORE.fullmatch(name)
    if found or number is not None or first is None:
        return name, number, found
    behind = corpus.find_categories(first["name"])
    return (first["name"], int(first["number"]), behind) if behind else (name, None, ())


def _split(words: str) -> tuple[str, int | None]:
    """Take a number from the end of what was typed: 「金融 5」 → 金融, 5.

    >>> _split("金融 5"), _split("20"), _split("新浪 财经")
    (('金融', 5), ('', 20), ('新浪 财经', None))
    """
    words = single_spaced(words)
    match = _NUMBER_BEHIND.search(words)
    return (words[: match.start()], int(match["number"])) if match else (words, None)


def _usual_size(context: Context) -> int:
    return PAGE_IN_GROUP if context.view.brief else PAGE
