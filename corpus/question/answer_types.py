"""Answer types: what sort of thing a question asks for, and what a sentence must have to answer it.

`language/answer_types.toml` has their patterns, from narrow to wide, with examples. All patterns are over
folded text.

The classes follow the idea of Li & Roth, "Learning Question Classifiers", COLING 2002; the patterns are our
own.
"""

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, Self

from corpus.question.lexicon import Lexicon, default_lexicon
from corpus.text import data_files
from corpus.text.characters import HAN_CHARACTER
from corpus.text.data_files import Entry, expanded
from corpus.text.numbers import DIGIT, TENS
from corpus.text.units import UnitKind, default_units


class Strength(IntEnum):
    """How much it means that a sentence has the evidence of an answer type; each includes those before it."""

    HINT = 1
    """The sentence is preferred to its neighbours: what looks like a name stands in many sentences."""
    EVIDENCE = 2
    """It raises the confidence of the answer."""
    REQUIRED = 3
    """Without it nothing is an answer, however much else speaks for it."""


@dataclass(frozen=True, slots=True)
class AnswerType:
    """A class of questions by what they ask for.

    Attributes:
        name: For logs and tables.
        question: Matches questions of this type.
        evidence: Matches sentences that may answer them; None: any sentence may.
        strength: What the evidence is worth.
    """

    name: str
    question: re.Pattern[str]
    evidence: re.Pattern[str] | None
    strength: Strength


@dataclass(frozen=True, slots=True)
class Rule:
    """An answer type as its data says: `AnswerType` before its alternatives are joined."""

    name: str
    asks: tuple[str, ...]
    evidence: tuple[str, ...]
    strength: Strength

    def compiled(self) -> AnswerType:
        """Join and compile the alternatives; a rule without evidence needs none."""
        evidence = _compiled(self.evidence) if self.evidence else None
        return AnswerType(self.name, _compiled(self.asks), evidence, self.strength)


_ASKED_KINDS: Final[tuple[UnitKind, ...]] = ("classifier", "part", "asked", "series", "measure")
"""What a question counts; 几个 is left out, because what it counts follows."""

OTHER: Final = AnswerType("other", re.compile(""), None, Strength.HINT)
"""The type of a question of no other type: any sentence may answer it."""


