"""What of a passage and its article goes into the index."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corpus import analyzer, documents
from corpus.building import CodedWords
from corpus.documents import FieldTerms, PackedTerms
from corpus.index import Index, Term
from corpus.records import StoredPassage

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
    labels = {documents.category_label(number) for number in range(100)}
    assert not labels & {documents.author_label(number) for number in range(100)}


def test_the_day_is_counted_in_the_zone() -> None:
    for zone, day in ((SHANGHAI, "@2026-09-21"), (ZoneInfo("UTC"), "@2026-09-20")):
        assert day in documents.document_of(make_passage(), zone).title_words


terms = st.builds(
    FieldTerms,
    st.lists(st.sampled_from(["金砖", "国家", "峰会", "abc", "𠮷"])),
    st.lists(st.integers(0, 2**62)).map(lambda codes: np.array(codes, np.int64)),
)


@given(st.lists(terms, max_size=6))
def test_packing_loses_nothing(texts: list[FieldTerms]) -> None:
    unpacked = list(PackedTerms.of(texts))
    assert [list(text.words) for text in unpacked] == [list(text.words) for text in texts]
    assert [text.characters.tolist() for text in unpacked] == [text.characters.tolist() for text in texts]


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.text(st.sampled_from("金砖国家峰会。 abc1"), max_size=20)), max_size=8
    )
)
def test_documents_made_in_bulk_are_those_made_one_by_one(entries: list[tuple[int, str]]) -> None:
    passages = [
        make_passage(number, article, text, title=f"第{article}题")
        for number, (article, text) in enumerate(sorted(entries, key=lambda entry: entry[0]), 1)
    ]
    bulk = list(documents.documents(passages, documents.packed_terms_of(passages, zone=SHANGHAI)))
    single = [documents.document_of(passage, SHANGHAI) for passage in passages]
    assert [
        (each.number, each.article, list(each.words), list(each.title_words), each.characters.tolist())
        for each in bulk
    ] == [
        (each.number, each.article, list(each.words), list(each.title_words), each.characters.tolist())
        for each in single
    ]
    assert [each.title_characters.tolist() for each in bulk] == [
        each.title_characters.tolist() for each in single
    ]


def test_words_of_a_shared_vocabulary_are_words() -> None:
    words = CodedWords(["金砖", "国家", "峰会"], np.array([2, 0, 2], np.int32))
    assert list(words) == ["峰会", "金砖", "峰会"]
    assert list(words[1:]) == ["金砖", "峰会"]
    assert words[-1] == "峰会"
    assert len(words) == 3


def test_an_index_is_the_same_however_its_words_are_given(tmp_path: Path) -> None:
    passages = [make_passage(number, number, f"金砖{number}国家峰会。") for number in range(1, 9)]
    packed = documents.packed_terms_of(passages, zone=SHANGHAI)
    found = []
    for name, made in (
        ("strings", [documents.document_of(passage, SHANGHAI) for passage in passages]),
        ("coded", list(documents.documents(passages, packed))),
    ):
        with Index.create(tmp_path / name) as index:
            index.add(made[:5])
            index.commit()
            index.add(made[5:])
            index.remove(made[2:4])
            index.commit()
            terms = [Term("金砖"), Term("外交"), Term("3")]
            found.append([(match.number, match.score) for match in index.search(terms, limit=9)])
    assert found[0] == found[1]
    assert len(found[0]) == 6
