"""Buttons below messages. Pure: values → keyboards."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from bot.messages import callback_data, links, render
from bot.messages.callback_data import (
    ArticleLink,
    Ask,
    Change,
    Fold,
    Latest,
    More,
    Narrow,
    Read,
    ReadMore,
    SameStory,
    Share,
    Similar,
    Subscribe,
    Suggestion,
    Tree,
    Verdict,
    Vote,
)
from bot.messages.callback_data import ResultPage as ResultPage
from bot.messages.render_context import RenderContext
from bot.wording import dates, plain_text
from corpus.dialogue import Search, list_size
from corpus.models import (
    Answer,
    AnswerKind,
    Article,
    ArticlePage,
    Category,
    Condition,
    Confidence,
    Filters,
    Hit,
    Order,
)
from corpus.question import without_filters

MAX_LABEL_UNITS = 40
MAX_ROWS = 2
"""Rows of buttons below an answer; a third one pushes the answer off the screen of a phone."""

NUMBERS_PER_ROW = 8
BUTTONS_PER_ROW = 3
MAX_PER_ROW = 4
NODES_PER_PAGE = 30
MAX_PARTS = 8
"""Parts of a category that stand below its newest articles."""

MAX_SUGGESTIONS = 3

Row = list[InlineKeyboardButton]


def button(label: str, data: object) -> InlineKeyboardButton:
    """Return a button that sends a payload back."""
    return InlineKeyboardButton(
        plain_text.shorten(plain_text.clean(label), MAX_LABEL_UNITS), callback_data=callback_data.encode(data)
    )


def keyboard(rows: Iterable[Row]) -> InlineKeyboardMarkup | None:
    """Return a keyboard of the rows that are not empty; None if all are."""
    filled = [row for row in rows if row]
    return InlineKeyboardMarkup(filled) if filled else None


def answer(
    found: Answer,
    search: Search,
    key: str,
    view: RenderContext,
    *,
    offset: int = 0,
    asked: int | None = None,
    alone: str | None = None,
    opened: bool = False,
) -> InlineKeyboardMarkup | None:
    """Return the buttons below an answer: two rows, and the others behind one of them.

    Args:
        found: The answer shown, its hits from `offset` on.
        search: What was searched.
        key: Key of the stored search.
        view: For whom.
        offset: Rank of the first hit.
        asked: Number of the question for votes; None for no vote buttons.
        alone: Key of the question as one of its own, where it was read with another; None: it was not.
        opened: Whether all buttons are shown.
    """
    asking_alone = _alone(found, alone, view)
    if found.kind is AnswerKind.ABOUT:
        return None if asking_alone is None else keyboard([asking_alone])
    is_found = bool(found.hits) and found.confidence is not Confidence.NONE
    if not is_found:
        rows = _nothing_found(found, search, key, view)
    elif found.listing is not None:
        rows = _listed(found, search, key, view, offset=offset, asked=asked)
    else:
        rows = _results(found, search, key, view, offset=offset, asked=asked)
    folding = More(key, offset, Fold.CLOSED if opened else Fold.OPEN, alone or "", int(is_found))
    return keyboard(_folded([asking_alone, *rows], folding, view))


def _folded(rows: Iterable[Row], folding: More | ReadMore, view: RenderContext) -> list[Row]:
    """Return two rows of buttons with one that shows the others; or all rows, with one that hides them."""
    filled = [row for row in rows if row]
    if len(filled) <= MAX_ROWS or not view.folds:
        return filled
    if folding.fold is Fold.CLOSED:
        return [*filled, [button(view.t("buttons.less"), folding)]]
    return [*filled[: MAX_ROWS - 1], [*filled[MAX_ROWS - 1], button(view.t("buttons.more"), folding)]]


def _nothing_found(found: Answer, search: Search, key: str, view: RenderContext) -> list[Row]:
    dropping = _drop_filters(found, search, key, view)
    return [
        *_suggestions(found, key, view),
        _literal(found, key, view),
        dropping or _widen(search, key, view),
    ]


def _listed(
    found: Answer, search: Search, key: str, view: RenderContext, *, offset: int, asked: int | None
) -> list[Row]:
    listed = [hit.article for hit in found.hits]
    suggested = _suggestions(found, key, view) if found.unmet else []
    opening = [*suggested, *number_buttons(listed, offset, turning=_turning(found, key, offset, view))]
    votes = _votes(asked, view)
    if found.listing is None or found.listing.topic is None or view.brief:
        return [*opening, votes, _widen(search, key, view)]
    narrowing = _narrowing(found, search, key, found.hits[0], view)
    subscribing = [button(view.t("buttons.subscribe"), Subscribe(key))]
    if len(opening[-1]) < BUTTONS_PER_ROW:
        opening[-1], narrowing = opening[-1] + narrowing[:1], narrowing[1:]
    return [*opening, votes, narrowing, subscribing]


def _results(
    found: Answer, search: Search, key: str, view: RenderContext, *, offset: int, asked: int | None
) -> list[Row]:
    """Return the buttons below passages, those that are used most in the first two rows."""
    first = found.hits[0]
    about, turning = _about(found, key, offset, view), _turning(found, key, offset, view)
    main = [*about[: BUTTONS_PER_ROW - len(turning)], *turning]
    rest = about[BUTTONS_PER_ROW - len(turning) :]
    votes = _votes(asked, view)
    rows = [*(_suggestions(found, key, view) if found.unmet else []), _literal(found, key, view)]
    if view.brief:
        return [*rows, main, votes, *_split(rest)]
    narrowing, keeping = _narrowing(found, search, key, first, view), _keeping(first, search, key, view)
    room = BUTTONS_PER_ROW - len(main)
    main, rest = main + narrowing[:room], rest + narrowing[room:]
    if not votes:
        return [*rows, main, *_split(rest), keeping]
    *others, sharing = keeping
    return [*rows, main, [*votes, sharing], *_split(rest), others]


def _split(row: Row) -> list[Row]:
    return [row[at : at + MAX_PER_ROW] for at in range(0, len(row), MAX_PER_ROW)]


def _alone(found: Answer, key: str | None, view: RenderContext) -> Row:
    """Offer to ask a question by itself that was read with what went before it."""
    if key is None:
        return []
    return [button(view.t("buttons.alone", question=plain_text.echo(found.question)), Ask(key))]


def _about(found: Answer, key: str, offset: int, view: RenderContext) -> Row:
    row: Row = []
    hit = found.hits[0]
    article, passage = hit.article.id, hit.passage.ordinal
    if view.brief:
        url = links.deep_link(view.username, ArticleLink(article, passage))
        if url:
            row.append(InlineKeyboardButton(view.t("buttons.read"), url=url))
    else:
        row.append(button(view.t("buttons.read"), Read(article, -1, passage, key, offset)))
    row += page_button(article, passage, view)
    if hit.more_in_article and not found.filters.article and not view.brief:
        # Without the number: it counts passages with any word of the question, so long articles rank high.
        row.append(button(view.t("buttons.more_in_article"), Change(key, Narrow.ARTICLE, article)))
    if hit.same_story:
        label = view.t("buttons.same_story", count=len(hit.same_story))
        row.append(button(label, SameStory(key, offset)))
    return row


def page_button(article: str, passage: int, view: RenderContext) -> Row:
    """Return the button that opens an article's page at a passage, where there are pages."""
    url = links.page_url(article, passage, view)
    return [InlineKeyboardButton(view.t("buttons.page"), url=url)] if url else []


