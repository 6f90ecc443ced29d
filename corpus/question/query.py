"""`Query`: a question, ready to be searched."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from corpus.models import Filters
from corpus.question.answer_types import Kind
from corpus.text.dates import DateMention
from corpus.text.terms import Family, Term

CHARACTERS_WEIGHT = 0.5
"""Share of the characters' family in the score (RETRIEVAL: 0.5 on cmrc, 0.25 fair on news)."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question, ready to be searched.

    Attributes:
        typed: The question as typed.
        content: The same with blanks in place of the filter syntax, character for character.
        text: `content`, folded, what asks in it in the standard language.
        filters: Strict filters, from the syntax and from the caller.
        words: Content words, folded, distinct, in order.
        terms: All terms with their weights: words, characters, synonyms, dates.
        evidence: For each content word the terms that count as finding it: itself and its synonyms.
        focus: For each content word that does not itself ask (几座) how near it stands to what asks, 0 to 1;
            for all content words where each of them asks.
        aside: Terms that only words which ask have, or other spellings of a number.
        kind: What is asked for.
        quoted: Stretches in 「」, 『』 or “”, folded, which lift passages that hold them.
        dates: Dates named in plain words.
        browses: What else is said, folded, when what there is on these dates or of late is asked for: ""
            for 昨天有什么新闻 and a lone 分类:财经, 财经 for 最近的财经新闻. None for all other questions.
        empty: Nothing is named that could be found (什么时候的事).
    """

    typed: str
    content: str
    text: str
    filters: Filters
    words: tuple[str, ...]
    terms: tuple[Term, ...]
    evidence: Mapping[str, tuple[str, ...]]
    focus: Mapping[str, float]
    aside: frozenset[tuple[str, Family]]
    kind: Kind
    quoted: tuple[str, ...] = ()
    dates: tuple[DateMention, ...] = ()
    browses: str | None = None
    empty: bool = False

    @property
    def recent(self) -> bool:
        """Whether what is of late is asked for (最近) and no certain days are."""
        return bool(self.dates) and all(mention.recent for mention in self.dates)

    def days(self, today: date) -> tuple[date, date] | None:
        """First and last day of the dates named; the latest that has come where no year was said."""
        if not self.dates or self.recent:
            return None
        since = min(mention.since for mention in self.dates)
        until = max(mention.until for mention in self.dates)
        if since > today and all(mention.any_year for mention in self.dates):
            try:
                return since.replace(year=since.year - 1), until.replace(year=until.year - 1)
            except ValueError:  # 29 February
                return None
        return since, until
