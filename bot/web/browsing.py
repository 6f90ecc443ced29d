"""The pages that need no question: the beginning, the newest articles, the tree of categories."""

from http import HTTPStatus
from itertools import islice

from bot.web.language_tags import language_tag
from bot.web.listing import Choice, article_items, category_choices, shown_name, walk
from bot.web.rendering import render
from bot.web.responses import Page
from bot.web.searching import question_links
from bot.web.visit import Visit, VisitError
from bot.wording.dates import date_words
from bot.wording.i18n import Language
from corpus import Category, Corpus

NEWEST_AT_HOME = 10
EXAMPLES = 3
CATEGORIES_AT_HOME = 24
PAGE_SIZE = 30
MAX_PAGES = 5_000
MAX_CATEGORIES = 1_000
"""Categories that one page lists."""


def home_page(corpus: Corpus, visit: Visit) -> Page:
    """Return the page to begin from: a box, examples, the newest articles, the categories."""
    size, newest = corpus.statistics(), corpus.latest(limit=NEWEST_AT_HOME)
    until = size.newest.astimezone(visit.options.zone).date() if size.newest else None
    return render(
        "home.html",
        visit,
        articles=article_items(newest.articles, visit),
        examples=question_links(example_questions(corpus, visit), visit),
        categories=category_choices(corpus.categories()[:CATEGORIES_AT_HOME], visit, "/latest"),
        count=size.articles,
        until=date_words(until, visit.t) if until else "",
        feed=visit.href("/feed.xml"),
    )


def example_questions(corpus: Corpus, visit: Visit) -> list[str]:
    """Return questions that the archive answers, those in the reader's script first."""
    found = corpus.example_questions(EXAMPLES * 3)
    readable = [
        words for words in found if (language_tag(words) == "en") is (visit.language is Language.ENGLISH)
    ]
    return sorted(readable or found, key=lambda words: language_tag(words) != visit.language)[:EXAMPLES]


def latest_page(corpus: Corpus, visit: Visit) -> Page:
    """List the newest articles, of all or of one category.

    Raises:
        VisitError: There is no such category or page.
    """
    name = visit.text("category")
    if not name:
        return _latest(corpus, visit, None)
    nodes = corpus.find_categories(name)
    if not nodes:
        raise VisitError(HTTPStatus.NOT_FOUND, "latest.no_category", name=name)
    if len(nodes) == 1:
        return _latest(corpus, visit, nodes[0])
    which = [
        Choice(shown_name(" › ".join(node.path), visit), visit.href(f"/category/{node.id}"), node.articles)
        for node in nodes[:MAX_CATEGORIES]
    ]
    heading = visit.t("latest.which", name=name)
    return render("choices.html", visit, title=heading, heading=heading, choices=which)


def category_page(corpus: Corpus, visit: Visit, category_id: str) -> Page:
    """List the newest articles of a category and below it.

    Raises:
        VisitError: There is no such category or page.
    """
    node = corpus.category(category_id)
    if node is None:
        raise VisitError(HTTPStatus.NOT_FOUND, "web.no_page")
    return _latest(corpus, visit, node)


def categories_page(corpus: Corpus, visit: Visit) -> Page:
    """Show the tree of categories with counts."""
    tree = []
    for node in islice(walk(corpus.categories()), MAX_CATEGORIES):
        href = visit.href(f"/category/{node.id}")
        tree.append((len(node.path), Choice(shown_name(node.name, visit), href, node.articles)))
    return render("categories.html", visit, title=visit.t("category.title"), tree=tree)


def _latest(corpus: Corpus, visit: Visit, node: Category | None) -> Page:
    number = visit.number("page", most=MAX_PAGES)
    offset = (number - 1) * PAGE_SIZE
    found = corpus.latest(category=node, limit=PAGE_SIZE, offset=offset)
    if number > 1 and not found.articles:
        raise VisitError(HTTPStatus.NOT_FOUND, "web.no_page")
    path = " › ".join(shown_name(name, visit) for name in node.path) if node else ""
    heading = visit.t("latest.title_category", category=path) if node else visit.t("latest.title")
    roots = corpus.categories()
    last = offset + len(found.articles)
    category = "/".join(node.path) if node else None
    return render(
        "latest.html",
        visit,
        title=heading,
        heading=heading,
        articles=article_items(found.articles, visit),
        total=found.total,
        position=visit.t("latest.range", first=offset + 1, last=last, total=found.total) if last else "",
        categories=category_choices(roots, visit, "/latest", chosen=node),
        below=category_choices(node.children, visit, "/latest") if node else [],
        newer=visit.same_page(page=number - 1 if number > 2 else "") if number > 1 else "",
        older=visit.same_page(page=number + 1) if last < found.total and number < MAX_PAGES else "",
        feed=visit.href("/feed.xml", category=category),
    )
