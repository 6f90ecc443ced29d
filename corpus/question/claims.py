"""Claims: what a question takes for granted, so that a sentence can contradict it.

粉丝最少的是谁 is not answered by who has most, 哪些国家没有禁止 not by those that did, 微软日本总裁
not by the one of China. `language/claims.toml` has the words, with examples.
"""

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

import jieba

from corpus.question.answer_types import Strength
from corpus.question.query import Query
from corpus.question.utterance import Utterance
from corpus.text import data_files
from corpus.text.data_files import Entry
from corpus.text.matching import places_of
from corpus.text.numbers import parse_numeral
from corpus.text.units import default_units

MAX_CHARS_TO_NEGATED: Final = 3
"""How many characters may stand between a negation and what it negates: 没有再去."""

MAX_NEGATION_CHARS: Final = 3
"""Characters before a word in which a negation right before it is looked for."""

MIN_NAME_CHARS: Final = 2
"""Characters of a place's name that stay when 省, 市 or 区 is left out."""

MIN_ORDINAL: Final = 2
"""The first of several is told in many words: 冠军, 首次, 最早."""

_ORDINAL: Final = re.compile(
    r"第(?P<number>[0-9]{1,3}|[一二三四五六七八九十]{1,3})(?P<thing>[^\W0-9a-z百千万方天]?)"
)
"""Of 第二天 and 第三方 the thing is left out: they name no place in an order."""

_BARE_NUMBER: Final = re.compile(r"(?<!\d)\d{1,3}(?!\d)")
_PLACES: Final = {2: ("亚军",), 3: ("季军",)}
_LABEL: Final = re.compile(
    "(?<![月0-9一二三四五六七八九十])(?P<number>[0-9]{1,3}|[一二三四五六七八九十]{1,3})(?P<thing>号[线楼馆院店门厅]|路(?!上|人|口|边))"
)
_CLAUSES: Final = re.compile("[,;，；。\\n]")
_ASKS_HOLDER: Final = re.compile("(?:是|叫)(?:谁|哪位|什么名字)\\W*$")
_CLAUSE_ENDS: Final = re.compile(r"[\s,;，；。]+")

ASKS_WHO_OR_WHICH: Final = frozenset(
    {"who", "where", "date", "clock", "year", "work", "school", "post", "other"}
)
"""Answer types of questions that a denial does not answer; 0 is a number: 没有人受伤 answers 多少人受伤."""


@dataclass(frozen=True, slots=True)
class Opposite:
    """Two kinds of words of opposite meaning.

    Attributes:
        is_stance: Whether only a sentence with the word itself says who has done so: 哪些国家支持.
        is_change: Whether what rises or falls must be named: 苹果涨了多少.
    """

    one: re.Pattern[str]
    other: re.Pattern[str]
    is_stance: bool
    is_change: bool


@dataclass(frozen=True, slots=True)
class ClaimWords:
    """The words of claims, as patterns over folded text.

    Attributes:
        opposites: Words of opposite meaning.
        superlative: Finds a superlative in a question.
        low: Finds a superlative of little.
        first: Finds a word of the first place in a sentence.
        last: Finds a word of the last place.
        negation: Finds a negation.
        no_negation: Finds what only looks like one: 不久.
        whether: Finds that a question asks whether something is so.
        which: Finds that a question asks who or which.
        occasions: Finds feasts and seasons.
        sequences: Each finds words for what comes next, or came before.
        short_places: Place → finds its name of one character.
        state: Finds that a question asks for the present state of an affair.
        ended: Finds that a title tells of the end of a state.
    """

    opposites: tuple[Opposite, ...]
    superlative: re.Pattern[str]
    low: re.Pattern[str]
    first: re.Pattern[str]
    last: re.Pattern[str]
    negation: re.Pattern[str]
    no_negation: re.Pattern[str]
    whether: re.Pattern[str]
    which: re.Pattern[str]
    occasions: re.Pattern[str]
    sequences: tuple[re.Pattern[str], ...]
    short_places: Mapping[str, re.Pattern[str]]
    state: re.Pattern[str]
    ended: re.Pattern[str]

    @classmethod
    def load(cls) -> Self:
        """Read `claims.toml`.

        Raises:
            LanguageDataError: Something in the file is wrong.
        """
        file = data_files.read("corpus.question.language", "claims.toml")
        superlative, negation = file.table("superlative"), file.table("negation")
        return cls(
            opposites=tuple(map(_opposite, file.tables("opposite"))),
            superlative=re.compile(superlative.text("asks")),
            low=re.compile(superlative.text("low")),
            first=re.compile(superlative.text("first")),
            last=re.compile(superlative.text("last")),
            negation=re.compile(negation.text("before")),
            no_negation=re.compile(negation.text("none")),
            short_places=_short_places(file.table("places")),
            whether=re.compile(file.table("whether").text("asks")),
            which=re.compile(file.table("which").text("asks")),
            occasions=re.compile("|".join(file.table("occasions").words("names"))),
            sequences=tuple(re.compile(each.text("words")) for each in file.tables("sequence")),
            state=re.compile(file.table("state").text("asks")),
            ended=re.compile(file.table("ended").text("words")),
        )


