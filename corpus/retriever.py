"""Query → hits: search, load, choose the passage within each article, fold the same story.

One question reads one snapshot of the index, so its statistics and scores belong together whatever a
writer does meanwhile. A passage that left the store in between is passed over.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from corpus import analyzer
from corpus.answer import EXPLAINED_WEIGHT
from corpus.documents import author_label, category_label
from corpus.index import Restriction, Snapshot
from corpus.models import ArticleText, Filters
from corpus.query import Query
from corpus.store import Located, Store
from corpus.terms import Family, Term

CANDIDATES: Final = 60
"""Articles that are loaded and looked at, at least: enough for folding and for a page of hits."""

RESELECTED: Final = 20
"""Articles whose passages are ranked anew by what the title does not explain."""

POSTFILTERED: Final = 400
"""Articles looked through when phrases or excluded words must be checked in the text."""

SIMILAR_TERMS: Final = 25

SHINGLE: Final = 6
LONG_TEXT: Final = 100


@dataclass(frozen=True, slots=True)
class Found:
    """An article that was found.

    Attributes:
        located: Its best passage.
        score: Of the best passage, all terms counted.
        more: Further passages of the article that hold some of the question.
        same_story: Articles folded into this one, best first.
    """

    located: Located
    score: float
    more: int = 0
    same_story: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """Numbers of categories and authors by folded name, as the store has them now."""

    categories: tuple[tuple[tuple[str, ...], int], ...]
    authors: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, store: Store) -> "Names":
        """Read them from the store."""
        return cls(
            tuple((tuple(map(name_key, path)), number) for number, _, path, _ in store.category_rows()),
            tuple((name_key(name), number) for number, name in store.author_rows()),
        )

    def category_numbers(self, name: str) -> frozenset[int]:
        """Numbers of all nodes at and below the nodes that are called so; exact names before parts."""
        whole = name_key(name)
        if not whole:
            return frozenset()
        chain = tuple(name_key(part) for part in name.split("/"))
        exact = frozenset(
            number for path, number in self.categories if _contains(path, chain) or _contains(path, (whole,))
        )
        return exact or frozenset(
            number for path, number in self.categories if any(whole in part for part in path)
        )

    def in_category(self, path: tuple[str, ...], name: str) -> bool:
        """Tell whether a chain of categories is at or below a node called so."""
        numbers = self.category_numbers(name)
        keys = tuple(map(name_key, path))
        return any(number in numbers for known, number in self.categories if known == keys)

    def author_numbers(self, name: str) -> frozenset[int]:
        """Numbers of the authors called so, else of those whose name contains it."""
        key = name_key(name)
        exact = frozenset(number for author, number in self.authors if author == key)
        return exact or frozenset(number for author, number in self.authors if key and key in author)


def name_key(name: str) -> str:
    """Fold a name and take its blanks out, for comparing: people write DT财经 for DT 财经."""
    return "".join(analyzer.fold(name).split())


def _contains(path: tuple[str, ...], chain: tuple[str, ...]) -> bool:
    return any(path[start : start + len(chain)] == chain for start in range(len(path)))


NOWHERE: Final = Restriction(articles=frozenset())


def restriction(filters: Filters, names: Names, zone: ZoneInfo, article: int | None) -> Restriction | None:
    """Translate filters into what the index can check; None: everything passes.

    Args:
        article: Number of `filters.article`, None when it names no article.
    """
    if filters.article is not None and article is None:
        return NOWHERE
    labels: list[frozenset[int]] = []
    if filters.category is not None:
        labels.append(frozenset(map(category_label, names.category_numbers(filters.category))))
    if filters.author is not None:
        labels.append(
            frozenset(map(author_label, names.author_numbers(filters.author)))
            | frozenset(map(category_label, names.category_numbers(filters.author)))
        )
    if not all(labels):
        return NOWHERE
    since = None if filters.since is None else _second(datetime.combine(filters.since, time(), zone))
    until = None
    if filters.until is not None:
        try:
            until = _second(datetime.combine(filters.until + timedelta(days=1), time(), zone))
        except OverflowError:  # the last day of the calendar
            until = None
    articles = None if article is None else frozenset({article})
    wanted = Restriction(since, until, tuple(labels), articles)
    return None if wanted == Restriction() else wanted


def _second(moment: datetime) -> int:
    return max(0, int(moment.timestamp()))


def search(
    snapshot: Snapshot, store: Store, query: Query, where: Restriction | None, *, wanted: int
) -> tuple[list[Found], bool]:
    """Find articles, best first, the same story folded.

    Args:
        wanted: How many hits the caller will look at, from the first.

    Returns:
        The hits (more or fewer than `wanted`), and whether there may be further ones.
    """
    checks = bool(query.filters.phrases or query.filters.excluded)
    limit = max(POSTFILTERED if checks else CANDIDATES, wanted + wanted // 2 + 10)
    matches = snapshot.search(query.terms, limit=limit, where=where)
    loaded = store.located([match.number for match in matches])
    found = [
        Found(loaded[match.number], match.score)
        for match in matches
        if match.number in loaded and _passes(loaded[match.number], query.filters)
    ]
    found[:RESELECTED] = reselect(snapshot, store, query, found[:RESELECTED])
    return fold_same_story(found), len(matches) >= limit


def search_article(
    snapshot: Snapshot, store: Store, query: Query, article: int, *, wanted: int
) -> list[Found]:
    """Rank the passages of one article, best first, by what its title does not explain."""
    passages = store.passages_of(article)
    loaded = store.located([number for number, _ in passages])
    if not loaded:
        return []
    terms = residual_terms(query, next(iter(loaded.values())).article.title)
    numbers = sorted(loaded)
    scores = snapshot.scores_of(numbers, terms)
    ranked = sorted(zip(scores, numbers, strict=True), key=lambda pair: (-pair[0], pair[1]))
    return [Found(loaded[number], score) for score, number in ranked if score > 0][:wanted]


def residual_terms(query: Query, title: str) -> list[Term]:
    """The question's terms, those that the title has at a tenth: they tell the article, not the passage."""
    folded = analyzer.fold(title)
    held = {(word, Family.WORDS) for word in analyzer.words(folded)} | {
        (character, Family.CHARACTERS) for character in analyzer.characters(folded)
    }
    return [
        replace(term, weight=term.weight * EXPLAINED_WEIGHT) if (term.text, term.family) in held else term
        for term in query.terms
        if not term.text.startswith("@")
    ]


