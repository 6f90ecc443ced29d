"""Text in the other script: simplified in traditional characters, and the other way round.

Traditional characters are those that readers in Taiwan or Hong Kong know.

OpenCC's plain `s2t` is an inner form for further conversion (爲, 羣, 裏); its `s2tw` and `s2hk` are for
readers. `script.toml` mends what it converts too much.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from tomllib import loads
from typing import Final

from bot.wording import plain_text

_HONG_KONG: Final = ("zh-hk", "zh-mo", "yue")


@dataclass(frozen=True, slots=True)
class Mending:
    """Where conversion needs help.

    Attributes:
        pattern: A match of the group `kept` stays as it is; after one of the group `broken` a word ends.
        examples: Simplified text and what it should become for readers in Taiwan.
    """

    pattern: re.Pattern[str]
    examples: tuple[tuple[str, str], ...]


def to_traditional(words: str) -> str:
    """Convert simplified text to the traditional characters of Taiwan.

    >>> to_traditional("范先生为什么启用里面的床")
    '范先生為什麼啟用裡面的床'
    """
    return _converted(words, "s2tw")


def to_hong_kong(words: str) -> str:
    """Convert simplified text to the traditional characters of Hong Kong.

    >>> to_hong_kong("里面的床")
    '裏面的牀'
    """
    return _converted(words, "s2hk")


def to_simplified(words: str) -> str:
    """Convert traditional text to simplified characters.

    >>> to_simplified("中國經濟")
    '中国经济'
    """
    return _converter("t2s")(plain_text.clean(words))


def converter_for(language_code: str | None) -> Callable[[str], str]:
    """The conversion for readers with a client of that language (IETF tag)."""
    tag = (language_code or "").lower().replace("_", "-")
    is_hong_kong = tag.startswith(_HONG_KONG) or tag.endswith(("-hk", "-mo"))
    return to_hong_kong if is_hong_kong else to_traditional


def _converted(words: str, configuration: str) -> str:
    convert = _converter(configuration)
    text = plain_text.clean(words)  # OpenCC refuses lone surrogates
    return "".join(_pieces(text, convert))


def _pieces(text: str, convert: Callable[[str], str]) -> Iterator[str]:
    start = 0
    for match in mending().pattern.finditer(text):
        if match["kept"]:
            yield convert(text[start : match.start()])
            yield match[0]
        else:
            yield convert(text[start : match.end()])
        start = match.end()
    yield convert(text[start:])


@cache
def mending() -> Mending:
    """Return the data of `script.toml`."""
    source = resources.files("bot.wording").joinpath("script.toml").read_text(encoding="utf-8")
    table = loads(source)
    kept, broken = ("|".join(f"(?:{each['pattern']})" for each in table[name]) for name in ("kept", "break"))
    examples = tuple(
        pair for name in ("kept", "break") for each in table[name] for pair in each["examples"].items()
    )
    return Mending(re.compile(f"(?P<kept>{kept})|(?P<broken>{broken})"), examples)


@cache
def _converter(configuration: str) -> Callable[[str], str]:
    import opencc  # loading its tables takes a moment, and few readers need them

    convert: Callable[[str], str] = opencc.OpenCC(configuration).convert
    return convert