def _turning(found: Answer, key: str, offset: int, view: RenderContext) -> Row:
    row: Row = []
    t, size, shows_one = view.t, view.page_size, view.brief
    if found.listing is not None:
        size, shows_one = list_size(size), False
    if offset:
        label = t("buttons.previous_one") if shows_one else t("buttons.previous")
        row.append(button(label, ResultPage(key, max(offset - size, 0))))
    if offset + len(found.hits) < found.total:
        label = t("buttons.next_one") if shows_one else t("buttons.next")
        row.append(button(label, ResultPage(key, offset + len(found.hits))))
    return row


def _narrowing(found: Answer, search: Search, key: str, hit: Hit, view: RenderContext) -> Row:
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


def _widen(search: Search, key: str, view: RenderContext) -> Row:
    """Offer to drop filters that buttons added; typed filters stay, since the reader can edit them."""
    if search.filters == Filters():
        return []
    label = view.t("buttons.whole_archive" if search.filters.article else "buttons.everything")
    return [button(label, Change(key, Narrow.EVERYTHING, ""))]


def _drop_filters(found: Answer, search: Search, key: str, view: RenderContext) -> Row:
    """Offer to ask without all filters where a question that has some finds nothing."""
    words = without_filters(search.question)
    if not words or words == " ".join(search.question.split()) or found.filters.article:
        return []
    return [
        button(
            view.t("buttons.unfiltered", question=plain_text.echo(words)), Change(key, Narrow.UNFILTERED, "")
        )
    ]