@dataclass(frozen=True, eq=False)  # no slots: what is derived from the rules is worked out once, when needed
class AnswerTypes:
    """The answer types, and what it needs to tell the type of a question.

    Attributes:
        rules: The types, from narrow to wide.
        units: Units that a question may count → a pattern of what is written for each.
        measures: Patterns of what is measured, each with a pattern of its units.
        number: Pattern of a number with a word for its magnitude.
        how_many: Pattern of 几 where it asks for a number.
        asking: Pattern of interrogatives other than those of yes or no.
        open_asking: Pattern of those that ask for something even where no type is known for it.
        which: Pattern of those that make the words behind them asked for.
        whether: Pattern of words that ask yes or no.
    """

    rules: tuple[Rule, ...]
    units: Mapping[str, str]
    measures: tuple[tuple[str, str], ...]
    number: str
    how_many: str
    asking: str
    open_asking: str
    which: str
    whether: str

    @classmethod
    def load(cls, lexicon: Lexicon | None = None) -> Self:
        """Read `answer_types.toml`.

        Args:
            lexicon: Has the interrogatives; None: that of the package.

        Raises:
            LanguageDataError: Something in the file is wrong.
        """
        lexicon, units = lexicon or default_lexicon(), default_units()
        file = data_files.read("corpus.question.language", "answer_types.toml")
        file.require_keys("fragments", "asked", "type", "measure")
        fragments = _fragments(file.table("fragments"), lexicon)
        asked = file.table("asked")
        asked.require_keys("open", "which", "whether", "other")
        return cls(
            rules=tuple(_rule(entry, fragments) for entry in file.tables("type")),
            units={unit: "|".join(units.spellings[unit]) for unit in units.of(*_ASKED_KINDS) if unit != "个"},
            measures=tuple(_measure(entry, fragments) for entry in file.tables("measure")),
            number=fragments["number"] + fragments["magnitude"],
            how_many=fragments["how_many"],
            asking=fragments["asking"],
            open_asking="|".join(_patterns(asked, "open", fragments)),
            which="|".join(_patterns(asked, "which", fragments)),
            whether="|".join(lexicon.whether),
        )

    def of(self, folded_question: str) -> AnswerType:
        """Classify a folded question by what it asks for.

        A question that counts something (几集) needs a number of just that unit. A yes-no question (涨价了吗)
        needs no evidence: its type is only a hint.

        >>> types = default_answer_types()
        >>> [types.of(question).name for question in ("新版卖多少钱", "谁是主席", "外交重点")]
        ['money', 'who', 'other']
        """
        answer_type = self._asked_type(folded_question)
        units = self._asked_units(folded_question) if answer_type.name in {"amount", "people"} else None
        if units:
            return self._with_units(answer_type, units)
        is_yes_no = self._yes_no.search(folded_question) and not self._asking.search(folded_question)
        return replace(answer_type, strength=Strength.HINT) if is_yes_no else answer_type

    def named(self, name: str) -> AnswerType:
        """Return the first type of that name."""
        return next(each for each in self.compiled if each.name == name)

    def without(self, name: str, pattern: str | None = None) -> "AnswerTypes":
        """Return the types without one of them, or without one of its alternatives."""

        def reduced(rule: Rule) -> Rule:
            if rule.name != name:
                return rule
            asks = tuple(each for each in rule.asks if each != pattern)
            evidence = tuple(each for each in rule.evidence if each != pattern)
            return replace(rule, asks=asks, evidence=evidence)

        rules = map(reduced, self.rules)
        kept = tuple(rule for rule in rules if rule.asks and (pattern is not None or rule.name != name))
        return replace(self, rules=kept)

    @functools.cached_property
    def compiled(self) -> tuple[AnswerType, ...]:
        """The types, ready to match; the last one takes every question."""
        return (*(rule.compiled() for rule in self.rules), OTHER)

    def _asked_type(self, folded_question: str) -> AnswerType:
        """Return the first type whose pattern matches and is asked for, not only mentioned.

        票房冠军是谁 mentions a sum of money and asks for a person. The mentioned type is the fallback if only
        `amount` is asked for, or if nothing is and there is no open interrogative: 票价会涨吗.
        """
        matches = [
            (each, match) for each in self.compiled if (match := each.question.search(folded_question))
        ]
        first_match, _ = matches[0]
        asked = next(each for each, match in matches if each is OTHER or not self._is_only_mentioned(match))
        if asked.name == "amount":
            return first_match
        if asked is OTHER and not self._open_asking.search(folded_question):
            return first_match
        return asked

    def _is_only_mentioned(self, match: re.Match[str]) -> bool:
        """Tell whether the match neither asks itself nor stands behind a word that does (哪个邮箱)."""
        before = match.string[: match.start()]
        return self._asking.search(match[0]) is None and self._ends_with_which.search(before) is None

    def _asked_units(self, folded_question: str) -> str | None:
        """Return the spellings of the unit that a question counts or measures in, as a pattern."""
        counted = self._counted_unit.search(folded_question)
        if counted is not None:
            return self.units[counted[1] or counted[2]]
        return next((units for measured, units in self._measures if measured.search(folded_question)), None)

    def _with_units(self, answer_type: AnswerType, units: str) -> AnswerType:
        return replace(
            answer_type,
            evidence=_compiled([rf"(?!一(?:{units})){self.number}(?:多|余|个|来)?\s?(?:{units})"]),
        )

    @functools.cached_property
    def _counted_unit(self) -> re.Pattern[str]:
        """A unit that is counted, but no noun that begins with a unit: 多少国债, 几个字体."""
        unit = "|".join(sorted(self.units, key=len, reverse=True))
        how_many = self.how_many
        return re.compile(
            rf"{how_many}({unit})|(?:{how_many}[个种]|多少[个种]?)({unit})(?=\W|$|[的了啊呢吗])"
        )

    @functools.cached_property
    def _measures(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        return tuple((re.compile(asks), units) for asks, units in self.measures)

    @functools.cached_property
    def _asking(self) -> re.Pattern[str]:
        return re.compile(self.asking)

    @functools.cached_property
    def _open_asking(self) -> re.Pattern[str]:
        return re.compile(self.open_asking)

    @functools.cached_property
    def _ends_with_which(self) -> re.Pattern[str]:
        return re.compile(f"(?:{self.which})$")

    @functools.cached_property
    def _yes_no(self) -> re.Pattern[str]:
        return re.compile(rf"[吗么]\b|[吗么]$|{self.whether}|[没不]有?\W*$")


@functools.cache
def default_answer_types() -> AnswerTypes:
    """Return the answer types of the package, read once."""
    return AnswerTypes.load()


def answer_type_of(folded_question: str) -> AnswerType:
    """Classify a folded question by what it asks for; see `AnswerTypes.of`."""
    return default_answer_types().of(folded_question)


def has_evidence(answer_type: AnswerType, folded: str) -> bool:
    """Tell whether a folded text could answer a question of that type; always where it needs no evidence."""
    return answer_type.evidence is None or answer_type.evidence.search(folded) is not None


def _fragments(entry: Entry, lexicon: Lexicon) -> Mapping[str, str]:
    """Return the fragments of patterns: those given, and those of the file, which may have earlier ones."""
    fragments = {
        "han": HAN_CHARACTER,
        "digit": DIGIT,
        "tens": TENS,
        "unit": "|".join(default_units().of("classifier", "part")),
        "counting": lexicon.stem("几"),
        "asking": lexicon.open_asking,
    }
    for name in entry.values:
        fragments[name] = expanded(entry.text(name), fragments, entry)
    missing = {"number", "magnitude", "how_many"} - fragments.keys()
    if missing:
        raise entry.error(f"the fragments {', '.join(sorted(missing))} are missing")
    return fragments


def _rule(entry: Entry, fragments: Mapping[str, str]) -> Rule:
    entry.require_keys("name", "strength", "asks", "evidence", "examples", "questions")
    strengths = {strength.name.lower(): strength for strength in Strength}
    strength = entry.text("strength")
    if strength not in strengths:
        raise entry.error(f"`strength` must be one of {', '.join(strengths)}; it is {strength}")
    asks, evidence = _patterns(entry, "asks", fragments), _patterns(entry, "evidence", fragments)
    return Rule(entry.text("name"), asks, evidence, strengths[strength])


def _measure(entry: Entry, fragments: Mapping[str, str]) -> tuple[str, str]:
    entry.require_keys("asks", "units", "examples")
    return "|".join(_patterns(entry, "asks", fragments)), "|".join(_patterns(entry, "units", fragments))


def _patterns(entry: Entry, key: str, fragments: Mapping[str, str]) -> tuple[str, ...]:
    """Return the alternatives under a key, with their fragments; there must be one, and they must compile."""
    patterns = tuple(expanded(text, fragments, entry) for text in entry.texts(key))
    if not patterns:
        raise entry.error(f"`{key}` must have a pattern")
    try:
        _compiled(patterns)
    except re.error as error:
        raise entry.error(f"`{key}` is no pattern: {error}") from error
    return patterns


@functools.lru_cache(maxsize=500)
def _joined(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _compiled(alternatives: Iterable[str]) -> re.Pattern[str]:
    return _joined("|".join(alternatives))
