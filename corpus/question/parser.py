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
from corpus.question.answer_types import OTHER, answer_type_of
from corpus.question.filter_syntax import QUOTATION, extract_filters
from corpus.question.focus import proximity
from corpus.question.framing import Framing, certain_dates, find_framing
from corpus.question.intents import Intent, find_intent, is_pointing
from corpus.question.names import ModelName, model_names, name_candidates, name_proximity
from corpus.question.query import Query, QueryParameters
from corpus.question.synonyms import Synonyms
from corpus.question.topic import count_names, topical_words
from corpus.question.topic_words import is_bare_topic, topic_words
from corpus.question.utterance import Utterance
from corpus.text import analyzer
from corpus.text.analyzer import Word
from corpus.text.dates import (
    MAX_DATE_TERMS,
    DateMention,
    find_dates,
    mention_terms,
    read_dates,
    respell_dates,
)
from corpus.text.folding import fold
from corpus.text.numbers import GROUPED_NUMBER, in_digits
from corpus.text.numerals import find_numerals
from corpus.text.terms import Family, Term

DEFAULT_PARAMETERS: Final = QueryParameters()


@dataclass(frozen=True, slots=True)
class FramedQuestion:
    """A question with its dates, and with what is searched for told from what is not.

    Attributes:
        utterance: The question.
        dates: The dates it names.
        framing: Which of the words are not searched for.
    """

    utterance: Utterance
    dates: tuple[DateMention, ...]
    framing: Framing

    @classmethod
    def from_utterance(cls, utterance: Utterance, *, today: date | None = None) -> Self:
        """Find dates and frame.

        Args:
            utterance: The question.
            today: The day from which 昨天 is counted; None: dates are words like others.
        """
        mentions = () if today is None else find_dates(utterance.normalized, today)
        dates = certain_dates(utterance, mentions)
        return cls(utterance, dates, find_framing(utterance, dates))

    @property
    def words(self) -> tuple[Word, ...]:
        """All words, in order."""
        return self.utterance.words

    @property
    def content_words(self) -> tuple[Word, ...]:
        """The words that are searched for; all of them where all are framing."""
        return tuple(self.words[place] for place in self._content_places)

    @property
    def informative_words(self) -> tuple[Word, ...]:
        """Those of the content words that do not ask; all of them where all do."""
        asking = self.utterance.places("interrogative", "cleft")
        informative = tuple(self.words[place] for place in self._content_places if place not in asking)
        return informative or self.content_words

    @property
    def _content_places(self) -> Sequence[int]:
        ignored = self.framing.ignored
        every = range(len(self.words))
        return [place for place in every if place not in ignored] or every

    @property
    def content(self) -> str:
        """The text with everything but the content words blanked out."""
        if len(self.framing.ignored) == len(self.words):
            return self.utterance.normalized
        return _blank_out(self.utterance.normalized, (self.words[place] for place in self.framing.ignored))

    @property
    def topic(self) -> tuple[str, ...]:
        """The words that name what it is about, without dates."""
        named = [word for place, word in enumerate(self.words) if place not in self.framing.ignored]
        return topic_words(self.utterance.normalized, named, [mention.span for mention in self.dates])

    @property
    def without_frame(self) -> str:
        """The text with the request and relative dates blanked out; stop words stay."""
        return _blank_out(self.utterance.normalized, (self.words[place] for place in self.framing.framing))


