"""What every implementation of `Lists` and `Articles` keeps, told by passages alone, without an index."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from corpus.index.inverting import TITLE_REPEATS
from corpus.index.labels import author_label, category_label
from corpus.index.segments import Restriction
from corpus.retrieval.protocols import Articles, Lists
from corpus.store.rows import StoredPassage
from corpus.text.terms import Family, Term, code_of
from corpus.updating.documents import document_of, indexed_text, text_terms, title_terms

ZONE = ZoneInfo("Asia/Shanghai")
K1, B = 0.6, 0.6
EVERYTHING = 1_000
MISSING = 2_000_000_000

QUERIES = (
    ("大桥",),
    ("大桥", "通行"),
    ("望江", "大桥", "什么", "恢复"),
    ("火箭", "推迟", "二号"),
    ("没有这个词",),
)


@dataclass(frozen=True)
class Truth:
    """All passages of an archive, and what the model says of them, computed one by one."""

    passages: Sequence[StoredPassage]

    @cached_property
    def fields(self) -> list[tuple[dict[Family, Counter[int]], dict[Family, Counter[int]]]]:
        """For each passage the codes of text and title, by family, with their numbers."""
        found = []
        for passage in self.passages:
            document = document_of(passage, ZONE)
            text = {Family.WORDS: Counter(map(code_of, document.words))}
            text[Family.CHARACTERS] = Counter(map(int, document.characters))
            title = {Family.WORDS: Counter(map(code_of, document.title_words))}
            title[Family.CHARACTERS] = Counter(map(int, document.title_characters))
            found.append((text, title))
        return found

    def frequency(self, term: Term) -> int:
        """Passages with a term."""
        return sum(map(self._has(term), range(len(self.passages))))

    def _has(self, term: Term) -> Callable[[int], bool]:
        code = code_of(term.text)

        def has(place: int) -> bool:
            text, title = self.fields[place]
            return code in text[term.family] or code in title[term.family]

        return has

    def holds_all(self, place: int, terms: Sequence[Term]) -> bool:
        """Whether one passage holds all terms."""
        return all(self._has(term)(place) for term in terms)

    @cached_property
    def _means(self) -> dict[Family, float]:
        return {
            family: sum(text[family].total() for text, _ in self.fields) / len(self.fields)
            for family in Family
        }

    def score(self, place: int, terms: Sequence[Term]) -> float:
        """BM25F, written out."""
        text, title = self.fields[place]
        score = 0.0
        for term in terms:
            family, code = term.family, code_of(term.text)
            norm = 1 - B + B * text[family].total() / self._means[family]
            tf = text[family][code] / norm + title[family][code]
            n, total = self.frequency(term), len(self.passages)
            idf = math.log(1 + (total - n + 0.5) / (n + 0.5))
            score += term.weight * idf * tf * (K1 + 1) / (tf + K1)
        return score

    def articles(self, passes: Callable[[int], bool]) -> set[int]:
        """Articles with a passage that passes."""
        return {each.article for place, each in enumerate(self.passages) if passes(place)}

    @property
    def numbers(self) -> list[int]:
        """Numbers of all articles."""
        return sorted({each.article for each in self.passages})


def terms_of(words: Sequence[str]) -> list[Term]:
    """A query of words, their pairs and characters, as the question's parser makes them."""
    pairs = [word[place : place + 2] for word in words for place in range(len(word) - 1)]
    return [Term(word) for word in words] + [Term(pair, Family.CHARACTERS, 0.5) for pair in pairs]


