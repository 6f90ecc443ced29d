"""`Knowledge`: all that the product knows of the language of questions, as one value."""

from dataclasses import dataclass, field

from corpus.question.answer_types import AnswerTypes, default_answer_types
from corpus.question.lexicon import Lexicon, default_lexicon
from corpus.question.synonyms import Synonyms, default_synonyms


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """What is known of the language of questions; by default what the data files of the package say.

    It is a parameter of query parsing, so that a benchmark can measure what each entry earns.
    """

    lexicon: Lexicon = field(default_factory=default_lexicon)
    answer_types: AnswerTypes = field(default_factory=default_answer_types)
    synonyms: Synonyms = field(default_factory=default_synonyms)
