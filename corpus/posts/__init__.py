"""A post file → `Post` and its clean paragraphs.

The parsers are imported when the first post is read: answering questions does not need them.
"""

from typing import TYPE_CHECKING, Any

from corpus.posts.addresses import text_fragment, unknown_tokens

if TYPE_CHECKING:
    from corpus.posts.cleaning import paragraphs
    from corpus.posts.reader import read_post

__all__ = ["paragraphs", "read_post", "text_fragment", "unknown_tokens"]


def __getattr__(name: str) -> Any:
    if name == "paragraphs":
        from corpus.posts.cleaning import paragraphs

        return paragraphs
    if name == "read_post":
        from corpus.posts.reader import read_post

        return read_post
    raise AttributeError(name)