def reselect(snapshot: Snapshot, store: Store, query: Query, found: Sequence[Found]) -> list[Found]:
    """Replace each article's passage by the one that has most of what the title does not explain."""
    better = []
    for entry in found:
        passages = store.passages_of(entry.located.article_number)
        if len(passages) < 2:
            better.append(entry)
            continue
        terms = residual_terms(query, entry.located.article.title)
        numbers = [number for number, _ in passages]
        scores = snapshot.scores_of(numbers, terms)
        best = max(range(len(scores)), key=lambda place: (scores[place], -place))
        located = replace(entry.located, number=numbers[best], passage=passages[best][1])
        better.append(replace(entry, located=located, more=sum(score > 0 for score in scores) - 1))
    return better


def _passes(located: Located, filters: Filters) -> bool:
    if not filters.phrases and not filters.excluded:
        return True
    folded = analyzer.fold(f"{located.article.title}\n{located.passage.text}")
    return all(phrase in folded for phrase in filters.phrases) and not any(
        word in folded for word in filters.excluded
    )


def fold_same_story(found: Iterable[Found]) -> list[Found]:
    """Fold articles that tell the same story into the best of them.

    The same story: most 6-character shingles of the shorter passage are in the other, and the text is
    long or the titles agree too; shops and galleries share a body between different things.
    """
    kept: list[Found] = []
    marks: list[tuple[frozenset[str], frozenset[str]]] = []
    for entry in found:
        body = shingles(entry.located.passage.text)
        title = shingles(entry.located.article.title, size=2)
        for place, (other_body, other_title) in enumerate(marks):
            if same_story(body, other_body, title, other_title):
                first = kept[place]
                kept[place] = replace(first, same_story=(*first.same_story, entry.located.article.id))
                break
        else:
            kept.append(entry)
            marks.append((body, title))
    return kept


