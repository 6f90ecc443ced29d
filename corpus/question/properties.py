"""Properties: words for what many things have (面积, 票价), which name nothing by themselves."""

import functools

from corpus.text import data_files
from corpus.text.folding import fold


@functools.cache
def property_names() -> frozenset[str]:
    """Read the names of properties, folded.

    >>> "面积" in property_names(), "大桥" in property_names()
    (True, False)
    """
    file = data_files.read("corpus.question.language", "followups.toml")
    return frozenset(map(fold, file.table("property").words("words")))
