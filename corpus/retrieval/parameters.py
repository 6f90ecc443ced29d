"""Parameters of retrieval: what a benchmark varies to measure a stage."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DuplicateParameters:
    """When two articles are the same story; see docs/decisions/0020-near-duplicates.md."""

    min_long_shingles: int = 100
    """Shingles from which on a text is compared by itself; the titles of shorter ones must agree."""

    min_shared: float = 0.5
    """Share of the shorter text's shingles that two copies of a story have in common at least."""

    min_shared_same_outlet: float = 0.8
    """Common share of both texts from which on two posts of one outlet with one title are a repeat."""

    min_shared_sample: float = 0.25
    """Common share of the samples below which two texts surely differ: half of what copies share."""

    min_sketch_shingles: int = 8
    """Shingles in the smaller of two sketches. With fewer, sketches decide nothing.

    Copies missed at most, by their share of common shingles: 0.5 → 1 pair in 50, 0.7 → 1 in 2,000,
    0.8 → 1 in 50,000.
    """

    min_title_overlap: float = 0.1
    """Share of the shorter title's character pairs that the titles of two copies have in common at least."""

    min_title_pairs: int = 2
    """Number of these pairs that two titles have in common at least, unless they agree."""

    min_title_agreement: float = 0.5
    """Share of these pairs from which on two titles agree."""

    max_title_chars: int = 100
    """Characters of a title that are compared, from its beginning."""

    spare_sources: int = 5
    """Articles beyond those wanted that are compared at once: so many copies are seldom among the first."""


@dataclass(frozen=True, slots=True)
class SpellingParameters:
    """When a word of a question counts as mistyped; measured in docs/decisions/0018-corrections.md."""

    max_question_chars: int = 100
    """Characters of a question that is checked: longer ones are pasted, and would take a second."""

    max_corrections: int = 2
    """Corrections of one question."""

    min_latin_chars: int = 4
    """Letters of the shortest Latin word that is checked."""

    max_latin_chars: int = 24
    """Letters of the longest Latin word that is checked. The edits of one are some fifty times its length."""

    max_word_chars: int = 2
    """Characters of a word that may be part of a mistyped name; longer ones are words that jieba knows."""

    max_chance_share: float = 0.001
    """Share of the rarer character's passages up to which two neighbours occur together by chance only."""

    min_bound_share: float = 0.5
    """Share of the passages of a character, pair or name from which on it belongs to its neighbour."""

    min_word_share: float = 0.8
    """The same share for a word of several characters."""

    max_suspects: int = 8
    """Characters of a span that are checked, so that the time stays bounded."""

    max_replacements: int = 3
    """Replacements in a span that are checked, so that the time stays bounded."""


@dataclass(frozen=True, slots=True)
class RetrievalParameters:
    """How articles are found, before their passages are read."""

    block: int = 60
    """Articles looked at in one go: enough for collapsing duplicates and for the first pages."""

    checked_block: int = 400
    """The same where phrases or excluded words must be checked in the text."""

    quotation_lift: float = 1.0
    """Added to a score, as a share of it, where title or passage contain all quotations of the question.
    Measured on 250 quotations from cmrc in docs/decisions/0012-dates-and-names-lift.md."""

    collapses_duplicates: bool = True
    """Whether articles that tell the same story are one hit."""

    duplicates: DuplicateParameters = DuplicateParameters()
    """When they do."""

    spelling: SpellingParameters = SpellingParameters()
    """When a word counts as mistyped."""
