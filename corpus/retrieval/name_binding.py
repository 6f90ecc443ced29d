"""Names that only the archive can tell from ordinary words: 向佐, AirPodsPro, iPhone 14.

Every decision rests on what the archive holds: document frequencies, and a few passages that are read to see
whether the characters stand there as a unit. Questions without such a place cost nothing.
"""

import re
import string
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from corpus.question.english_words import is_english
from corpus.question.lexicon import NON_TOPICAL
from corpus.question.names import NameCandidate
from corpus.question.query import Query
from corpus.retrieval.archive import Archive
from corpus.retrieval.protocols import Lists, TermKey
from corpus.text import analyzer, folding
from corpus.text.matching import required_terms
from corpus.text.numerals import Numeral
from corpus.text.terms import Family, Term

MAX_CANDIDATES: Final = 3
"""Places of a question that are looked at."""

MAX_READ: Final = 8
"""Passages that are read for each."""

MIN_UNIT_SHARE: Final = 0.5
"""Share of the occurrences that stand between two words from which on the characters are a unit."""

MAX_ALONE_SHARE: Final = 0.3
"""Share of a character's passages that have it as a word: below it the character is mostly part of names."""

MAX_RARE_SHARE: Final = 0.0005
"""Share of all passages up to which a character is no word of everyday use, whatever its own passages say."""

WINDOW: Final = 12
"""Characters beside an occurrence that are segmented."""

OTHER_SPELLING: Final = 0.3
"""Weight of the terms of a number's other spellings: 350 of 3,350 is no evidence alone."""

MAX_NAME_SHARE: Final = 0.002
"""Share of all passages up to which a Latin name is rare."""

NAME_LIFT: Final = 2.0
"""Weight of such a name beside other words."""

MIN_PART_CHARS: Final = 3
"""Letters from which on a part of a Latin word that is typed without blanks is no mere chance."""

MIN_COMPOUND_CHARS: Final = 5
"""Letters and digits of the shortest Latin word that is split: xfold, wifi7."""

_NEIGHBOURS: Final = re.compile("(?=(?<![a-z0-9])([a-z]+)[ -]([a-z]+)(?![a-z0-9]))")
"""Latin words side by side."""

MAX_COMPOUND_CHARS: Final = 30
"""Letters of the longest Latin word that is split: its parts are some hundreds of words."""


def bind_names(query: Query, archive: Archive) -> Query:
    """Make names of a query whole, and note those that the archive lacks."""
    query = _drop_chance_names(query, archive.snapshot)
    query = _bind_numerals(query, archive.snapshot)
    query = _bind_latin(query, archive)
    for candidate in query.name_candidates[:MAX_CANDIDATES]:
        query = _bind_candidate(query, candidate, archive)
    return query


# Model names


def _drop_chance_names(query: Query, snapshot: Lists) -> Query:
    """Drop the model names that are parted by a blank and that the archive lacks: they may be two words."""
    uncertain = [name.term for name in query.model_names if not name.is_certain]
    if not uncertain:
        return query
    frequencies = snapshot.document_frequencies([Term(term) for term in uncertain])
    lacking = {term for term, frequency in zip(uncertain, frequencies, strict=True) if not frequency}
    return replace(
        query,
        terms=tuple(
            term for term in query.terms if term.family is not Family.WORDS or term.text not in lacking
        ),
        proximity={word: value for word, value in query.proximity.items() if word not in lacking},
    )


# Large numbers


def _bind_numerals(query: Query, snapshot: Lists) -> Query:
    """Make each large number one word, of which a passage need have one spelling only."""
    for numeral in query.numerals[:MAX_CANDIDATES]:
        query = _with_numeral(query, numeral, _known_spellings(numeral, snapshot))
    return query


def _known_spellings(numeral: Numeral, snapshot: Lists) -> list[str]:
    """The spellings whose words the archive has, the best first; as it was typed if there is none."""
    words = [_words_of(form) for form in numeral.forms]
    frequencies = iter(snapshot.document_frequencies([Term(word) for each in words for word in each]))
    counts = [[next(frequencies) for _ in each] for each in words]
    found = [form for form, held in zip(numeral.forms, counts, strict=True) if all(held)]
    return found or [numeral.text]


