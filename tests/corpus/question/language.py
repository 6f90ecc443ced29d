"""The language data of the package, as the tests walk it."""

import tomllib
from importlib import resources
from typing import Any


def entries_of(name: str) -> dict[str, Any]:
    """Read a file of `corpus/question/language`."""
    return tomllib.loads(
        resources.files("corpus.question").joinpath("language", name).read_text(encoding="utf-8")
    )
