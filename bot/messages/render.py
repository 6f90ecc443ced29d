"""Answers, lists and articles → Html. Pure: everything that matters comes in as an argument."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from bot.messages import callback_data, markup
from bot.messages.callback_data import ArticleLink, DeepLink
from bot.messages.excerpts import Excerpt, Piece, excerpt, same_words
from bot.messages.markup import Html, bold, link, text
from bot.storage.chats import AnswerLength
from bot.wording.i18n import Translate
from corpus.models import (
    Answer,
    Article,
    ArticlePage,
    Category,
    Condition,
    Confidence,
    Filters,
    Hit,
    Listing,
    Passage,
    Unmet,
)
from corpus.posts import text_fragment

BUDGETS = {AnswerLength.SHORT: 110, AnswerLength.NORMAL: 220, AnswerLength.LONG: 350}
"""Characters of a passage that are shown at once; passages have at most 350."""

FOLDED_AT_LEAST = 40
"""A shorter remainder of a passage is shown at once rather than folded away."""

TITLE_UNITS = 120
OUTLET_UNITS = 40
ECHO_UNITS = 60
SNIPPET_UNITS = 80
CITATION_UNITS = 256
"""What a button that copies holds at most."""

SHORTEST_QUOTE = 20
NEAREST = 3

_CLOSED = re.compile("(?:^|(?<=[。！？；：…”’」』）]))\n")


@dataclass(frozen=True, slots=True)
class View:
    """For whom and where something is shown.

    Attributes:
        today: The reader's local day.
        username: The bot's, for deep links; empty where it has none (`baotong chat`).
        site_url: Base of the operator's own site: addresses there are left as they are.
        public_url: Base of reader pages, or None.
        brief: Several people read along: the first hit only, few lines.
        convert: Turns article text into the reader's script; leaves it alone unless asked for.
    """

    t: Translate
    zone: ZoneInfo
    today: date
    username: str = ""
    site_url: str | None = None
    public_url: str | None = None
    brief: bool = False
    length: AnswerLength = AnswerLength.NORMAL
    convert: Callable[[str], str] = str

    @property
    def page_size(self) -> int:
        """How many results a message shows."""
        return 1 if self.brief else 5


def deep_link(username: str, target: DeepLink) -> str | None:
    """Return the address that opens something in the private chat with the bot."""
    return f"https://t.me/{username}?start={callback_data.start_payload(target)}" if username else None


def address(article: Article, view: View, passage: int = 0, words: str = "") -> str | None:
    """Return where an article can be opened, at the passage if possible; None: nowhere.

    The order is that of decision 0022: the article's own address, the reader page, the chat.
    """
    candidates: list[str | None] = []
    if article.url:
        own = view.site_url is not None and f"{article.url}/".startswith(f"{view.site_url}/")
        candidates += [None if own or not words else text_fragment(article.url, words), article.url]
    if view.public_url:
        candidates.append(f"{view.public_url}/a/{article.id}#p{passage}")
    candidates.append(deep_link(view.username, ArticleLink(article.id, passage)))
    return next((markup.address(url) for url in candidates if markup.address(url)), None)


def headline(article: Article, view: View, passage: int = 0, words: str = "") -> Html:
    """Show a title as a link to its article."""
    return link(text(title(article, view)), address(article, view, passage, words))


def file_size(count: int) -> str:
    """Return a number of bytes as people say it.

    >>> file_size(612_000), file_size(12_345_678)
    ('612 KB', '12.3 MB')
    """
    return f"{count / 1e6:.1f} MB" if count >= 999_500 else f"{max(count / 1e3, 1):.0f} KB"


def title(article: Article, view: View) -> str:
    """Return a title of bearable length in the reader's script."""
    return markup.shorten(markup.clean(view.convert(article.title)).strip(), TITLE_UNITS) or "—"


def day(published: datetime | None, view: View) -> str:
    """Name a day: today, yesterday, its date, or unknown."""
    t = view.t
    if published is None:
        return t("date.unknown")
    local = published.astimezone(view.zone).date()
    if local == view.today:
        return t("date.today")
    if local == view.today - timedelta(days=1):
        return t("date.yesterday")
    return date_words(local, t)


def date_words(local: date, t: Translate) -> str:
    """Write a date out."""
    return t("date.full", year=local.year, month=local.month, day=local.day, name=_month_name(local, t))


def month_words(local: date, t: Translate) -> str:
    """Write a month out."""
    return t("date.month", year=local.year, month=local.month, name=_month_name(local, t))


