"""Candidates → hits: for each article the passage that answers best.

Which of an article's passages is shown is another question than which articles are found: the title's
words identify the article, the other words of the question identify the passage.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from corpus.answering.parameters import Parameters, PassageParameters
from corpus.answering.sentences import AnalyzedText, SentenceScores, sentence_scores, terms_in
from corpus.answering.shortlist import (
    IndexedArticle,
    ScoredPassage,
    Shortlist,
    make_shortlist,
)
from corpus.answering.term_weights import QuestionTerms, content_terms, residual_weights, synonym_terms
from corpus.question.answer_types import has_evidence
from corpus.question.query import Query
from corpus.retrieval.archive import Archive, ResolvedQuery
from corpus.retrieval.filters import checks_text, text_passes
from corpus.retrieval.protocols import Articles, TermKey
from corpus.retrieval.retriever import Candidate, PassageKey, Ranking
from corpus.store.rows import PassageText
from corpus.store.store import LocatedPassage
from corpus.text import folding
from corpus.text.folding import Folded
from corpus.text.outline import may_ask


@dataclass(frozen=True, slots=True)
class SelectedPassage:
    """An article that was found, with the passage to show.

    Attributes:
        located: The passage and its article.
        title: Folded.
        text: Of the passage, or the title where there is no text.
        scored: How well its sentences answer.
        more_passages: Further passages of the article that have some terms of the question.
        held_terms: Terms of the question that some passage of the article, or its title, has.
    """

    candidate: Candidate
    located: LocatedPassage
    title: str
    text: AnalyzedText
    scored: SentenceScores
    more_passages: int
    held_terms: frozenset[TermKey]

    @property
    def key(self) -> PassageKey:
        """Key of its candidate."""
        return self.candidate.key

    @property
    def about(self) -> str:
        """Title, outlet and categories, folded."""
        article = self.located.article
        return f"{self.title}\n{_publisher(article.author, article.categories)}"

    @property
    def titled_text(self) -> str:
        """Title and text, folded."""
        return f"{self.title}\n{self.text.folded.text}"


@lru_cache(1_000)
def _publisher(author: str | None, categories: tuple[str, ...]) -> str:
    """Outlet and category, folded. Few different ones serve many articles."""
    return folding.fold("\n".join([author or "", *categories]))


class PassageSelector:
    """Selects passages for one question. It remembers them, so that each article is read once."""

    def __init__(self, archive: Archive, resolved: ResolvedQuery, parameters: Parameters) -> None:
        self._archive = archive
        self._parameters = parameters
        self._terms = QuestionTerms.from_query(resolved, parameters.passages)
        self._selected: dict[PassageKey, SelectedPassage | None] = {}

    def select(self, candidates: Iterable[Candidate]) -> list[SelectedPassage]:
        """Select the passage of each candidate, in order. Articles that left the store are passed over."""
        candidates = list(candidates)
        unread = {each.key: each for each in candidates if each.key not in self._selected}
        if unread:
            self._selected |= dict.fromkeys(unread)
            self._selected |= {each.key: each for each in self._read(list(unread.values()))}
        known = ((candidate, self._selected[candidate.key]) for candidate in candidates)
        return [_with_candidate(selected, candidate) for candidate, selected in known if selected is not None]

    def _read(self, candidates: Sequence[Candidate]) -> list[SelectedPassage]:
        shortlists = self._shortlists(candidates)
        winners = self._read_best(shortlists)
        located = self._archive.store.located([winner.number for winner in winners])
        return [
            SelectedPassage(
                candidate=shortlist.candidate,
                located=located[winner.number],
                title=shortlist.title,
                text=winner.text,
                scored=winner.sentences,
                more_passages=shortlist.more_passages,
                held_terms=shortlist.held_terms,
            )
            for shortlist, winner in zip(shortlists, winners, strict=True)
            if winner.number in located
        ]

    def _shortlists(self, candidates: Sequence[Candidate]) -> list[Shortlist]:
        """The passages of each article that may be shown; articles without passages are left out."""
        passages = self._archive.store.passage_numbers([candidate.head.number for candidate in candidates])
        groups = [passages.get(candidate.head.number, []) for candidate in candidates]
        numbers = list(itertools.chain.from_iterable(groups))
        contributions = self._archive.snapshot.shares_of(numbers, self._terms.query.terms)
        may_hold = self._terms.may_hold(contributions)
        titles = folding.fold_each([candidate.head.title for candidate in candidates])
        shortlists, end = [], 0
        for candidate, title, group in zip(candidates, titles, groups, strict=True):
            start, end = end, end + len(group)
            if group:
                article = IndexedArticle(
                    candidate, title, group, contributions[start:end], may_hold[start:end]
                )
                shortlists.append(make_shortlist(article, self._terms, self._parameters))
        return shortlists

    def _read_best(self, shortlists: Sequence[Shortlist]) -> list["_ReadPassage"]:
        """Read the first passage of each shortlist, then those that may still be better. Few are."""
        units = self._units(shortlists, [shortlist.passages[:1] for shortlist in shortlists])
        texts = _fold_units(units)
        firsts = [self._best(shortlist, texts) for shortlist in shortlists]
        rivals = [
            [passage for passage in shortlist.passages[1:] if passage.bound_asking > first.total]
            for shortlist, first in zip(shortlists, firsts, strict=True)
        ]
        units = self._units(shortlists, rivals)
        texts = _fold_units(
            {
                passage.number: units[passage.number]
                for group, first in zip(rivals, firsts, strict=True)
                for passage in group
                if passage.bound > first.total or _may_ask(units[passage.number])
            }
        )
        return [
            self._best(shortlist, texts, first) for shortlist, first in zip(shortlists, firsts, strict=True)
        ]

    def _units(
        self, shortlists: Sequence[Shortlist], passages: Sequence[Sequence[ScoredPassage]]
    ) -> dict[int, PassageText]:
        """Texts of some passages of each shortlist, with the heads above them.

        The title stands for a passage that is empty or has left the store.
        """
        titles = {
            passage.number: shortlist.candidate.head.title
            for shortlist, group in zip(shortlists, passages, strict=True)
            for passage in group
        }
        stored = self._archive.store.passage_units(list(titles))
        units = {number: stored.get(number) or PassageText("", "") for number in titles}
        return {
            number: unit if unit.text else unit._replace(text=titles[number])
            for number, unit in units.items()
        }

    def _best(
        self,
        shortlist: Shortlist,
        texts: Mapping[int, "_Text"],
        best: "_ReadPassage | None" = None,
    ) -> "_ReadPassage":
        """The best of the passages whose texts are given, and of one that was read before.

        A passage is cut into sentences only if it would win with all its terms in one sentence.
        """
        query, parameters, bounds = self._terms.query, self._parameters, shortlist.bounds
        for number, score, _, _ in shortlist.passages:
            if number not in texts:
                continue
            text, folded, heading = texts[number]
            unit = f"{heading}\n{folded.text}" if heading else folded.text
            held, weight = terms_in(shortlist.terms, unit), 0.0
            if best is not None:
                asking = shortlist.asking if may_ask(unit) else ()
                weight = sum([weight for _, _, weight in {*held, *asking}])
                if bounds.typed(score, weight) <= best.total:
                    continue
            is_typed = has_evidence(query.answer_type, folded.text)
            if best is not None and not is_typed and bounds.untyped(score, weight) <= best.total:
                continue
            analyzed = AnalyzedText.from_text(text, folded, heading)
            scored = sentence_scores(
                query,
                held,
                analyzed,
                parameters.sentences,
                asking=shortlist.asking,
                explained=shortlist.explained,
                has_evidence=is_typed,
            )
            total = score + parameters.passages.sentence_weight * max(scored.scores, default=0.0)
            if best is None or total > best.total:
                best = _ReadPassage(total, number, analyzed, scored)
        if best is None:
            raise ValueError("a shortlist without passages")
        return best


def _with_candidate(selected: SelectedPassage, candidate: Candidate) -> SelectedPassage:
    """The same passage for a candidate whose score has changed since."""
    return selected if selected.candidate is candidate else replace(selected, candidate=candidate)


class _Text(NamedTuple):
    """Text of a passage as written and folded, and the heads above it, folded."""

    text: str
    folded: Folded
    heading: str


def _fold_units(units: Mapping[int, PassageText]) -> dict[int, _Text]:
    """Fold the texts of passages, by number, with the heads above them."""
    headings = folding.fold_each([unit.heading for unit in units.values()])
    folded = folding.fold_each_with_map([unit.text for unit in units.values()])
    texts = (unit.text for unit in units.values())
    return dict(zip(units, map(_Text, texts, folded, headings), strict=True))


def _may_ask(unit: PassageText) -> bool:
    return may_ask(unit.text) or may_ask(unit.heading)


class _ReadPassage(NamedTuple):
    """The best passage of a shortlist so far.

    Attributes:
        total: Its score and that of its best sentence.
        sentences: Scores of all its sentences.
    """

    total: float
    number: int
    text: AnalyzedText
    sentences: SentenceScores


def rank_passages(archive: Archive, query: Query, article: int, parameters: PassageParameters) -> Ranking:
    """Rank the passages of one article, best first, by what its title does not explain.

    Args:
        archive: With the article.
        query: With its filters.
        article: Its number.
        parameters: Of this stage.

    Returns:
        One candidate a passage; passages without any term of the question are left out.
    """
    store = archive.store
    heads = store.heads([article])
    numbers = store.passage_numbers([article]).get(article, [])
    if not heads or not numbers:
        return Ranking((), truncated=False)
    if checks_text(query.filters):
        numbers = _passing(store, query, numbers)
    terms = content_terms(query)
    title = folding.fold(heads[article].title)
    weights = residual_weights(terms, title, parameters.title_term_weight, synonym_terms(query))
    weighted = [term._replace(weight=weight) for term, weight in zip(terms, weights, strict=True)]
    scores = archive.snapshot.scores_of(numbers, weighted)
    candidates = [
        Candidate(heads[article], number, score, allowed=(number,))
        for number, score in zip(numbers, scores, strict=True)
        if score > 0
    ]
    candidates.sort(key=lambda candidate: (-candidate.score, candidate.passage))
    return Ranking(tuple(candidates), truncated=False)


def _passing(store: Articles, query: Query, numbers: Sequence[int]) -> list[int]:
    """Those of the passages whose text passes the filters."""
    texts = store.passage_texts(numbers)
    return [number for number in numbers if text_passes(folding.fold(texts.get(number, "")), query.filters)]
