"""What one question has fetched from an engine: heads that came with its search, and whole articles."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from corpus.engine.client import EngineClient, Json, pages
from corpus.engine.mapping import WINDOW, WholeArticle, read_article, read_head
from corpus.engine.model import EngineModel
from corpus.errors import EngineUnavailableError
from corpus.store.rows import ArticleHead, StoredPassage
from corpus.updating.documents import document_of

_USED: Final = "_shards,timed_out,aggregations,hits.total,hits.hits._score,hits.hits._source"
"""What is read of the answer to a search; nothing else is sent."""

ARTICLES_AT_ONCE: Final = 500
"""Whole articles in one answer."""


class Session:
    """The memory of one question, shared by its `EngineLists` and `EngineArticles`; for one thread."""

    def __init__(self, client: EngineClient, index: str, model: EngineModel, zone: ZoneInfo) -> None:
        """Begin with nothing fetched.

        Args:
            client: Asks the engine.
            index: How the names of the aliases begin.
            model: The formula, with the statistics of the index.
            zone: In which days are counted.
        """
        self.model = model
        self._client = client
        self._index = index
        self._zone = zone
        self._heads: dict[int, ArticleHead | None] = {}
        self._whole: dict[int, WholeArticle | None] = {}
        self._article_of: dict[int, int | None] = {}
        self._expected: tuple[int, ...] = ()
        self._gains: dict[int, tuple[dict[int, float], ...]] = {}

    def search_passages(self, body: Json, **query: str | int) -> Json:
        """Search the index of passages; nothing but the whole of it counts."""
        return self._search("p", body, query)

    def search_articles(self, body: Json) -> Json:
        """Search the index of articles."""
        return self._search("a", body, {})

    def _search(self, which: str, body: Json, query: Mapping[str, str | int]) -> Json:
        path = f"/{self._index}-{which}/_search"
        given = {"allow_partial_search_results": "false", "filter_path": _USED, **query}
        answer = self._client.read("POST", path, body, query=given)
        answer["hits"] = {"hits": [], "total": {"value": 0}} | answer.get(
            "hits", {}
        )  # empty ones are left out
        return answer

    def expect(self, articles: Iterable[int]) -> None:
        """Name articles that come along with the next whole ones that have to be fetched."""
        self._expected = tuple(articles)

    # Heads

    def remember_head(self, head: ArticleHead, passage: int) -> None:
        """Keep what came with a search."""
        self._heads[head.number] = head
        self._article_of[passage] = head.number

    def heads(self, numbers: Sequence[int]) -> dict[int, ArticleHead]:
        """Fields of articles that ranking needs; those that are not known yet are fetched together."""
        missing = [number for number in dict.fromkeys(numbers) if number not in self._heads]
        for several in pages(missing, WINDOW):
            for number, source in self._get(several, ["number", "whole.head"]):
                self._heads[number] = None if source is None else read_head(number, source["whole"]["head"])
        return {number: head for number in numbers if (head := self._heads[number]) is not None}

    # Whole articles

    def whole(self, numbers: Iterable[int]) -> dict[int, WholeArticle]:
        """Whole articles by number; those that are not known yet are fetched together."""
        wanted = list(dict.fromkeys(numbers))
        missing = [number for number in wanted if number not in self._whole]
        if missing:
            missing += [each for each in self._expected if each not in self._whole and each not in missing]
        for several in pages(missing, ARTICLES_AT_ONCE):
            for number, source in self._get(several, None):
                self._keep(number, None if source is None else read_article(source))
        return {number: whole for number in wanted if (whole := self._whole[number]) is not None}

    def _keep(self, number: int, whole: WholeArticle | None) -> None:
        self._whole[number] = whole
        if whole is not None:
            self._heads[number] = whole.head
            self._article_of.update((passage.number, number) for passage in whole.passages)

    def _get(self, numbers: Sequence[int], fields: list[str] | None) -> Iterable[tuple[int, Json | None]]:
        if not numbers:
            return
        body: Json = {"ids": [str(number) for number in numbers]}
        query = {} if fields is None else {"_source_includes": ",".join(fields)}
        answer = self._client.read("POST", f"/{self._index}-a/_mget", body, query=query)
        for number, each in zip(numbers, answer["docs"], strict=True):
            if "error" in each:
                raise EngineUnavailableError(f"an article cannot be read: {each['error'].get('reason')}")
            yield number, each.get("_source") if each.get("found") else None

    def fields(self, numbers: Sequence[int], names: list[str]) -> dict[int, Json]:
        """Some fields of articles; missing ones are left out."""
        return {
            number: source
            for several in pages(numbers, WINDOW)
            for number, source in self._get(several, names)
            if source is not None
        }

    # Passages

    def passages(self, numbers: Sequence[int]) -> dict[int, StoredPassage]:
        """Passages by number, out of whole articles; a passage that is gone is left out."""
        self._find_articles_of([number for number in numbers if number not in self._article_of])
        articles = {article for number in numbers if (article := self._article_of[number]) is not None}
        by_number = {
            passage.number: passage
            for whole in self.whole(sorted(articles)).values()
            for passage in whole.passages
        }
        return {number: by_number[number] for number in numbers if number in by_number}

    def _find_articles_of(self, numbers: Sequence[int]) -> None:
        for several in pages(list(dict.fromkeys(numbers)), WINDOW):
            body = {
                "size": len(several),
                "_source": ["number", "article"],
                "query": {"bool": {"filter": [{"terms": {"number": list(several)}}]}},
            }
            self._article_of.update(dict.fromkeys(several, None))
            for hit in self.search_passages(body)["hits"]["hits"]:
                self._article_of[hit["_source"]["number"]] = hit["_source"]["article"]

    def gains_of(self, numbers: Sequence[int]) -> dict[int, tuple[dict[int, float], ...]]:
        """What each term gains in some passages, by family; computed from their texts."""
        new = [number for number in numbers if number not in self._gains]
        for number, passage in self.passages(new).items():
            self._gains[number] = self.model.gains(document_of(passage, self._zone))
        return {number: self._gains[number] for number in numbers if number in self._gains}
