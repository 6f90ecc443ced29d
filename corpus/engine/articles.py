"""`Articles` over an engine: whole articles, fetched once a question."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from corpus.engine.client import Json
from corpus.engine.mapping import read_article, read_head
from corpus.engine.session import Session
from corpus.models import Article, Paragraph, Passage
from corpus.store.rows import ArticleHead, LocatedPassage, PassageText, unpack_body

MAX_NAMES: Final = 65_535
"""Categories, and authors, that are listed at most."""


class EngineArticles:
    """Reads articles from an engine; for one question and one thread."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def heads(self, numbers: Sequence[int]) -> dict[int, ArticleHead]:
        """Load the fields of articles that ranking needs."""
        return self._session.heads(numbers)

    def heads_by_id(self, ids: Sequence[str]) -> dict[str, ArticleHead]:
        """Load the same fields by id."""
        if not ids:
            return {}
        found = self._find({"terms": {"id": list(ids)}}, size=len(ids), fields=["number", "whole.head"])
        heads = [read_head(source["number"], source["whole"]["head"]) for source in found]
        return {head.id: head for head in heads}

    def _find(self, condition: Json, *, size: int, fields: list[str] | None = None) -> list[Json]:
        body: Json = {"size": size, "query": {"bool": {"filter": [condition]}}}
        if fields is not None:
            body["_source"] = fields
        return [hit["_source"] for hit in self._session.search_articles(body)["hits"]["hits"]]

    def passage_numbers(self, articles: Sequence[int]) -> dict[int, list[int]]:
        """Return the numbers of the passages of articles, in reading order."""
        return {
            number: [passage.number for passage in whole.passages]
            for number, whole in self._session.whole(articles).items()
        }

    def passage_texts(self, numbers: Sequence[int]) -> dict[int, str]:
        """Load the texts of passages."""
        return {number: each.text for number, each in self._session.passages(numbers).items()}

    def passage_units(self, numbers: Sequence[int]) -> dict[int, PassageText]:
        """Load the texts of passages with the heads above them."""
        return {
            number: PassageText(each.text, each.heading)
            for number, each in self._session.passages(numbers).items()
        }

    def located(self, numbers: Sequence[int]) -> dict[int, LocatedPassage]:
        """Load passages with their articles."""
        passages = self._session.passages(numbers)
        wholes = self._session.whole(each.article for each in passages.values())
        return {
            number: LocatedPassage(
                number,
                each.article,
                article := wholes[each.article].article,
                Passage(f"{article.id}.{each.ordinal}", each.ordinal, each.text),
            )
            for number, each in passages.items()
        }

    def beginnings(self, articles: Sequence[int], *, passages: int) -> dict[int, str]:
        """Load the text of the first passages of articles, joined by line breaks."""
        return {
            number: "\n".join(passage.text for passage in whole.passages[:passages])
            for number, whole in self._session.whole(articles).items()
        }

    def body(self, number: int, *, until: int | None = None) -> tuple[tuple[Paragraph, ...], tuple[int, ...]]:
        """Return an article's paragraphs and, for each passage, the index of its first paragraph."""
        whole = self._session.whole([number]).get(number)
        return ((), ()) if whole is None else unpack_body(whole.body, until=until)

    def article(self, id_or_path: str) -> tuple[int, Article] | None:
        """Return an article and its number by id or by path."""
        either = {"bool": {"should": [{"term": {"id": id_or_path}}, {"term": {"path": id_or_path}}]}}
        found = self._find(either, size=1)
        return (found[0]["number"], read_article(found[0]).article) if found else None

    def articles_by_number(self, numbers: Sequence[int]) -> dict[int, Article]:
        """Load articles."""
        return {number: whole.article for number, whole in self._session.whole(numbers).items()}

    def newest(
        self,
        *,
        categories: Sequence[int] | None = None,
        authors: Sequence[int] | None = None,
        limit: int,
        offset: int,
    ) -> tuple[list[Article], int]:
        """Return articles by date, newest first, those without a date last, and their number in all."""
        given = {"category": categories, "author": authors}
        body = {
            "from": offset,
            "size": limit,
            "track_total_hits": True,
            "query": {
                "bool": {
                    "filter": [
                        {"terms": {name: list(numbers)}}
                        for name, numbers in given.items()
                        if numbers is not None
                    ]
                }
            },
            "sort": [{"published": {"order": "desc", "missing": "_last"}}, {"number": "desc"}],
        }
        hits = self._session.search_articles(body)["hits"]
        return [read_article(hit["_source"]).article for hit in hits["hits"]], hits["total"]["value"]

    def published_of(self, numbers: Sequence[int]) -> list[int | None]:
        """Return publication times in epoch seconds."""
        return [each.get("published") for each in self._session.fields(numbers, ["published"]).values()]

    def last_number(self) -> int:
        """Return the highest number of an article that is there."""
        return int(self._numbers()["last"]["value"] or 0)

    def _numbers(self) -> Json:
        body = {
            "size": 0,
            "track_total_hits": True,
            "aggs": {
                "last": {"max": {"field": "number"}},
                "passages": {"sum": {"field": "passages"}},
                "newest": {"max": {"field": "published"}},
                "oldest": {"min": {"field": "published"}},
            },
        }
        answer = self._session.search_articles(body)
        return {**answer["aggregations"], "articles": answer["hits"]["total"]["value"]}

    def counts(self) -> tuple[int, int, datetime | None]:
        """Return the number of articles, of passages, and the newest date."""
        numbers = self._numbers()
        return numbers["articles"], int(numbers["passages"]["value"]), _moment(numbers["newest"]["value"])

    def first_published(self) -> datetime | None:
        """Return the oldest date of an article; None if none has a date."""
        return _moment(self._numbers()["oldest"]["value"])

    def category_rows(self) -> list[tuple[int, str, tuple[str, ...], int]]:
        """Return (number, id, path, articles exactly there) of all category nodes that hold articles."""
        rows = []
        for key, count in self._names("category_key"):
            number, id_, path = json.loads(key)
            rows.append((number, id_, tuple(path), count))
        return rows

    def author_rows(self) -> list[tuple[int, str]]:
        """Return (number, name) of all authors of articles."""
        return [(number, name) for number, name in (json.loads(key) for key, _ in self._names("author_key"))]

    def author_counts(self) -> list[tuple[str, int]]:
        """Return the names of all authors with their numbers of articles, the largest first."""
        counts = [(json.loads(key)[1], count) for key, count in self._names("author_key")]
        return sorted(counts, key=lambda each: (-each[1], each[0]))

    def _names(self, field: str) -> list[tuple[str, int]]:
        body = {"size": 0, "aggs": {"names": {"terms": {"field": field, "size": MAX_NAMES}}}}
        buckets = self._session.search_articles(body)["aggregations"]["names"]["buckets"]
        return [(bucket["key"], bucket["doc_count"]) for bucket in buckets]


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
