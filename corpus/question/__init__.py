"""What a person typed → `Query`: filters, terms with weights, answer type."""

from corpus.question.filter_syntax import excludes_only, replace_filter_values, without_filters
from corpus.question.framing import is_unanswerable
from corpus.question.intents import Intent, find_intent
from corpus.question.parser import parse
from corpus.question.query import Query, QueryParameters
from corpus.question.utterance import Utterance

__all__ = [
    "Intent",
    "Query",
    "QueryParameters",
    "Utterance",
    "excludes_only",
    "find_intent",
    "is_unanswerable",
    "parse",
    "replace_filter_values",
    "without_filters",
]