def _with_numeral(query: Query, numeral: Numeral, spellings: Sequence[str]) -> Query:
    """Return a query that has a number as one word.

    Args:
        query: The query.
        numeral: The number.
        spellings: Those that are searched for; of the first one a passage should have all terms.
    """
    start, end = numeral.span
    parts: list[str] = []
    wider: list[str] = []
    for word in analyzer.word_spans(query.normalized):
        if word.start < end and start < word.end:
            is_wider = word.start <= start and end <= word.end and word.end - word.start > end - start
            (wider if is_wider else parts).append(word.term)
    typed = {(part, Family.WORDS) for part in parts} | _keys_of(numeral.text)
    first, others = _keys_of(spellings[0]), set[TermKey]().union(*map(_keys_of, spellings[1:]))
    terms = {(term.text, term.family): term for term in query.terms}
    terms |= {key: Term(*key, OTHER_SPELLING * _weight(key[1])) for key in sorted(others | typed)}
    terms |= {key: Term(*key, _weight(key[1])) for key in sorted(first)}
    near = max((query.proximity[part] for part in parts if part in query.proximity), default=None)
    variants = {
        word: (*forms, *(word.replace(numeral.text, form) for form in numeral.forms[1:]))
        if word in wider
        else forms
        for word, forms in query.variants.items()
    }
    proximity = {word: value for word, value in query.proximity.items() if word not in parts}
    return replace(
        query,
        words=tuple(dict.fromkeys((*query.words, numeral.text))) if near is not None else query.words,
        terms=tuple(terms.values()),
        variants=variants if near is None else {**variants, numeral.text: numeral.forms},
        proximity=proximity if near is None else {**proximity, numeral.text: near},
        optional_terms=(query.optional_terms | others | typed) - first,
    )


def _keys_of(form: str) -> set[TermKey]:
    """The terms of a spelling: of one with digits only these, as 万 may be part of 万元 in a text."""
    return {(word, Family.WORDS) for word in _words_of(form)} | {
        (text, Family.CHARACTERS)
        for text in analyzer.characters(form)
        if text[0].isdigit() or _is_spelt(form)
    }


def _words_of(form: str) -> list[str]:
    return [word for word in analyzer.words(form) if word[0].isdigit() or _is_spelt(form)]


def _is_spelt(form: str) -> bool:
    """Whether a number has no digits."""
    return not form[0].isdigit()


# Latin words, glued or parted


def _bind_latin(query: Query, archive: Archive) -> Query:
    """Let Latin words be found that the archive writes with or without the blank of the question."""
    latin = [word for word in query.proximity if word.isascii() and word.isalpha()]
    if not latin and not query.model_names:
        return query
    query = _lift_rare(query, archive.snapshot, latin)
    for one, other in _joined_pairs(query, archive.snapshot, latin):
        words = [analyzer.stem(one), analyzer.stem(other)]
        query = _with_spelling(query, words, one + other, [one + other])
    for word in _unknown_words(query, archive.snapshot, latin)[:MAX_CANDIDATES]:
        found = _split_compound(word, archive)
        if found is not None:
            query = _with_spelling(query, [word], found.form, found.parts, replaces=True)
    return query


def _lift_rare(query: Query, snapshot: Lists, latin: Sequence[str]) -> Query:
    """Raise the weight of rare Latin names: an article that has one is about it, whatever the language."""
    names = [word for word in latin if len(word) > MIN_PART_CHARS and not is_english(word)]
    if not names or query.is_english:
        return query
    frequencies = snapshot.document_frequencies([Term(name) for name in names])
    most = MAX_NAME_SHARE * snapshot.count
    rare = {name for name, count in zip(names, frequencies, strict=True) if 0 < count <= most}
    terms = tuple(
        term._replace(weight=NAME_LIFT * term.weight) if term.text in rare else term for term in query.terms
    )
    return replace(query, terms=terms) if rare else query


def _joined_pairs(query: Query, snapshot: Lists, latin: Container[str]) -> list[tuple[str, str]]:
    """Neighbours of the question that the archive also writes as one word: apple watch, applewatch."""
    pairs = [
        (match[1], match[2])
        for match in _NEIGHBOURS.finditer(query.normalized)
        if analyzer.stem(match[1]) in latin and analyzer.stem(match[2]) in latin
    ]
    if not pairs:
        return []
    frequencies = snapshot.document_frequencies([Term(analyzer.stem(one + other)) for one, other in pairs])
    return [pair for pair, frequency in zip(pairs, frequencies, strict=True) if frequency]


