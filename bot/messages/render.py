"""The card of an answer: the best hit with its passage, the others by title, notes. Pure: values → Html."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bot.messages import articles, markup
from bot.messages.articles import headline, list_item, short_name, source_line
from bot.messages.links import article_url
from bot.messages.markup import Html, bold, link, text
from bot.messages.render_context import RenderContext
from bot.storage.chats import AnswerLength
from bot.wording import plain_text
from bot.wording.answers import about_words, answer_text, list_heading
from bot.wording.dates import date_words
from bot.wording.excerpts import Excerpt, Piece, excerpt, same_words
from bot.wording.filters import filter_words, unmet_notes
from bot.wording.plain_text import echo
from corpus.models import Answer, AnswerKind, Article, Confidence, Filters, Hit, Listing, Passage

EXCERPT_CHARS = {AnswerLength.SHORT: 110, AnswerLength.NORMAL: 220, AnswerLength.LONG: 350}
"""Characters of a passage that are shown at once; a passage has at most 350."""

MIN_FOLDED_CHARS = 40
"""A shorter rest of a passage is shown at once instead of being folded."""
MAX_SNIPPET_UNITS = 80
MAX_CITATION_UNITS = 256
"""Longest text that Telegram's copy button takes, in UTF-16 units."""

MIN_QUOTE_UNITS = 20
MAX_NEAREST = 3

_CLOSED = re.compile("(?:^|(?<=[。！？；：…”’」』）]))\n")


def answer(found: Answer, view: RenderContext, *, offset: int = 0, notes: Sequence[str] = ()) -> Html:
    """Return the card of an answer: its first hit with the passage, then the others by title.

    Args:
        found: The answer of the corpus, with the hits from `offset` on.
        view: For whom.
        offset: Rank of the first hit, from 0.
        notes: Sentences to put on top, such as that the search was widened.
    """
    if found.parts and not offset:
        return _parts(found.parts, view, notes)
    blocks = _notes(found, notes, view)
    if found.about is not None:
        blocks.append(text(about_words(found.about, view.t, zone=view.zone)))
    elif found.kind is AnswerKind.COUNT:
        blocks += _count(found, view, offset)
    elif not found.hits or found.confidence is Confidence.NONE:
        blocks += [*_nothing(found, view), _conditions(found.filters, view)]
    elif found.listing is not None:
        blocks += _listing(found, found.listing, view, offset)
    else:
        shown = replace(found.filters, article=None) if notes else found.filters  # the note has said it
        blocks += [*_hits(found, view, offset), _conditions(shown, view), _position(found, offset, view)]
    return markup.fit(blocks)


def _parts(parts: Sequence[Answer], view: RenderContext, notes: Sequence[str]) -> Html:
    """Return the answers to several questions of one message, each in short under its question."""
    brief = replace(view, brief=True)
    blocks = [text(note) for note in notes]
    for number, part in enumerate(parts, 1):
        heading = bold(text(f"{number}. {echo(part.question)}"))
        blocks.append(markup.join([heading, answer(part, brief)], "\n"))
    return markup.fit(blocks)


def numbered(found: Answer, view: RenderContext) -> tuple[Hit, ...]:
    """Return the hits to which `answer` gives numbers, in their order."""
    if found.parts:
        return tuple(part.hits[0] for part in found.parts if part.hits)
    if found.kind is AnswerKind.COUNT:
        return found.hits if found.total else ()
    if not found.hits or found.confidence is Confidence.NONE:
        return found.nearest[:MAX_NEAREST]
    return found.hits[:1] if view.brief and found.listing is None else found.hits


def _notes(found: Answer, notes: Sequence[str], view: RenderContext) -> list[Html]:
    """Return what stands above an answer: notes, conditions that nothing meets, the corrected spelling."""
    lines = [text(note) for note in (*notes, *unmet_notes(found.unmet, view.t))]
    if found.corrected:
        lines.append(text(view.t("answer.corrected", question=echo(found.corrected))))
    return lines


def _hits(found: Answer, view: RenderContext, offset: int) -> list[Html]:
    """Return the first hit in full and the others as a list."""
    first, *others = found.hits
    unsure = found.confidence is Confidence.RELATED and offset == 0
    within = found.filters.article is not None
    return [
        text(view.t("answer.related")) if unsure else markup.EMPTY,
        *card(first, view),
        *_also(others, view, offset + 2, within=within),
    ]


def _listing(found: Answer, listing: Listing, view: RenderContext, offset: int) -> list[Html]:
    """Return the articles of a period or the newest ones as a list, without naming the period twice."""
    named = found.filters if listing.until is None else replace(found.filters, since=None, until=None)
    heading = list_heading(listing, found.total, view.t, today=view.today)
    listed = [hit.article for hit in found.hits]
    shown = articles.article_list(heading, listed, view, offset=offset, total=found.total)
    return [shown, _conditions(named, view)]


def _count(found: Answer, view: RenderContext, offset: int) -> list[Html]:
    """Return how many articles there are, and the articles; the number alone where there is none."""
    said = answer_text(found, view.t, zone=view.zone, today=view.today) or ""
    if not found.total:
        return [text(said), _conditions(found.filters, view)]
    listed = [hit.article for hit in found.hits]
    return [articles.article_list(said, listed, view, offset=offset, total=found.total)]


