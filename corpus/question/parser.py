"""What a person typed → `Query`: filters taken out, question words cut, terms with weights.

Decision: the explicit syntax (`分类:金融`, options) filters strictly; a date, outlet or category named
in plain words only lifts, because it is a term like any other: articles are indexed under their day,
outlet and categories too (`documents`), and a term that an article lacks costs it nothing.
"""

import functools
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib import resources

from corpus.models import Filters
from corpus.question import framing
from corpus.question.answer_types import Kind, kind_of
from corpus.question.focus import asks, nearness
from corpus.text import analyzer
from corpus.text.analyzer import Word, fold
from corpus.text.cantonese import plain
from corpus.text.dates import DateMention, find_dates, mention_terms, parse_day
from corpus.text.numbers import MODEL, SEPARATED, in_digits, separated, spaced
from corpus.text.terms import Family, Term

MAX_CHARACTERS = 1000
"""Longer questions are cut: nobody asks more, and the time to answer stays bounded."""

MAX_TERMS = 120

CHARACTERS_WEIGHT = 0.5
"""Share of the characters' family in the score (RETRIEVAL: 0.5 on cmrc, 0.25 fair on news)."""

SYNONYM_WEIGHT = 0.5
DATE_WEIGHT = 2.0


@dataclass(frozen=True, slots=True)
class Query:
    """A question, ready to be searched.

    Attributes:
        typed: The question as typed.
        content: The same with blanks in place of the filter syntax, character for character.
        text: `content`, folded, what asks in it in the standard language.
        filters: Strict filters, from the syntax and from the caller.
        words: Content words, folded, distinct, in order.
        terms: All terms with their weights: words, characters, synonyms, dates.
        evidence: For each content word the terms that count as finding it: itself and its synonyms.
        focus: For each content word that does not itself ask (几座) how near it stands to what asks, 0 to 1;
            for all content words where each of them asks.
        aside: Terms that only words which ask have, or other spellings of a number.
        kind: What is asked for.
        quoted: Stretches in 「」, 『』 or “”, folded, which lift passages that hold them.
        dates: Dates named in plain words.
        browses: What else is said, folded, when what there is on these dates or of late is asked for: ""
            for 昨天有什么新闻 and a lone 分类:财经, 财经 for 最近的财经新闻. None for all other questions.
        empty: Nothing is named that could be found (什么时候的事).
    """

    typed: str
    content: str
    text: str
    filters: Filters
    words: tuple[str, ...]
    terms: tuple[Term, ...]
    evidence: Mapping[str, tuple[str, ...]]
    focus: Mapping[str, float]
    aside: frozenset[tuple[str, Family]]
    kind: Kind
    quoted: tuple[str, ...] = ()
    dates: tuple[DateMention, ...] = ()
    browses: str | None = None
    empty: bool = False

    @property
    def recent(self) -> bool:
        """Whether what is of late is asked for (最近) and no certain days are."""
        return bool(self.dates) and all(mention.recent for mention in self.dates)

    def days(self, today: date) -> tuple[date, date] | None:
        """First and last day of the dates named; the latest that has come where no year was said."""
        if not self.dates or self.recent:
            return None
        since = min(mention.since for mention in self.dates)
        until = max(mention.until for mention in self.dates)
        if since > today and all(mention.any_year for mention in self.dates):
            try:
                return since.replace(year=since.year - 1), until.replace(year=until.year - 1)
            except ValueError:  # 29 February
                return None
        return since, until


_FIELDS = {
    **dict.fromkeys(("分类", "类别", "栏目", "频道", "category", "cat"), "category"),
    **dict.fromkeys(("作者", "来源", "媒体", "author", "outlet"), "author"),
    **dict.fromkeys(("从", "自", "since", "after", "from"), "since"),
    **dict.fromkeys(("到", "至", "until", "before", "to"), "until"),
}
_FIELD = re.compile(
    rf"(?:^|(?<=\s))(?P<name>{'|'.join(_FIELDS)})[:：][ \u3000]?(?P<value>\"[^\"]+\"|[^\s\"]+)", re.IGNORECASE
)
_PHRASE = re.compile(r'(?P<minus>(?:^|(?<=\s))[-−－])?"(?P<phrase>[^"]{1,100})"')
_MINUS = re.compile(r"(?:^|(?<=\s))[-－](?P<word>[^\s\-－\"\d][^\s\"]*)")
_QUOTED = re.compile(r"「([^」]{1,60})」|『([^』]{1,60})』|“([^”]{1,60})”")


