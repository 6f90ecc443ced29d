"""Pronunciation by pinyin: homophones, and texts that sound alike."""

import functools
from typing import Final

# Sounds that southern speakers and their input methods do not distinguish.
_CONFUSED_SOUNDS: Final = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"))

_VOWELS: Final = frozenset("aeiouv")

MAX_SYLLABLE_LETTERS: Final = 6
MAX_LETTERS: Final = 40
"""Letters of the longest string that is read as pinyin."""

MAX_SPLITS: Final = 4
"""Ways to read a string that are looked at."""


@functools.cache
def _everyday_characters() -> tuple[str, ...]:
    """The 6,763 characters of GB 2312: nobody means to type rarer ones."""
    characters = [
        bytes([first, second]).decode("gb2312", "ignore")
        for first in range(0xB0, 0xF8)
        for second in range(0xA1, 0xFF)
    ]
    return tuple(character for character in characters if character)


@functools.cache
def _readings() -> dict[str, str]:
    """Character in everyday use → its most frequent reading, without tone and with confused sounds merged."""
    from pypinyin import Style, lazy_pinyin

    known = _everyday_characters()
    readings = lazy_pinyin("\n".join(known), style=Style.NORMAL, errors="ignore", v_to_u=False)
    if len(readings) != len(known):
        readings = [(lazy_pinyin(character, style=Style.NORMAL) or [""])[0] for character in known]
    return {character: _merge_confused(reading) for character, reading in zip(known, readings, strict=True)}


def _merge_confused(sound: str) -> str:
    for precise, blurred in _CONFUSED_SOUNDS:
        if len(precise) == 2 and sound.startswith(precise):
            sound = blurred + sound[2:]
        elif len(precise) == 3 and sound.endswith(precise):
            sound = sound[:-3] + blurred
    return sound


@functools.cache
def characters_by_sound() -> dict[str, tuple[str, ...]]:
    """Reading → the characters in everyday use that have it."""
    groups: dict[str, list[str]] = {}
    for character, sound in _readings().items():
        groups.setdefault(sound, []).append(character)
    return {sound: tuple(characters) for sound, characters in groups.items()}


@functools.cache
def characters_by_reading() -> dict[str, str]:
    """Syllable of pinyin without tone → the characters in everyday use that are read so, or sometimes so.

    Sounds without a vowel (嗯 is n) are left out: beside another syllable they are the end of it.
    """
    from pypinyin import Style, pinyin

    found: dict[str, list[str]] = {}
    for character in _everyday_characters():
        [readings] = pinyin(character, style=Style.NORMAL, heteronym=True, v_to_u=False)
        for reading in dict.fromkeys(readings):
            if reading.isascii() and reading.isalpha() and not _VOWELS.isdisjoint(reading):
                found.setdefault(reading, []).append(character)
    return {reading: "".join(characters) for reading, characters in found.items()}


def syllable_splits(letters: str) -> tuple[tuple[str, ...], ...]:
    """Return the ways to read letters as pinyin, those with the fewest syllables first.

    >>> syllable_splits("xian")
    (('xian',), ('xi', 'an'))
    >>> syllable_splits("pulsar")
    ()
    """
    if len(letters) > MAX_LETTERS:
        return ()
    # Ways to read each beginning; all but the shortest are dropped, so that the time stays bounded.
    ways: list[list[tuple[str, ...]]] = [[()], *([] for _ in letters)]
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - MAX_SYLLABLE_LETTERS), end):
            if letters[start:end] in characters_by_reading():
                ways[end] += [(*way, letters[start:end]) for way in ways[start]]
        ways[end] = sorted(ways[end], key=len)[:MAX_SPLITS]
    return tuple(ways[-1])


def homophones(character: str) -> tuple[str, ...]:
    """Return the other characters in everyday use that sound like this one, or nearly."""
    sound = _readings().get(character)
    return tuple(other for other in characters_by_sound().get(sound or "", ()) if other != character)


def sounds_alike(one: str, other: str) -> bool:
    """Tell whether two folded texts sound alike, or nearly, character by character.

    >>> sounds_alike("体玉", "体育"), sounds_alike("体制", "体育")
    (True, False)
    """
    return len(one) == len(other) and all(
        mine == its or mine in homophones(its) for mine, its in zip(one, other, strict=True)
    )
