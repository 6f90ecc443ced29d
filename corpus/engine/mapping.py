"""What the two indices of an archive look like: passages to search, and articles to read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from corpus.engine.client import Json
from corpus.engine.model import EngineModel, to_bytes, to_text
from corpus.index.labels import author_label, category_label
from corpus.models import Article
from corpus.store.rows import ArticleHead, PackedArticle, StoredPassage
from corpus.text.terms import Family, code_of
from corpus.updating.documents import document_of, title_terms

FORMAT: Final = 1
"""Version of all that is written here. Indices of another version are made anew."""

SCALE: Final = 1_000
"""Gains are sent as whole numbers of this part; 1,000 keeps the order of our own index."""

FIELDS: Final = {Family.WORDS: "w", Family.CHARACTERS: "c"}
"""Fields with the terms of a passage."""

WINDOW: Final = 10_000
"""How many documents one search may return."""

_IDF: Final = (
    "double n = term.docFreq; return query.boost * Math.log(1 + (field.docCount - n + 0.5) / (n + 0.5)) / "
    f"{SCALE};"
)
_NUMBER: Final = {"type": "long"}
_KEYWORD: Final = {"type": "keyword"}
_UNREAD: Final = {"type": "object", "enabled": False}
_GIVEN: Final = {
    "type": "text",
    "analyzer": "given",
    "search_analyzer": "whitespace",
    "similarity": "given",
    "index_options": "freqs",
    "norms": False,
}
_SET: Final = {"type": "text", "analyzer": "whitespace", "index_options": "docs", "norms": False}


def passage_index(model: EngineModel, *, shards: int, replicas: int) -> Json:
    """Settings and mapping of the index of passages."""
    return {
        "settings": {
            "number_of_shards": shards,
            "number_of_replicas": replicas,
            "codec": "best_compression",
            "analysis": {
                "filter": {"given": {"type": "delimited_term_freq", "delimiter": "|"}},
                "analyzer": {"given": {"type": "custom", "tokenizer": "whitespace", "filter": ["given"]}},
            },
            "similarity": {
                "given": {
                    "type": "scripted",
                    "weight_script": {"source": _IDF},
                    "script": {"source": "return weight * doc.freq;"},
                }
            },
        },
        "mappings": {
            "dynamic": "strict",
            "_routing": {"required": True},
            "_source": {"excludes": list(FIELDS.values())},
            "_meta": {"format": FORMAT, "mean": list(model.means), "scale": SCALE},
            "properties": {
                "number": _NUMBER,
                "article": _NUMBER,
                "day": _NUMBER,
                "labels": {"type": "integer"},
                "head": _UNREAD,
                **dict.fromkeys(FIELDS.values(), _GIVEN),
            },
        },
    }


def article_index(*, shards: int, replicas: int) -> Json:
    """Settings and mapping of the index of articles."""
    return {
        "settings": {
            "number_of_shards": shards,
            "number_of_replicas": replicas,
            "codec": "best_compression",
            "max_result_window": 10 * WINDOW,
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {"format": FORMAT},
            "properties": {
                **dict.fromkeys(
                    ("number", "published", "day", "passages", "category", "author", "passage_numbers"),
                    _NUMBER,
                ),
                **dict.fromkeys(("id", "path", "revision", "category_key", "author_key"), _KEYWORD),
                "labels": {"type": "integer"},
                **dict.fromkeys(("tw", "tc", "ow", "oc"), _SET),
                "whole": _UNREAD,
            },
        },
    }


@dataclass(frozen=True, slots=True)
class WholeArticle:
    """An article with all that a question may ask of it.

    Attributes:
        body: As `rows.pack_body` made it.
        passages: In reading order.
    """

    head: ArticleHead
    article: Article
    author_number: int
    category_number: int
    body: bytes
    passages: tuple[StoredPassage, ...]


def whole_article(
    article: Article, head: ArticleHead, packed: PackedArticle, passages: Sequence[StoredPassage]
) -> WholeArticle:
    """Put an article together from what the store has of it."""
    return WholeArticle(
        head, article, packed.author_number, packed.category_number, packed.body, tuple(passages)
    )


def article_document(whole: WholeArticle, *, revision: str, category_id: str, zone: ZoneInfo) -> Json:
    """The document of an article; `read_article` is the opposite.

    Args:
        whole: The article.
        revision: Changes whenever the article does.
        category_id: Id of its category.
        zone: In which days are counted.
    """
    head, article = whole.head, whole.article
    opening = document_of(whole.passages[0], zone)
    title = title_terms(head.title, None, (), None, zone)
    return {
        "number": head.number,
        "id": article.id,
        "path": article.path,
        "revision": revision,
        "published": head.published,
        "day": max(0, head.published or 0),
        "labels": [category_label(whole.category_number), author_label(whole.author_number)],
        "category": whole.category_number,
        "author": whole.author_number,
        "category_key": json.dumps([whole.category_number, category_id, article.categories]),
        "author_key": json.dumps([whole.author_number, article.author]) if article.author else None,
        "passage_numbers": [passage.number for passage in whole.passages],
        "passages": len(whole.passages),
        "tw": _codes(map(code_of, title.words)),
        "tc": _codes(title.characters),
        "ow": _codes(map(code_of, opening.words)),
        "oc": _codes(opening.characters),
        "whole": {
            "head": head_values(head),
            "title": article.title,
            "url": article.url,
            "author": article.author,
            "categories": list(article.categories),
            "image": article.image,
            "body": to_text(whole.body),
            "passages": [[each.number, each.text, each.heading] for each in whole.passages],
        },
    }


def _codes(codes: Any) -> str:
    return " ".join(sorted({f"{int(code):x}" for code in codes}))


def head_values(head: ArticleHead) -> list[Any]:
    """What ranking needs of an article, as JSON."""
    sketch = None if head.sketch is None else to_text(head.sketch)
    return [head.id, head.title, head.published, head.outlet, sketch]


def read_head(number: int, values: Sequence[Any]) -> ArticleHead:
    """The opposite of `head_values`."""
    id_, title, published, outlet, sketch = values
    return ArticleHead(number, id_, title, published, outlet, None if sketch is None else to_bytes(sketch))


def read_article(source: Json) -> WholeArticle:
    """Make an article from its document."""
    row, number = source["whole"], source["number"]
    head = read_head(number, row["head"])
    article = Article(
        id=source["id"],
        path=source["path"],
        title=row["title"],
        url=row["url"],
        published=None if head.published is None else datetime.fromtimestamp(head.published, UTC),
        author=row["author"],
        categories=tuple(row["categories"]),
        image=row["image"],
    )
    passages = tuple(
        StoredPassage(
            number=passage,
            article=number,
            ordinal=ordinal,
            title=head.title,
            text=text,
            published=head.published,
            author=article.author,
            author_number=source["author"],
            categories=article.categories,
            category_number=source["category"],
            heading=heading,
        )
        for ordinal, (passage, text, heading) in enumerate(row["passages"])
    )
    body = to_bytes(row["body"])
    return WholeArticle(head, article, source["author"], source["category"], body, passages)


def passage_document(passage: StoredPassage, head: ArticleHead, model: EngineModel, zone: ZoneInfo) -> Json:
    """The document of a passage: its terms with their gains, and what a hit shows of its article."""
    gains = model.gains(document_of(passage, zone))
    return {
        "number": passage.number,
        "article": passage.article,
        "day": max(0, passage.published or 0),
        "labels": [category_label(passage.category_number), author_label(passage.author_number)],
        "head": {"values": head_values(head)},
        **{
            FIELDS[family]: " ".join(
                f"{code:x}|{max(1, round(SCALE * gain))}" for code, gain in gains[family].items()
            )
            for family in Family
        },
    }