def parse(question: str, *, filters: Filters = Filters(), today: date) -> Query:
    """Understand a question. Any text will do; the worst gives a query without terms.

    Args:
        question: As typed.
        filters: Of the caller; what the question's own syntax says is added to it.
        today: From which 昨天 is counted.
    """
    typed = question[:MAX_CHARACTERS]
    content, filters = _take_filters(typed, filters, today)
    folded = plain(content)
    quoted = tuple(fold(next(filter(None, match))) for match in _QUOTED.findall(content))
    spans = analyzer.word_spans(folded)
    dates = framing.certain_dates(folded, spans, find_dates(folded, today))
    request = framing.read(folded, spans, dates)
    content_spans, kept = _content(folded, spans, request.carriers)
    if not content_spans and filters.phrases:  # only a phrase: it is the question
        phrase = fold(" ".join(filters.phrases))
        of_phrase = analyzer.word_spans(phrase)
        content_spans, kept = _content(phrase, of_phrase, framing.read(phrase, of_phrase, ()).carriers)
    words = tuple(dict.fromkeys(word for word, _, _ in content_spans))
    asked = _without(folded, (span for place, span in enumerate(spans) if place in request.framing))
    told = [span for span in content_spans if not asks(span[0])] or content_spans
    numbers = _find_numbers(folded)
    phrases = [*_find_phrases(folded, spans), *numbers]
    evidence = _evidence(words, spans, phrases)
    terms = _weighted_terms(words, kept, (phrase for phrase, _, _ in phrases), dates)
    return Query(
        typed,
        content,
        folded,
        filters,
        words,
        terms,
        evidence,
        nearness(asked, told),
        _aside(content_spans, told, kept) | _respelt(numbers, words, kept),
        kind_of(asked),
        quoted,
        dates,
        browses=_browses(spans, filters, request) if not quoted else None,
        empty=request.empty and not filters.phrases,
    )


def _browses(spans: Sequence[Word], filters: Filters, request: framing.Request) -> str | None:
    """See `Query`. Who types a filter and nothing else wants what passes it."""
    if filters.phrases or filters.excluded:
        return None
    narrowed = any((filters.category, filters.author, filters.since, filters.until))
    return "" if narrowed and not spans else request.browses


def with_names(question: str, names: Mapping[str, str | None]) -> str:
    """Put other names into the filter syntax of a question, or (None) take a filter out.

    >>> with_names("分类:新媒休 大桥", {"新媒休": "新媒体"}), with_names("大桥 作者:甲", {"甲": None})
    ('分类:新媒体 大桥', '大桥')
    """

    def field(match: re.Match[str]) -> str:
        value = match["value"].strip('"')
        if value not in names:
            return match.group()
        name = names[value]
        quoted = f'"{name}"' if name and re.search(r"\s", name) else name
        return f"{match['name']}:{quoted}" if quoted else ""

    return _FIELD.sub(field, question).strip()


def unquoted(question: str, phrases: Container[str]) -> str:
    """Take the quotes off some phrases that must occur in what is found.

    Args:
        question: As typed.
        phrases: Folded.

    >>> unquoted('"大桥停运" "伸缩缝" -"收费"', ["大桥停运", "收费"])
    ' 大桥停运  "伸缩缝" -"收费"'
    """
    fields = [match.span() for match in _FIELD.finditer(question)]

    def bare(match: re.Match[str]) -> str:
        named = any(start <= match.start() < end for start, end in fields)
        stays = match["minus"] or named or fold(match["phrase"]).strip() not in phrases
        return match.group() if stays else f" {match['phrase']} "

    return _PHRASE.sub(bare, question)


