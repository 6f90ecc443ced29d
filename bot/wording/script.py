"""Simplified text in traditional characters."""

from collections.abc import Callable
from functools import cache

from bot.wording import plain_text


def to_traditional(words: str) -> str:
    """Convert simplified text to traditional characters.

    >>> to_traditional("中国经济")
    '中國經濟'
    """
    return _converter()(plain_text.clean(words))  # OpenCC refuses lone surrogates


@cache
def _converter() -> Callable[[str], str]:
    import opencc  # loading its tables takes a moment, and few readers need them

    convert: Callable[[str], str] = opencc.OpenCC("s2t").convert
    return convert