def _unknown_words(query: Query, snapshot: Lists, latin: Sequence[str]) -> list[str]:
    """Those words and model names that no passage has and that are long enough to have parts."""
    names = [name.term for name in query.model_names if name.is_certain and name.term in query.proximity]
    long = [word for word in (*latin, *names) if MIN_COMPOUND_CHARS <= len(word) <= MAX_COMPOUND_CHARS]
    frequencies = snapshot.document_frequencies([Term(word) for word in long])
    return [word for word, frequency in zip(long, frequencies, strict=True) if not frequency]


class _Compound(NamedTuple):
    """A Latin word that is typed without blanks.

    Attributes:
        form: As the archive writes it.
        parts: Its words.
    """

    form: str
    parts: list[str]


def _split_compound(word: str, archive: Archive) -> _Compound | None:
    """Return the words that form an unknown one, if they stand side by side in some passage."""
    pieces = [(start, end) for start in range(len(word)) for end in range(start + 1, len(word) + 1)]
    pieces.remove((0, len(word)))
    frequencies = archive.snapshot.document_frequencies(
        [Term(analyzer.stem(word[start:end])) for start, end in pieces]
    )
    known = {piece for piece, frequency in zip(pieces, frequencies, strict=True) if frequency}
    for cuts in _cuts(len(word), known):
        parts = [word[start:end] for start, end in cuts]
        found = _form_in(archive, [Term(analyzer.stem(part)) for part in parts], _side_by_side(parts))
        if found is not None:
            return _Compound(found, parts)
    return None


def _side_by_side(parts: Sequence[str]) -> re.Pattern[str]:
    """Return what finds the parts as words of their own, one behind the other."""
    return re.compile(rf"(?<![a-z0-9]){'[ -]'.join(map(_parted, parts))}(?![a-z0-9])")


def _parted(part: str) -> str:
    """A pattern of a part, which may have a blank before its number: xd20, fi 7."""
    letters = part.rstrip(string.digits)
    if not letters or letters == part:
        return re.escape(part)
    return f"{re.escape(letters)}[ -]?{part[len(letters) :]}"


