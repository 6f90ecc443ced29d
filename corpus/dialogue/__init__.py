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
from corpus.dialogue.followups import (
    is_possible_follow_up,
    is_self_contained,
    leans_on_message,
    page_turn,
)
from corpus.dialogue.policy import decide, decide_about_message
from corpus.dialogue.quotations import quoted_number
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
    "decide_about_message",
    "is_possible_follow_up",
    "is_self_contained",
    "leans_on_message",
    "limit_hits",
    "list_size",
    "page_turn",
    "quoted_number",
]