def _keeping(hit: Hit, search: Search, key: str, view: RenderContext) -> Row:
    t = view.t
    # A subscription is about new articles, which a search within one article excludes.
    subscribing = [] if search.filters.article else [button(t("buttons.subscribe"), Subscribe(key))]
    return [
        *subscribing,
        InlineKeyboardButton(t("buttons.copy"), copy_text=CopyTextButton(render.citation(hit, view))),
        button(t("buttons.share"), Share(hit.article.id, hit.passage.ordinal, key)),
    ]


def _votes(asked: int | None, view: RenderContext) -> Row:
    if asked is None:
        return []
    return [
        button(view.t("buttons.good"), Vote(asked, Verdict.GOOD)),
        button(view.t("buttons.bad"), Vote(asked, Verdict.BAD)),
    ]


def _literal(found: Answer, key: str, view: RenderContext) -> Row:
    if not found.corrected or any(each.condition is Condition.PHRASE for each in found.unmet):
        return []
    label = view.t("buttons.literal", question=plain_text.echo(found.question))
    return [button(label, Change(key, Narrow.LITERAL, ""))]


def _suggestions(found: Answer, key: str, view: RenderContext) -> list[Row]:
    return [
        [button(suggestion, Suggestion(key, index))]
        for index, suggestion in enumerate(found.suggestions[:MAX_SUGGESTIONS])
        if plain_text.clean(suggestion).strip()
    ]


def _month_label(article: Article, view: RenderContext) -> str:
    assert article.published is not None  # noqa: S101 — the caller checked
    local = article.published.astimezone(view.zone).date()
    if (local.year, local.month) == (view.today.year, view.today.month):
        return view.t("buttons.this_month")
    return view.t("buttons.only_month", month=dates.month_words(local, view.t))


def question_buttons(questions: Sequence[tuple[str, str]]) -> list[Row]:
    """Return a button for each question; each is given with the key of its search."""
    return [[button(question, Ask(key))] for question, key in questions]


def number_buttons(
    articles: Sequence[Article], offset: int = 0, *, turning: Sequence[InlineKeyboardButton] = ()
) -> list[Row]:
    """Return the numbers of a list as buttons; each opens an article. Page buttons join the last row."""
    numbers = [button(str(n), Read(article.id, 0)) for n, article in enumerate(articles, offset + 1)]
    rows = [numbers[at : at + NUMBERS_PER_ROW] for at in range(0, len(numbers), NUMBERS_PER_ROW)]
    if rows and len(rows) > 1 and len(rows[-1]) + len(turning) <= NUMBERS_PER_ROW - 2:
        return [*rows[:-1], [*rows[-1], *turning]]
    return [*rows, list(turning)]


def latest(
    page: ArticlePage, category: Category | None, view: RenderContext, *, offset: int, size: int
) -> InlineKeyboardMarkup | None:
    """Return the buttons below a list of the newest articles."""
    node = category.id if category else ""
    turning: Row = []
    if offset:
        turning.append(button(view.t("buttons.previous"), Latest(node, max(offset - size, 0), size)))
    if offset + len(page.articles) < page.total:
        turning.append(button(view.t("buttons.next"), Latest(node, offset + len(page.articles), size)))
    opening = [turning] if view.brief else number_buttons(page.articles, offset, turning=turning)
    return keyboard([*opening, *_parts(category, view), [button(view.t("buttons.categories"), Tree(""))]])