def restrictions(truth: Truth) -> Iterator[tuple[Restriction, Callable[[StoredPassage], bool]]]:
    """Restrictions and what they mean."""
    dated = sorted(each.published for each in truth.passages if each.published)
    middle = dated[len(dated) // 2]
    some = frozenset(truth.numbers[::3])
    category, author = truth.passages[0].category_number, truth.passages[-1].author_number
    labels = frozenset({category_label(category)})
    yield Restriction(), lambda each: True
    yield Restriction(since=middle), lambda each: (each.published or 0) >= middle
    yield Restriction(until=middle), lambda each: each.published is not None and each.published < middle
    yield Restriction(articles=some), lambda each: each.article in some
    yield Restriction(articles=frozenset()), lambda each: False
    yield Restriction(excluded_articles=some), lambda each: each.article not in some
    yield Restriction(labels=(labels,)), lambda each: each.category_number == category
    yield (
        Restriction(labels=(labels | {author_label(author)}, labels), since=middle),
        lambda each: each.category_number == category and (each.published or 0) >= middle,
    )


class ListsContract:
    """Tests of `Lists` over the sample archive; subclasses give the fixtures `lists` and `truth`.

    Attributes:
        tolerance: Greatest relative difference of a score.
    """

    tolerance = 1e-9

    def test_passages_are_counted(self, lists: Lists, truth: Truth) -> None:
        assert lists.count == len(truth.passages)

    @pytest.mark.parametrize("words", QUERIES, ids="".join)
    def test_frequencies_and_idfs_are_those_of_the_passages(
        self, lists: Lists, truth: Truth, words: Sequence[str]
    ) -> None:
        terms = [*terms_of(words), Term(""), *terms_of(words)]
        expected = [truth.frequency(term) if term.text else 0 for term in terms]
        assert lists.document_frequencies(terms) == expected
        assert lists.document_frequency(terms[0]) == expected[0]
        n = len(truth.passages)
        idfs = [
            math.log1p((n - each + 0.5) / (each + 0.5)) if term.text else 0
            for term, each in zip(terms, expected, strict=True)
        ]
        assert lists.idfs(terms) == pytest.approx(idfs, rel=1e-9)
        for family in Family:
            own = [place for place, term in enumerate(terms) if term.text and term.family == family]
            codes = np.array([code_of(terms[place].text) for place in own], np.int64)
            found = lists.idfs_of_codes(codes, family).tolist()
            assert found == pytest.approx([idfs[place] for place in own], rel=1e-9)
        by_term = lists.idf_by_term(terms)
        assert by_term == pytest.approx(
            {(term.text, term.family): idf for term, idf in zip(terms, idfs, strict=True)}
        )

    @pytest.mark.parametrize("words", QUERIES, ids="".join)
    def test_the_best_passages_are_found_with_their_scores(
        self, lists: Lists, truth: Truth, words: Sequence[str]
    ) -> None:
        terms = terms_of(words)
        scores = {
            each.number: score
            for place, each in enumerate(truth.passages)
            if (score := truth.score(place, terms)) > 0
        }
        found = lists.search(terms, limit=EVERYTHING, per_article=False)
        assert {match.number: match.score for match in found} == pytest.approx(scores, rel=self.tolerance)
        assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)
        best = lists.search(terms, limit=3, per_article=False)
        assert [match.score for match in best] == pytest.approx(
            sorted(scores.values(), reverse=True)[:3], rel=self.tolerance
        )

    @pytest.mark.parametrize("words", QUERIES, ids="".join)
    def test_of_each_article_only_its_best_passage_is_found(
        self, lists: Lists, truth: Truth, words: Sequence[str]
    ) -> None:
        terms = terms_of(words)
        best: dict[int, float] = {}
        for place, each in enumerate(truth.passages):
            best[each.article] = max(best.get(each.article, 0), truth.score(place, terms))
        scores = sorted((score for score in best.values() if score), reverse=True)
        found = lists.search(terms, limit=EVERYTHING)
        assert len({match.article for match in found}) == len(found)
        assert [match.score for match in found] == pytest.approx(scores, rel=self.tolerance)
        assert [match.score for match in lists.search(terms, limit=5)] == pytest.approx(
            scores[:5], rel=self.tolerance
        )

    def test_restrictions_hold_for_searches_and_lists(self, lists: Lists, truth: Truth) -> None:
        terms = terms_of(("大桥", "的", "一"))
        for where, passes in restrictions(truth):
            wanted = truth.articles(
                lambda place, passes=passes: (  # type: ignore[misc]
                    passes(truth.passages[place]) and truth.score(place, terms) > 0
                )
            )
            found = lists.search(terms, limit=EVERYTHING, where=where)
            assert {match.article for match in found} == wanted, where
            listed = truth.articles(lambda place, passes=passes: passes(truth.passages[place]))  # type: ignore[misc]
            numbers, total = lists.newest(where=where, limit=EVERYTHING)
            assert (set(numbers), total) == (listed, len(listed)), where

    def test_the_newest_come_first_and_those_without_a_date_last(self, lists: Lists, truth: Truth) -> None:
        published = {each.article: each.published for each in truth.passages}
        expected = sorted(published, key=lambda number: (published[number] or 0, number), reverse=True)
        assert lists.newest(limit=EVERYTHING) == (expected, len(expected))
        assert lists.newest(limit=4) == (expected[:4], len(expected))

    @pytest.mark.parametrize("words", QUERIES, ids="".join)
    def test_articles_with_all_terms_in_one_passage_are_found(
        self, lists: Lists, truth: Truth, words: Sequence[str]
    ) -> None:
        terms = [Term(word[:2], Family.CHARACTERS) for word in words]
        expected = truth.articles(lambda place: truth.holds_all(place, terms))
        assert set(lists.articles_with(terms).tolist()) == expected
        found = lists.search(terms_of(("的", "大桥")), limit=EVERYTHING, together=terms)
        with_the_words = truth.articles(lambda place: truth.score(place, terms_of(("的", "大桥"))) > 0)
        assert {match.article for match in found} == expected & with_the_words

    def test_without_terms_nothing_is_found(self, lists: Lists) -> None:
        assert lists.search([], limit=5) == []
        assert len(lists.articles_with([])) == 0
        assert lists.document_frequencies([]) == []
        assert lists.scores_of([], []) == []
        assert lists.first_together([]) is None

    def test_the_first_group_that_a_passage_holds_is_named(self, lists: Lists) -> None:
        absent = [Term("大桥"), Term("没有这个词")]
        assert lists.first_together([absent, [], [Term("大桥")], [Term("通行")]]) == 2
        assert lists.first_together([absent, absent]) is None

    def test_openings_are_titles_and_first_passages(self, lists: Lists, truth: Truth) -> None:
        terms = [Term("大桥", Family.CHARACTERS)]
        titles, texts = set(), set()
        for each in truth.passages:
            if each.ordinal:
                continue
            if code_of("大桥") in title_terms(each.title, None, (), None, ZONE).characters.tolist():
                titles.add(each.article)
            if code_of("大桥") in text_terms(indexed_text(each.text, each.heading)).characters.tolist():
                texts.add(each.article)
        found = lists.articles_opening_with(terms)
        assert (set(found.titles.tolist()), set(found.texts.tolist())) == (titles, texts)
        assert TITLE_REPEATS == 2
        assert titles
        assert texts

    @pytest.mark.parametrize("words", QUERIES, ids="".join)
    def test_scores_and_shares_of_passages_are_exact(
        self, lists: Lists, truth: Truth, words: Sequence[str]
    ) -> None:
        terms = terms_of(words)
        places = range(0, len(truth.passages), 7)
        numbers = [truth.passages[place].number for place in places]
        expected = [truth.score(place, terms) for place in places]
        assert lists.scores_of([*numbers, MISSING], terms) == pytest.approx([*expected, 0.0], rel=1e-9)
        shares = lists.shares_of([*numbers, MISSING], [*terms, Term("")])
        assert shares.shape == (len(numbers) + 1, len(terms) + 1)
        weights = [*(term.weight for term in terms), 1.0]
        assert (shares @ weights).tolist() == pytest.approx([*expected, 0.0], rel=1e-9)