def _opposite(entry: Entry) -> Opposite:
    one, other = entry.texts("words")
    return Opposite(re.compile(one), re.compile(other), entry.flag("stance"), entry.flag("change"))


def _short_places(entry: Entry) -> dict[str, re.Pattern[str]]:
    pairs = [pair.split(":") for pair in entry.words("short")]
    names, beside = "".join(short for _, short in pairs), entry.text("beside")
    return {
        place: re.compile(f"{short}(?=[{beside}{names}])|(?<=[{names}对驻访在]){short}(?!期)")
        for place, short in pairs
    }


@functools.cache
def claim_words() -> ClaimWords:
    """Return the words of claims, read once."""
    return ClaimWords.load()


@functools.cache
def place_names() -> frozenset[str]:
    """The names of places in jieba's dictionary (part of speech `ns`), of two characters or more."""
    with jieba.dt.get_dict_file() as lines:
        names = (line.split(b" ", 1)[0].decode() for line in lines if line.rstrip().endswith(b" ns"))
        return frozenset(name for name in names if len(name) > 1)


def names_place(folded: str, names: Iterable[str]) -> bool:
    """Tell whether a text names a place: by one of its names, without 省, 市 or 区, or as 日 in 中日, 日媒.

    >>> [names_place(text, ["日本"]) for text in ("日本总裁", "9月26日", "中日会谈")]
    [True, False, True]
    """
    for name in names:
        if name in folded or (
            len(name) > MIN_NAME_CHARS and name[-1] in "省市县区州" and name[:-1] in folded
        ):
            return True
        short = claim_words().short_places.get(name)
        if short is not None and short.search(folded):
            return True
    return False


def asks_state(query: Query) -> bool:
    """Tell whether a question asks for the present state of an affair: 上市了吗, 现在在哪个队."""
    return claim_words().state.search(query.normalized) is not None


def tells_end(title: str) -> bool:
    """Tell whether a folded title tells that a state has ended: 复航 after 停航."""
    return claim_words().ended.search(title) is not None


def is_contradicted(query: Query, title: str, sentences: str) -> bool:
    """Tell whether the sentences that are shown say something else than a question claims.

    Args:
        query: The question.
        title: Of the article, folded.
        sentences: Those that are shown, folded.
    """
    words = claim_words()
    return (
        _says_opposite(words, query, title, sentences)
        or _is_said_of_another(words, query, f"{title}\n{sentences}")
        or _lacks_stance(words, query.normalized, sentences)
        or _lacks_superlative(words, query.normalized, f"{title}\n{sentences}")
        or _differs_in_negation(words, query, sentences)
    )


def _says_opposite(words: ClaimWords, query: Query, title: str, sentences: str) -> bool:
    """Whether the question has one word of a pair, and what is shown only the other.

    What the title says counts more where it has most of the question.
    """
    question = query.normalized
    shown = title if _has_most(query, title) else f"{title}\n{sentences}"
    clauses = _clauses_about(query, sentences)
    return any(
        asked.search(question)
        and not opposite.search(question)
        and (
            (opposite.search(shown) and not asked.search(shown))
            or (opposite.search(clauses) and not asked.search(clauses))
        )
        for pair in words.opposites
        for asked, opposite in ((pair.one, pair.other), (pair.other, pair.one))
    )