def _take_filters(question: str, filters: Filters, today: date) -> tuple[str, Filters]:
    """Put blanks in place of the filter syntax of a question: every other character keeps its place."""
    found: dict[str, str] = {}
    days: dict[str, date] = {}

    def field(match: re.Match[str]) -> str:
        name = _FIELDS[match["name"].lower()]
        value = match["value"].strip('"')
        if name in {"since", "until"}:
            day = parse_day(fold(value), today, last=name == "until")
            if day is None:
                return match.group()  # not a date: words of the question
            days[name] = day
        else:
            found[name] = value
        return _blanks(match)

    phrases, excluded = list(filters.phrases), list(filters.excluded)

    def phrase(match: re.Match[str]) -> str:
        folded = fold(match["phrase"]).strip()
        if folded:
            (excluded if match["minus"] else phrases).append(folded)
        return _blanks(match) if match["minus"] else f" {match['phrase']} "

    def minus(match: re.Match[str]) -> str:
        folded = fold(match["word"]).strip()
        if not any(character.isalnum() for character in folded) or (folded.isascii() and len(folded) < 2):
            return match.group()  # "-h" asks for nothing to be left out
        excluded.append(folded)
        return _blanks(match)

    text = _FIELD.sub(field, question)
    text = _PHRASE.sub(phrase, text)
    if re.search(r"\S", _MINUS.sub("", text)):  # a lone "-广告" is a question about 广告
        text = _MINUS.sub(minus, text)
    filters = replace(
        filters,
        category=found.get("category", filters.category),
        author=found.get("author", filters.author),
        since=days.get("since", filters.since),
        until=days.get("until", filters.until),
        phrases=tuple(dict.fromkeys(phrases)),
        excluded=tuple(dict.fromkeys(excluded)),
    )
    return text, filters


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _content(folded: str, spans: Sequence[Word], carriers: Container[int]) -> tuple[Sequence[Word], str]:
    """Return the content words, and the text with everything else blanked out.

    Where nothing else is left, all words are content.

    Args:
        carriers: Places of the words that are not.
    """
    content = [span for place, span in enumerate(spans) if place not in carriers]
    if not content:
        return spans, folded
    return content, _without(folded, (span for place, span in enumerate(spans) if place in carriers))


def _without(folded: str, words: Iterable[Word]) -> str:
    """Blank out some words."""
    kept = list(folded)
    for _, start, end in words:
        kept[start:end] = "\n" * (end - start)
    return "".join(kept)


def _aside(content: Sequence[Word], told: Sequence[Word], kept: str) -> frozenset[tuple[str, Family]]:
    """Terms of content words that only those have which ask.

    Args:
        told: The content words that do not ask.
        kept: The question without all but content words.
    """
    if len(told) == len(content):
        return frozenset()
    asking = set(content).difference(told)
    only = set(analyzer.characters(kept)).difference(analyzer.characters(_without(kept, asking)))
    words = {word for word, _, _ in asking}.difference(word for word, _, _ in told)
    return frozenset(
        [*((word, Family.WORDS) for word in words), *((text, Family.CHARACTERS) for text in only)]
    )


def _respelt(numbers: Iterable[Word], words: Sequence[str], kept: str) -> frozenset[tuple[str, Family]]:
    """Terms of nothing but other spellings of numbers: no text has both spellings."""
    terms = {(text, family) for number, _, _ in numbers for text, family, _ in _synonym_terms(number)}
    return frozenset(
        terms.difference((word, Family.WORDS) for word in words).difference(
            (text, Family.CHARACTERS) for text in analyzer.characters(kept)
        )
    )


def _weighted_terms(
    words: Sequence[str], kept: str, phrases: Iterable[str], dates: Iterable[DateMention]
) -> tuple[Term, ...]:
    terms: dict[tuple[str, Family], float] = {}

    def add(text: str, family: Family, weight: float) -> None:
        terms[text, family] = max(weight, terms.get((text, family), 0.0))

    for word in words:
        add(word, Family.WORDS, 1.0)
    for term in analyzer.characters(kept):
        add(term, Family.CHARACTERS, CHARACTERS_WEIGHT)
    for phrase in dict.fromkeys(phrases):
        for text, family, weight in _synonym_terms(phrase):
            add(text, family, weight)
    for mention in dates:
        if not mention.recent:  # what is found is put in order by date
            for text in mention_terms(mention):
                add(text, Family.WORDS, DATE_WEIGHT)
    return tuple(Term(text, family, weight) for (text, family), weight in list(terms.items())[:MAX_TERMS])


