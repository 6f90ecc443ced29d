"""Articles, hits and categories in the words that pages show. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.web.language_tags import language_tag
from bot.web.visit import Visit
from bot.wording import plain_text
from bot.wording.dates import date_words, day_words
from bot.wording.excerpts import Piece, excerpt, same_words
from corpus.models import Article, Category, Filters, Hit

EXCERPT_CHARS = 260
"""Characters of the first hit's passage that are shown at once; a passage has at most 350."""

SNIPPET_CHARS = 90
MAX_SNIPPET_UNITS = 130
"""The same for further hits."""

MAX_TITLE_UNITS = 200
MAX_NAME_UNITS = 60
_NO_PARAMS: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Item:
    """An article in a list.

    Attributes:
        href: Its reader page, at the passage that was found.
        source: Address where it was published, or None.
        byline: Outlet, day and category.
        published: For machines; empty if it is unknown.
        lang: Tag of its language.
    """

    title: str
    href: str
    source: str | None
    byline: str
    published: str
    lang: str


@dataclass(frozen=True, slots=True)
class Result:
    """A hit: an article with what was found in it.

    Attributes:
        lead: The heading or sentence before the passage, or empty.
        pieces: The passage in stretches; those that answer are marked. Further hits have one, unmarked.
        more: Number of further passages of the article that match.
        similar: Other articles that tell the same story.
    """

    item: Item
    lead: str
    pieces: tuple[Piece, ...]
    more: int
    similar: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that narrows or widens a list.

    Attributes:
        count: Number of articles behind it; None: it is not told.
        chosen: Whether it is what the list is narrowed to already.
    """

    label: str
    href: str
    count: int | None = None
    chosen: bool = False


def shown_title(article: Article, visit: Visit) -> str:
    """Return the title as it is shown; a dash where there is none."""
    words = plain_text.clean(visit.convert(article.title)).strip()
    return plain_text.shorten(words, MAX_TITLE_UNITS) or "—"


def shown_name(name: str, visit: Visit) -> str:
    """Return the name of an outlet or a category as it is shown."""
    return plain_text.shorten(plain_text.clean(visit.convert(name)).strip(), MAX_NAME_UNITS)


def shown_day(article: Article, visit: Visit, *, near: bool = True) -> str:
    """Return the local day of an article in words; today and yesterday by those words if `near`."""
    if article.published is None:
        return visit.t("date.unknown")
    local = article.published.astimezone(visit.options.zone).date()
    return day_words(local, visit.today, visit.t) if near else date_words(local, visit.t)


def iso_time(moment: datetime | None) -> str:
    """Write a time for machines; empty if it is unknown."""
    return "" if moment is None else moment.isoformat(timespec="seconds")


def article_item(article: Article, visit: Visit, *, passage: int = 0, **params: object) -> Item:
    """Return an article for a list; `params` go into the address of its page."""
    outlet = article.author or ""
    category = next((name for name in article.categories if not same_words(name, outlet)), "")
    parts = [shown_name(outlet, visit), shown_day(article, visit), shown_name(category, visit)]
    return Item(
        title=shown_title(article, visit),
        href=visit.href(f"/a/{article.id}#p{passage}", **params),
        source=article.url,
        byline=" · ".join(filter(None, parts)),
        published=iso_time(article.published),
        lang=language_tag(article.title),
    )


def article_items(articles: Iterable[Article], visit: Visit) -> list[Item]:
    """Return articles for a list."""
    return [article_item(article, visit) for article in articles]


def result(hit: Hit, visit: Visit, *, question: str, first: bool) -> Result:
    """Return a hit for the page of a search.

    Args:
        hit: The hit.
        visit: For whom.
        question: What was asked; the article's page leads back to it.
        first: Whether it is shown at length.
    """
    shown = excerpt(
        hit.passage.text,
        hit.sentences,
        budget=EXCERPT_CHARS if first else SNIPPET_CHARS,
        title=hit.article.title,
    )
    pieces = _joined(replace(piece, text=_shown(piece.text, visit)) for piece in shown.pieces)
    if not first:
        flat = " ".join("".join(piece.text for piece in pieces).split())
        pieces = (Piece(plain_text.shorten(flat, MAX_SNIPPET_UNITS)),)
    lead = hit.lead if first and hit.lead and not same_words(hit.lead, hit.article.title) else ""
    item = article_item(hit.article, visit, passage=hit.passage.ordinal, q=question)
    return Result(item, _shown(lead or "", visit), pieces, hit.more_in_article)


def _joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Join neighbours of one kind, and blanks between two that answer."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and (joined[-1].answers == piece.answers or not piece.text.strip()):
            joined[-1] = replace(joined[-1], text=joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return tuple(joined)


def _shown(words: str, visit: Visit) -> str:
    return plain_text.clean(visit.convert(words))


def category_choices(
    nodes: Sequence[Category],
    visit: Visit,
    path: str,
    *,
    params: Mapping[str, object] = _NO_PARAMS,
    chosen: Category | None = None,
) -> list[Choice]:
    """Return links that narrow a page to categories."""
    return [
        Choice(
            label=shown_name(node.name, visit),
            href=visit.href(path, **{**params, "category": "/".join(node.path)}),
            count=node.articles,
            chosen=chosen is not None and chosen.path[: len(node.path)] == node.path,
        )
        for node in nodes
    ]


def walk(nodes: Iterable[Category]) -> Iterator[Category]:
    """Yield categories and all below them, parents first."""
    pending = list(nodes)[::-1]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.children))


def filter_params(filters: Filters) -> dict[str, object]:
    """Return filters as parameters of an address."""
    return {
        "category": filters.category,
        "author": filters.author,
        "since": filters.since,
        "until": filters.until,
    }
