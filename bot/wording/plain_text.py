"""Plain text made fit to be shown: cleaned, measured as Telegram measures it, shortened."""

import re
import unicodedata

MAX_ECHO_UNITS = 60
"""Longest quotation of a reader's own words, in UTF-16 units."""

# Characters that the server removes or replaces, and marks that change the direction of later text.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
_LINE_BREAK = re.compile("\r\n?|[\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(plain: str) -> str:
    r"""Remove characters that cannot be shown or would disturb the text around them.

    >>> clean("甲\x00乙\u202e丙")
    '甲乙丙'
    """
    return _SURROGATE.sub("\ufffd", _UNSEEN.sub("", _LINE_BREAK.sub("\n", plain)))


def units(visible: str) -> int:
    """Return the length as Telegram's apps count it, in UTF-16 units.

    >>> units("报童"), units("😀")
    (2, 2)
    """
    return len(visible.encode("utf-16-le", "surrogatepass")) // 2


def shorten(visible: str, limit: int) -> str:
    """Cut plain text to `limit` UTF-16 units with an ellipsis at its end, never inside a character.

    >>> shorten("外交重点是什么", 4)
    '外交重…'
    """
    if units(visible) <= limit:
        return visible
    kept, used = 0, 0
    for position, character in enumerate(visible):
        used += units(character)
        if used > limit - 1:
            break
        kept = position + 1
    while kept and _continues(visible, kept):
        kept -= 1
    return visible[:kept].rstrip() + "…"


def _continues(visible: str, position: int) -> bool:
    """Say whether the character at `position` forms one visible character with the one before it."""
    following, before = visible[position : position + 1], visible[position - 1]
    return bool(following) and (
        unicodedata.combining(following) != 0
        or following in "\u200d\ufe0e\ufe0f\u20e3"
        or "\U0001f3fb" <= following <= "\U0001f3ff"
        or before == "\u200d"
    )


def file_size(count: int) -> str:
    """Write a number of bytes in KB or MB.

    >>> file_size(612_000), file_size(12_345_678)
    ('612 KB', '12.3 MB')
    """
    return f"{count / 1e6:.1f} MB" if count >= 999_500 else f"{max(count / 1e3, 1):.0f} KB"


def echo(question: str) -> str:
    """Return a reader's own words in one line, short enough to be repeated to them."""
    return shorten(" ".join(clean(question).split()), MAX_ECHO_UNITS)
