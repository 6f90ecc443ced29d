"""What was typed → `Query`: filters, terms with weights, what is asked for."""

from corpus.question.filter_syntax import with_names
from corpus.question.framing import names_nothing
from corpus.question.parser import parse
from corpus.question.query import Query

__all__ = [
    "Query",
    "names_nothing",
    "parse",
    "with_names",
]
