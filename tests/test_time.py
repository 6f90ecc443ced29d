"""Time is bounded for every input: no ambiguous repeats, and nothing that grows above linear."""

import re
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import date
from typing import get_args

import pytest

from bot import logs
from bot.handlers.rules import small_talk
from bot.wording import script
from corpus.answering import agreement
from corpus.dialogue import attribution
from corpus.dialogue.phrases import phrases
from corpus.posts import boilerplate
from corpus.question import intents
from corpus.question.answer_types import default_answer_types
from corpus.question.claims import claim_words
from corpus.question.lexicon import PhraseRole, default_lexicon
from corpus.retrieval import name_binding
from corpus.sources import markup
from corpus.text import analyzer, matching
from corpus.text.dates import find_dates
from tests import growth, regexes


def _small_talk() -> Iterable[re.Pattern[str]]:
    phrases = small_talk._phrases()
    return phrases.token, phrases.whole, phrases.leading, phrases.distress


def _follow_ups() -> Iterable[re.Pattern[str]]:
    found = phrases()
    for patterns in found.intents.values():
        yield from patterns
    yield from (found.replacement, found.name_first, found.properties)


def _claims() -> Iterable[re.Pattern[str]]:
    words = claim_words()
    values = [getattr(words, field.name) for field in fields(words)]
    yield from (value for value in values if isinstance(value, re.Pattern))
    yield from words.sequences


def _opposites() -> Iterable[re.Pattern[str]]:
    for pair in claim_words().opposites:
        yield from (pair.one, pair.other)


def _days() -> Iterable[str]:
    for text in ("9月26日", "2022年9月"):
        for mention in find_dates(text, date(2022, 9, 28)):
            yield from agreement._patterns(mention, date(2022, 9, 28))


DYNAMIC: dict[str, Callable[[], Iterable[re.Pattern[str] | str]]] = {
    "bot.logs:__init__": lambda: filter(
        None, [logs.Redactor(["123456:abcdefghijklmnopqrstuvwxyz", "pw"])._known]
    ),
    "bot.handlers.rules.small_talk:_phrases": _small_talk,
    "corpus.dialogue.phrases:phrases": _follow_ups,
    "corpus.dialogue.attribution:": lambda: attribution._SPEAKER_PATTERNS,
    "corpus.answering.sentences:_occurrences": lambda: [r"(?<![a-z0-9])price(?:s|es|ing|ed)?(?![a-z0-9])"],
    "corpus.sources.markup:": markup._CLOSERS.values,
    "corpus.posts.boilerplate:matches": lambda: [
        re.compile(line.pattern, re.I) for line in boilerplate.LINES
    ],
    "corpus.posts.boilerplate:_either": lambda: [
        boilerplate._ANYWHERE,
        boilerplate._AT_HEAD,
        boilerplate._AT_TAIL,
        boilerplate._LONG_AT_TAIL,
    ],
    "bot.wording.script:mending": lambda: [script.mending().pattern],
    "corpus.question.answer_types:_joined": lambda: [
        pattern
        for each in default_answer_types().compiled
        for pattern in (each.question, each.evidence)
        if pattern
    ],
    "corpus.question.answer_types:_counted_unit": lambda: [default_answer_types()._counted_unit],
    "corpus.question.answer_types:_measures": lambda: [each for each, _ in default_answer_types()._measures],
    "corpus.question.answer_types:_asking": lambda: [default_answer_types()._asking],
    "corpus.question.answer_types:_open_asking": lambda: [default_answer_types()._open_asking],
    "corpus.question.answer_types:_ends_with_which": lambda: [default_answer_types()._ends_with_which],
    "corpus.question.answer_types:_yes_no": lambda: [default_answer_types()._yes_no],
    "corpus.question.lexicon:asking": lambda: [default_lexicon().asking],
    "corpus.question.lexicon:news_at_end": lambda: [default_lexicon().news_at_end],
    "corpus.question.lexicon:_stem_word": lambda: [default_lexicon()._stem_word],
    "corpus.question.lexicon:_phrase_pattern": lambda: map(default_lexicon().phrase, get_args(PhraseRole)),
    "corpus.question.intents:_rule": lambda: [
        pattern for rule in intents.intent_rules() for pattern in rule.patterns
    ],
    "corpus.question.claims:_short_places": lambda: claim_words().short_places.values(),
    "corpus.question.claims:load": _claims,
    "corpus.question.claims:_opposite": _opposites,
    "corpus.answering.agreement:_speaks_of": _days,
    "corpus.retrieval.name_binding:_side_by_side": lambda: [
        name_binding._side_by_side(parts) for parts in (("eh", "xd20"), ("vivo", "x", "fold"))
    ],
    "corpus.answering.agreement:_is_class": lambda: [f"(?:{default_lexicon().open_asking})[个些]?欧洲"],
    "corpus.text.analyzer:_latin_forms": lambda: [
        pattern for _, pattern in map(analyzer._latin_forms, ("city", "c++", "19%")) if pattern
    ],
    "corpus.text.matching:_form_pattern": lambda: filter(
        None, map(matching._form_pattern, ("city", "c++", "19%", "望江 大桥"))
    ),
    "corpus.text.matching:_latin_pattern": lambda: filter(
        None, map(matching._latin_pattern, ("city", "c++", "a.b"))
    ),
}
"""Patterns that a function makes of its own values, by module and function: all of them, or examples."""

