"""Exact containment: candidates come from the index; what the index cannot decide is read."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from corpus.index.index import Restriction
from corpus.index.labels import author_label, category_label
from corpus.retrieval.archive import Archive
from corpus.retrieval.names import Names
from corpus.retrieval.protocols import Articles, Lists
from corpus.text import analyzer, folding
from corpus.text.matching import occurs, required_terms, word_forms
from corpus.text.terms import Family, Term

READ_BLOCK: Final = 200
"""Articles whose texts are in memory together."""


def terms_of_phrases(phrases: Iterable[str]) -> list[Term]:
    """Terms that one passage of an article must hold, or it cannot contain all of these folded phrases."""
    return [term for phrase in phrases for term in required_terms(phrase)]


def articles_containing(archive: Archive, pieces: Sequence[str]) -> list[int]:
    """Return the numbers, growing, of the articles whose title or text contains every piece.

    Few articles are read for a common word: if a piece is a term of the index (one or two Han characters, or
    a Latin word), the index decides, except for articles that may have it only in the name of their outlet
    or category.

    Args:
        archive: To look in.
        pieces: Folded; without any there is no article.
    """
    if not pieces:
        return []
    candidates = [_candidates(archive.snapshot, piece) for piece in pieces]
    undecided = [
        _undecided(archive, piece, articles) for piece, articles in zip(pieces, candidates, strict=True)
    ]
    in_all = set.intersection(*candidates)
    to_read = in_all & set[int]().union(*undecided)
    confirmed = _confirmed(archive.store, sorted(to_read), pieces)
    return sorted((in_all - to_read).union(confirmed))


def _candidates(snapshot: Lists, piece: str, where: Restriction | None = None) -> set[int]:
    """Articles whose terms are all those of a piece. An article that contains the piece is one of them."""
    latin_runs = [run for run in analyzer.characters(piece) if not analyzer.is_han(run)]
    required = []
    for place, run in enumerate(latin_runs, 1):
        # A plural may be meant only where the piece ends.
        forms = word_forms(run) if place == len(latin_runs) else [run]
        required.append(_articles_with_any(snapshot, forms, where))
    if terms := required_terms(piece):
        required.append(set(snapshot.articles_with(terms, where=where).tolist()))
    return set.intersection(*required) if required else set()


def _articles_with_any(snapshot: Lists, forms: Iterable[str], where: Restriction | None) -> set[int]:
    """Articles that have one of the forms of a Latin word."""
    articles: set[int] = set()
    for form in forms:
        articles.update(snapshot.articles_with([Term(form, Family.CHARACTERS)], where=where).tolist())
    return articles


def _undecided(archive: Archive, piece: str, candidates: set[int]) -> set[int]:
    """Candidates that have to be read to know whether they contain a piece."""
    is_term = piece in analyzer.characters(piece)
    if not is_term:
        return candidates
    # The index has names of outlets and categories beside the title; they are not part of the text.
    labels = _labels_with(archive.names(), piece)
    return _candidates(archive.snapshot, piece, Restriction(labels=(labels,))) if labels else set()


def _labels_with(names: Names, piece: str) -> frozenset[int]:
    """Labels of the categories and authors whose name contains a piece, or its plural in -ies."""
    stem = piece.removesuffix("y")
    categories = (category_label(number) for path, number in names.categories if stem in "\n".join(path))
    authors = (author_label(number) for name, number in names.authors if stem in name)
    return frozenset([*categories, *authors])


def _confirmed(store: Articles, articles: Sequence[int], pieces: Sequence[str]) -> Iterator[int]:
    """Read articles and yield those whose title or text contains every piece."""
    for start in range(0, len(articles), READ_BLOCK):
        texts = _texts(store, articles[start : start + READ_BLOCK])
        for article, folded in zip(texts, folding.fold_each(list(texts.values())), strict=True):
            if all(occurs(piece, folded) for piece in pieces):
                yield article


def _texts(store: Articles, articles: Sequence[int]) -> dict[int, str]:
    """Title and text of articles by number."""
    heads, numbers = store.heads(articles), store.passage_numbers(articles)
    passages = store.passage_texts([number for group in numbers.values() for number in group])
    return {
        article: "\n".join([head.title, *(passages.get(each, "") for each in numbers.get(article, ()))])
        for article, head in heads.items()
    }
