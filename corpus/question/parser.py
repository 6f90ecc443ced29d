"""What a person typed → `Query`: filters taken out, question words cut, terms with weights.

Decision: the explicit syntax (`分类:金融`, options) filters strictly; a date, outlet or category named
in plain words only lifts, because it is a term like any other: articles are indexed under their day,
outlet and categories too (`documents`), and a term that an article lacks costs it nothing.
"""

from collections.abc import Container, Iterable, Sequence
from datetime import date

from corpus.models import Filters
from corpus.question import framing
from corpus.question.answer_types import kind_of
from corpus.question.filter_syntax import QUOTED, take_filters
from corpus.question.focus import asks, nearness
from corpus.question.query import CHARACTERS_WEIGHT, Query
from corpus.question.synonyms import find_phrases, synonym_terms, synonyms_of
from corpus.text import analyzer
from corpus.text.analyzer import Word
from corpus.text.cantonese import plain
from corpus.text.dates import DateMention, find_dates, mention_terms
from corpus.text.folding import fold
from corpus.text.numbers import MODEL, SEPARATED, in_digits
from corpus.text.terms import Family, Term

MAX_CHARACTERS = 1000
"""Longer questions are cut: nobody asks more, and the time to answer stays bounded."""

MAX_TERMS = 120
DATE_WEIGHT = 2.0


def parse(question: str, *, filters: Filters = Filters(), today: date) -> Query:
    """Understand a question. Any text will do; the worst gives a query without terms.

    Args:
        question: As typed.
        filters: Of the caller; what the question's own syntax says is added to it.
        today: From which 昨天 is counted.
    """
    typed = question[:MAX_CHARACTERS]
    content, filters = take_filters(typed, filters, today)
    folded = plain(content)
    quoted = tuple(fold(next(filter(None, match))) for match in QUOTED.findall(content))
    spans = analyzer.word_spans(folded)
    dates = framing.certain_dates(folded, spans, find_dates(folded, today))
    request = framing.read(folded, spans, dates)
    content_spans, kept = _content(folded, spans, request.carriers)
    if not content_spans and filters.phrases:  # only a phrase: it is the question
        phrase = fold(" ".join(filters.phrases))
        of_phrase = analyzer.word_spans(phrase)
        content_spans, kept = _content(phrase, of_phrase, framing.read(phrase, of_phrase, ()).carriers)
    words = tuple(dict.fromkeys(word for word, _, _ in content_spans))
    asked = _without(folded, (span for place, span in enumerate(spans) if place in request.framing))
    told = [span for span in content_spans if not asks(span[0])] or content_spans
    numbers = _find_numbers(folded)
    phrases = [*find_phrases(folded, spans), *numbers]
    evidence = _evidence(words, spans, phrases)
    terms = _weighted_terms(words, kept, (phrase for phrase, _, _ in phrases), dates)
    return Query(
        typed,
        content,
        folded,
        filters,
        words,
        terms,
        evidence,
        nearness(asked, told),
        _aside(content_spans, told, kept) | _respelt(numbers, words, kept),
        kind_of(asked),
        quoted,
        dates,
        browses=_browses(spans, filters, request) if not quoted else None,
        empty=request.empty and not filters.phrases,
    )


def _browses(spans: Sequence[Word], filters: Filters, request: framing.Request) -> str | None:
    """See `Query`. Who types a filter and nothing else wants what passes it."""
    if filters.phrases or filters.excluded:
        return None
    narrowed = any((filters.category, filters.author, filters.since, filters.until))
    return "" if narrowed and not spans else request.browses


def _content(folded: str, spans: Sequence[Word], carriers: Container[int]) -> tuple[Sequence[Word], str]:
    """Return the content words, and the text with everything else blanked out.

    Where nothing else is left, all words are content.

    Args:
        carriers: Places of the words that are not.
    """
    content = [span for place, span in enumerate(spans) if place not in carriers]
    if not content:
        return spans, folded
    return content, _without(folded, (span for place, span in enumerate(spans) if place in carriers))


def _without(folded: str, words: Iterable[Word]) -> str:
    """Blank out some words."""
    kept = list(folded)
    for _, start, end in words:
        kept[start:end] = "\n" * (end - start)
    return "".join(kept)


def _aside(content: Sequence[Word], told: Sequence[Word], kept: str) -> frozenset[tuple[str, Family]]:
    """Terms of content words that only those have which ask.

    Args:
        told: The content words that do not ask.
        kept: The question without all but content words.
    """
    if len(told) == len(content):
        return frozenset()
    asking = set(content).difference(told)
    only = set(analyzer.characters(kept)).difference(analyzer.characters(_without(kept, asking)))
    words = {word for word, _, _ in asking}.difference(word for word, _, _ in told)
    return frozenset(
        [*((word, Family.WORDS) for word in words), *((text, Family.CHARACTERS) for text in only)]
    )


def _respelt(numbers: Iterable[Word], words: Sequence[str], kept: str) -> frozenset[tuple[str, Family]]:
    """Terms of nothing but other spellings of numbers: no text has both spellings."""
    terms = {(text, family) for number, _, _ in numbers for text, family, _ in synonym_terms(number)}
    return frozenset(
        terms.difference((word, Family.WORDS) for word in words).difference(
            (text, Family.CHARACTERS) for text in analyzer.characters(kept)
        )
    )


def _weighted_terms(
    words: Sequence[str], kept: str, phrases: Iterable[str], dates: Iterable[DateMention]
) -> tuple[Term, ...]:
    terms: dict[tuple[str, Family], float] = {}

    def add(text: str, family: Family, weight: float) -> None:
        terms[text, family] = max(weight, terms.get((text, family), 0.0))

    for word in words:
        add(word, Family.WORDS, 1.0)
    for term in analyzer.characters(kept):
        add(term, Family.CHARACTERS, CHARACTERS_WEIGHT)
    for phrase in dict.fromkeys(phrases):
        for text, family, weight in synonym_terms(phrase):
            add(text, family, weight)
    for mention in dates:
        if not mention.recent:  # what is found is put in order by date
            for text in mention_terms(mention):
                add(text, Family.WORDS, DATE_WEIGHT)
    return tuple(Term(text, family, weight) for (text, family), weight in list(terms.items())[:MAX_TERMS])


def _evidence(
    words: Sequence[str], spans: Iterable[Word], phrases: Sequence[Word]
) -> dict[str, tuple[str, ...]]:
    """For each word what counts as finding it: itself, its synonyms, and those of a phrase it is part of.

    jieba cuts 川普 into two characters; an article about 特朗普 has what both of them ask for.
    """
    found = {word: tuple(filter(None, (word, *synonyms_of(word), in_digits(word)))) for word in words}
    for word, start, end in spans if phrases else ():
        for phrase, first, last in phrases:
            if word in found and first <= start and end <= last:
                found[word] = tuple(dict.fromkeys((*found[word], *synonyms_of(phrase))))
    return found


def _find_numbers(folded: str) -> list[Word]:
    """Find numbers that are also written with or without separators or blanks, as `_find_phrases` does."""
    return [
        (match.group(), *match.span()) for pattern in (SEPARATED, MODEL) for match in pattern.finditer(folded)
    ]
