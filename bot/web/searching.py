"""The page of a search: the answer as in Telegram, links that narrow it, further pages."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from http import HTTPStatus
from urllib.parse import quote

from bot.web.listing import Choice, Result, article_items, category_choices, filter_params, result, shown_name
from bot.web.rendering import render
from bot.web.responses import Page
from bot.web.visit import MAX_QUESTION_CHARS, Visit, VisitError
from bot.wording.answers import answer_text, list_heading
from bot.wording.dates import month_end, month_words
from bot.wording.filters import filter_words, unmet_notes
from corpus import Answer, Category, Confidence, Corpus, Filters, Hit, Order
from corpus.models import AnswerKind, Condition, Unmet
from corpus.question import is_unanswerable
from corpus.text import fold, parse_day

PAGE_SIZE = 10
MAX_PAGES = 50
"""Pages of a search that can be opened."""

MAX_NEAREST = 3
MAX_SIMILAR = 8
MAX_CHOICES = 12
MAX_SUGGESTIONS = 3


def search_page(corpus: Corpus, visit: Visit) -> Page:
    """Answer a search.

    Raises:
        VisitError: A parameter cannot be understood.
    """
    question = visit.text("q", limit=MAX_QUESTION_CHARS)
    if not question:
        return render("search.html", visit, title=visit.t("web.search"), found=None, notes=[])
    number = visit.number("page", most=MAX_PAGES)
    order = Order.NEWEST if visit.text("order") == Order.NEWEST else Order.RELEVANCE
    filters, unmet = known_filters(corpus, read_filters(visit))
    if is_unanswerable(question) and not filters.is_narrowed:
        note = visit.t("ask.odd", example=visit.t("ask.example"))
        return render("search.html", visit, title=question, found=None, notes=[note])
    offset = (number - 1) * PAGE_SIZE
    found = corpus.ask(question, filters=filters, limit=PAGE_SIZE, offset=offset, order=order)
    found = replace(found, unmet=(*unmet, *found.unmet))
    parts = found.parts if found.parts and number == 1 else (found,)
    return render(
        "search.html",
        visit,
        title=question,
        found=found,
        answers=[answer_values(corpus, one, visit, question, number) for one in parts],
        notes=[],
        narrowing=_narrowing(corpus, found, filters, visit, question, order) if found.hits else [],
        conditions=_conditions(filters, visit, question, order),
        newer=_turn(visit, number - 1) if number > 1 else "",
        older=_turn(visit, number + 1) if _goes_on(found, offset) and number < MAX_PAGES else "",
        page_number=number,
        feed=visit.href("/feed.xml", q=question, **filter_params(filters)),
        in_telegram=telegram_address(visit, question),
    )


def read_filters(visit: Visit) -> Filters:
    """Return the filters in the parameters of an address.

    Raises:
        VisitError: A day cannot be understood, or the days are the wrong way round.
    """
    since, until = _day(visit, "since", last=False), _day(visit, "until", last=True)
    if since and until and since > until:
        raise VisitError(HTTPStatus.BAD_REQUEST, "web.wrong_days")
    return Filters(visit.text("category") or None, visit.text("author") or None, since, until)


def _day(visit: Visit, name: str, *, last: bool) -> date | None:
    words = visit.text(name)
    if not words:
        return None
    day = parse_day(fold(words), visit.today, last=last)
    if day is None:
        raise VisitError(HTTPStatus.BAD_REQUEST, "web.no_day", day=words)
    return day


def known_filters(corpus: Corpus, filters: Filters) -> tuple[Filters, tuple[Unmet, ...]]:
    """Drop a category or an author that the archive does not have, and name it."""
    unmet = []
    if filters.category is not None and not corpus.find_categories(filters.category):
        unmet.append(Unmet(Condition.CATEGORY, filters.category))
        filters = replace(filters, category=None)
    if filters.author is not None and not corpus.author_articles(filters.author):
        unmet.append(Unmet(Condition.AUTHOR, filters.author))
        filters = replace(filters, author=None)
    return filters, tuple(unmet)


def answer_values(
    corpus: Corpus, found: Answer, visit: Visit, question: str, number: int
) -> dict[str, object]:
    """Return what a template shows of one answer.

    `heading` names its band or the list; `said` is an answer in words; `results` are the hits, the first at
    length unless they are a list; `nearest` are titles that are offered where nothing was found.
    """
    t, today, zone = visit.t, visit.today, visit.options.zone
    said = answer_text(found, t, zone=zone, today=today) if found.kind is not AnswerKind.PASSAGE else None
    nothing = found.about is None and (not found.hits or found.confidence is Confidence.NONE)
    hits: Sequence[Hit] = () if nothing else found.hits
    listed = found.listing is not None
    shown = [
        result(hit, visit, question=question, first=not (place or listed or number > 1))
        for place, hit in enumerate(hits)
    ]
    return {
        "question": found.question,
        "notes": unmet_notes(found.unmet, t),
        "corrected": found.corrected,
        "heading": _heading(found, visit, nothing=nothing, number=number),
        "said": said,
        "listed": listed,
        "nothing": nothing,
        "results": [_with_similar(corpus, one, hit, visit) for one, hit in zip(shown, hits, strict=True)],
        "nearest": article_items([hit.article for hit in found.nearest[:MAX_NEAREST]], visit),
        "suggestions": question_links(found.suggestions[:MAX_SUGGESTIONS], visit),
        "band": "none" if nothing else found.confidence.value,
    }


def _with_similar(corpus: Corpus, shown: Result, hit: Hit, visit: Visit) -> Result:
    texts = [corpus.article(one) for one in hit.same_story[:MAX_SIMILAR]]
    return replace(shown, similar=tuple(article_items([one.article for one in texts if one], visit)))


def _heading(found: Answer, visit: Visit, *, nothing: bool, number: int) -> str:
    t = visit.t
    if found.about is not None or found.kind is AnswerKind.COUNT:
        return ""
    if nothing:
        return t("answer.none", question=found.question) if number == 1 else t("answer.no_more")
    if found.listing is not None:
        return list_heading(found.listing, found.total, t, today=visit.today)
    if number > 1:
        return t("web.further", page=number)
    return t("web.answer" if found.confidence is Confidence.ANSWER else "answer.related")


def _conditions(filters: Filters, visit: Visit, question: str, order: Order) -> list[Choice]:
    """Return the filters of the address, each with the link that takes it off."""
    ordered = {} if order is Order.RELEVANCE else {"order": order.value}
    chosen = []
    alone = [
        (Filters(category=filters.category), replace(filters, category=None)),
        (Filters(author=filters.author), replace(filters, author=None)),
        (Filters(since=filters.since, until=filters.until), replace(filters, since=None, until=None)),
    ]
    for one, others in alone:
        if one.is_narrowed:
            href = visit.href("/search", q=question, **filter_params(others), **ordered)
            chosen.append(Choice(" · ".join(filter_words(one, visit.t)), href, chosen=True))
    return chosen


def _narrowing(
    corpus: Corpus, found: Answer, filters: Filters, visit: Visit, question: str, order: Order
) -> list[tuple[str, list[Choice]]]:
    """Return groups of links that order a search or narrow it by what its hits have."""
    params = {"q": question, **filter_params(filters)}
    orders = []
    for one in Order:
        href = visit.href("/search", **{**params, "order": _named(one)})
        orders.append(Choice(visit.t(f"web.order_{one}"), href, chosen=one is order))
    if order is Order.NEWEST:
        params["order"] = order.value
    groups = [(visit.t("web.order"), orders)]
    if filters.category is None:
        nodes = _categories_of(corpus, found.hits)
        groups.append((visit.t("web.by_category"), category_choices(nodes, visit, "/search", params=params)))
    if filters.author is None:
        names = dict.fromkeys(hit.article.author for hit in found.hits if hit.article.author)
        authors = [
            Choice(
                shown_name(name, visit),
                visit.href("/search", **{**params, "author": name}),
                corpus.author_articles(name),
            )
            for name in list(names)[:MAX_CHOICES]
        ]
        groups.append((visit.t("web.by_author"), authors))
    if not (filters.since or filters.until):
        groups.append((visit.t("web.by_month"), _months(found.hits, visit, params)))
    return [(label, choices) for label, choices in groups if choices]


def _named(order: Order) -> str:
    return "" if order is Order.RELEVANCE else order.value


def _categories_of(corpus: Corpus, hits: Sequence[Hit]) -> list[Category]:
    wanted = {hit.article.categories[0] for hit in hits if hit.article.categories}
    return [node for node in corpus.categories() if node.name in wanted][:MAX_CHOICES]


def _months(hits: Sequence[Hit], visit: Visit, params: dict[str, object]) -> list[Choice]:
    days = [hit.article.published for hit in hits if hit.article.published is not None]
    firsts = sorted({day.astimezone(visit.options.zone).date().replace(day=1) for day in days}, reverse=True)
    choices = []
    for first in firsts[:MAX_CHOICES]:
        href = visit.href("/search", **{**params, "since": first, "until": month_end(first)})
        choices.append(Choice(month_words(first, visit.t), href))
    return choices


def _goes_on(found: Answer, offset: int) -> bool:
    nothing = not found.hits or found.confidence is Confidence.NONE
    return not nothing and offset + len(found.hits) < found.total


def _turn(visit: Visit, number: int) -> str:
    return visit.same_page(page=number if number > 1 else "")


def question_links(questions: Sequence[str], visit: Visit) -> list[tuple[str, str]]:
    """Return questions with the addresses that ask them."""
    return [(words, visit.href("/search", q=words)) for words in questions]


def telegram_address(visit: Visit, question: str) -> str:
    """Return the address that opens the bot in Telegram with a question ready to be sent; empty: no bot."""
    if not visit.options.bot:
        return ""
    return f"https://t.me/{visit.options.bot}?text={quote(question, safe='')}"