def card(hit: Hit, view: RenderContext) -> list[Html]:
    """Return the blocks of one hit: headline and source, the excerpt, the folded rest of the passage."""
    shown = _excerpt(hit, view)
    words = next((piece.text for piece in shown.pieces if piece.answers), "") or shown.text
    head = bold(headline(hit.article, view, hit.passage.ordinal, words))
    pieces = _in_one_line(shown.pieces) if view.brief else shown.pieces
    passage = markup.join(_piece(piece, view) for piece in pieces)
    if passage and hit.lead and not same_words(hit.lead, hit.article.title) and not view.brief:
        passage = markup.join([text(view.convert(hit.lead)), passage], "\n")
    top = markup.join([head, text(source_line(hit.article, view))], "\n")
    if view.brief:
        return [markup.join([top, passage], "\n")]
    return [top, passage, markup.quotation(text(view.convert(shown.rest)), folded=True)]


def citation(hit: Hit, view: RenderContext) -> str:
    """Return the answering sentences and their source as plain text of at most 256 units, for copying."""
    answering = [piece.text for piece in _excerpt(hit, view).pieces if piece.answers]
    sentences = " ".join(answering).replace("\n", " ")
    origin = reference(hit.article, view, hit.passage.ordinal)
    room = MAX_CITATION_UNITS - plain_text.units(view.t("answer.citation", quote="", source=origin))
    if not sentences or room < MIN_QUOTE_UNITS:
        return origin
    return view.t(
        "answer.citation",
        quote=plain_text.shorten(plain_text.clean(view.convert(sentences)), room),
        source=origin,
    )


def reference(article: Article, view: RenderContext, passage: int = 0) -> str:
    """Return outlet, title, date and address of an article as plain text of at most 256 units."""
    published = article.published
    when = date_words(published.astimezone(view.zone).date(), view.t) if published else ""
    outlet = short_name(article.author or "", view)
    origin = view.t("answer.reference", outlet=outlet, title=articles.title(article, view), day=when).strip(
        " ,，"
    )
    url = article_url(article, view, passage)
    if url and plain_text.units(origin) + len(url) < MAX_CITATION_UNITS - 40:
        return f"{origin} {url}"
    return plain_text.shorten(origin, MAX_CITATION_UNITS)


def _also(others: Sequence[Hit], view: RenderContext, first: int, *, within: bool) -> list[Html]:
    if not others or view.brief:
        return []
    lines = [text(view.t("answer.also_within" if within else "answer.also"))]
    for number, hit in enumerate(others, first):
        shown = excerpt(hit.passage.text, hit.sentences, budget=0, title=hit.article.title)
        words = plain_text.shorten(view.convert(_snippet(shown)), MAX_SNIPPET_UNITS)
        if within:  # passages of one article, whose title is known
            url = article_url(hit.article, view, hit.passage.ordinal, shown.text)
            lines.append(markup.join([text(f"{number}. "), link(text(words), url)]))
            continue
        line = markup.join(
            [text(f"{number}. "), list_item(hit.article, view, hit.passage.ordinal, shown.text)]
        )
        if view.length is AnswerLength.LONG:
            line = markup.join([line, text(words)], "\n")
        lines.append(line)
    return [markup.join(lines, "\n")]


def _nothing(found: Answer, view: RenderContext) -> Iterable[Html]:
    yield text(view.t("answer.none", question=echo(found.question)))
    nearest = numbered(found, view)
    if nearest:
        lines = [
            markup.join([text(f"{number}. "), list_item(hit.article, view, hit.passage.ordinal)])
            for number, hit in enumerate(nearest, 1)
        ]
        yield markup.join([text(view.t("answer.nearest")), *lines], "\n")
    if found.suggestions:
        yield text(view.t("answer.suggestions"))


def _conditions(filters: Filters, view: RenderContext) -> Html:
    words = filter_words(filters, view.t)
    return text(view.t("answer.narrowed", filters=" · ".join(words))) if words else markup.EMPTY


def _position(found: Answer, offset: int, view: RenderContext) -> Html:
    if offset == 0 or view.brief:
        return markup.EMPTY
    first, last = offset + 1, offset + len(found.hits)
    if found.total_is_bound:
        return text(view.t("answer.range_open", first=first, last=last))
    return text(view.t("answer.range", first=first, last=last, total=found.total))


def _excerpt(hit: Hit, view: RenderContext) -> Excerpt:
    shown = excerpt(
        hit.passage.text,
        hit.sentences,
        budget=EXCERPT_CHARS[AnswerLength.SHORT if view.brief else view.length],
        title=hit.article.title,
    )
    if view.brief or len(shown.rest) >= MIN_FOLDED_CHARS or not shown.rest:
        return shown
    return Excerpt((*shown.pieces, Piece(_joint(hit.passage, shown.rest) + shown.rest)))


def _joint(passage: Passage, rest: str) -> str:
    """Return the separator before the rest of a passage: a line break, a blank or nothing."""
    before = passage.text[: passage.text.rindex(rest)]
    return "\n" if before.endswith("\n") else " " if before.endswith(" ") else ""


def _piece(piece: Piece, view: RenderContext) -> Html:
    content = text(view.convert(piece.text))
    return bold(content) if piece.answers else content


def _snippet(shown: Excerpt) -> str:
    """Return the answering sentences of an excerpt in one line, else its beginning."""
    pieces = [piece for piece in shown.pieces if piece.answers] or list(shown.pieces)
    return "".join(piece.text for piece in _in_one_line(_spaced(pieces)))


def _spaced(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Put a line break between sentences that may not have been neighbours."""
    for index, piece in enumerate(pieces):
        yield Piece(("\n" if index else "") + piece.text, piece.answers)


def _in_one_line(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Join lines: without a separator after the end of a Chinese sentence, else with a blank."""
    before = ""
    for piece in pieces:
        words = _CLOSED.sub("", before + piece.text).replace("\n", " ")[len(before) :]
        yield Piece(words, piece.answers)
        before = words[-1:] or before
