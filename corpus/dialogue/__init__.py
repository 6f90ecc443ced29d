"""What a message of a conversation follows up, and which answer is shown to it."""

from corpus.dialogue.decisions import (
    Decision,
    ListPage,
    Lookups,
    NoSuchNumber,
    Note,
    OpenArticle,
    OwnQuestion,
    SendSource,
    ShowAnswer,
    ShownAnswer,
)
from corpus.dialogue.followups import is_possible_follow_up, is_self_contained, page_turn
from corpus.dialogue.policy import decide
from corpus.dialogue.search import Search, limit_hits, list_size

__all__ = [
    "Decision",
    "ListPage",
    "Lookups",
    "NoSuchNumber",
    "Note",
    "OpenArticle",
    "OwnQuestion",
    "Search",
    "SendSource",
    "ShowAnswer",
    "ShownAnswer",
    "decide",
    "is_possible_follow_up",
    "is_self_contained",
    "limit_hits",
    "list_size",
    "page_turn",
]