def _parts(node: Category | None, view: RenderContext) -> list[Row]:
    """Return the parts of a category, two a row; of many the largest, and a button for all of them."""
    parts = sorted(node.children, key=lambda child: -child.articles) if node else []
    buttons = [button(node_label(child, view), Latest(child.id, 0)) for child in parts[:MAX_PARTS]]
    if node is not None and len(parts) > MAX_PARTS:
        buttons[-1] = button(view.t("buttons.more"), Tree(node.id))
    return [buttons[at : at + 2] for at in range(0, len(buttons), 2)]


def category(
    node: Category | None,
    children: Sequence[Category],
    view: RenderContext,
    *,
    total: int,
    parent: str = "",
    offset: int = 0,
) -> InlineKeyboardMarkup | None:
    """Return a level of the category tree as buttons, two a row, 30 a page.

    Args:
        node: The category whose children are shown; None for the roots.
        children: Its subcategories.
        view: For whom.
        total: Number of articles in it and below.
        parent: Id of the parent node, empty for the top.
        offset: Index of the first child shown.
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


def node_label(node: Category, view: RenderContext) -> str:
    """Name a category with its number of articles; a long name is shortened, the number never."""
    count = view.t("buttons.node", name="", count=node.articles)
    name = plain_text.shorten(
        plain_text.clean(view.convert(node.name)), MAX_LABEL_UNITS - plain_text.units(count)
    )
    return view.t("buttons.node", name=name, count=node.articles)


def _into(node: Category) -> Tree | Latest:
    return Tree(node.id) if node.children else Latest(node.id, 0)


def category_choices(nodes: Sequence[Category], view: RenderContext) -> InlineKeyboardMarkup | None:
    """Return the categories of an ambiguous name with their paths, one per row."""
    rows = []
    for node in nodes[:NODES_PER_PAGE]:
        label = view.t("buttons.node", name=view.convert(" › ".join(node.path)), count=node.articles)
        rows.append([button(label, _into(node))])
    return keyboard(rows)


def article_page(
    read: Read, number: int, pages: int, citation: str, view: RenderContext, *, opened: bool = False
) -> InlineKeyboardMarkup | None:
    """Return the buttons below a page of an article: two rows, and the others behind one of them.

    Args:
        read: The payload that opened the page; its search is the way back.
        number: The page shown, from 0.
        pages: Number of pages.
        citation: Text that the copy button copies.
        view: For whom.
        opened: Whether all buttons are shown.
    """
    t = view.t
    turning: Row = []
    if number:
        turning.append(button(t("buttons.previous"), _at(read, number - 1)))
    if number + 1 < pages:
        turning.append(button(t("buttons.next"), _at(read, number + 1)))
    passage = max(read.passage, 0)
    turning += page_button(read.article, passage, view)
    similar = button(t("buttons.similar"), Similar(read.article, read.search, read.offset))
    copying = InlineKeyboardButton(t("buttons.copy"), copy_text=CopyTextButton(citation))
    sharing = button(t("buttons.share"), Share(read.article, passage, read.search))
    returning = back(read.search, read.offset, view)
    if not turning or not returning:
        return keyboard([turning, [similar, copying, sharing], returning])
    fold = Fold.CLOSED if opened else Fold.OPEN
    folding = ReadMore(read.article, number, read.passage, read.search, read.offset, fold)
    return keyboard(_folded([turning, [similar, sharing, *returning], [copying]], folding, view))


def back(key: str, offset: int, view: RenderContext) -> Row:
    """Return the button that leads back to the results, if the reader came from there."""
    return [button(view.t("buttons.back"), ResultPage(key, offset))] if key else []


def _at(read: Read, page: int) -> Read:
    return Read(read.article, page, read.passage, read.search, read.offset)


def month_filters(article: Article, view: RenderContext) -> Filters:
    """Return filters for the month of an article in the reader's zone; no filter if it has no date."""
    if article.published is None:
        return Filters()
    first = article.published.astimezone(view.zone).date().replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return Filters(since=first, until=following - timedelta(days=1))