BOUNDED: dict[str, str] = {}
"""Patterns whose repeats overlap, with the reason why their time is bounded all the same."""

B1 = r"(?P<name>.*?)\s*(?:(?<!\S)(?P<number>[0-9]{1,4})\s*[篇条]?)?\s*"
B3 = r"(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))[ \t]?){12,}"
LEAD = r"\[([^\n]{0,500})\]\(\S{0,2000}\)[ \t]*\n[-=]{3,99}[ \t]*\n\s*(?=<)"


def test_no_pattern_has_repeats_that_share_characters() -> None:
    found = regexes.collect(DYNAMIC)
    assert len(found) > 200
    shared = {each.where: regexes.ambiguity(each.pattern.pattern, each.pattern.flags) for each in found}
    assert {where: why for where, why in shared.items() if why and where not in BOUNDED} == {}
    assert BOUNDED.keys() <= shared.keys()


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(B1, id="B1"),
        pytest.param(B3, id="B3"),
        pytest.param(LEAD, id="lead"),
        r"\s*\s*x",
        r"\s*(?:a?\s*)?x",
        r"(?:a+)+b",
        r"(?:a*b?)*c",
        r"(?:ab|a|b)*c",
        r".*_.*x",
        r"[a-z]+[a-z0-9]*!",
        r"(?i:[a-z])*[A-Z]*!",
        r"(?:[ \t]*-[ \t]?)*x",
        r"x(?=\d*[0-5]*y)",
        r".{0,2000}\d{0,500}!",
    ],
)
def test_repeats_that_share_characters_are_refused(pattern: str) -> None:
    assert regexes.ambiguity(pattern)


@pytest.mark.parametrize(
    "pattern",
    [r"\s*x\s*y", r"[^|]+(?:\|[^|]+)+", r"\s*+\S*", r"(?:a b?)*c", r"a*b*", r"\d{1,4}\d{0,2}x", r"(?:ab)*a?"],
)
def test_repeats_apart_are_let_pass(pattern: str) -> None:
    assert regexes.ambiguity(pattern) is None


@pytest.mark.timeout(400)
def test_patterns_take_time_in_proportion_to_the_text() -> None:
    assert growth.faults("patterns") == []


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(B1, id="B1"),
        pytest.param(B3, id="B3"),
        pytest.param("(?:个|我|一下)*原文", id="search that begins anew at each place"),
    ],
)
def test_patterns_that_take_more_are_found(pattern: str) -> None:
    assert growth.faults("given", pattern, limit=1.0) != []


@pytest.mark.timeout(400)
def test_posts_take_time_in_proportion_to_their_length() -> None:
    assert growth.faults("posts") == []


def test_questions_take_time_in_proportion_to_their_length() -> None:
    assert growth.faults("questions") == []


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_messages_take_time_in_proportion_to_their_length() -> None:
    assert growth.faults("messages") == []