def source(article: Article, view: View) -> str:
    """Return outlet · date · category, without a category that only repeats the outlet."""
    outlet = article.author or ""
    category = next((name for name in article.categories if not same_words(name, outlet)), "")
    parts = [_short(outlet, view), day(article.published, view), _short(category, view)]
    return " · ".join(part for part in parts if part)


def item(article: Article, view: View, passage: int = 0, words: str = "") -> Html:
    """Return one line of a list: linked title — outlet, date."""
    line = headline(article, view, passage, words)
    when = text(day(article.published, view))
    if article.author:
        outlet = text(_short(article.author, view))
        return markup.fill(view.t.template("answer.item"), title=line, outlet=outlet, day=when)
    return markup.fill(view.t.template("answer.item_bare"), title=line, day=when)


def answer(found: Answer, view: View, *, offset: int = 0, notes: Sequence[str] = ()) -> Html:
    """Return the card of an answer: its first hit with the passage, then the others by title.

    Args:
        found: What the corpus said; its hits are those from `offset` on.
        view: For whom.
        offset: Rank of the first hit, from 0.
        notes: Sentences to put on top, such as where the search was widened.
    """
    t = view.t
    top = [text(note) for note in (*notes, *unmet(found.unmet, t))]
    if found.corrected:
        top.append(text(t("answer.corrected", question=echo(found.corrected))))
    if not found.hits or found.confidence is Confidence.NONE:
        return markup.fit([*top, *_nothing(found, view), _conditions(found.filters, view)])
    if found.listing is not None:
        heading_names_days = found.listing.since is not None
        named = replace(found.filters, since=None, until=None) if heading_names_days else found.filters
        listed = [hit.article for hit in found.hits]
        heading = _heading(found.listing, found.total, view)
        shown_list = articles(heading, listed, view, offset=offset, total=found.total)
        return markup.fit([*top, shown_list, _conditions(named, view)])
    if found.confidence is Confidence.RELATED and offset == 0:
        top.append(text(t("answer.related")))
    first, *others = found.hits
    within = found.filters.article is not None
    blocks = [*card(first, view), *_also(others, view, offset + 2, within=within)]
    shown = replace(found.filters, article=None) if notes else found.filters  # the note has said it
    return markup.fit([*top, *blocks, _conditions(shown, view), _position(found, offset, view)])


def numbered(found: Answer, view: View) -> tuple[Hit, ...]:
    """Return the hits to which `answer` gives numbers, in their order."""
    if not found.hits or found.confidence is Confidence.NONE:
        return found.nearest[:NEAREST]
    return found.hits[:1] if view.brief and found.listing is None else found.hits


def _heading(listing: Listing, total: int, view: View) -> str:
    """Say which articles are listed."""
    t = view.t
    if listing.since is None or listing.until is None:
        return t("latest.title")
    days = {view.today: t("date.today"), view.today - timedelta(days=1): t("date.yesterday")}
    named = days.get(listing.since) if listing.since == listing.until else None
    period = named or _period(listing.since, listing.until, t)
    if listing.nothing_then:
        return t("latest.nothing_then", days=period)
    return t("latest.title_days", days=period, count=total)


def card(hit: Hit, view: View) -> list[Html]:
    """Return the blocks of one hit: headline and source, the passage, the folded rest of it."""
    shown = _excerpt(hit, view)
    words = next((piece.text for piece in shown.pieces if piece.answers), "") or shown.text
    head = bold(headline(hit.article, view, hit.passage.ordinal, words))
    pieces = _in_one_line(shown.pieces) if view.brief else shown.pieces
    passage = markup.join(_piece(piece, view) for piece in pieces)
    if passage and hit.lead and not same_words(hit.lead, hit.article.title) and not view.brief:
        passage = markup.join([text(view.convert(hit.lead)), passage], "\n")
    top = markup.join([head, text(source(hit.article, view))], "\n")
    if view.brief:
        return [markup.join([top, passage], "\n")]
    return [top, passage, markup.quotation(text(view.convert(shown.rest)), folded=True)]


def citation(hit: Hit, view: View) -> str:
    """Return the answering sentences with their source as plain text of at most 256 units, for copying."""
    sentences = " ".join(piece.text for piece in _excerpt(hit, view).pieces if piece.answers).replace(
        "\n", " "
    )
    origin = reference(hit.article, view, hit.passage.ordinal)
    room = CITATION_UNITS - markup.units(view.t("answer.citation", quote="", source=origin))
    if not sentences or room < SHORTEST_QUOTE:
        return origin
    return view.t(
        "answer.citation", quote=markup.shorten(markup.clean(view.convert(sentences)), room), source=origin
    )