def _lacks_stance(words: ClaimWords, question: str, sentences: str) -> bool:
    """Whether who has a stance is asked, and the sentences do not name the stance."""
    if words.which.search(question) is None:
        return False
    return any(
        pair.is_stance
        and asked.search(question)
        and not opposite.search(question)
        and not asked.search(sentences)
        for pair in words.opposites
        for asked, opposite in ((pair.one, pair.other), (pair.other, pair.one))
    )


def lacks_occasion(question: str, text: str) -> bool:
    """Tell whether a question names a feast or a season that a text does not: 春节 where 国庆 is told of."""
    return any(match[0] not in text for match in claim_words().occasions.finditer(question))


def lacks_sequence(question: str, text: str) -> bool:
    """Tell whether a question is about the next or the last one of its kind, and a text names none."""
    return any(words.search(question) and not words.search(text) for words in claim_words().sequences)


def lacks_ordinal(question: str, text: str) -> bool:
    r"""Tell whether a question names a place in an order that a text does not; a bare number will do for it.

    >>> [lacks_ordinal("女子第二名是谁", text) for text in ("第二天张岚夺冠", "张岚获第2名", "亚军是张岚")]
    [True, False, False]
    >>> lacks_ordinal("第5周跑几公里", "周 | 公里\n5 | 8")
    False
    """
    asked = ((_ordinal_value(match), match["thing"]) for match in _ORDINAL.finditer(question))
    found = {
        (_ordinal_value(match), thing) for match in _ORDINAL.finditer(text) for thing in (match["thing"], "")
    }
    bare = {match[0] for match in _BARE_NUMBER.finditer(text)}
    return any(
        number is not None
        and thing
        and number >= MIN_ORDINAL
        and (number, thing) not in found
        and not any(word in text for word in _PLACES.get(number, ()))
        and str(number) not in bare
        for number, thing in asked
    )


def _ordinal_value(match: re.Match[str]) -> int | None:
    return int(match["number"]) if match["number"].isdigit() else parse_numeral(match["number"])


def counted_thing(query: Query) -> str | None:
    """Return the word for what a question counts: 猫 in 养过几只猫; None where it is no word of its own.

    Units are told by the answer type, and 人 may be left out of any number of people.
    """
    utterance = Utterance.from_text(query.normalized)
    for place in utterance.places("interrogative"):
        if not utterance.token(utterance.words[place]).startswith(("几", "多少")):
            continue
        for word, roles in zip(utterance.words[place + 1 :], utterance.roles[place + 1 :], strict=True):
            if "classifier" in roles or word.term in default_units().spellings:
                continue
            is_thing = word.term in query.named and word.term != "人"
            return word.term if is_thing else None
    return None


def asked_post(query: Query) -> tuple[str, str] | None:
    """Return a name and the post behind it, if a question asks who holds it: 微软, 总裁; None if not."""
    match = _ASKS_HOLDER.search(query.normalized)
    if query.answer_type.name != "who" or match is None:
        return None
    words = [word for word in Utterance.from_text(query.normalized).words if word.end <= match.start()]
    if len(words) < 2 or words[-1].end != match.start() or words[-2].end != words[-1].start:
        return None
    name, post = words[-2].term, words[-1].term
    is_pair = {name, post} <= {*query.named} and min(len(name), len(post)) > 1
    return (name, post) if is_pair else None


def _is_said_of_another(words: ClaimWords, query: Query, shown: str) -> bool:
    """Whether a question asks by how much something rose or fell, and what is shown does not name it."""
    asks_change = any(
        pair.is_change and side.search(query.normalized)
        for pair in words.opposites
        for side in (pair.one, pair.other)
    )
    if not asks_change or query.answer_type.strength is not Strength.REQUIRED:
        return False
    name = next((word for word in query.named if len(word) > 1), None)
    return name is not None and not any(form in shown for form in query.variants.get(name, (name,)))