def _cuts(length: int, known: Iterable[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Ways to cut a word into two or three known pieces of which one at most is short; long ones first."""
    known = set(known)
    cuts = [[(0, cut), (cut, length)] for cut in range(1, length) if {(0, cut), (cut, length)} <= known]
    cuts += [
        [(0, one), (one, other), (other, length)]
        for one in range(1, length)
        if (0, one) in known
        for other in range(one + 1, length)
        if (one, other) in known and (other, length) in known
    ]
    short = {tuple(cut): sum(end - start < MIN_PART_CHARS for start, end in cut) for cut in cuts}
    fit = [cut for cut in cuts if short[tuple(cut)] <= 1]
    return sorted(fit, key=lambda cut: (short[tuple(cut)], len(cut)))[:MAX_READ]


def _with_spelling(
    query: Query, words: Sequence[str], form: str, terms: Sequence[str], *, replaces: bool = False
) -> Query:
    """Add another spelling of some words: as something that counts as finding them, and as terms.

    Args:
        query: The query.
        words: Its words.
        form: Their other spelling.
        terms: What the other spelling is indexed as.
        replaces: Whether the archive lacks the words as typed, so that a passage need not have them.
    """
    known = {(term.text, term.family) for term in query.terms}
    added = [
        Term(analyzer.stem(term), family)
        for term in terms
        for family in Family
        if (analyzer.stem(term), family) not in known
    ]
    typed = {(word, family) for word in words for family in Family}
    optional = typed if replaces else {(term.text, term.family) for term in added}
    return replace(
        query,
        terms=(*query.terms, *(term._replace(weight=_weight(term.family)) for term in added)),
        variants={**query.variants, **{word: (*query.variants[word], form) for word in words}},
        optional_terms=query.optional_terms | optional,
    )


def _weight(family: Family) -> float:
    return 0.5 if family is Family.CHARACTERS else 1.0


# Names with a function character


def _bind_candidate(query: Query, candidate: NameCandidate, archive: Archive) -> Query:
    """Make a candidate one word if the archive has it as a unit, or if it may be a name that is absent."""
    pairs = required_terms(candidate.text)
    if candidate.is_quoted:
        is_there = _stands_in(archive, pairs, _is_unit_in(candidate.text))
        return _joined(query, candidate) if is_there else _without(query, candidate)
    content = candidate.words[-1]
    probes = [*pairs, Term(content, Family.CHARACTERS), Term(content)]
    *frequencies, passages, alone = archive.snapshot.document_frequencies(probes)
    is_part = alone < MAX_ALONE_SHARE * passages or alone <= MAX_RARE_SHARE * archive.snapshot.count
    is_unit = bool(min(frequencies)) and _stands_in(archive, pairs, _is_unit_in(candidate.text))
    if is_unit and candidate.is_at_start and content not in NON_TOPICAL:
        return _joined(query, candidate)
    if is_unit:
        return _lifted(query, pairs) if is_part else query
    if content in NON_TOPICAL or not is_part:
        return query
    return _without(query, candidate) if candidate.is_at_start else _joined(query, candidate)


def _without(query: Query, candidate: NameCandidate) -> Query:
    """Note that the archive lacks a candidate."""
    return replace(_joined(query, candidate), absent_names=(*query.absent_names, candidate.text))


def _lifted(query: Query, pairs: Sequence[Term]) -> Query:
    """Return a query that prefers passages with some pairs and does not miss them."""
    known = {(term.text, term.family) for term in query.terms}
    added = [term for term in pairs if (term.text, term.family) not in known]
    return replace(
        query,
        terms=(*query.terms, *added),
        optional_terms=query.optional_terms | {(term.text, term.family) for term in added},
    )


def _joined(query: Query, candidate: NameCandidate) -> Query:
    """Return a query in which a candidate is one content word in place of its characters."""
    name, parts = candidate.text, set(candidate.words)
    known = {(term.text, term.family): term for term in query.terms}
    added = [term for term in required_terms(name) if (term.text, term.family) not in known]
    near = max((query.proximity[part] for part in parts if part in query.proximity), default=1.0)
    proximity = {word: value for word, value in query.proximity.items() if word not in parts}
    topic = query.listing_topic
    if topic and parts and topic.startswith(candidate.words[0]):
        topic = name.removesuffix("".join(candidate.words)) + topic
    return replace(
        query,
        words=tuple(dict.fromkeys((*query.words, name))),
        terms=(*query.terms, *added),
        variants={**query.variants, name: (name,)},
        proximity={**proximity, name: near},
        listing_topic=topic,
    )


def _is_unit_in(name: str) -> Callable[[str], bool]:
    """Tell of a text whether a name stands in it between two words more often than across one."""

    def is_unit(text: str) -> bool:
        count = units = 0
        place = text.find(name)
        while place >= 0:
            count += 1
            units += _stands_between_words(text, place, place + len(name))
            place = text.find(name, place + 1)
        return bool(count) and units >= MIN_UNIT_SHARE * count

    return is_unit


def _stands_between_words(text: str, start: int, end: int) -> bool:
    first = max(0, start - WINDOW)
    words = analyzer.word_spans(text[first : end + WINDOW])
    starts, ends = {word.start + first for word in words}, {word.end + first for word in words}
    return start in starts and end in ends


def _stands_in(archive: Archive, terms: Sequence[Term], holds: Callable[[str], bool]) -> bool:
    """Tell whether a few of the best passages for some terms have what is looked for, in title or text."""
    return any(map(holds, _best_texts(archive, terms)))


def _form_in(archive: Archive, terms: Sequence[Term], form: re.Pattern[str]) -> str | None:
    """Return how a few of the best passages for some terms write a form; None where they do not."""
    found = map(form.search, _best_texts(archive, terms))
    return next((match[0] for match in found if match is not None), None)


def _best_texts(archive: Archive, terms: Sequence[Term]) -> Iterator[str]:
    """Yield titles and texts of a few of the best passages for some terms, folded."""
    matches = archive.snapshot.search(terms, limit=MAX_READ, per_article=False)
    heads = archive.store.heads([match.article for match in matches])
    yield from map(folding.fold, dict.fromkeys(head.title for head in heads.values()))
    texts = archive.store.passage_texts([match.number for match in matches])
    yield from map(folding.fold, texts.values())
