"""What browsers and crawlers look for: styles, icon, feeds, search description, robots, site map."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from bot.web import responses
from bot.web.article_blocks import lead_text
from bot.web.listing import iso_time
from bot.web.rendering import static_file
from bot.web.responses import Page
from bot.web.searching import known_filters, read_filters
from bot.web.visit import MAX_QUESTION_CHARS, Visit
from bot.wording import plain_text
from corpus import Article, Corpus, Filters, Order

FEED_ARTICLES = 50
SUMMARY_CHARS = 300
SITEMAP_ARTICLES = 20_000
"""Addresses in the site map; the newest articles. The format allows 50,000."""

_DAY = 86_400
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands for an unknown date, since the format demands one."""
_XML = '<?xml version="1.0" encoding="utf-8"?>\n'

Make = Callable[[Corpus, Visit], Page]


def pages() -> list[tuple[str, Make]]:
    """Return the paths of these files with what makes them."""
    return [
        ("/feed.xml", feed),
        ("/opensearch.xml", opensearch),
        ("/robots.txt", robots),
        ("/sitemap.xml", sitemap),
        ("/favicon.svg", _file("favicon.svg", responses.SVG)),
        ("/style.css", _file("style.css", "text/css; charset=utf-8", max_age=30 * _DAY)),
    ]


def _file(name: str, media_type: str, *, max_age: int = _DAY) -> Make:
    def make(corpus: Corpus, visit: Visit) -> Page:
        return Page(static_file(name), media_type, max_age=max_age)

    return make


def feed(corpus: Corpus, visit: Visit) -> Page:
    """Return the newest articles of all, of a category or of a search as an Atom feed.

    Raises:
        VisitError: A parameter cannot be understood.
    """
    question = visit.text("q", limit=MAX_QUESTION_CHARS)
    filters, _ = known_filters(corpus, read_filters(visit))
    articles = _newest(corpus, question, filters)
    params = {name: visit.text(name) for name in ("q", "category", "author", "since", "until")}
    here = visit.canonical("/feed.xml", **params)
    site = visit.canonical("/search" if question else "/latest", **params)
    names = " · ".join(filter(None, (question, filters.category, filters.author)))
    title = visit.t("web.feed_title", name=names) if names else visit.t("web.site")
    updated = max((one.published for one in articles if one.published), default=_LONG_AGO)
    entries = "".join(_entry(corpus, one, visit) for one in articles)
    body = (
        f'{_XML}<feed xmlns="http://www.w3.org/2005/Atom">\n<title>{_text(title)}</title>\n'
        f"<id>{_text(here)}</id>\n<updated>{iso_time(updated)}</updated>\n"
        f'<link rel="self" type="application/atom+xml" href={_attribute(here)}/>\n'
        f'<link rel="alternate" type="text/html" href={_attribute(site)}/>\n{entries}</feed>\n'
    )
    return Page(body.encode("utf-8", "replace"), responses.ATOM, max_age=300)


def _newest(corpus: Corpus, question: str, filters: Filters) -> Sequence[Article]:
    if question:
        found = corpus.ask(question, filters=filters, limit=FEED_ARTICLES, order=Order.NEWEST)
        return [hit.article for hit in found.hits]
    nodes = corpus.find_categories(filters.category) if filters.category else ()
    node = nodes[0] if nodes else None
    return corpus.latest(category=node, author=filters.author, limit=FEED_ARTICLES).articles


def _entry(corpus: Corpus, article: Article, visit: Visit) -> str:
    text = corpus.article(article.id)
    summary = lead_text(text.paragraphs, limit=SUMMARY_CHARS) if text else ""
    here = visit.canonical(f"/a/{article.id}")
    author = f"<author><name>{_text(article.author)}</name></author>\n" if article.author else ""
    categories = "".join(f"<category term={_attribute(name)}/>\n" for name in article.categories)
    source = f'<link rel="via" href={_attribute(article.url)}/>\n' if article.url else ""
    moment = iso_time(article.published or _LONG_AGO)
    return (
        f"<entry>\n<title>{_text(article.title)}</title>\n<id>{_text(here)}</id>\n"
        f'<link rel="alternate" type="text/html" href={_attribute(here)}/>\n{source}'
        f"<published>{moment}</published>\n<updated>{moment}</updated>\n{author}{categories}"
        f"<summary>{_text(summary)}</summary>\n</entry>\n"
    )


def opensearch(corpus: Corpus, visit: Visit) -> Page:
    """Return the description with which a browser offers the search in its address bar."""
    template = visit.canonical("/search") + "?q={searchTerms}"
    body = (
        f'{_XML}<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">\n'
        f"<ShortName>{_text(visit.t('web.site'))}</ShortName>\n"
        f"<Description>{_text(visit.t('web.slogan'))}</Description>\n"
        f'<InputEncoding>UTF-8</InputEncoding>\n<Image type="image/svg+xml">'
        f"{_text(visit.canonical('/favicon.svg'))}</Image>\n"
        f'<Url type="text/html" template={_attribute(template)}/>\n</OpenSearchDescription>\n'
    )
    return Page(body.encode(), "application/opensearchdescription+xml; charset=utf-8", max_age=_DAY)


def robots(corpus: Corpus, visit: Visit) -> Page:
    """Tell crawlers what they may read: articles and lists, no searches; nothing if ROBOTS=noindex."""
    base = visit.options.base
    if not visit.options.indexed:
        return Page(b"User-agent: *\nDisallow: /\n", responses.TEXT, max_age=_DAY)
    lines = ["User-agent: *"]
    lines += [f"Disallow: {base}/{path}" for path in ("search", "trend", "api/", "feed.xml?")]
    if visit.options.origin:
        lines.append(f"Sitemap: {visit.canonical('/sitemap.xml')}")
    return Page("\n".join([*lines, ""]).encode(), responses.TEXT, max_age=_DAY)


def sitemap(corpus: Corpus, visit: Visit) -> Page:
    """List the addresses of the newest articles for crawlers."""
    articles = corpus.latest(limit=SITEMAP_ARTICLES).articles if visit.options.indexed else ()
    rows = "".join(
        f"<url><loc>{_text(visit.canonical(f'/a/{one.id}'))}</loc>"
        + (f"<lastmod>{iso_time(one.published)}</lastmod>" if one.published else "")
        + "</url>\n"
        for one in articles
    )
    body = f'{_XML}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'
    return Page(body.encode(), responses.XML, max_age=3_600)


def _text(words: str) -> str:
    """Escape text for XML, without characters that XML does not have."""
    return escape(_allowed(words))


def _attribute(words: str) -> str:
    return quoteattr(_allowed(words))


def _allowed(words: str) -> str:
    return "".join(one for one in plain_text.clean(words) if one not in "\ufffe\uffff")
