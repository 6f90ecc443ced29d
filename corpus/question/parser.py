"""What a person typed → `Query`: filters taken out, stop words left out, terms with weights.

Decision: the explicit syntax (`分类:金融`, options) filters strictly. A date, outlet or category named in
plain words only lifts, because it is a term like any other: articles are indexed under their day, outlet and
categories too (`documents`), and a term that an article lacks costs it nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from corpus.models import Filters
from corpus.question.answer_types import answer_type_of
from corpus.question.filter_syntax import QUOTATION, extract_filters
from corpus.question.focus import is_interrogative, proximity
from corpus.question.framing import Framing, certain_dates, find_framing
from corpus.question.query import Query, QueryParameters
from corpus.question.synonyms import find_synonym_phrases, synonym_terms, synonyms_of
from corpus.text import analyzer
from corpus.text.analyzer import Word
from corpus.text.cantonese import normalize_question
from corpus.text.dates import DateMention, find_dates, mention_terms
from corpus.text.folding import fold
from corpus.text.numbers import GROUPED_NUMBER, MODEL_NAME, in_digits
from corpus.text.terms import Family, Term

DEFAULT_PARAMETERS: Final = QueryParameters()


@dataclass(frozen=True, slots=True)
class TokenizedQuestion:
    """A question, segmented, with the role of each word.

    Attributes:
        text: The question, normalized.
        words: Its words, in order.
        dates: The dates it names.
        framing: Which of the words are not searched for.
    """

    text: str
    words: tuple[Word, ...]
    dates: tuple[DateMention, ...]
    framing: Framing

    @classmethod
    def from_text(cls, text: str, *, today: date | None = None) -> Self:
        """Segment a normalized text.

        Args:
            text: The question.
            today: The day from which 昨天 is counted; None: dates are words like others.
        """
        words = tuple(analyzer.word_spans(text))
        dates = () if today is None else certain_dates(text, words, find_dates(text, today))
        return cls(text, words, dates, find_framing(text, words, dates))

    @property
    def content_words(self) -> tuple[Word, ...]:
        """The words that are searched for; all of them where all are framing."""
        ignored = self.framing.ignored
        return tuple(word for place, word in enumerate(self.words) if place not in ignored) or self.words

    @property
    def content(self) -> str:
        """The text with everything but the content words blanked out."""
        if len(self.framing.ignored) == len(self.words):
            return self.text
        return _blank_out(self.text, (self.words[place] for place in self.framing.ignored))

    @property
    def without_frame(self) -> str:
        """The text with the request and relative dates blanked out; stop words stay."""
        return _blank_out(self.text, (self.words[place] for place in self.framing.framing))


def parse(
    question: str,
    *,
    filters: Filters = Filters(),
    today: date,
    parameters: QueryParameters = DEFAULT_PARAMETERS,
) -> Query:
    """Parse a question. Any text will do; the worst gives a query without terms.

    Args:
        question: The question as typed.
        filters: Those of the caller; the question's own syntax is added to them.
        today: The day from which 昨天 is counted.
        parameters: Weights and limits.
    """
    typed = question[: parameters.max_characters]
    free_text, filters = extract_filters(typed, filters, today)
    normalized = normalize_question(free_text)
    tokenized = TokenizedQuestion.from_text(normalized, today=today)
    searched = tokenized
    if not tokenized.words and filters.phrases:  # only a phrase: it is the question
        searched = TokenizedQuestion.from_text(fold(" ".join(filters.phrases)))

    content, content_words = searched.content, searched.content_words
    informative = tuple(word for word in content_words if not is_interrogative(word.term)) or content_words
    words = tuple(dict.fromkeys(word.term for word in content_words))
    unframed = tokenized.without_frame
    numbers = _find_numbers(normalized)
    phrases = [*find_synonym_phrases(normalized, tokenized.words), *numbers]
    quoted = tuple(fold(next(filter(None, groups))) for groups in QUOTATION.findall(free_text))
    return Query(
        typed=typed,
        free_text=free_text,
        normalized=normalized,
        filters=filters,
        words=words,
        terms=_weighted_terms(words, content, phrases, tokenized.dates, parameters),
        variants=_variants(words, tokenized.words, phrases),
        proximity=proximity(unframed, informative),
        optional_terms=_interrogative_terms(content_words, informative, content)
        | _respelling_terms(numbers, words, content),
        answer_type=answer_type_of(unframed),
        quoted=quoted,
        dates=tokenized.dates,
        listing_topic=None if quoted else _listing_topic(tokenized, filters),
        topicless=tokenized.framing.topicless and not filters.phrases,
    )


def _listing_topic(tokenized: TokenizedQuestion, filters: Filters) -> str | None:
    """See `Query`. A filter and nothing else asks for a list of what passes it."""
    if filters.phrases:
        return None
    is_narrowed = any((filters.category, filters.author, filters.since, filters.until))
    return "" if is_narrowed and not tokenized.words else tokenized.framing.listing_topic


def _blank_out(text: str, words: Iterable[Word]) -> str:
    characters = list(text)
    for word in words:
        characters[word.start : word.end] = "\n" * (word.end - word.start)
    return "".join(characters)


def _interrogative_terms(
    content_words: Sequence[Word], informative: Collection[Word], content: str
) -> frozenset[tuple[str, Family]]:
    """Return the terms that occur only in interrogatives (几座, 哪条).

    Args:
        content_words: The words that are searched for.
        informative: Those of them that are no interrogatives.
        content: The question with everything but the content words blanked out.
    """
    interrogatives = set(content_words).difference(informative)
    if not interrogatives:
        return frozenset()
    words = {word.term for word in interrogatives} - {word.term for word in informative}
    remainder = _blank_out(content, interrogatives)
    characters = set(analyzer.characters(content)) - set(analyzer.characters(remainder))
    return _term_keys(words, characters)


def _respelling_terms(
    numbers: Iterable[Word], words: Collection[str], content: str
) -> frozenset[tuple[str, Family]]:
    """Return the terms that occur only in other spellings of a number: no text has both spellings.

    Args:
        numbers: The numbers of the question.
        words: Its content words.
        content: The question with everything but the content words blanked out.
    """
    respelt = {term for number in numbers for term in synonym_terms(number.term)}
    return frozenset(respelt - _term_keys(words, analyzer.characters(content)))


def _term_keys(words: Iterable[str], characters: Iterable[str]) -> frozenset[tuple[str, Family]]:
    return frozenset(
        [*((text, Family.WORDS) for text in words), *((text, Family.CHARACTERS) for text in characters)]
    )


def _weighted_terms(
    words: Iterable[str],
    content: str,
    phrases: Iterable[Word],
    dates: Iterable[DateMention],
    parameters: QueryParameters,
) -> tuple[Term, ...]:
    """Return all terms of a question; one that is found in several ways has the greatest weight.

    Args:
        words: The content words.
        content: The question with everything but the content words blanked out.
        phrases: Stretches that have synonyms.
        dates: The dates named.
        parameters: Weights and limits.
    """
    terms: dict[tuple[str, Family], float] = {}

    def add(text: str, family: Family, weight: float) -> None:
        share = parameters.character_weight if family is Family.CHARACTERS else 1.0
        terms[text, family] = max(weight * share, terms.get((text, family), 0.0))

    for word in words:
        add(word, Family.WORDS, 1.0)
    for text in analyzer.characters(content):
        add(text, Family.CHARACTERS, 1.0)
    for phrase in dict.fromkeys(phrase.term for phrase in phrases):
        for text, family in synonym_terms(phrase):
            add(text, family, parameters.synonym_weight)
    for mention in dates:
        if not mention.recent:  # what is found is ordered by date instead
            for text in mention_terms(mention):
                add(text, Family.WORDS, parameters.date_weight)
    return tuple(Term(*key, weight) for key, weight in list(terms.items())[: parameters.max_terms])


def _variants(
    words: Iterable[str], spans: Iterable[Word], phrases: Sequence[Word]
) -> dict[str, tuple[str, ...]]:
    """Return for each content word what counts as finding it: itself, its synonyms, its number in digits.

    A word that is part of a phrase has the synonyms of the phrase as well: jieba cuts 川普 into two
    characters, and an article about 特朗普 has what both of them ask for.

    Args:
        words: The content words.
        spans: All words of the question.
        phrases: Stretches that have synonyms.
    """
    variants = {word: tuple(filter(None, (word, *synonyms_of(word), in_digits(word)))) for word in words}
    for word in spans if phrases else ():
        for phrase in phrases:
            if word.term in variants and phrase.start <= word.start and word.end <= phrase.end:
                both = (*variants[word.term], *synonyms_of(phrase.term))
                variants[word.term] = tuple(dict.fromkeys(both))
    return variants


def _find_numbers(normalized: str) -> list[Word]:
    """Find numbers and model names that have another spelling: 5213, iOS16."""
    return [
        Word(match.group(), *match.span())
        for pattern in (GROUPED_NUMBER, MODEL_NAME)
        for match in pattern.finditer(normalized)
    ]
