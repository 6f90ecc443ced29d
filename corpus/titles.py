r"""Titles as people write them, restored from what a file name could hold.

The generator of the archive this project began with writes `_` for each of `: / \\ ? * “ ” < > | [ ]`
in a title. Most of them can be told from where they stand; those that cannot stay as they are.
"""

import re
from typing import Final

_CJK: Final = (
    r"\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_SPACED: Final = re.compile(r"(?<=\S) +_ +(?=\S)")
_FRACTION: Final = re.compile(
    r"(?<![\w])(\d{1,4})_(\d{1,4})(?![A-Za-z0-9_])|(?<=[^\W_])(?<![A-Za-z])(\d)_(\d)(?=[^\x00-\x7f])"
)
_COLON: Final = re.compile(r"(?<=[A-Za-z0-9])_ (?=\S)")
_LAST: Final = re.compile(r"(?<=[^\s_])_$")
_QUOTED: Final = re.compile(r"(?<![A-Za-z0-9_])_(?! )([^_]{1,60}?)(?<! )_(?![A-Za-z0-9_])")
_LIST: Final = re.compile(r"[（(][^（）()]*_[^（）()]*[）)]")


def restore_title(title: str) -> str:
    """Put back the marks that `_` stands for, where the place tells which.

    >>> restore_title("国家发改委：_东数西算_工程投资")
    '国家发改委：“东数西算”工程投资'
    >>> restore_title("一图流 _ 新品发布会回顾"), restore_title("1_4舞者感染"), restore_title("snake_case")
    ('一图流 | 新品发布会回顾', '1/4舞者感染', 'snake_case')
    """
    if "_" not in title or "__" in title:
        return title
    title = _SPACED.sub(" | ", title)
    title = _FRACTION.sub(lambda match: match[0].replace("_", "/"), title)
    title = _LIST.sub(_slashes, title)
    if re.search(f"[{_CJK}]", title):
        title = _QUOTED.sub(r"“\1”", title)
    else:
        title = _COLON.sub(": ", title)
        title = _QUOTED.sub(r"“\1”", title)
    if title.count("_") == 1:
        title = _LAST.sub("？" if re.search(f"[{_CJK}]_$", title) else "?", title)
    return title


def _slashes(match: re.Match[str]) -> str:
    """A list in brackets, `(深色_浅色_自动)`, rather than quotes."""
    text = match[0]
    return (
        re.sub(f"(?<=[{_CJK}A-Za-z0-9])_(?=[{_CJK}A-Za-z0-9])", "/", text)
        if re.search(f"[{_CJK}]", text)
        else text
    )
