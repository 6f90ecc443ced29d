"""`Query`: a question, parsed and ready to be searched."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from corpus.models import Filters
from corpus.question.answer_types import AnswerType
from corpus.question.intents import Intent
from corpus.question.knowledge import Knowledge
from corpus.question.lexicon import STOP_WORDS
from corpus.question.names import ModelName, NameCandidate
from corpus.text.analyzer import HAN_RUN
from corpus.text.dates import DateMention
from corpus.text.numerals import Numeral
from corpus.text.terms import Family, Term


@dataclass(frozen=True, slots=True)
class QueryParameters:
    """Weights and limits of query parsing.

    Attributes:
        character_weight: Share of the character terms in the score. 0.5 is best on cmrc, 0.25 is fair on
            news.
        synonym_weight: Weight of a synonym's terms, relative to those of the word itself.
        part_weight: Weight of a part of a model name that names nothing alone: 14, k.
        date_weight: Weight of the terms of a date that is named in plain words.
        max_characters: Longer questions are cut, so that the time to answer stays bounded.
        max_terms: Limit on the terms of a query; the first ones stay.
        knowledge: What is known of the language of questions.
    """

    character_weight: float = 0.5
    synonym_weight: float = 0.5
    part_weight: float = 0.3
    date_weight: float = 2.0
    max_characters: int = 1000
    max_terms: int = 120
    knowledge: Knowledge = field(default_factory=Knowledge)


@dataclass(frozen=True, slots=True)
class Query:
    """A question, parsed and ready to be searched.

    Attributes:
        typed: The question as typed, cut to the length limit.
        free_text: `typed` with blanks in place of the filter syntax. Every other character keeps its place.
        normalized: `free_text`, folded, with Cantonese function words in standard Chinese.
        filters: Strict filters, from the syntax and from the caller.
        words: Content words, folded, distinct, in order.
        terms: All weighted terms: words, characters, synonyms, dates.
        variants: For each content word the terms that count as finding it: itself and its synonyms.
        proximity: For each content word how close it stands to the interrogative, 0 to 1. Interrogatives
            (几座) are left out unless there is nothing else.
        optional_terms: Terms that do not count against a passage that lacks them: those that occur only in
            interrogatives, and other spellings of a number.
        answer_type: What sort of thing is asked for.
        quoted: Quotations in 「」, 『』 or “”, folded. They lift passages that contain them.
        dates: Dates named in plain words.
        impossible_days: Days named that no calendar has (2022年2月30日), folded. They are not searched for.
        listing_topic: Set only if a list is asked for. "": of any topic (昨天有什么新闻, 分类:财经 alone).
            "财经": of this topic, folded (最近的财经新闻). None: an ordinary question.
        topicless: Whether the question names nothing that could be found (什么时候的事).
        numerals: Large numbers and percentages, with their other spellings.
        model_names: Letters and digits side by side: iphone14.
        name_candidates: Function words that may begin a name with what follows them: 向佐.
        absent_names: Names of the question that the archive lacks, so that nothing answers surely.
        intent: Set if the wording asks for something that no passage answers; the words are then only those
            of what is asked about.
        topic: The words that name what the question is about, dates left out.
        is_bare_topic: Whether the question is the name of a topic and nothing else: 疫情.
        named: The words that name something, rather than only what may be asked of anything.
        names: How many things they name; the letters and digits of 一加11Pro belong to one.
    """

    typed: str
    free_text: str
    normalized: str
    filters: Filters
    words: tuple[str, ...]
    terms: tuple[Term, ...]
    variants: Mapping[str, tuple[str, ...]]
    proximity: Mapping[str, float]
    optional_terms: frozenset[tuple[str, Family]]
    answer_type: AnswerType
    quoted: tuple[str, ...] = ()
    dates: tuple[DateMention, ...] = ()
    impossible_days: tuple[str, ...] = ()
    listing_topic: str | None = None
    topicless: bool = False
    numerals: tuple[Numeral, ...] = ()
    model_names: tuple[ModelName, ...] = ()
    name_candidates: tuple[NameCandidate, ...] = ()
    absent_names: tuple[str, ...] = ()
    intent: Intent | None = None
    topic: tuple[str, ...] = ()
    is_bare_topic: bool = False
    named: tuple[str, ...] = ()
    names: int = 0

    @property
    def is_english(self) -> bool:
        """Whether it is asked in English: stop words of that language, and no Chinese character."""
        if HAN_RUN.search(self.normalized):
            return False
        return not STOP_WORDS.isdisjoint(self.normalized.split())

    @property
    def recent(self) -> bool:
        """Whether recent articles are asked for (最近) and no particular days are."""
        return bool(self.dates) and all(mention.recent for mention in self.dates)

    def days(self, today: date) -> tuple[date, date] | None:
        """Return first and last of the days named; None without any.

        Days without a year are those of the last year in which they had begun.
        """
        if not self.dates or self.recent:
            return None
        mentions = [mention for mention in self.dates if not mention.recent]
        return min(mention.since for mention in mentions), max(mention.until for mention in mentions)
