"""What a message of a conversation refers to, and which answer it is given."""

from corpus.dialogue.followups import continuation, stands_alone
from corpus.dialogue.search import Search

__all__ = [
    "Search",
    "continuation",
    "stands_alone",
]
