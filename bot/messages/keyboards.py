"""The buttons under messages. Pure: values → keyboards."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from bot.messages import callback_data, markup, render
from bot.messages.callback_data import (
    ArticleLink,
    Ask,
    Change,
    Latest,
    Narrow,
    Read,
    SameStory,
    Share,
    Similar,
    Subscribe,
    Suggestion,
    Tree,
    Verdict,
    Vote,
)
from bot.messages.callback_data import Page as ResultPage
from bot.messages.render import View
from corpus.dialogue import Search
from corpus.models import Answer, Article, ArticlePage, Category, Condition, Confidence, Filters, Hit, Order

LABEL_UNITS = 40
NUMBERS_PER_ROW = 5
BUTTONS_PER_ROW = 3
NODES_PER_PAGE = 30
MOST_SUGGESTIONS = 3

Row = list[InlineKeyboardButton]


def button(label: str, data: object) -> InlineKeyboardButton:
    """Make a button that sends a payload back."""
    return InlineKeyboardButton(
        markup.shorten(markup.clean(label), LABEL_UNITS), callback_data=callback_data.encode(data)
    )


def keyboard(rows: Iterable[Row]) -> InlineKeyboardMarkup | None:
    """Make a keyboard of the rows that are not empty; None without any."""
    filled = [row for row in rows if row]
    return InlineKeyboardMarkup(filled) if filled else None


def answer(
    found: Answer, search: Search, key: str, view: View, *, offset: int = 0, asked: int | None = None
) -> InlineKeyboardMarkup | None:
    """Return the buttons under an answer.

    Args:
        found: The answer shown, its hits from `offset` on.
        search: What was searched.
        key: Under which the search is stored.
        view: For whom.
        offset: Rank of the first hit.
        asked: Number of the question for votes, or None: no vote buttons.
    """
    votes = _votes(asked, view)
    if not found.hits or found.confidence is Confidence.NONE:
        return keyboard(
            [*_suggestions(found, key, view), _literal(found, key, view), _widen(search, key, view)]
        )
    if found.listing is not None:
        listed = [hit.article for hit in found.hits]
        turning = _turning(found, key, offset, view)
        suggested = _suggestions(found, key, view) if found.unmet else []
        return keyboard([*suggested, *numbers(listed, offset), turning, _widen(search, key, view), votes])
    first = found.hits[0]
    about, turning = _about(found, key, offset, view), _turning(found, key, offset, view)
    rows = [*(_suggestions(found, key, view) if found.unmet else []), _literal(found, key, view)]
    rows += (
        [about + turning]
        if len(turning) < 2 and len(about) + len(turning) <= BUTTONS_PER_ROW
        else [about, turning]
    )
    if not view.brief:
        rows += [_narrowing(found, search, key, first, view), _keeping(first, search, key, view)]
    return keyboard([*rows, votes])


def _about(found: Answer, key: str, offset: int, view: View) -> Row:
    row: Row = []
    hit = found.hits[0]
    article, passage = hit.article.id, hit.passage.ordinal
    if view.brief:
        url = render.deep_link(view.username, ArticleLink(article, passage))
        if url:
            row.append(InlineKeyboardButton(view.t("buttons.read"), url=url))
    else:
        row.append(button(view.t("buttons.read"), Read(article, -1, passage, key, offset)))
    if hit.more_in_article and not found.filters.article and not view.brief:
        # Not how many: passages count that hold any word of the question, so a long article would boast.
        row.append(button(view.t("buttons.more_in_article"), Change(key, Narrow.ARTICLE, article)))
    if hit.same_story:
        label = view.t("buttons.same_story", count=len(hit.same_story))
        row.append(button(label, SameStory(key, offset)))
    return row


def _turning(found: Answer, key: str, offset: int, view: View) -> Row:
    row: Row = []
    t, size = view.t, view.page_size
    if offset:
        label = t("buttons.previous_one") if view.brief else t("buttons.previous")
        row.append(button(label, ResultPage(key, max(offset - size, 0))))
    if offset + len(found.hits) < found.total:
        label = t("buttons.next_one") if view.brief else t("buttons.next")
        row.append(button(label, ResultPage(key, offset + len(found.hits))))
    return row


def _narrowing(found: Answer, search: Search, key: str, hit: Hit, view: View) -> Row:
    t, article, row = view.t, hit.article, Row()
    if found.total > 1 and not found.filters.article:
        if search.order is Order.RELEVANCE:
            row.append(button(t("buttons.newest"), Change(key, Narrow.NEWEST, article.id)))
        else:
            row.append(button(t("buttons.relevant"), Change(key, Narrow.RELEVANT, article.id)))
        if article.categories and not found.filters.category:
            label = t("buttons.only_category", category=view.convert(article.categories[0]))
            row.append(button(label, Change(key, Narrow.CATEGORY, article.id)))
        if article.published and not (found.filters.since or found.filters.until):
            row.append(button(_month_label(article, view), Change(key, Narrow.MONTH, article.id)))
    return row + _widen(search, key, view)


def _widen(search: Search, key: str, view: View) -> Row:
    """Offer to drop what buttons have added; what was typed as syntax stays, the reader can edit it."""
    if search.filters == Filters():
        return []
    label = view.t("buttons.whole_archive" if search.filters.article else "buttons.everything")
    return [button(label, Change(key, Narrow.EVERYTHING, ""))]


def _keeping(hit: Hit, search: Search, key: str, view: View) -> Row:
    t = view.t
    # New articles are no part of the one that was searched.
    subscribing = [] if search.filters.article else [button(t("buttons.subscribe"), Subscribe(key))]
    return [
        *subscribing,
        InlineKeyboardButton(t("buttons.copy"), copy_text=CopyTextButton(render.citation(hit, view))),
        button(t("buttons.share"), Share(hit.article.id, hit.passage.ordinal, key)),
    ]


def _votes(asked: int | None, view: View) -> Row:
    if asked is None:
        return []
    return [
        button(view.t("buttons.good"), Vote(asked, Verdict.GOOD)),
        button(view.t("buttons.bad"), Vote(asked, Verdict.BAD)),
    ]


def _literal(found: Answer, key: str, view: View) -> Row:
    if not found.corrected or any(each.condition is Condition.PHRASE for each in found.unmet):
        return []
    label = view.t("buttons.literal", question=render.echo(found.question))
    return [button(label, Change(key, Narrow.LITERAL, ""))]


def _suggestions(found: Answer, key: str, view: View) -> list[Row]:
    return [
        [button(suggestion, Suggestion(key, index))]
        for index, suggestion in enumerate(found.suggestions[:MOST_SUGGESTIONS])
        if markup.clean(suggestion).strip()
    ]


def _month_label(article: Article, view: View) -> str:
    assert article.published is not None  # noqa: S101 — the caller looked
    local = article.published.astimezone(view.zone).date()
    if (local.year, local.month) == (view.today.year, view.today.month):
        return view.t("buttons.this_month")
    return view.t("buttons.only_month", month=render.month_words(local, view.t))


def examples(questions: Sequence[tuple[str, str]]) -> list[Row]:
    """Return a button for each question, given with the key of its search."""
    return [[button(question, Ask(key))] for question, key in questions]


def numbers(articles: Sequence[Article], offset: int = 0) -> list[Row]:
    """Return buttons with the numbers of a list, each of which opens an article."""
    row = [button(str(n), Read(article.id, 0)) for n, article in enumerate(articles, offset + 1)]
    return [row[start : start + NUMBERS_PER_ROW] for start in range(0, len(row), NUMBERS_PER_ROW)]


def latest(
    page: ArticlePage, category: Category | None, view: View, *, offset: int, size: int
) -> InlineKeyboardMarkup | None:
    """Return the buttons under a list of the newest articles."""
    node = category.id if category else ""
    turning: Row = []
    if offset:
        turning.append(button(view.t("buttons.previous"), Latest(node, max(offset - size, 0), size)))
    if offset + len(page.articles) < page.total:
        turning.append(button(view.t("buttons.next"), Latest(node, offset + len(page.articles), size)))
    up = [button(view.t("buttons.categories"), Tree(node if category and category.children else ""))]
    opening = [] if view.brief else numbers(page.articles, offset)
    return keyboard([*opening, turning, up])


def category(
    node: Category | None,
    children: Sequence[Category],
    view: View,
    *,
    total: int,
    parent: str = "",
    offset: int = 0,
) -> InlineKeyboardMarkup | None:
    """Return a level of the category tree as buttons, two a row, 30 a page.

    Args:
        node: The category whose children are shown; None: the top.
        children: What is below it.
        view: For whom.
        total: How many articles there are at and below it.
        parent: Id of the node above, empty for the top.
        offset: Of the first child shown.
    """
    t = view.t
    shown = children[offset : offset + NODES_PER_PAGE]
    nodes = [button(node_label(child, view), _into(child)) for child in shown]
    here = node.id if node else ""
    everything = button(t("buttons.all_articles", count=total), Latest(here, 0))
    turning: Row = []
    if offset:
        turning.append(button(t("buttons.previous"), Tree(here, max(offset - NODES_PER_PAGE, 0))))
    if offset + NODES_PER_PAGE < len(children):
        turning.append(button(t("buttons.next"), Tree(here, offset + NODES_PER_PAGE)))
    up = [button(t("buttons.up"), Tree(parent))] if node else []
    return keyboard([[everything], *(nodes[at : at + 2] for at in range(0, len(nodes), 2)), turning, up])


def node_label(node: Category, view: View) -> str:
    """Name a category with its number of articles; a long name gives way to the number."""
    count = view.t("buttons.node", name="", count=node.articles)
    name = markup.shorten(markup.clean(view.convert(node.name)), LABEL_UNITS - markup.units(count))
    return view.t("buttons.node", name=name, count=node.articles)


def _into(node: Category) -> Tree | Latest:
    return Tree(node.id) if node.children else Latest(node.id, 0)


def choices(nodes: Sequence[Category], view: View) -> InlineKeyboardMarkup | None:
    """Return the places in which an ambiguous category name stands, one a row."""
    rows = []
    for node in nodes[:NODES_PER_PAGE]:
        label = view.t("buttons.node", name=view.convert(" › ".join(node.path)), count=node.articles)
        rows.append([button(label, _into(node))])
    return keyboard(rows)


def reading(read: Read, number: int, pages: int, citation: str, view: View) -> InlineKeyboardMarkup | None:
    """Return the buttons under a page of an article.

    Args:
        read: What led here; its search is the way back.
        number: The page shown, from 0.
        pages: How many there are.
        citation: For copying.
        view: For whom.
    """
    t = view.t
    turning: Row = []
    if number:
        turning.append(button(t("buttons.previous"), _at(read, number - 1)))
    if number + 1 < pages:
        turning.append(button(t("buttons.next"), _at(read, number + 1)))
    other = [
        button(t("buttons.similar"), Similar(read.article, read.search, read.offset)),
        InlineKeyboardButton(t("buttons.copy"), copy_text=CopyTextButton(citation)),
        button(t("buttons.share"), Share(read.article, max(read.passage, 0), read.search)),
    ]
    return keyboard([turning, other, back(read.search, read.offset, view)])


def back(key: str, offset: int, view: View) -> Row:
    """Return the button that leads back to the results, if one came from there."""
    return [button(view.t("buttons.back"), ResultPage(key, offset))] if key else []


def _at(read: Read, page: int) -> Read:
    return Read(read.article, page, read.passage, read.search, read.offset)


def month_of(article: Article, view: View) -> Filters:
    """Return the month of an article, in the reader's zone, as filters; none where it has no date."""
    if article.published is None:
        return Filters()
    first = article.published.astimezone(view.zone).date().replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return Filters(since=first, until=following - timedelta(days=1))
