"""Store → engine: what differs is written, article by article; running it again goes on where it stopped."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from corpus.engine.client import EngineClient, Json
from corpus.engine.mapping import WholeArticle, article_document, passage_document, whole_article
from corpus.engine.model import EngineModel
from corpus.posts.addresses import category_id
from corpus.store.store import Store

COMPARED: Final = 1_000
"""Articles whose revisions are compared at a time."""

READ: Final = 50
"""Articles that are read from the store at a time."""

BULK_PASSAGES: Final = 1_500
"""Passages in one request: some 5 MB."""


@dataclass(frozen=True, slots=True)
class FillReport:
    """What an engine was given.

    Attributes:
        written: Articles that were new or had changed.
        removed: Articles that the archive no longer has.
        passages: Passages written.
    """

    written: int = 0
    removed: int = 0
    passages: int = 0


@dataclass(frozen=True, slots=True)
class _Known:
    """What an index has of an article."""

    revision: str
    passages: tuple[int, ...]


class Filler:
    """Brings two indices up to date with a store. One at a time."""

    def __init__(
        self,
        client: EngineClient,
        names: tuple[str, str],
        model: EngineModel,
        zone: ZoneInfo,
        show: Callable[[FillReport], None] = lambda _: None,
    ) -> None:
        """Prepare; nothing is written.

        Args:
            client: Of the engine.
            names: Of the index of passages and of that of articles.
            model: With the mean lengths of the index.
            zone: In which days are counted.
            show: Told how far it is, after each request.
        """
        self._client = client
        self._passage_index, self._article_index = names
        self._model = model
        self._zone = zone
        self._show = show
        self._lines: list[Json] = []
        self._pending = 0
        self.report = FillReport()

    def fill(self, store: Store) -> FillReport:
        """Write every article whose revision differs, and remove what the store does not have.

        Raises:
            EngineUnavailableError: The engine refuses; what was written stays, and another fill goes on.
        """
        self._client.write("POST", f"/{self._article_index}/_refresh")
        last = 0
        while revisions := dict(store.revisions_after(last, limit=COMPARED)):
            self._reconcile(store, revisions, self._known(last, max(revisions)))
            last = max(revisions)
        for number, known in self._known(last, None).items():
            self._remove(number, known)
        self._flush()
        return self.report

    def _known(self, after: int, until: int | None) -> dict[int, _Known]:
        """What the index has of the articles with numbers in a range."""
        found: dict[int, _Known] = {}
        while True:
            limits = {"gt": max([after, *found]), **({} if until is None else {"lte": until})}
            body = {
                "size": COMPARED,
                "query": {"bool": {"filter": [{"range": {"number": limits}}]}},
                "sort": [{"number": "asc"}],
                "_source": ["number", "revision", "passage_numbers"],
            }
            hits = self._client.read("POST", f"/{self._article_index}/_search", body)["hits"]["hits"]
            for source in (hit["_source"] for hit in hits):
                found[source["number"]] = _Known(source["revision"], tuple(source["passage_numbers"]))
            if len(hits) < COMPARED:
                return found

    def _reconcile(self, store: Store, revisions: Mapping[int, str], known: Mapping[int, _Known]) -> None:
        for number in known.keys() - revisions.keys():
            self._remove(number, known[number])
        changed = [
            number
            for number, revision in revisions.items()
            if number not in known or known[number].revision != revision
        ]
        for start in range(0, len(changed), READ):
            for whole in _read(store, changed[start : start + READ]):
                number = whole.head.number
                self._write(whole, revisions[number], known.get(number))

    def _write(self, whole: WholeArticle, revision: str, known: _Known | None) -> None:
        number = whole.head.number
        for passage in whole.passages:
            document = passage_document(passage, whole.head, self._model, self._zone)
            self._lines += [self._action("index", passage.number, number), document]
        document = article_document(
            whole, revision=revision, category_id=category_id(whole.article.categories), zone=self._zone
        )
        self._lines += [{"index": {"_index": self._article_index, "_id": str(number)}}, document]
        kept = {passage.number for passage in whole.passages}
        self._forget(number, [each for each in (known.passages if known else ()) if each not in kept])
        self.report = replace(
            self.report,
            written=self.report.written + 1,
            passages=self.report.passages + len(whole.passages),
        )
        self._pending += len(whole.passages) + 1
        if self._pending >= BULK_PASSAGES:
            self._flush()

    def _remove(self, number: int, known: _Known) -> None:
        self._lines.append({"delete": {"_index": self._article_index, "_id": str(number)}})
        self._forget(number, known.passages)
        self.report = replace(self.report, removed=self.report.removed + 1)

    def _forget(self, article: int, passages: Sequence[int]) -> None:
        self._lines += [self._action("delete", passage, article) for passage in passages]
        self._pending += len(passages)

    def _action(self, action: str, passage: int, article: int) -> Json:
        return {action: {"_index": self._passage_index, "_id": str(passage), "routing": str(article)}}

    def _flush(self) -> None:
        self._client.bulk(self._lines)
        self._lines, self._pending = [], 0
        self._show(self.report)


def _read(store: Store, numbers: Sequence[int]) -> Iterator[WholeArticle]:
    """Whole articles; those that were removed meanwhile are left out."""
    articles, heads = store.articles_by_number(numbers), store.heads(numbers)
    packed, passages = store.packed_articles(numbers), store.passages_of(numbers)
    for number in numbers:
        if number in articles and number in heads and number in packed and number in passages:
            yield whole_article(articles[number], heads[number], packed[number], passages[number])
