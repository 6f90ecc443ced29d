"""Text in the other script: simplified in traditional characters, and the other way round."""

from collections.abc import Callable
from functools import cache

from bot.wording import plain_text


def to_traditional(words: str) -> str:
    """Convert simplified text to traditional characters.

    >>> to_traditional("中国经济")
    '中國經濟'
    """
    return _converter("s2t")(plain_text.clean(words))  # OpenCC refuses lone surrogates


def to_simplified(words: str) -> str:
    """Convert traditional text to simplified characters.

    >>> to_simplified("中國經濟")
    '中国经济'
    """
    return _converter("t2s")(plain_text.clean(words))


@cache
def _converter(name: str) -> Callable[[str], str]:
    import opencc  # loading its tables takes a moment, and few readers need them

    convert: Callable[[str], str] = opencc.OpenCC(name).convert
    return convert
