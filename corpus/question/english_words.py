"""English words that exist: they are never taken for a mistyped one. Read from `english_words.txt`."""

import functools
from importlib import resources
from typing import Final

from corpus.text.analyzer import stem

FILE_NAME: Final = "english_words.txt"


@functools.cache
def _words() -> frozenset[str]:
    text = resources.files("corpus.question").joinpath(FILE_NAME).read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


def is_english(word: str) -> bool:
    """Tell whether a folded word of four letters or more is an English one.

    >>> is_english("pound"), is_english("crashed"), is_english("companies"), is_english("pulsra")
    (True, True, True, False)
    """
    return stem(word) in _words()
