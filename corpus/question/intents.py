"""Intents: messages that no passage answers, because they ask for a list, a number, the archive or the bot.

`language/intents.toml` has the words of such messages with their roles, and what each intent is made of:
forms (which roles, in any order) and templates (wordings that are fixed). A message has an intent only if the
whole of it fits; 有哪些分类算法 names something that no form of 有哪些分类 has place for, and is searched.
"""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from corpus.models import IntentKind, Span
from corpus.question.message_pieces import (
    FILLER,
    NUMBER,
    ONES,
    TOPIC,
    WHEN,
    Message,
    Piece,
    Vocabulary,
    read_message,
)
from corpus.question.utterance import Utterance
from corpus.text import data_files
from corpus.text.data_files import Entry
from corpus.text.numbers import parse_numeral

MAX_CHARS: Final = 60
"""Longest message that may have an intent."""

MAX_SLOT_CHARS: Final = 24
"""Longest name of what is asked about."""

DEFINE: Final = "define"
"""Role of a word that asks for a meaning: 太长不看是什么意思 is no complaint."""

_EDGES: Final = " \t\r\n?!。.,;:~…、，；：？！"
_TOKEN: Final = re.compile(r"<(?P<rule>\w+)>|(?P<sign>[\[\]()| ])|(?P<letter>.)", re.DOTALL)
_SIGNS: Final = {"[": "(?:", "]": ")?", "(": "(?:", ")": ")", "|": "|", " ": " ?"}


@dataclass(frozen=True, slots=True)
class Intent:
    """What a message asks for.

    Attributes:
        kind: What.
        slots: Where in the message stands what is asked about, in order; empty where nothing is named.
        number: How many articles are wanted; None where the message does not say.
        only_of_outlets: Whether it has this intent only if it names an outlet, an author or a category of the
            archive: 果壳最近发了什么.
        may_be_told: Whether an article may say just that, which then counts more: 微信最近更新了什么.
    """

    kind: IntentKind
    slots: tuple[Span, ...] = ()
    number: int | None = None
    only_of_outlets: bool = False
    may_be_told: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """What a message is made of.

    Attributes:
        roles: Each is that of another piece of the message.
        has_topic: Whether something is named besides.
    """

    roles: tuple[str, ...]
    has_topic: bool


@dataclass(frozen=True, slots=True)
class Core:
    """What tells the intent of a message that names nothing.

    Attributes:
        roles: Each is that of another piece of the message.
        absent: No piece has any of these.
    """

    roles: tuple[str, ...]
    absent: frozenset[str]

    @classmethod
    def from_text(cls, text: str) -> "Core":
        """Read roles parted by blanks; a minus stands before those that must be absent."""
        roles = text.split()
        return cls(
            tuple(role for role in roles if role[0] != "-"),
            frozenset(role[1:] for role in roles if role[0] == "-"),
        )


@dataclass(frozen=True, slots=True)
class IntentRule:
    """An intent with all that tells it.

    Attributes:
        signs: A message without any of these fits none of the patterns.
        patterns: Templates, compiled. They match a whole message without blanks and marks at its edges.
        forms: Forms; a message that fits one has the intent.
        beside: Roles of pieces that may stand in any of the forms.
        cores: Each tells the intent of a message that names nothing, whatever else it says.
        only_of_outlets: See `Intent`.
    """

    kind: IntentKind
    signs: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]
    forms: tuple[Form, ...]
    beside: frozenset[str]
    cores: tuple[Core, ...]
    only_of_outlets: bool


def find_intent(utterance: Utterance) -> Intent | None:
    """Return the intent of a message; None if it is a question to the articles.

    >>> found = find_intent(Utterance.from_text("有几篇关于华为的文章"))
    >>> found.kind, found.slots
    (<IntentKind.COUNT: 'count'>, ((5, 7),))
    """
    text = utterance.normalized
    if len(text) > MAX_CHARS:
        return None
    message = read_message(utterance, _vocabulary())
    if message is not None and (rule := _fitting(message)) is not None:
        return _intent_of(message, rule)
    squeezed = _squeeze(text)
    for rule in intent_rules():
        if any(sign in squeezed for sign in rule.signs) and any(
            pattern.fullmatch(squeezed) for pattern in rule.patterns
        ):
            return Intent(rule.kind)
    kind = None if message is None or message.topic is not None else _told_by_core(message)
    return None if kind is None else Intent(kind)


def _fitting(message: Message) -> IntentRule | None:
    """Return the first intent one of whose forms a message fits."""
    if message.topic is not None and message.topic[1] - message.topic[0] > MAX_SLOT_CHARS:
        return None
    telling = [piece for piece in message.pieces if FILLER not in piece.roles]
    present = message.roles
    for rule in intent_rules():
        for form in rule.forms:
            if form.has_topic is not (message.topic is not None) or not present.issuperset(form.roles):
                continue
            known = rule.beside.union(form.roles)
            if all(not known.isdisjoint(piece.roles) for piece in telling) and _are_apart(
                form.roles, message.pieces
            ):
                return rule
    return None


def _told_by_core(message: Message) -> IntentKind | None:
    """Return what a message that names nothing asks for: by most roles, then the first in the file.

    No article can be meant by it, so that its other words need not fit a form.
    """
    present = message.roles
    if DEFINE in present:
        return None
    fitting = [
        (len(core.roles), rule.kind)
        for rule in intent_rules()
        for core in rule.cores
        if present.issuperset(core.roles)
        and present.isdisjoint(core.absent)
        and _are_apart(core.roles, message.pieces)
    ]
    return max(fitting, key=lambda each: each[0])[1] if fitting else None