class ArticlesContract:
    """Tests of `Articles` over the sample archive; subclasses give the fixtures `articles` and `truth`."""

    def test_passages_are_read_by_number(self, articles: Articles, truth: Truth) -> None:
        numbers = [each.number for each in truth.passages]
        asked = [*numbers, MISSING]
        assert articles.passage_texts(asked) == {each.number: each.text for each in truth.passages}
        units = articles.passage_units(asked)
        assert {number: tuple(unit) for number, unit in units.items()} == {
            each.number: (each.text, each.heading) for each in truth.passages
        }
        located = articles.located(asked)
        assert {
            number: (found.article_number, found.article.title, found.passage.ordinal, found.passage.text)
            for number, found in located.items()
        } == {each.number: (each.article, each.title, each.ordinal, each.text) for each in truth.passages}

    def test_passages_of_an_article_are_named_in_reading_order(
        self, articles: Articles, truth: Truth
    ) -> None:
        expected: dict[int, list[int]] = {}
        texts: dict[int, list[str]] = {}
        for each in sorted(truth.passages, key=lambda each: (each.article, each.ordinal)):
            expected.setdefault(each.article, []).append(each.number)
            if each.ordinal < 2:
                texts.setdefault(each.article, []).append(each.text)
        assert articles.passage_numbers([*truth.numbers, MISSING]) == expected
        assert articles.beginnings([*truth.numbers, MISSING], passages=2) == {
            article: "\n".join(several) for article, several in texts.items()
        }

    def test_articles_are_read_by_number_id_and_path(self, articles: Articles, truth: Truth) -> None:
        by_number = articles.articles_by_number([*truth.numbers, MISSING])
        assert sorted(by_number) == truth.numbers
        heads = articles.heads([*truth.numbers, MISSING])
        assert sorted(heads) == truth.numbers
        for number, article in by_number.items():
            assert (heads[number].id, heads[number].title) == (article.id, article.title)
        some = truth.numbers[::5]
        for number in some:
            assert articles.article(by_number[number].id) == (number, by_number[number])
            assert articles.article(by_number[number].path) == (number, by_number[number])
        ids = [by_number[number].id for number in some]
        assert articles.heads_by_id([*ids, "missing"]) == {heads[number].id: heads[number] for number in some}
        assert articles.article("missing") is None

    def test_a_body_has_the_passages_and_may_be_cut(self, articles: Articles, truth: Truth) -> None:
        number = max(truth.passages, key=lambda each: each.ordinal).article
        paragraphs, starts = articles.body(number)
        texts = [each.text for each in truth.passages if each.article == number]
        assert len(starts) == len(texts)
        for start, text in zip(starts, texts, strict=True):
            assert text.startswith(paragraphs[start].text[:10])
        cut, _ = articles.body(number, until=0)
        assert cut == paragraphs[: starts[0] + 1]
        assert articles.body(MISSING) == ((), ())

    def test_pages_of_the_newest_join_without_gap(self, articles: Articles, truth: Truth) -> None:
        published = {each.article: each.published for each in truth.passages}
        expected = sorted(published, key=lambda number: (published[number] or 0, number), reverse=True)
        ids = {number: article.id for number, article in articles.articles_by_number(expected).items()}
        pages = [articles.newest(limit=3, offset=offset) for offset in (0, 3, 6)]
        assert {total for _, total in pages} == {len(expected)}
        assert [each.id for page, _ in pages for each in page] == [ids[number] for number in expected[:9]]
        category = truth.passages[0].category_number
        inside = {each.article for each in truth.passages if each.category_number == category}
        found, total = articles.newest(categories=[category], limit=EVERYTHING, offset=0)
        assert ({each.id for each in found}, total) == ({ids[number] for number in inside}, len(inside))
        assert articles.newest(authors=[], limit=5, offset=0) == ([], 0)

    def test_the_archive_counts_itself(self, articles: Articles, truth: Truth) -> None:
        published = {each.article: each.published for each in truth.passages}
        dates = [moment for moment in published.values() if moment is not None]
        count, passages, newest = articles.counts()
        assert (count, passages) == (len(published), len(truth.passages))
        assert newest is not None
        assert newest.timestamp() == max(dates)
        oldest = articles.first_published()
        assert oldest is not None
        assert oldest.timestamp() == min(dates)
        assert articles.last_number() >= max(published)
        assert sorted(articles.published_of([*published, MISSING]), key=str) == sorted(
            published.values(), key=str
        )

    def test_names_are_those_of_the_articles(self, articles: Articles, truth: Truth) -> None:
        categories = {each.article: (each.category_number, each.categories) for each in truth.passages}
        assert {(number, path): count for number, _, path, count in articles.category_rows()} == Counter(
            categories.values()
        )
        authors = {each.article: each.author for each in truth.passages if each.author}
        counts = articles.author_counts()
        assert dict(counts) == Counter(authors.values())
        assert [count for _, count in counts] == sorted((count for _, count in counts), reverse=True)
        numbers = {(each.author_number, each.author) for each in truth.passages if each.author}
        assert numbers <= set(articles.author_rows())
