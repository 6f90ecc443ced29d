"""`Query` → hits in order, and how sure the first one is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from corpus.answering.agreement import is_about_same
from corpus.answering.calibration import band, calibrate, regress
from corpus.answering.features import FeatureExtractor, Fit
from corpus.answering.meaning import Meaning
from corpus.answering.page import Page, split_by_score
from corpus.answering.parameters import OrderParameters, Parameters, RerankParameters
from corpus.answering.passage_selection import PassageSelector, SelectedPassage, rank_passages
from corpus.models import About, AnswerKind, Confidence, Listing, Order
from corpus.question.claims import asks_state, tells_end
from corpus.question.query import Query
from corpus.retrieval.archive import Archive
from corpus.retrieval.retriever import Candidate, PassageKey, Ranking, retrieve

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes:
        query: The one that was searched.
        best: The first hit, None when nothing was found.
        shown: Hits on the page.
        near: Places of shown hits whose titles cover enough of the question to be offered though nothing
            answers it; empty where something does.
        total: Number of hits on all pages.
        truncated: Whether there may be further ones.
        score: Confidence in the first hit, 0 to 1.
        evidence: This confidence without ceilings, which tells results apart that share one.
        listing: As in `Answer`.
        kind: As in `Answer`, as far as the search knows; a passage may turn out to be no answer.
        about: As in `Answer`.
    """

    query: Query
    best: SelectedPassage | None = None
    shown: tuple[SelectedPassage, ...] = ()
    near: tuple[int, ...] = ()
    total: int = 0
    truncated: bool = False
    score: float = 0.0
    evidence: float = 0.0
    listing: Listing | None = None
    kind: AnswerKind = AnswerKind.PASSAGE
    about: About | None = None


def search(
    archive: Archive, query: Query, page: Page, parameters: Parameters, *, meaning: Meaning | None = None
) -> SearchResult:
    """Find articles by what a question says.

    Args:
        archive: To search in.
        query: The question.
        page: Which of the hits are shown.
        parameters: Of all stages.
        meaning: What the question means, where words alone left it unsure.
    """
    if not query.terms:
        return SearchResult(query)
    resolved = archive.resolve(query)
    selector = PassageSelector(archive, resolved, parameters)
    extractor = FeatureExtractor.from_query(resolved, parameters.features)

    article = _article(archive, query)
    ranking = _rank(archive, query, page, article, parameters, meaning)
    depth = _rerank_depth(ranking.candidates, parameters.rerank)
    top_retrieved = selector.select(ranking.candidates[:depth])
    if not top_retrieved:
        return SearchResult(query)
    fits = {hit.key: extractor.fit(hit) for hit in top_retrieved}
    if article is not None:
        top, by_score = top_retrieved, ranking.candidates
    else:
        top = rerank(top_retrieved, fits, parameters.rerank)
        if asks_state(query):
            top = newer_state_first(top, fits, query, parameters.rerank)
        by_score = (*(hit.candidate for hit in top), *ranking.candidates[depth:])
    if meaning is not None:
        by_score = meaning.reorder(by_score, parameters.semantic)
    next_scores = [candidate.score for candidate in by_score[1 : 1 + parameters.features.margin_hits]]
    puts_recent_first = article is None and query.recent
    by_relevance = recent_first(by_score, parameters.order) if puts_recent_first else by_score
    in_page_order = page.arrange(by_relevance, parameters.order)

    best = next(iter(selector.select(by_relevance[:1])), top[0])
    shown = selector.select(in_page_order[page.places])
    features = extractor.extract(
        best,
        fits.get(best.key) or extractor.fit(best),
        retrieved=_retrieved_score(ranking, best),
        next_scores=next_scores,
    )
    score = calibrate(
        archive,
        query,
        best=best,
        features=features,
        hits=top,
        parameters=parameters.calibration,
        sentence_parameters=parameters.sentences,
    )
    if meaning is not None:
        score = meaning.confidence(best.located.article_number, score, parameters.semantic)
    return SearchResult(
        query,
        best=best,
        shown=tuple(shown),
        near=_near_titles(extractor, shown, score, parameters),
        total=len(in_page_order),
        truncated=ranking.truncated and page.order is Order.RELEVANCE,
        score=score,
        evidence=regress(features, parameters.calibration),
    )


def _article(archive: Archive, query: Query) -> int | None:
    """Number of the one article that is searched."""
    found = archive.store.article(query.filters.article) if query.filters.article else None
    return None if found is None else found[0]


def search_by_meaning(
    archive: Archive, found: SearchResult, page: Page, parameters: Parameters
) -> SearchResult:
    """Search again, by meaning too, where words left it unsure and there are vectors of the articles."""
    best = None if found.best is None else found.best.located.article_number
    meaning = Meaning.from_query(
        archive, found.query, score=found.score, best=best, parameters=parameters.semantic
    )
    return found if meaning is None else search(archive, found.query, page, parameters, meaning=meaning)