def shingles(text: str, *, size: int = SHINGLE) -> frozenset[str]:
    """Return all stretches of `size` letters and digits of a folded text."""
    plain = "".join(character for character in analyzer.fold(text) if character.isalnum())
    if len(plain) <= size:
        return frozenset([plain]) if plain else frozenset()
    return frozenset(plain[start : start + size] for start in range(len(plain) - size + 1))


def same_story(
    body: frozenset[str], other: frozenset[str], title: frozenset[str], other_title: frozenset[str]
) -> bool:
    """Judge two articles by the shingles of a passage and of the title (of two characters)."""
    titles = _overlap(title, other_title)
    if not body or not other:
        return not body and not other and titles == 1.0
    shared = _overlap(body, other)
    longest = min(len(body), len(other)) + SHINGLE - 1
    return shared > 0.5 and (titles > 0.5 or (longest >= LONG_TEXT and titles > 0.2))


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of the smaller set that the other has."""
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0


def characteristic_terms(snapshot: Snapshot, title: str, text: str) -> list[Term]:
    """Return the terms that say most about an article: by tf and idf, those of the title counted thrice."""
    counts = Counter(analyzer.words(analyzer.fold(text)))
    for word in analyzer.words(analyzer.fold(title)):
        counts[word] += 3
    candidates = [Term(word) for word in counts if len(word) > 1]
    weights = dict(zip(candidates, snapshot.idfs(candidates), strict=True))
    frequencies = dict(zip(candidates, snapshot.document_frequencies(candidates), strict=True))
    ranked = sorted(
        (term for term in candidates if frequencies[term] > 1),  # a word of this article alone finds no other
        key=lambda term: (-weights[term] * counts[term.text], term.text),
    )
    return [replace(term, weight=min(3.0, counts[term.text])) for term in ranked[:SIMILAR_TERMS]]


def holds(text: ArticleText, query: Query, names: Names, zone: ZoneInfo) -> bool:
    """Tell whether an article holds every word of a query (or a synonym) and passes its filters."""
    article, filters = text.article, query.filters
    folded = analyzer.fold("\n".join([article.title, *(paragraph.text for paragraph in text.paragraphs)]))
    if not all(any(word in folded for word in query.evidence[wanted]) for wanted in query.words):
        return False
    if not all(phrase in folded for phrase in filters.phrases):
        return False
    if any(word in folded for word in filters.excluded):
        return False
    if filters.category is not None and not names.in_category(article.categories, filters.category):
        return False
    if filters.author is not None and not (
        name_key(filters.author) in name_key(article.author or "")
        or names.in_category(article.categories, filters.author)
    ):
        return False
    day = None if article.published is None else article.published.astimezone(zone).date()
    if filters.since is not None and (day is None or day < filters.since):
        return False
    return filters.until is None or (day is not None and day <= filters.until)


_EXAMPLE_SPLIT = re.compile(r"[，。！？；：、|｜—…\s:;!?,]+")
_EXAMPLE_BRACKETS = re.compile(r"【[^】]*】|\([^)]*\)|（[^）]*）|\[[^\]]*\]")


def example_question(title: str) -> str | None:
    """Make a question of a headline's longest clause, or None when none reads well."""
    clauses = _EXAMPLE_SPLIT.split(_EXAMPLE_BRACKETS.sub(" ", title))
    clause = max(clauses, key=len, default="").strip("“”\"'·")
    return clause if 6 <= len(clause) <= 24 and analyzer.is_han(clause[0]) else None
