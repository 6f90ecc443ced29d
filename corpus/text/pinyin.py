"""Pronunciation by pinyin: homophones, and texts that sound alike."""

import functools
from typing import Final

# Sounds that southern speakers and their input methods do not distinguish.
_CONFUSED_SOUNDS: Final = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"))


@functools.cache
def _readings() -> dict[str, str]:
    """Character in everyday use → its most frequent reading, without tone and with confused sounds merged."""
    from pypinyin import Style, lazy_pinyin

    # The 6,763 characters of GB 2312: nobody means to type rarer ones.
    characters = [
        bytes([first, second]).decode("gb2312", "ignore")
        for first in range(0xB0, 0xF8)
        for second in range(0xA1, 0xFF)
    ]
    known = [character for character in characters if character]
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