def _rank(
    archive: Archive,
    query: Query,
    page: Page,
    article: int | None,
    parameters: Parameters,
    meaning: Meaning | None,
) -> Ranking:
    """Rank articles, or the passages of one article."""
    if article is not None:
        return rank_passages(archive, query, article, parameters.passages)
    depth = page.depth(parameters.order)
    if query.recent:
        depth = max(depth, parameters.order.depth)
    if meaning is None:
        return retrieve(archive, query, depth=depth, parameters=parameters.retrieval)
    return retrieve(
        archive,
        query,
        depth=max(depth, parameters.semantic.depth),
        added=meaning.added,
        parameters=parameters.retrieval,
    )


def _rerank_depth(candidates: Sequence[Candidate], parameters: RerankParameters) -> int:
    """How many candidates are read and reranked: those that have a chance, and some at least."""
    least = parameters.min_share * candidates[0].score if candidates else 0.0
    chances = sum(candidate.score >= least for candidate in candidates[: parameters.max_depth])
    return max(parameters.depth, chances)


def rerank(
    hits: Sequence[SelectedPassage], fits: Mapping[PassageKey, Fit], parameters: RerankParameters
) -> list[SelectedPassage]:
    """Reorder hits by their score times how well each one fits, relative to the best fitting one.

    Args:
        hits: The top ones, not empty.
        fits: Of each hit, by key.
        parameters: Of this stage.
    """
    fitness = {key: _fitness(fit, parameters) for key, fit in fits.items()}
    best = max(fitness.values())
    reranked = [_rescored(hit, hit.candidate.score * fitness[hit.key] / best) for hit in hits]
    return sorted(reranked, key=lambda hit: -hit.candidate.score)


def newer_state_first(
    hits: Sequence[SelectedPassage],
    fits: Mapping[PassageKey, Fit],
    query: Query,
    parameters: RerankParameters,
) -> list[SelectedPassage]:
    """Put the newest article first that tells of the best hit's affair: its state is the present one.

    Where none tells as much as the best hit, the newest with the same subject in its title comes first.

    Args:
        hits: The reranked ones, best first, not empty.
        fits: Of each hit, by key.
        query: Asks for a state.
        parameters: Of this stage.
    """
    best = hits[0]
    newer = [hit for hit in hits if _is_newer(hit, best) and _scores_enough(hit, best, parameters)]
    rivals = [hit for hit in newer if _tells_as_much(hit, best, fits, parameters)]
    rivals = rivals or [hit for hit in newer if is_about_same(query, hit, best)]
    newest = max(rivals, key=lambda hit: hit.located.article.published or _NEVER, default=None)
    if newest is None:
        return list(hits)
    first = _rescored(newest, best.candidate.score)
    return [first, *(hit for hit in hits if hit.key != newest.key)]


def _scores_enough(hit: SelectedPassage, best: SelectedPassage, parameters: RerankParameters) -> bool:
    share = parameters.min_ended_share if tells_end(hit.title) else parameters.min_newer_share
    return hit.candidate.score >= share * best.candidate.score


def _tells_as_much(
    hit: SelectedPassage,
    best: SelectedPassage,
    fits: Mapping[PassageKey, Fit],
    parameters: RerankParameters,
) -> bool:
    return fits[hit.key].focus >= parameters.min_newer_focus * fits[best.key].focus


def _is_newer(hit: SelectedPassage, best: SelectedPassage) -> bool:
    one, other = hit.located.article.published, best.located.article.published
    return one is not None and other is not None and one > other


def _rescored(hit: SelectedPassage, score: float) -> SelectedPassage:
    return replace(hit, candidate=hit.candidate._replace(score=score))


def _fitness(fit: Fit, parameters: RerankParameters) -> float:
    lift = 1 + parameters.focus_lift * fit.focus
    rarest_word = 1 - parameters.rarest_word_loss * (1 - fit.rarest_word_covered)
    return lift * rarest_word * (1 - parameters.numbers_loss * fit.missing_numbers)


def recent_first(candidates: Sequence[Candidate], parameters: OrderParameters) -> Sequence[Candidate]:
    """Put candidates that are nearly as good as the best one before all others, the newest first."""
    good, others = split_by_score(candidates, parameters.min_recent_share, depth=parameters.depth)
    return (*good, *others)


def _retrieved_score(ranking: Ranking, hit: SelectedPassage) -> float:
    """Score of a hit before the top hits were reranked."""
    return next(candidate.score for candidate in ranking.candidates if candidate.key == hit.key)


def _near_titles(
    extractor: FeatureExtractor, shown: Sequence[SelectedPassage], score: float, parameters: Parameters
) -> tuple[int, ...]:
    """See `SearchResult.near`."""
    if band(score, parameters.calibration) is not Confidence.NONE:
        return ()
    least = parameters.calibration.near_title
    return tuple(place for place, hit in enumerate(shown) if extractor.title_coverage(hit) >= least)