def _evidence(
    words: Sequence[str], spans: Iterable[Word], phrases: Sequence[Word]
) -> dict[str, tuple[str, ...]]:
    """For each word what counts as finding it: itself, its synonyms, and those of a phrase it is part of.

    jieba cuts 川普 into two characters; an article about 特朗普 has what both of them ask for.
    """
    found = {word: tuple(filter(None, (word, *synonyms_of(word), in_digits(word)))) for word in words}
    for word, start, end in spans if phrases else ():
        for phrase, first, last in phrases:
            if word in found and first <= start and end <= last:
                found[word] = tuple(dict.fromkeys((*found[word], *synonyms_of(phrase))))
    return found


@functools.cache
def _synonyms() -> dict[str, tuple[str, ...]]:
    """Read `synonyms.txt`: groups of words that mean the same, and one-way lines."""
    found: dict[str, tuple[str, ...]] = {}
    text = resources.files("corpus.question").joinpath("synonyms.txt").read_text(encoding="utf-8")
    for line in fold(text).splitlines():
        left, arrow, right = line.partition("#")[0].partition(">")
        group = left.split()
        others = right.split() if arrow else group
        for word in group:
            found[word] = tuple(
                dict.fromkeys([*found.get(word, ()), *(other for other in others if other != word)])
            )
    return found


@functools.cache
def _phrase_lengths() -> dict[str, tuple[int, ...]]:
    """Lengths of the words that have synonyms, the greatest first, by their first character."""
    lengths: dict[str, set[int]] = {}
    for word in _synonyms():
        lengths.setdefault(word[0], set()).add(len(word))
    return {first: tuple(sorted(each, reverse=True)) for first, each in lengths.items()}


def _find_phrases(folded: str, spans: Sequence[Word]) -> list[Word]:
    """Find words that have synonyms, from the left, the longest first, with where they begin and end.

    They may be parts of one of jieba's words or several of them (川普 is 川 and 普), but not of two in part:
    强生 is not in 加强生产. Latin ones stand alone: ns is not in news.

    Args:
        spans: Words of the question.
    """
    edges = {start for _, start, _ in spans}, {end for _, _, end in spans}
    inside = {place: end for _, start, end in spans for place in range(start, end)}
    found, place = [], 0
    while place < len(folded):
        for length in _phrase_lengths().get(folded[place], ()):
            end = place + length
            whole = (place in edges[0] and end in edges[1]) or end <= inside.get(place, 0)
            if whole and folded[place:end] in _synonyms() and _stands_alone(folded, place, end):
                found.append((folded[place:end], place, end))
                place = end
                break
        else:
            place += 1
    return found


def _find_numbers(folded: str) -> list[Word]:
    """Find numbers that are also written with or without separators or blanks, as `_find_phrases` does."""
    return [
        (match.group(), *match.span()) for pattern in (SEPARATED, MODEL) for match in pattern.finditer(folded)
    ]


def _stands_alone(folded: str, start: int, end: int) -> bool:
    """Whether a stretch neither begins nor ends within a Latin word or a number."""
    return end <= len(folded) and not any(
        folded[edge - 1].isascii() and folded[edge - 1 : edge + 1].isalnum() and folded[edge].isascii()
        for edge in (start, end)
        if 0 < edge < len(folded)
    )


def synonyms_of(word: str) -> tuple[str, ...]:
    """Return the other words of a folded word's group, and the other spelling of what has a number."""
    spelling = separated(word) or spaced(word)
    return (*_synonyms().get(word, ()), *([] if spelling is None else [spelling]))


@functools.cache
def _synonym_terms(phrase: str) -> tuple[tuple[str, Family, float], ...]:
    """The terms of a phrase's synonyms, each with its weight, in order."""
    terms: list[tuple[str, Family, float]] = []
    for synonym in synonyms_of(phrase):
        terms += [(word, Family.WORDS, SYNONYM_WEIGHT) for word in analyzer.words(synonym)]
        terms += [
            (text, Family.CHARACTERS, CHARACTERS_WEIGHT * SYNONYM_WEIGHT)
            for text in analyzer.characters(synonym)
        ]
    return tuple(terms)
