"""The lexicon: the words of questions and their roles, read from `language/lexicon.toml`.

A word stands there once with all its roles; a set of words is a query over roles.
"""

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, Self, get_args

from corpus.text import analyzer, data_files
from corpus.text.characters import HAN_CHARACTER
from corpus.text.data_files import Entry
from corpus.text.folding import fold

Role = Literal[
    "interrogative",  # it asks: 谁, 什么, 几座
    "whether",  # it asks yes or no: 是不是
    "question",  # it makes a text a question: all that ask, and 吗
    "cleft",  # it belongs to what asks: 是从, 是因为
    "stop",  # it is not searched for: it asks or only carries a question
    "browsing",  # it may stand in a request for a list; other stop words ask for something specific
    "request",  # it may stand in a request before the topic: 找, 推荐. Alone it proves none: 推荐系统
    "request_sign",  # it proves a request: 帮, 给
    "about",  # it stands between a request and its topic: 讲, 关于
    "about_sign",  # it proves that a topic follows: 关于
    "news",  # what a newspaper prints: 新闻, 文章
    "event",  # it stands beside news, or beside a date alone: 昨天发生了什么
    "newest",  # it asks for the newest: 最新
    "lately",  # 最近
    "listed",  # an interrogative that ties news to the topic: 大桥有什么新闻
    "link",  # it ties news to the topic: 大桥的新闻
    "bare",  # beside stop words it leaves nothing to be answered: 有什么事
    "predicate",  # it is said of something and names nothing: 受伤, 多少钱
    "classifier",  # it may follow 那: 那座
    "demonstrative",  # it points at something and is no part of a name: 那边
]
"""What a word does in a question."""

Roles = frozenset[Role]

PhraseRole = Literal["whether", "wish", "dateless_name", "no_name", "determiner"]
"""What a stretch of text does, wherever its words are cut; see `lexicon.toml`."""

NO_ROLES: Final[Roles] = frozenset()

_IMPLIED: Final[Mapping[Role, Role]] = {"interrogative": "question", "stop": "bare"}

NON_TOPICAL_ROLES: Final[Roles] = frozenset(
    {"stop", "predicate", "news", "event", "lately", "interrogative", "cleft"}
)
"""Roles of words that name nothing."""

_ASKING: Final[Roles] = frozenset({"interrogative", "question"})

_NOTHING: Final = "(?!)"
"""A pattern that nothing matches."""

_ENDING: Final = 3
"""How many Han characters may follow a word with which others that ask begin: 哪一所."""


@dataclass(frozen=True, slots=True)
class Group:
    """Words of the same roles."""

    roles: Roles
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stem:
    """A word with which others that ask begin: 几 as in 几座.

    Attributes:
        text: The word.
        before: What may stand before it: 好几.
        exceptions: What may not follow it: 几内亚.
        followers: What must follow it; it asks together with one of these alone: 多大. None: anything may.
    """

    text: str
    before: str = ""
    exceptions: tuple[str, ...] = ()
    followers: tuple[str, ...] = ()

    @property
    def asking(self) -> str:
        """A pattern of the word where it asks."""
        but = f"(?!{_either(self.exceptions)})" if self.exceptions else ""
        return f"{self.text}{but}" + (f"(?={_either(self.followers)})" if self.followers else "")

    @property
    def word(self) -> str:
        """A pattern of whole words that begin with it."""
        before = f"{self.before}?" if self.before else ""
        ending = f"(?:{_either(self.followers)})" if self.followers else f"{HAN_CHARACTER}{{0,{_ENDING}}}"
        return f"{before}{self.asking}{ending}"