def _are_apart(roles: Sequence[str], pieces: Sequence[Piece]) -> bool:
    """Tell whether each of some roles can be that of another piece."""
    if not roles:
        return True
    return any(
        roles[0] in piece.roles and _are_apart(roles[1:], [*pieces[:place], *pieces[place + 1 :]])
        for place, piece in enumerate(pieces)
    )


def _intent_of(message: Message, rule: IntentRule) -> Intent:
    lately = () if rule.kind is IntentKind.NEWEST else message.lately
    slots = [*([] if message.topic is None else [message.topic]), *message.times, *lately]
    counted = None if message.number is None else _parse_count(message.number.rstrip("儿")[:-1])
    telling = "said" if rule.kind is IntentKind.COUNT else "released"
    may_be_told = rule.only_of_outlets and telling in message.roles
    return Intent(rule.kind, tuple(sorted(slots)), counted, rule.only_of_outlets, may_be_told)


def is_pointing(words: Iterable[str]) -> bool:
    """Tell whether words point at something that is not named: 我, 它, 那个."""
    return not _pointing_words().isdisjoint(words)


@cache
def _pointing_words() -> frozenset[str]:
    return frozenset(read_intents().table("words").phrases("pointing"))


@cache
def outlet_endings() -> frozenset[str]:
    """Return what people leave out at the end of the name of an outlet: the 网 of 果壳网."""
    return frozenset(read_intents().table("words").phrases("outlet_endings"))


def _parse_count(written: str) -> int | None:
    return int(written) if written.isdigit() else parse_numeral(written)


def _squeeze(text: str) -> str:
    """Drop blanks beside anything but Latin letters and digits, and marks at the edges."""
    start, end = len(text) - len(text.lstrip(_EDGES)), len(text.rstrip(_EDGES))
    kept = [place for place in range(start, end) if not text[place].isspace() or _parts_latin(text, place)]
    return "".join(" " if text[place].isspace() else text[place] for place in kept)


def _parts_latin(text: str, place: int) -> bool:
    """Tell whether a blank, the first of several, parts two Latin words."""
    before, after = text[place - 1], text[place:].lstrip()[:1]
    return not before.isspace() and before.isascii() and after.isascii()


@cache
def intent_rules() -> tuple[IntentRule, ...]:
    """Compile the templates and forms, once."""
    file = read_intents()
    words = {name: _alternatives(file.table("words").phrases(name)) for name in file.table("words").values}
    around = file.table("around")
    before, after = (_alternatives(around.phrases(name)) for name in ("before", "after"))
    known = {TOPIC, NUMBER, ONES, *file.table("roles").values}
    return tuple(_rule(entry, words, before, after, known) for entry in file.tables("intent"))


def _rule(
    entry: Entry, words: Mapping[str, str], before: str, after: str, known: Iterable[str]
) -> IntentRule:
    entry.require_keys(
        "name",
        "signs",
        "templates",
        "forms",
        "beside",
        "cores",
        "only_of_outlets",
        "examples",
        "counterexamples",
    )
    forms = tuple(tuple(form.split()) for form in entry.texts("forms"))
    cores = tuple(map(Core.from_text, entry.texts("cores")))
    beside = entry.words("beside")
    used = itertools.chain(beside, *forms, *(core.roles for core in cores), *(core.absent for core in cores))
    unknown = {role.strip("<>") for role in used} - {*known}
    if unknown:
        raise entry.error(f"there is no role {min(unknown)}")
    return IntentRule(
        IntentKind(entry.text("name")),
        entry.phrases("signs"),
        tuple(
            re.compile(f"(?:{before} ?){{0,3}}(?:{compile_template(template, words)})(?: ?{after}){{0,3}}")
            for template in entry.texts("templates")
        ),
        tuple(Form(tuple(role for role in form if role != TOPIC), TOPIC in form) for form in forms),
        frozenset(beside),
        cores,
        entry.flag("only_of_outlets"),
    )


@cache
def _vocabulary() -> Vocabulary:
    """The words of messages with their roles."""
    roles = read_intents().table("roles")
    vocabulary: dict[str, set[str]] = {}
    for role in roles.values:
        for word in roles.words(role):
            vocabulary.setdefault(word.replace("_", " "), set()).add(role)
    beside_topics = {FILLER, WHEN, NUMBER}
    for rule in intent_rules():
        with_topic = [form for form in rule.forms if form.has_topic]
        if with_topic:
            beside_topics.update(rule.beside, *(form.roles for form in with_topic))
    return Vocabulary(
        {word: frozenset(its) for word, its in vocabulary.items()},
        frozenset(role.strip("<>") for role in beside_topics),
    )


@cache
def read_intents() -> Entry:
    """Read the tables of `intents.toml`, once.

    Raises:
        LanguageDataError: Something in the file is wrong.
    """
    file = data_files.read("corpus.question.language", "intents.toml")
    file.require_keys("around", "words", "roles", "intent")
    return file


def compile_template(template: str, rules: Mapping[str, str]) -> str:
    """Translate a template into a regular expression.

    >>> compile_template("[都]有(哪些|<what>)", {"what": "(?:啥)"})
    '(?:都)?有(?:哪些|(?:啥))'
    """
    return "".join(_translated(token, rules) for token in _TOKEN.finditer(template))


def _translated(token: re.Match[str], rules: Mapping[str, str]) -> str:
    if token["rule"]:
        return rules[token["rule"]]
    return _SIGNS[token["sign"]] if token["sign"] else re.escape(token["letter"])


def _alternatives(words: Iterable[str]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    return f"(?:{'|'.join(map(re.escape, longest_first))})"
