"""The language of a text, as a BCP 47 tag, so that browsers choose the right glyphs and voices. Pure."""

import re
import unicodedata

from corpus.text import fold

_SAMPLE_CHARS = 600
"""Characters of a text that are looked at."""

_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_KANA = re.compile("[\u3041-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7af]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_MIN_SHARE = 0.2
"""Share of a script among the letters from which a text counts as written in it."""


def language_tag(text: str) -> str:
    """Return the tag of a text's language, by its script: `zh-Hans`, `zh-Hant`, `ja`, `ko`, `ru` or `en`.

    Scripts that several languages use are named after the likeliest one in an archive of news. A text
    without a letter is taken for Chinese.

    >>> [language_tag(text) for text in ("中国经济", "中國經濟", "これはペンです", "Who won?", "2022")]
    ['zh-Hans', 'zh-Hant', 'ja', 'en', 'zh-Hans']
    """
    sample = text[:_SAMPLE_CHARS]
    letters = max(1, sum(map(str.isalpha, sample)))
    if len(_KANA.findall(sample)) / letters >= _MIN_SHARE:
        return "ja"
    if len(_HANGUL.findall(sample)) / letters >= _MIN_SHARE:
        return "ko"
    if len(_HAN.findall(sample)) / letters >= _MIN_SHARE:
        return "zh-Hant" if _is_traditional(sample) else "zh-Hans"
    if len(_CYRILLIC.findall(sample)) / letters >= _MIN_SHARE:
        return "ru"
    return "en" if re.search("[A-Za-z]", sample) else "zh-Hans"


def _is_traditional(sample: str) -> bool:
    """Say whether some of the characters are traditional ones, that is such as folding changes."""
    plain = unicodedata.normalize("NFKC", sample).lower()
    folded = fold(sample)
    if len(plain) != len(folded):
        return False
    changed = sum(one != other for one, other in zip(plain, folded, strict=True))
    return changed * 20 >= len(_HAN.findall(sample))
