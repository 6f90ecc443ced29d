"""`Parameters`: every number that ranking, answering and confidence depend on, grouped by stage.

Benchmarks and tests vary them with `dataclasses.replace`. What each one does to the figures is in
docs/figures.md (Each ingredient off), unless its field says otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from corpus.question.query import QueryParameters
from corpus.retrieval.parameters import RetrievalParameters

WEIGHTS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "strength": 2.4,
        "idf_mass": 3.2,
        "margin": 2.6,
        "coverage": 0.7,
        "rarest_word_covered": 0.8,
        "answer_type": 0.7,
        "focus": 2.2,
    }
)
"""Weight of each of the `Features` in the logistic regression.

They were fitted on the news questions with even numbers, the sample and the cmrc tuning questions, each
against the same questions with their answers taken out (docs/decisions/0019-confidence.md). What they
separate is measured by `python -m benchmarks.quality articles FOLDER QUESTIONS.jsonl`.
"""

BIAS: Final = -5.6
"""Intercept of the same regression."""


@dataclass(frozen=True, slots=True)
class PassageParameters:
    """Which passage of an article is shown."""

    title_term_weight: float = 0.2
    """What a term counts in choosing passage and sentence if the title has it, as a share of its weight."""

    max_read: int = 8
    """Passages of an article that are considered; eight are no better than five."""

    max_read_asking: int = 16
    """The same where a head may ask for what the question asks in other words (多少钱？ for 票价)."""

    sentence_weight: float = 2.0
    """What the best sentence of a passage counts beside the score of the whole passage."""

    distinctive_share: float = 1.0
    """What a title's term counts, as a share of its weight, if few passages have it in their text."""

    max_distinctive: float = 0.25
    """Share of an article's passages up to which a term distinguishes them."""

    beginning_share: float = 0.1
    """Share of what the title explains that is added to the first passage: news says first what matters."""

    uses_proximity: bool = True
    """Whether a term counts the more in a sentence the closer it stands to the interrogative."""


@dataclass(frozen=True, slots=True)
class SentenceParameters:
    """Which sentences of a passage answer."""

    answer_type_factor: float = 2.5
    """Score multiplier for sentences that match the answer type."""

    min_second_share: float = 0.25
    """Share of the best sentence's score from which on a second sentence is shown."""

    following_share: float = 0.1
    """Share of the best score that is added to the sentence after the best one."""

    anaphor_share: float = 0.3
    """Share of the best score that is added to a neighbour if the later of the two begins with an anaphor."""

    max_pair_chars: int = 140
    """Characters that two sentences may have together, unless the second one is strong."""

    min_strong_share: float = 0.5
    """Share of the best score from which on a second sentence is strong."""

    max_window_chars: int = 200
    """Characters up to which what stands between the chosen sentences, and the one after them, is shown."""

    other_unit_factor: float = 1.2
    """The same for a sentence under a question about something else."""

    evidence_share: float = 0.4
    """Share of what the title explains that a sentence earns by a value of the asked kind alone."""

    head_share: float = 1.0
    """What the terms of a head count for the sentences under it."""


@dataclass(frozen=True, slots=True)
class RerankParameters:
    """How the top hits are reranked."""

    depth: int = 5
    """How many top hits are read and reranked, whatever their scores."""

    max_depth: int = 8
    """How many are read and reranked where their scores are close."""

    min_share: float = 0.6
    """Share of the best score from which on a hit is close."""

    focus_lift: float = 0.5
    """Lift for a hit of which one sentence covers the question, as a share of its score."""

    rarest_word_loss: float = 0.5
    """Share lost by a hit that lacks the question's rarest word: the other words may have earned as much."""

    numbers_loss: float = 0.3
    """Share lost by a hit that has none of the numbers of the question."""

    min_newer_share: float = 0.5
    """Share of the best hit's score from which on a newer one may tell of a newer state."""

    min_ended_share: float = 0.3
    """The same for one that tells that a state has ended: it lacks the word for the state."""

    min_newer_focus: float = 0.8
    """Share of the best hit's focus from which on a newer one tells of the same affair."""


@dataclass(frozen=True, slots=True)
class OrderParameters:
    """How hits are ordered by date."""

    depth: int = 200
    """How many of the best hits are ordered by date."""

    min_share: float = 0.5
    """Share of the best score that these hits have: else whatever has a common word would come first."""

    min_recent_share: float = 0.75
    """The same share where the question asks for recent events; the other hits follow."""


