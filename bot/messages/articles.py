"""An article in a line, and lists of articles. Pure: values → Html."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from bot.messages import markup
from bot.messages.links import article_url
from bot.messages.markup import Html, bold, link, text
from bot.messages.render_context import RenderContext
from bot.wording import dates, plain_text
from bot.wording.excerpts import same_words
from bot.wording.filters import MAX_NAME_UNITS
from corpus.models import Article, ArticlePage, Category

MAX_TITLE_UNITS = 120
"""Longest title that is shown in full, in UTF-16 units."""


def headline(article: Article, view: RenderContext, passage: int = 0, words: str = "") -> Html:
    """Show a title as a link to its article."""
    return link(text(title(article, view)), article_url(article, view, passage, words))


def title(article: Article, view: RenderContext) -> str:
    """Return the title in the reader's script, shortened; a dash where there is none."""
    return plain_text.shorten(plain_text.clean(view.convert(article.title)).strip(), MAX_TITLE_UNITS) or "—"


def day_words(published: datetime | None, view: RenderContext) -> str:
    """Name the local day of a time: today, yesterday, its date, or unknown."""
    if published is None:
        return view.t("date.unknown")
    return dates.day_words(published.astimezone(view.zone).date(), view.today, view.t)


def source_line(article: Article, view: RenderContext) -> str:
    """Return outlet · date · category, without a category that only repeats the outlet."""
    outlet = article.author or ""
    category = next((name for name in article.categories if not same_words(name, outlet)), "")
    parts = [short_name(outlet, view), day_words(article.published, view), short_name(category, view)]
    return " · ".join(part for part in parts if part)


def list_item(article: Article, view: RenderContext, passage: int = 0, words: str = "") -> Html:
    """Return one line of a list: linked title — outlet, date."""
    line = headline(article, view, passage, words)
    when = text(day_words(article.published, view))
    if article.author:
        outlet = text(short_name(article.author, view))
        return markup.fill(view.t.template("answer.item"), title=line, outlet=outlet, day=when)
    return markup.fill(view.t.template("answer.item_bare"), title=line, day=when)


def article_list(
    heading: str, found: Sequence[Article], view: RenderContext, *, offset: int = 0, total: int = 0
) -> Html:
    """Return a numbered list of articles.

    Articles without a date follow those with one, under a line that says so.
    """
    t = view.t
    lines: list[Html] = []
    undated_noted = False
    for number, article in enumerate(found, offset + 1):
        if article.published is None and not undated_noted and any(a.published for a in found):
            lines.append(text(t("latest.unknown_dates")))
        undated_noted |= article.published is None
        lines.append(markup.join([text(f"{number}. "), list_item(article, view)]))
    blocks = [bold(text(heading)), markup.fit(lines, separator="\n", limit=markup.MAX_MESSAGE_UNITS - 400)]
    if total > len(found):
        last = offset + len(found)
        blocks.append(text(t("latest.range", first=offset + 1, last=last, total=total)))
    return markup.fit(blocks)


def latest_list(
    page: ArticlePage, category: Category | None, view: RenderContext, *, offset: int = 0
) -> Html:
    """Return a page of the newest articles."""
    if not page.articles:
        return text(view.t("latest.none"))
    name = short_name(category.name, view) if category else ""
    heading = view.t("latest.title_category", category=name) if category else view.t("latest.title")
    return article_list(heading, page.articles, view, offset=offset, total=page.total)


def category_heading(node: Category | None, total: int, view: RenderContext) -> Html:
    """Return the heading of a level of the category tree, whose nodes are buttons."""
    t = view.t
    if not total:
        return text(t("category.none"))
    path = " › ".join(short_name(name, view) for name in node.path) if node else ""
    heading = t("category.title_node", path=path) if node else t("category.title")
    return markup.join([bold(text(heading)), text(t("category.total", count=total))], "\n")


def short_name(name: str, view: RenderContext) -> str:
    """Return the name of an outlet or a category in the reader's script, shortened."""
    return plain_text.shorten(plain_text.clean(view.convert(name)).strip(), MAX_NAME_UNITS)


def share_url(article: Article, url: str | None, view: RenderContext) -> str | None:
    """Return the address that opens Telegram's dialogue for sharing an article; None without `url`."""
    if url is None:
        return None
    return markup.address(
        f"https://t.me/share/url?url={quote(url, safe='')}&text={quote(title(article, view), safe='')}"
    )
