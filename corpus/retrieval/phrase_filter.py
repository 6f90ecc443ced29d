"""Which articles hold some words to the letter: candidates from the index, what is not sure then is read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from corpus.index.index import Restriction, Snapshot
from corpus.index.labels import author_label, category_label
from corpus.retrieval.filters import Names
from corpus.store.store import Store
from corpus.text import analyzer, folding
from corpus.text.matching import certain_terms, forms_of, occurs
from corpus.text.terms import Family, Term

READ_AT_ONCE: Final = 200
"""Articles whose texts are in memory together."""


def narrowed(snapshot: Snapshot, phrases: Iterable[str], where: Restriction | None) -> Restriction | None:
    """Narrow a search to the articles that may hold all phrases, so that none of those is overlooked.

    Args:
        phrases: Folded.
        where: Holds besides.
    """
    terms = [term for phrase in phrases for term in certain_terms(phrase)]
    if not terms:
        return where
    numbers = frozenset(snapshot.articles_with(terms, where=where or Restriction()).tolist())
    return replace(where or Restriction(), articles=numbers)


def articles_holding(
    snapshot: Snapshot, store: Store, names: Callable[[], Names], pieces: Sequence[str]
) -> list[int]:
    """Numbers of the articles, growing, whose title or text holds every piece.

    Few are read for a common word: one of two characters, or of Latin letters, stands where the index has
    it, unless an outlet or a category bears it in its name.

    Args:
        names: Of categories and authors.
        pieces: Folded; none: no article.
    """
    if not pieces:
        return []
    candidates = [_candidates(snapshot, piece) for piece in pieces]
    found = set.intersection(*candidates)
    unsure = [_unsure(snapshot, names, *each) for each in zip(pieces, candidates, strict=True)]
    read = found & set().union(*unsure)
    return sorted((found - read).union(_read(store, sorted(read), pieces)))


def _candidates(snapshot: Snapshot, piece: str, where: Restriction | None = None) -> set[int]:
    """Articles that may hold a piece."""
    runs = [run for run in analyzer.characters(piece) if not analyzer.is_han(run)]
    sets = []
    for place, run in enumerate(runs, 1):
        forms = forms_of(run) if place == len(runs) else [run]
        lists = [
            snapshot.articles_with([Term(form, Family.CHARACTERS)], where=where).tolist() for form in forms
        ]
        sets.append(set().union(*lists))
    if terms := certain_terms(piece):
        sets.append(set(snapshot.articles_with(terms, where=where).tolist()))
    return set.intersection(*sets) if sets else set()


def _unsure(snapshot: Snapshot, names: Callable[[], Names], piece: str, candidates: set[int]) -> set[int]:
    """Candidates of which nobody knows whether they hold a piece before they are read."""
    if piece not in analyzer.characters(piece):  # no term of the index
        return candidates
    part = piece.removesuffix("y")
    bearing = frozenset(
        [
            *(category_label(number) for path, number in names().categories if part in "\n".join(path)),
            *(author_label(number) for author, number in names().authors if part in author),
        ]
    )
    return _candidates(snapshot, piece, Restriction(labels=(bearing,))) if bearing else set()


def _read(store: Store, articles: Sequence[int], pieces: Sequence[str]) -> Iterator[int]:
    """Those of the articles whose title or text holds every piece."""
    for start in range(0, len(articles), READ_AT_ONCE):
        block = articles[start : start + READ_AT_ONCE]
        heads, numbers = store.heads(block), store.passage_numbers(block)
        texts = store.passage_texts([number for group in numbers.values() for number in group])
        whole = {
            article: "\n".join([head.title, *(texts.get(each, "") for each in numbers.get(article, ()))])
            for article, head in heads.items()
        }
        for article, folded in zip(whole, folding.fold_each(list(whole.values())), strict=True):
            if all(occurs(piece, folded) for piece in pieces):
                yield article