@dataclass(frozen=True, slots=True)
class FeatureParameters:
    """How the features of a hit are scaled."""

    saturation: float = 1.6
    """The most that one term can earn per idf: k1 + 1 of BM25."""

    margin_hits: int = 4
    """Hits after the first one that it is compared with."""

    mass_words: int = 32
    """Rare words in common at which `idf_mass` reaches 1."""

    pairs_share: float = 0.6
    """What all pairs of characters of a long word count beside the whole word."""

    characters_share: float = 0.4
    """What all characters of a word count beside the whole word."""

    title_share: float = 0.5
    """What a word counts in the focus if only the title has it, beside one that the sentence has."""

    wrong_type_factor: float = 0.5
    """Multiplier of the focus of a sentence that does not match the answer type."""


@dataclass(frozen=True, slots=True)
class CalibrationParameters:
    """How sure an answer is, 0 to 1."""

    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)
    """Weight of each feature."""

    bias: float = BIAS
    """Intercept."""

    answer: float = 0.602
    """Confidence from which on an answer is given as one."""

    related: float = 0.11
    """Confidence from which on an article is offered as possibly related."""

    near_title: float = 0.15
    """Share of a question that a title must cover for its article to be offered where nothing answers."""

    max_earlier: float = 0.5
    """Ceiling where days were named and the hit was published before them."""

    max_other_number: float = 0.6
    """Ceiling where a name has another number in the hits: 斯普拉遁3 for 斯普拉遁4."""

    max_contradicted: float = 0.6
    """Ceiling where the sentences contradict the question, or are of another place or time."""

    max_one_word: float = 0.6
    """Ceiling where one word is all that question and sentence have in common."""

    max_without_type: float = 0.6
    """Ceiling where the best sentences lack what is required: 多少钱, and no sum."""

    max_topicless: float = 0.1
    """Ceiling where the question names nothing that could be found: 什么时候的事."""

    max_absent_name: float = 0.6
    """Ceiling where the question has a name that no article has: 于适, and 适 in other words."""

    max_other_language: float = 0.6
    """Ceiling where an English question finds a passage without an English sentence."""

    max_period: timedelta = timedelta(days=31)
    """Longest relative period (上周), both ends counted, for which an older article is taken as no answer."""


@dataclass(frozen=True, slots=True)
class CorrectionParameters:
    """When the corrected question is searched in place of the typed one."""

    max_confidence: float = 0.9
    """Confidence from which on nobody looks for mistyped words."""

    min_gain: float = 0.075
    """Gain in confidence from which on the corrected question replaces the typed one."""


@dataclass(frozen=True, slots=True)
class SemanticParameters:
    """How vectors of articles are used, where there are any; see docs/decisions/0038-semantic.md."""

    max_confidence: float = 0.3
    """Confidence by words from which on vectors change no order. The weights fall to 0 towards it."""

    depth: int = 40
    """How many of the best hits are ordered by meaning too."""

    weight: float = 1.5
    """What the cosine counts beside the share of the best score where words say nothing."""

    foreign_weight: float = 8.0
    """The same for a question without Chinese characters."""

    added: int = 20
    """Articles found by meaning alone for such a question."""

    added_among: int = 1_000
    """How many of the nearest articles are looked at for those that pass the filters."""

    max_score: float = 0.6
    """Ceiling of the confidence in a hit that meaning put first."""

    min_foreign_sure: float = 0.8
    """Confidence by words below which the same ceiling holds for an English question, if another article is
    nearer in meaning."""

    foreign_score: float = 0.2
    """Confidence in a hit for a question without Chinese characters, if meaning is near enough."""

    min_foreign_cosine: float = 0.35
    """The cosine that is near enough."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """All parameters by stage, in the order in which a question passes them."""

    query: QueryParameters = QueryParameters()
    """Question → query."""

    retrieval: RetrievalParameters = RetrievalParameters()
    """Query → candidates."""

    passages: PassageParameters = PassageParameters()
    """Candidate → passage."""

    sentences: SentenceParameters = SentenceParameters()
    """Passage → sentences."""

    rerank: RerankParameters = RerankParameters()
    """Order of the top hits."""

    order: OrderParameters = OrderParameters()
    """Order by date."""

    features: FeatureParameters = FeatureParameters()
    """Hit → features."""

    calibration: CalibrationParameters = CalibrationParameters()
    """Features → confidence."""

    correction: CorrectionParameters = CorrectionParameters()
    """Mistyped words."""

    semantic: SemanticParameters = SemanticParameters()
    """Where words are unsure, and the extra is in use."""


DEFAULTS: Final = Parameters()
"""The parameters of the product."""
