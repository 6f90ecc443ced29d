"""What of a passage and its article goes into the index."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.index.index import Index, Term
from corpus.index.inverting import Inverted, invert_documents
from corpus.index.labels import author_label, category_label
from corpus.index.posting_writer import TEXT_OF_TAG, TITLE_OF_TAG
from corpus.store.rows import StoredPassage
from corpus.text import analyzer
from corpus.text.terms import Family, code_of
from corpus.updating import documents

SHANGHAI = ZoneInfo("Asia/Shanghai")
LATE = int(datetime(2026, 9, 20, 17, tzinfo=UTC).timestamp())  # the 21st in Shanghai


def make_passage(
    number: int = 1, article: int = 1, text: str = "金砖国家峰会。", **values: object
) -> StoredPassage:
    facts: dict[str, object] = {
        "title": "外交重点",
        "published": LATE,
        "author": "临江晚报",
        "author_number": 4,
        "categories": ("城市", "临江晚报"),
        "category_number": 7,
        **values,
    }
    return StoredPassage(number=number, article=article, ordinal=0, text=text, **facts)  # type: ignore[arg-type]


def test_a_title_counts_double_and_outlet_category_and_date_once() -> None:
    made = documents.document_of(make_passage(), SHANGHAI)
    words = list(made.title_words)
    assert words.count("外交") == 2
    assert words.count("晚报") == 1
    assert words.count("城市") == 1
    assert words.count("@2026-09-21") == 1
    assert "外交" not in made.words
    [foreign] = np.flatnonzero(np.unique(made.title_characters) == ord("外"))
    assert np.count_nonzero(made.title_characters == ord("外")) == 2
    assert foreign >= 0


def test_an_article_without_date_and_author_has_no_terms_of_them() -> None:
    made = documents.document_of(
        make_passage(published=None, author=None, categories=(), author_number=0, category_number=0), SHANGHAI
    )
    assert sorted(set(made.title_words)) == sorted(set(analyzer.words("外交重点")))
    assert made.published == 0


def test_labels_of_categories_and_authors_never_meet() -> None:
    labels = {category_label(number) for number in range(100)}
    assert not labels & {author_label(number) for number in range(100)}


def test_the_day_is_counted_in_the_zone() -> None:
    for zone, day in ((SHANGHAI, "@2026-09-21"), (ZoneInfo("UTC"), "@2026-09-20")):
        assert day in documents.document_of(make_passage(), zone).title_words


def postings_of(pieces: Sequence[Inverted]) -> dict[tuple[Family, int, int], tuple[int, int]]:
    """Occurrences in text and title by family, code and passage; no posting may come twice."""
    found: dict[tuple[Family, int, int], tuple[int, int]] = {}
    first = 0
    for piece in pieces:
        for family in Family:
            for chunk in piece.lists[family]:
                assert (np.diff(chunk.codes) > 0).all()
                aside = dict(zip(chunk.escapes.tolist(), chunk.escaped.tolist(), strict=True))
                for code, (start, end) in zip(
                    chunk.codes.tolist(), pairwise(chunk.starts.tolist()), strict=True
                ):
                    assert (np.diff(chunk.documents[start:end].astype(int)) > 0).all()
                    for spot in range(start, end):
                        key = (family, code, first + int(chunk.documents[spot]))
                        tag = chunk.tags[spot]
                        held = aside.get(spot, [TEXT_OF_TAG[tag], TITLE_OF_TAG[tag]])
                        assert key not in found
                        found[key] = (int(held[0]), int(held[1]))
        first += len(piece)
    return found


words = st.sampled_from(
    ["金砖", "国家", "峰会", "。", " ", "abc", "1", "iPhones", "𠮷", "ａｂ", "\u0301", "かな", "著"]
)
texts = st.lists(words, max_size=12).map("".join)


@given(
    st.lists(st.tuples(st.integers(1, 3), texts), max_size=8),
    st.lists(texts, min_size=3, max_size=3),
    st.sampled_from([1, 20, 10_000]),
)
def test_passages_inverted_in_bulk_have_the_terms_of_their_documents(
    entries: list[tuple[int, str]], titles: list[str], most: int
) -> None:
    passages = [
        make_passage(
            number,
            article,
            text,
            title=titles[article - 1],
            published=None if article == 2 else LATE,
            categories=("城市", titles[0]),
        )
        for number, (article, text) in enumerate(sorted(entries, key=lambda entry: entry[0]), 1)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "MAX_INVERTED_CHARACTERS", most)
        bulk = documents.invert(documents.texts_of(passages), zone=SHANGHAI)
    single = invert_documents([documents.document_of(passage, SHANGHAI) for passage in passages])
    assert postings_of(bulk) == postings_of([single])
    assert [length for piece in bulk for length in piece.lengths[0].tolist()] == single.lengths[0].tolist()
    assert [length for piece in bulk for length in piece.lengths[1].tolist()] == single.lengths[1].tolist()
    assert {code: text for piece in bulk for code, text in piece.long_texts.items()} == single.long_texts


def test_a_word_that_fills_a_passage_is_counted(tmp_path: Path) -> None:
    passages = [make_passage(1, 1, "金砖" * 100 + "国家" * 70 + "峰会", title="峰会" * 20)]
    [inverted] = documents.invert(documents.texts_of(passages), zone=SHANGHAI)
    found = postings_of([inverted])
    assert found[Family.WORDS, code_of("金砖"), 0] == (100, 0)
    assert found[Family.WORDS, code_of("国家"), 0] == (70, 0)
    assert found[Family.CHARACTERS, code_of("峰"), 0] == (1, 40)


def test_an_index_is_the_same_however_its_terms_are_given(tmp_path: Path) -> None:
    passages = [
        make_passage(number, number // 2 + 1, f"金砖{number}国家峰会。" + "国家" * 99 * (number % 3))
        for number in range(1, 9)
    ]
    made = [documents.document_of(passage, SHANGHAI) for passage in passages]

    def extend(index: Index, some: slice) -> None:
        [inverted] = documents.invert(documents.texts_of(passages[some]), zone=SHANGHAI)
        index.extend(list(map(documents.facets, passages[some])), inverted)

    found = []
    for name, add in (
        ("documents", lambda index, some: index.add(made[some])),
        ("inverted", extend),
    ):
        with Index.create(tmp_path / name) as index:
            add(index, slice(0, 5))
            index.commit()
            add(index, slice(5, 7))
            index.add(made[7:])
            index.remove(made[2:4])
            index.commit()
            terms = [Term("金砖"), Term("外交"), Term("3"), Term("国家"), Term("国家", Family.CHARACTERS)]
            found.append([(match.number, match.score) for match in index.search(terms, limit=9)])
            assert index.verify() == []
    assert found[0] == found[1]
    assert len(found[0]) == 5


def test_passages_must_fit_what_was_inverted_and_grow(tmp_path: Path) -> None:
    passages = [make_passage(number) for number in (3, 4)]
    [inverted] = documents.invert(documents.texts_of(passages), zone=SHANGHAI)
    facets = list(map(documents.facets, passages))
    with Index.create(tmp_path / "index") as index:
        with pytest.raises(ValueError, match="1 passages, 2 inverted"):
            index.extend(facets[:1], inverted)
        with pytest.raises(ValueError, match="must grow"):
            index.extend(facets[::-1], inverted)
        index.extend(facets, inverted)
        with pytest.raises(ValueError, match="must grow"):
            index.extend(facets, inverted)
        index.commit()
        assert index.snapshot().count == 2