def reference(article: Article, view: View, passage: int = 0) -> str:
    """Return outlet, title, date and address of an article as plain text of at most 256 units."""
    published = article.published
    when = date_words(published.astimezone(view.zone).date(), view.t) if published else ""
    outlet = _short(article.author or "", view)
    origin = view.t("answer.reference", outlet=outlet, title=title(article, view), day=when).strip(" ,，")
    url = address(article, view, passage)
    if url and markup.units(origin) + len(url) < CITATION_UNITS - 40:
        return f"{origin} {url}"
    return markup.shorten(origin, CITATION_UNITS)


def share_address(article: Article, url: str | None, view: View) -> str | None:
    """Return the address that opens Telegram's own dialogue for passing something on; None without `url`."""
    if url is None:
        return None
    return markup.address(
        f"https://t.me/share/url?url={quote(url, safe='')}&text={quote(title(article, view), safe='')}"
    )


def articles(heading: str, found: Sequence[Article], view: View, *, offset: int = 0, total: int = 0) -> Html:
    """Return a numbered list of articles; those without a date follow under a line that says so."""
    t = view.t
    lines: list[Html] = []
    undated_noted = False
    for number, article in enumerate(found, offset + 1):
        if article.published is None and not undated_noted and any(a.published for a in found):
            lines.append(text(t("latest.unknown_dates")))
        undated_noted |= article.published is None
        lines.append(markup.join([text(f"{number}. "), item(article, view)]))
    blocks = [bold(text(heading)), markup.fit(lines, separator="\n", limit=markup.MESSAGE_UNITS - 400)]
    if total > len(found):
        last = offset + len(found)
        blocks.append(text(t("latest.range", first=offset + 1, last=last, total=total)))
    return markup.fit(blocks)


def latest(page: ArticlePage, category: Category | None, view: View, *, offset: int = 0) -> Html:
    """Return a page of the newest articles."""
    if not page.articles:
        return text(view.t("latest.none"))
    name = _short(category.name, view) if category else ""
    heading = view.t("latest.title_category", category=name) if category else view.t("latest.title")
    return articles(heading, page.articles, view, offset=offset, total=page.total)


def category(node: Category | None, total: int, view: View) -> Html:
    """Return the heading of a level of the category tree, whose nodes are buttons."""
    t = view.t
    if not total:
        return text(t("category.none"))
    path = " › ".join(_short(name, view) for name in node.path) if node else ""
    heading = t("category.title_node", path=path) if node else t("category.title")
    return markup.join([bold(text(heading)), text(t("category.total", count=total))], "\n")


def conditions(filters: Filters, t: Translate) -> list[str]:
    """Name what a search is narrowed to, in words."""
    named = [filters.category, filters.author]
    words = [markup.shorten(name, OUTLET_UNITS) for name in named if name]
    if filters.since or filters.until:
        words.append(_period(filters.since, filters.until, t))
    words += [t("answer.phrase", phrase=markup.shorten(phrase, ECHO_UNITS)) for phrase in filters.phrases]
    words += [t("answer.without", phrase=markup.shorten(phrase, ECHO_UNITS)) for phrase in filters.excluded]
    if filters.article:
        words.append(t("answer.within"))
    return words


def unmet(conditions: Sequence[Unmet], t: Translate) -> list[str]:
    """Say which conditions nothing meets, and that the answer is to the question without them."""
    notes = []
    for each in conditions:
        if each.condition is not Condition.PHRASE:
            near = t("answer.near", names=t("answer.and").join(each.nearest)) if each.nearest else ""
            name = markup.shorten(each.value, ECHO_UNITS)
            notes.append(t(f"answer.no_{each.condition}", name=name, near=near))
    phrases = [each.value for each in conditions if each.condition is Condition.PHRASE]
    if phrases:
        name = markup.shorten(t("answer.and_quoted").join(phrases), ECHO_UNITS)
        notes.append(t("answer.no_phrase", name=name))
    return notes


def echo(question: str) -> str:
    """Return somebody's own words, short enough to be repeated to them."""
    return markup.shorten(" ".join(markup.clean(question).split()), ECHO_UNITS)