def parse(
    question: str,
    *,
    filters: Filters = Filters(),
    today: date,
    parameters: QueryParameters = DEFAULT_PARAMETERS,
    has_intents: bool = True,
) -> Query:
    """Parse a question. Any text will do; the worst gives a query without terms.

    Args:
        question: The question as typed.
        filters: Those of the caller; the question's own syntax is added to them.
        today: The day from which 昨天 is counted.
        parameters: Weights and limits.
        has_intents: Whether the wording is compared with those of intents; else every word is searched for.
    """
    typed = question[: parameters.max_characters]
    free_text, filters = extract_filters(typed, filters, today)
    knowledge = parameters.knowledge
    lexicon, synonyms = knowledge.lexicon, knowledge.synonyms
    as_typed = Utterance.from_text(free_text, lexicon)
    utterance, impossible_days = _with_plain_days(as_typed, today)
    normalized = utterance.normalized
    intent, framed = _frame(utterance, today=today, has_intents=has_intents)
    searched = framed
    if not framed.words and filters.phrases:  # only a phrase: it is the question
        searched = FramedQuestion.from_utterance(Utterance.from_text(" ".join(filters.phrases), lexicon))

    content, content_words = searched.content, searched.content_words
    informative = searched.informative_words
    words = tuple(dict.fromkeys(word.term for word in content_words))
    unframed = framed.without_frame
    proximities = proximity(unframed, informative, lexicon.asking)
    numbers = _find_numbers(normalized)
    models = model_names(content, lexicon.words("stop"))
    phrases = [*synonyms.find(normalized, framed.words), *numbers]
    quoted = tuple(fold(next(filter(None, groups))) for groups in QUOTATION.findall(free_text))
    return Query(
        typed=typed,
        free_text=free_text,
        normalized=normalized,
        filters=filters,
        words=words,
        terms=_weighted_terms(words, models, content, phrases, framed.dates, parameters),
        variants=_variants(words, framed.words, phrases, synonyms)
        | {name.term: name.forms for name in models},
        proximity={**proximities, **name_proximity(models, informative, proximities)},
        optional_terms=_interrogative_terms(content_words, informative, content)
        | _respelling_terms(numbers, words, content, synonyms),
        answer_type=knowledge.answer_types.of(unframed),
        quoted=quoted,
        dates=framed.dates,
        impossible_days=impossible_days,
        listing_topic=_listing_topic(framed, filters, intent, quoted=bool(quoted)),
        topicless=framed.framing.topicless and not filters.phrases,
        numerals=find_numerals(content),
        model_names=models,
        name_candidates=name_candidates(
            normalized,
            framed.words,
            framed.framing.ignored,
            quoted=quoted,
            dates=[mention.span for mention in framed.dates],
        ),
        intent=intent,
        topic=framed.topic,
        is_bare_topic=_is_bare_topic(framed, filters, intent, quoted=bool(quoted)),
        named=tuple(topical_words(as_typed)),
        names=count_names(as_typed),
    )


def _frame(utterance: Utterance, *, today: date, has_intents: bool) -> tuple[Intent | None, FramedQuestion]:
    """Tell the topic of a question; with an intent only what is asked about: 高铁 in 有几篇关于高铁的文章."""
    whole = FramedQuestion.from_utterance(utterance, today=today)
    intent = find_intent(utterance) if has_intents else None
    if intent is None:
        return None, whole
    named = "".join(
        letter if any(start <= place < end for start, end in intent.slots) else "\n"
        for place, letter in enumerate(utterance.normalized)
    )
    framed = FramedQuestion.from_utterance(utterance.reworded(named), today=today)
    if intent.kind.lists and framed.topic and whole.framing.listing_topic == "":
        return None, whole  # a slot took a part of a request: the second 看 of 看看新闻
    if intent.slots and not framed.topic:
        covered = [mention.span for mention in framed.dates]
        left = [each for each in framed.words if not any(a <= each.start < b for a, b in covered)]
        if is_pointing(word.term for word in left) or not covered:
            return None, whole
    return intent, framed


def _listing_topic(
    framed: FramedQuestion, filters: Filters, intent: Intent | None, *, quoted: bool
) -> str | None:
    """See `Query`. A filter and nothing else asks for a list of what passes it."""
    if intent is not None:
        return "".join(framed.topic) if intent.kind.lists else None
    if quoted or filters.phrases:
        return None
    return "" if filters.is_narrowed and not framed.words else framed.framing.listing_topic


def _with_plain_days(utterance: Utterance, today: date) -> tuple[Utterance, tuple[str, ...]]:
    """Write days as articles do, and blank out those that no calendar has; return these too."""
    respelt = respell_dates(utterance.normalized, today)
    normalized, impossible_days = _without_impossible_days(respelt, today)
    return utterance.reworded(normalized), impossible_days


def _without_impossible_days(normalized: str, today: date) -> tuple[str, tuple[str, ...]]:
    """Blank out days that no calendar has; return the text and these days."""
    spans = read_dates(normalized, today).impossible
    days = tuple(normalized[start:end] for start, end in spans)
    for start, end in spans:
        normalized = f"{normalized[:start]}{' ' * (end - start)}{normalized[end:]}"
    return normalized, days