@dataclass(frozen=True, eq=False)  # no slots: what is derived from the words is worked out once, when needed
class Lexicon:
    """The words of questions and their roles.

    Attributes:
        groups: Words by their roles.
        stems: Words with which others begin that ask.
        phrases: Stretches of text by what they do.
    """

    groups: tuple[Group, ...]
    stems: tuple[Stem, ...]
    phrases: Mapping[PhraseRole, tuple[str, ...]]

    @classmethod
    def load(cls) -> Self:
        """Read `lexicon.toml`.

        Raises:
            LanguageDataError: Something in the file is wrong.
        """
        file = data_files.read("corpus.question.language", "lexicon.toml")
        file.require_keys("group", "stem", "phrase")
        groups = tuple(map(_group, file.tables("group")))
        counts = Counter(word for group in groups for word in group.words)
        twice = [word for word, count in counts.items() if count > 1]
        if twice:
            raise file.error(f"{' '.join(twice)}: a word stands once, with all its roles")
        phrases: defaultdict[PhraseRole, tuple[str, ...]] = defaultdict(tuple)
        for entry in file.tables("phrase"):
            entry.require_keys("role", "words", "examples")
            name = entry.text("role")
            role: PhraseRole | None = next((each for each in get_args(PhraseRole) if each == name), None)
            if role is None:
                raise entry.error(f"`role` {name} is unknown; known are {', '.join(get_args(PhraseRole))}")
            phrases[role] += entry.words("words")
        return cls(groups, tuple(map(_stem, file.tables("stem"))), phrases)

    def roles_of(self, word: str) -> Roles:
        """Return the roles of a folded word.

        >>> sorted(default_lexicon().roles_of("几座")), default_lexicon().roles_of("几内亚")
        (['interrogative', 'question'], frozenset())
        """
        roles = self._roles.get(word, NO_ROLES)
        if word[:1] not in self._stem_firsts or self._stem_word.fullmatch(word) is None:
            return roles
        return roles | _ASKING

    def words(self, *roles: Role) -> frozenset[str]:
        """Return the words that have one of some roles."""
        found = self._words.get(roles)
        if found is None:
            words = (word for word, its in self._roles.items() if not its.isdisjoint(roles))
            found = self._words[roles] = frozenset(words)
        return found

    @functools.cached_property
    def _words(self) -> dict[tuple[Role, ...], frozenset[str]]:
        """What `words` has returned: each question asks for the same few roles."""
        return {}

    @functools.cached_property
    def asking(self) -> re.Pattern[str]:
        """Finds interrogatives, within words as well.

        >>> [match.group() for match in default_lexicon().asking.finditer("大桥封了几天,何时开放")]
        ['几', '何时']
        """
        words = [*self.words("interrogative"), *self.whether, *(stem.text for stem in self.stems)]
        firsts = "".join(sorted({word[0] for word in [*words, *"怎咋吗么没"]}))
        whether = _either(self.whether)
        return re.compile(rf"(?=[{firsts}])(?:{self.open_asking}|{whether}|吗|么$|(?<=.)没有?$)")

    @functools.cached_property
    def open_asking(self) -> str:
        """A pattern of interrogatives other than those of yes or no, within words as well."""
        stems = tuple(stem.text for stem in self.stems)
        words = self.words("interrogative") - set(self.whether)
        smallest = _longest_first(
            word
            for word in words
            if not word.startswith(stems)
            and (word.isascii() or not any(other in word for other in words - {word}))
        )
        han = [*filter(analyzer.is_han, smallest), "怎", "咋", *(stem.asking for stem in self.stems)]
        return rf"{_either(han)}|\b(?:{_either(filter(str.isascii, smallest))})\b"

    @functools.cached_property
    def whether(self) -> tuple[str, ...]:
        """Words that ask yes or no."""
        return tuple(_longest_first({*self.words("whether"), *self.phrases.get("whether", ())}))

    def stem(self, text: str) -> str:
        """Return a pattern of a stem where it asks; one that nothing matches if there is no such stem."""
        return next((stem.asking for stem in self.stems if stem.text == text), _NOTHING)

    @functools.cached_property
    def news_at_end(self) -> re.Pattern[str]:
        """Finds a word for news at the end of another: 新浪新闻."""
        return re.compile(f"(?:{_either(_longest_first(self.words('news')))})$")

    def phrase(self, role: PhraseRole) -> re.Pattern[str]:
        """Return a pattern of the phrases that do something; without any it matches nothing."""
        return _phrase_pattern(self.phrases.get(role, ()))

    @functools.cached_property
    def _roles(self) -> Mapping[str, Roles]:
        return {
            word: group.roles.union(_IMPLIED[role] for role in group.roles if role in _IMPLIED)
            for group in self.groups
            for word in group.words
        }

    @functools.cached_property
    def _stem_firsts(self) -> frozenset[str]:
        return frozenset(text[:1] for stem in self.stems for text in (stem.text, stem.before) if text)

    @functools.cached_property
    def _stem_word(self) -> re.Pattern[str]:
        return re.compile(_either(stem.word for stem in self.stems))

    def without(self, *words: str) -> "Lexicon":
        """Return the lexicon without some words, stems or phrases."""

        def kept(every: Iterable[str]) -> tuple[str, ...]:
            return tuple(word for word in every if word not in words)

        return Lexicon(
            tuple(replace(group, words=kept(group.words)) for group in self.groups),
            tuple(stem for stem in self.stems if stem.text not in words),
            {role: kept(phrases) for role, phrases in self.phrases.items()},
        )

    def without_role(self, role: Role) -> "Lexicon":
        """Return the lexicon with no word of a role; the words keep their other roles."""
        return replace(
            self, groups=tuple(replace(group, roles=group.roles - {role}) for group in self.groups)
        )


@functools.cache
def default_lexicon() -> Lexicon:
    """Return the lexicon of the package, read once."""
    return Lexicon.load()


def _group(entry: Entry) -> Group:
    entry.require_keys("roles", "words", "examples")
    names = entry.texts("roles")
    known: tuple[Role, ...] = get_args(Role)
    unknown = sorted(set(names).difference(known))
    if unknown or not names:
        raise entry.error(f"`roles` must be some of {', '.join(known)}; it is {list(names)}")
    words = entry.words("words")
    unfolded = next((word for word in words if word != fold(word)), None)
    if unfolded is not None:
        raise entry.error(f"{unfolded} must be written {fold(unfolded)}")
    return Group(frozenset(role for role in known if role in names), words)


def _stem(entry: Entry) -> Stem:
    entry.require_keys("text", "before", "except", "followers", "examples", "counterexamples")
    return Stem(entry.text("text"), entry.text("before", ""), entry.words("except"), entry.words("followers"))


@functools.lru_cache(maxsize=16)
def _phrase_pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(_either(_longest_first(phrases)) if phrases else _NOTHING)


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted(words, key=lambda word: (-len(word), word))


def _either(alternatives: Iterable[str]) -> str:
    return "|".join(alternatives)


def is_interrogative(word: str) -> bool:
    """Tell whether a folded word asks: 几座, 多少度, 哪条."""
    return "interrogative" in default_lexicon().roles_of(word)


# Sets that need no question.
INTERROGATIVES: Final = default_lexicon().words("interrogative")
STOP_WORDS: Final = default_lexicon().words("stop")
NEWS_WORDS: Final = default_lexicon().words("news", "event", "lately")
NON_TOPICAL: Final = default_lexicon().words("stop", "predicate", "news", "event", "lately")
CLASSIFIERS: Final = default_lexicon().words("classifier")
DEMONSTRATIVES: Final = default_lexicon().words("demonstrative")