def _also(others: Sequence[Hit], view: View, first: int, *, within: bool) -> list[Html]:
    if not others or view.brief:
        return []
    lines = [text(view.t("answer.also_within" if within else "answer.also"))]
    for number, hit in enumerate(others, first):
        shown = excerpt(hit.passage.text, hit.sentences, budget=0, title=hit.article.title)
        words = markup.shorten(view.convert(_snippet(shown)), SNIPPET_UNITS)
        if within:  # passages of one article: its title says nothing new
            url = address(hit.article, view, hit.passage.ordinal, shown.text)
            lines.append(markup.join([text(f"{number}. "), link(text(words), url)]))
            continue
        line = markup.join([text(f"{number}. "), item(hit.article, view, hit.passage.ordinal, shown.text)])
        if view.length is AnswerLength.LONG:
            line = markup.join([line, text(words)], "\n")
        lines.append(line)
    return [markup.join(lines, "\n")]


def _nothing(found: Answer, view: View) -> Iterable[Html]:
    yield text(view.t("answer.none", question=echo(found.question)))
    nearest = numbered(found, view)
    if nearest:
        lines = [
            markup.join([text(f"{number}. "), item(hit.article, view, hit.passage.ordinal)])
            for number, hit in enumerate(nearest, 1)
        ]
        yield markup.join([text(view.t("answer.nearest")), *lines], "\n")
    if found.suggestions:
        yield text(view.t("answer.suggestions"))


def _conditions(filters: Filters, view: View) -> Html:
    words = conditions(filters, view.t)
    return text(view.t("answer.narrowed", filters=" · ".join(words))) if words else markup.EMPTY


def _position(found: Answer, offset: int, view: View) -> Html:
    if offset == 0 or view.brief:
        return markup.EMPTY
    first, last = offset + 1, offset + len(found.hits)
    if found.total_is_bound:
        return text(view.t("answer.range_open", first=first, last=last))
    return text(view.t("answer.range", first=first, last=last, total=found.total))


def _period(since: date | None, until: date | None, t: Translate) -> str:
    if since and until:
        if since == until:
            return date_words(since, t)
        if since.day == 1 and (until + timedelta(days=1)).day == 1 and _month(since) == _month(until):
            return month_words(since, t)
        return t("answer.between", since=date_words(since, t), until=date_words(until, t))
    if since:
        return t("answer.since", day=date_words(since, t))
    return t("answer.until", day=date_words(until, t)) if until else ""


def _month(local: date) -> tuple[int, int]:
    return local.year, local.month


def _excerpt(hit: Hit, view: View) -> Excerpt:
    shown = excerpt(
        hit.passage.text,
        hit.sentences,
        budget=BUDGETS[AnswerLength.SHORT if view.brief else view.length],
        title=hit.article.title,
    )
    if view.brief or len(shown.rest) >= FOLDED_AT_LEAST or not shown.rest:
        return shown
    return Excerpt((*shown.pieces, Piece(_joint(hit.passage, shown.rest) + shown.rest)))


def _joint(passage: Passage, rest: str) -> str:
    """Return what stands before the end of a passage: a line break, a blank or nothing."""
    before = passage.text[: passage.text.rindex(rest)]
    return "\n" if before.endswith("\n") else " " if before.endswith(" ") else ""


def _piece(piece: Piece, view: View) -> Html:
    content = text(view.convert(piece.text))
    return bold(content) if piece.answers else content


def _snippet(shown: Excerpt) -> str:
    """Return the answering sentences of an excerpt in one line, else its beginning."""
    pieces = [piece for piece in shown.pieces if piece.answers] or list(shown.pieces)
    return "".join(piece.text for piece in _in_one_line(_spaced(pieces)))


def _spaced(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Put a line break between sentences that may not have stood side by side."""
    for index, piece in enumerate(pieces):
        yield Piece(("\n" if index else "") + piece.text, piece.answers)


def _in_one_line(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Join paragraphs: after the end of a Chinese sentence nothing stands between, else a blank."""
    before = ""
    for piece in pieces:
        words = _CLOSED.sub("", before + piece.text).replace("\n", " ")[len(before) :]
        yield Piece(words, piece.answers)
        before = words[-1:] or before


def _short(name: str, view: View) -> str:
    return markup.shorten(markup.clean(view.convert(name)).strip(), OUTLET_UNITS)


def _month_name(local: date, t: Translate) -> str:
    return t("date.months").split()[local.month - 1]
