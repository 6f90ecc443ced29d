"""Properties: words for what many things have (面积, 票价), which name nothing by themselves."""

import functools
import tomllib
from importlib import resources

from corpus.text.folding import fold

FILE_NAME = "followups.toml"


@functools.cache
def property_names() -> frozenset[str]:
    """Read the names of properties, folded.

    >>> "面积" in property_names(), "大桥" in property_names()
    (True, False)
    """
    folder = resources.files("corpus.question").joinpath("language")
    tables = tomllib.loads(folder.joinpath(FILE_NAME).read_text(encoding="utf-8"))
    return frozenset(fold(tables["property"]["words"]).split())