def _clauses_about(query: Query, sentences: str) -> str:
    """The clauses that have the thing of which a question claims something: the first that it names.

    Of 大盘收跌1.2%, 煤炭股上涨 the former is said of 大盘.
    """
    name = next((word for word in query.named if len(word) > 1), None)
    if name is None:
        return ""
    forms = query.variants.get(name, (name,))
    return "\n".join(clause for clause in _CLAUSES.split(sentences) if any(form in clause for form in forms))


def lacks_label(question: str, text: str) -> bool:
    """Tell whether a question names one of several by its number, and a text does not: 3号线, 37路.

    >>> lacks_label("3号线有几站", "地铁6号线设22站"), lacks_label("六号线有几站", "地铁6号线设22站")
    (True, False)
    """
    told = {_label_of(match) for match in _LABEL.finditer(text)}
    return any(_label_of(match) not in told for match in _LABEL.finditer(question))


def _label_of(match: re.Match[str]) -> tuple[int | None, str]:
    return _ordinal_value(match), match["thing"]


def _has_most(query: Query, title: str) -> bool:
    """Whether a title has more than half of the words of a question."""
    return 2 * sum(word in title for word in query.proximity) > len(query.proximity)


def _lacks_superlative(words: ClaimWords, question: str, shown: str) -> bool:
    """Whether what is shown has neither the superlative of the question nor a word of that place."""
    asked = words.superlative.search(question)
    if asked is None or asked[0] in shown:
        return False
    return (words.last if words.low.match(asked[0]) else words.first).search(shown) is None


def _differs_in_negation(words: ClaimWords, query: Query, sentences: str) -> bool:
    """Whether the question denies what the sentences say, or asks for what they only deny."""
    if query.answer_type.name not in ASKS_WHO_OR_WHICH or words.whether.search(query.normalized):
        return False
    question, shown = _without(words.no_negation, query.normalized), _without(words.no_negation, sentences)
    if words.negation.search(question) is None:
        asked = [word for word in query.proximity if len(word) > 1 and word in shown]
        return any(_is_only_negated(words, word, shown) for word in asked)
    negated = _negated_words(words, question)
    said = [word for word in negated if word in shown]
    if said:
        return not any(_is_negated(words, word, shown) for word in said)
    return bool(negated) and words.negation.search(shown) is None


def _negated_words(words: ClaimWords, question: str) -> list[str]:
    """The words behind a negation that is a word of its own: 去 in 没去, nothing in 日不落.

    Only the clause that asks is looked at: 管虫没有嘴 is a fact, 靠什么吃饭 the question.
    """
    clauses = [Utterance.from_text(clause) for clause in _CLAUSE_ENDS.split(question)]
    asking = [clause for clause in clauses if clause.places("interrogative")] or clauses
    return [
        clause.words[place + 1].term
        for clause in asking
        for place, word in enumerate(clause.words[:-1])
        if words.negation.fullmatch(word.term) and "stop" not in clause.roles[place + 1]
    ]


def _is_negated(words: ClaimWords, word: str, text: str) -> bool:
    """Whether a negation stands shortly before some occurrence of a word."""
    return any(_has_negation_before(words, start, text) for start in places_of(word, text))


def _is_only_negated(words: ClaimWords, word: str, text: str) -> bool:
    """Whether a negation stands right before all occurrences of a word."""

    def is_negated(start: int) -> bool:
        near = words.negation.finditer(text, max(0, start - MAX_NEGATION_CHARS), start)
        return any(match.end() == start for match in near)

    return all(map(is_negated, places_of(word, text)))


def _has_negation_before(words: ClaimWords, start: int, text: str) -> bool:
    before = text[max(0, start - MAX_CHARS_TO_NEGATED - 2) : start]
    ends = [match.end() for match in words.negation.finditer(before)]
    return bool(ends) and len(before) - ends[-1] <= MAX_CHARS_TO_NEGATED


def _without(pattern: re.Pattern[str], text: str) -> str:
    """The text with what matches blanked out."""
    return pattern.sub(lambda match: "\n" * len(match[0]), text)
