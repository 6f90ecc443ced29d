"""The phrases of follow-ups, read from `corpus/question/language/followups.toml`.

A template is text in which `(a|b)` is one of several, `[a|b]` one of several or nothing, `{number}` a number
in digits or characters, `{figure}` one of one or two digits; a blank may be missing.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from corpus.question.properties import property_names
from corpus.text import data_files
from corpus.text.data_files import Entry
from corpus.text.folding import fold

_SLOTS: Final = {
    "{number}": "(?P<number>[0-9]{1,3}|[一二两三四五六七八九十]{1,3})",
    "{figure}": "(?P<figure>[0-9]{1,2})",
}
_MARK: Final = re.compile(r"\{\w+\}|[\[\]()| ]|[^\[\]()| {]+")
_COMPILED_MARKS: Final = {"[": "(?:", "]": ")?", "(": "(?:", ")": ")", "|": "|", " ": " ?"}


class Intent(StrEnum):
    """What a message asks for by its wording alone, in the order in which they are tried."""

    NEXT = "next"
    BACK = "back"
    PICK = "pick"
    SPEAKER = "speaker"
    WHOLE = "whole"
    SOURCE = "source"
    LATER = "later"
    VERIFY = "verify"
    REPORTS = "reports"
    EXPLAIN = "explain"
    WHEN = "when"


@dataclass(frozen=True, slots=True)
class Phrases:
    """All phrases, compiled.

    Attributes:
        intents: Each intent with the patterns of its phrases.
        replacement: Matches what is asked about instead: 那欧元呢. Groups: lead, what, tail.
        name_first: The same where 那 begins a name and is no lead: 那不勒斯怎么样.
        properties: Finds words for what many things have: 面积, 票价.
    """

    intents: Mapping[Intent, tuple[re.Pattern[str], ...]]
    replacement: re.Pattern[str]
    name_first: re.Pattern[str]
    properties: re.Pattern[str]

    def match(self, wording: str) -> tuple[Intent, re.Match[str]] | None:
        """Return the first intent of which a phrase is the whole wording, and the match."""
        for intent, patterns in self.intents.items():
            for pattern in patterns:
                if found := pattern.fullmatch(wording):
                    return intent, found
        return None


def read_file() -> Entry:
    """Read the file as it is; for the phrases and for the test of its examples."""
    return data_files.read("corpus.question.language", "followups.toml")


@functools.cache
def phrases() -> Phrases:
    """Return the phrases, compiled once."""
    file = read_file()
    by_name = {intent.text("name"): intent.texts("phrases") for intent in file.tables("intent")}
    replacement = file.table("replacement")
    what = rf"(?:在)?(?P<what>.+?)(?P<tail>{_any(replacement.texts('tails'))})?"
    return Phrases(
        intents={intent: tuple(map(re.compile, _compile_all(by_name[intent]))) for intent in Intent},
        replacement=re.compile(rf"(?:(?P<lead>{_any(replacement.texts('leads'))}) ?)?{what}"),
        name_first=re.compile(rf"(?P<lead>(?!))?{what}"),
        properties=re.compile(_any_word(property_names())),
    )


def compile_template(template: str) -> str:
    """Return the pattern of a template.

    >>> compile_template("还有[吗|么]"), compile_template("第 {figure} 条")
    ('还有(?:吗|么)?', '第 ?(?P<figure>[0-9]{1,2}) ?条')
    """
    return "".join(
        _SLOTS[mark] if mark in _SLOTS else _COMPILED_MARKS.get(mark, re.escape(mark))
        for mark in _MARK.findall(fold(template))
    )


def _compile_all(templates: Iterable[str]) -> Iterator[str]:
    return map(compile_template, templates)


def _any(templates: Iterable[str]) -> str:
    return "|".join(_compile_all(templates))


def _any_word(words: Iterable[str]) -> str:
    """Return a pattern of words, the longest first; Latin ones stand alone."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(rf"\b{word}\b" if word.isascii() else word for word in longest_first)