def _is_bare_topic(framed: FramedQuestion, filters: Filters, intent: Intent | None, *, quoted: bool) -> bool:
    """See `Query`."""
    if intent is not None or quoted or filters.phrases or filters.excluded or framed.dates:
        return False
    text = framed.utterance.normalized
    if find_numerals(text):
        return False
    return is_bare_topic(text, framed.words, framed.content_words) and answer_type_of(text) is OTHER


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
    numbers: Iterable[Word], words: Collection[str], content: str, synonyms: Synonyms
) -> frozenset[tuple[str, Family]]:
    """Return the terms that occur only in other spellings of a number: no text has both spellings.

    Args:
        numbers: The numbers of the question.
        words: Its content words.
        content: The question with everything but the content words blanked out.
        synonyms: They have the other spellings.
    """
    respelt = {term for number in numbers for term in synonyms.terms(number.term)}
    return frozenset(respelt - _term_keys(words, analyzer.characters(content)))


def _term_keys(words: Iterable[str], characters: Iterable[str]) -> frozenset[tuple[str, Family]]:
    return frozenset(
        [*((text, Family.WORDS) for text in words), *((text, Family.CHARACTERS) for text in characters)]
    )


def _weighted_terms(
    words: Iterable[str],
    names: Iterable[ModelName],
    content: str,
    phrases: Iterable[Word],
    dates: Iterable[DateMention],
    parameters: QueryParameters,
) -> tuple[Term, ...]:
    """Return all terms of a question; one that is found in several ways has the greatest weight.

    Args:
        words: The content words.
        names: The model names among them.
        content: The question with everything but the content words blanked out.
        phrases: Stretches that have synonyms.
        dates: The dates named.
        parameters: Weights and limits.
    """
    terms: dict[tuple[str, Family], float] = {}

    def add(text: str, family: Family, weight: float) -> None:
        share = parameters.character_weight if family is Family.CHARACTERS else 1.0
        terms[text, family] = max(weight * share, terms.get((text, family), 0.0))

    parts = {part for name in names for part in name.short_parts}
    for word in words:
        add(word, Family.WORDS, parameters.part_weight if word in parts else 1.0)
    for name in names:
        add(name.term, Family.WORDS, 1.0)
    for text in analyzer.characters(content):
        add(text, Family.CHARACTERS, parameters.part_weight if text in parts else 1.0)
    for phrase in dict.fromkeys(phrase.term for phrase in phrases):
        for text, family in parameters.knowledge.synonyms.terms(phrase):
            add(text, family, parameters.synonym_weight)
    for mention in dates:
        if _is_boosted(mention):
            for text in mention_terms(mention):
                add(text, Family.WORDS, parameters.date_weight)
    return tuple(Term(*key, weight) for key, weight in list(terms.items())[: parameters.max_terms])


def _is_boosted(mention: DateMention) -> bool:
    """Whether articles published on the days of a mention are lifted.

    What is found for 最近 is ordered by date instead. A long period without a name of its own, or a part of a
    year (三季度), is what an article tells of, at whatever time it appeared.
    """
    if mention.recent or mention.vague:
        return False
    is_year = mention.since.year == mention.until.year
    return mention.relative or is_year or (mention.until - mention.since).days < MAX_DATE_TERMS


def _variants(
    words: Iterable[str], spans: Iterable[Word], phrases: Sequence[Word], synonyms: Synonyms
) -> dict[str, tuple[str, ...]]:
    """Return for each content word what counts as finding it: itself, its synonyms, its number in digits.

    A word that is part of a phrase has the synonyms of the phrase as well: jieba cuts 川普 into two
    characters, and an article about 特朗普 has what both of them ask for.

    Args:
        words: The content words.
        spans: All words of the question.
        phrases: Stretches that have synonyms.
        synonyms: The synonyms.
    """
    variants = {word: tuple(filter(None, (word, *synonyms.of(word), in_digits(word)))) for word in words}
    for word in spans if phrases else ():
        for phrase in phrases:
            if word.term in variants and phrase.start <= word.start and word.end <= phrase.end:
                both = (*variants[word.term], *synonyms.of(phrase.term))
                variants[word.term] = tuple(dict.fromkeys(both))
    return variants


def _find_numbers(normalized: str) -> list[Word]:
    """Find numbers that have another spelling: 5213."""
    return [Word(match.group(), *match.span()) for match in GROUPED_NUMBER.finditer(normalized)]
