"""The index as its callers see it."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import IndexUnavailableError
from corpus.index import index as index_module
from corpus.index import merge_policy
from corpus.index.array_file import ArrayWriter
from corpus.index.index import Document, Family, Index, Match, Restriction, Term, codes_of
from corpus.index.manifest import Manifest, Member, read_manifest, write_manifest

pytestmark = pytest.mark.usefixtures("loops")

VOCABULARY = [f"词{number}" for number in range(60)]


def make_document(number: int, text: str = "", title: str = "", **facets: object) -> Document:
    """A passage whose words are given with blanks between, and whose characters are theirs."""
    values: dict[str, object] = {"article": number, **facets}
    return Document(
        number=number,
        words=text.split(),
        title_words=title.split(),
        characters=codes_of(character for character in text if character != " "),
        title_characters=codes_of(character for character in title if character != " "),
        **values,  # type: ignore[arg-type]
    )


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.create(tmp_path / "index") as index:
        yield index


def numbers(matches: list[Match]) -> list[int]:
    return [match.number for match in matches]


def test_nothing_is_found_before_the_commit_and_all_of_it_after(index: Index) -> None:
    index.add([make_document(1, "金砖 峰会")])
    assert index.search([Term("金砖")], limit=5) == []
    index.commit()
    assert numbers(index.search([Term("金砖")], limit=5)) == [1]


def test_each_article_is_found_once_with_its_best_passage(index: Index) -> None:
    index.add(
        [
            make_document(1, "金砖 经济 经济", article=7),
            make_document(2, "金砖 金砖", article=7),
            make_document(3, "金砖 经济 增长 外交", article=8),
        ]
    )
    index.commit()
    assert numbers(index.search([Term("金砖")], limit=5)) == [2, 3]
    assert numbers(index.search([Term("金砖")], limit=5, per_article=False)) == [2, 1, 3]
    assert numbers(index.search([Term("金砖")], limit=1)) == [2]


def test_equal_scores_come_newest_first_then_by_number(index: Index) -> None:
    index.add(
        make_document(number, "金砖", published=time) for number, time in [(1, 5), (2, 9), (3, 9), (4, 0)]
    )
    index.commit()
    assert numbers(index.search([Term("金砖")], limit=9)) == [2, 3, 1, 4]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        pytest.param(Restriction(), [1, 2, 3, 4], id="no condition"),
        pytest.param(Restriction(since=200), [2, 3], id="since is included, no date fails"),
        pytest.param(Restriction(until=200), [1], id="until is excluded, no date fails"),
        pytest.param(Restriction(labels=(frozenset({10, 11}),)), [1, 2, 4], id="one of a set"),
        pytest.param(Restriction(labels=(frozenset({10}), frozenset({20}))), [2], id="one of each set"),
        pytest.param(Restriction(labels=(frozenset(),)), [], id="of an empty set there is none"),
        pytest.param(Restriction(articles=frozenset({1, 4})), [1, 4], id="only these articles"),
        pytest.param(Restriction(excluded_articles=frozenset({1, 4})), [2, 3], id="all but these articles"),
    ],
)
def test_a_restriction_keeps_passages_out(index: Index, where: Restriction, expected: list[int]) -> None:
    index.add(
        [
            make_document(1, "金砖", published=100, labels=(10,)),
            make_document(2, "金砖", published=200, labels=(10, 20)),
            make_document(3, "金砖", published=300, labels=(20,)),
            make_document(4, "金砖", labels=(11, 5)),
        ]
    )
    index.commit()
    assert sorted(numbers(index.search([Term("金砖")], limit=9, where=where))) == expected


def test_a_boost_lifts_what_passes_its_restriction(index: Index) -> None:
    index.add([make_document(1, "金砖"), make_document(2, "金砖 峰会", published=100)])
    index.commit()
    plain = {match.number: match.score for match in index.search([Term("金砖")], limit=2)}
    lifted = index.search([Term("金砖")], limit=2, boosts=[(Restriction(since=50), 0.5)])
    assert {match.number: match.score for match in lifted} == {1: plain[1], 2: plain[2] * 1.5}


def test_families_are_apart_and_weights_multiply(index: Index) -> None:
    index.add([make_document(1, "金砖"), make_document(2, "金 砖")])
    index.commit()
    assert numbers(index.search([Term("金")], limit=5)) == [2]
    whole = index.search([Term("金", Family.CHARACTERS)], limit=5)
    half = index.search([Term("金", Family.CHARACTERS, 0.5)], limit=5)
    assert numbers(whole) == [1, 2]
    assert [match.score for match in half] == [match.score / 2 for match in whole]


def test_statistics_are_exact_after_removal(index: Index) -> None:
    index.add(
        [
            make_document(1, "金砖 峰会"),
            make_document(2, "金砖", title="金砖 长长长长的词"),
            make_document(3, "经济"),
        ]
    )
    index.commit()
    index.remove([make_document(2, "金砖", title="金砖 长长长长的词"), make_document(99, "没有")])
    index.commit()
    snapshot = index.snapshot()
    assert snapshot.count == 2
    assert snapshot.mean_length(Family.WORDS) == 1.5
    assert snapshot.document_frequencies(
        [Term("金砖"), Term("长长长长的词"), Term("砖", Family.CHARACTERS)]
    ) == [1, 0, 1]
    assert dict(snapshot.vocabulary(Family.WORDS)) == {"金砖": 1, "峰会": 1, "经济": 1}
    assert numbers(index.search([Term("金砖")], limit=5)) == [1]
    assert snapshot.scores_of([2, 1, 50], [Term("金砖")])[0::2] == [0.0, 0.0]


def test_what_a_filter_lets_pass_is_remembered_but_not_what_was_removed_since(index: Index) -> None:
    where = Restriction(since=5)
    index.add([make_document(number, "金砖", published=number) for number in range(1, 10)])
    index.commit()
    assert numbers(index.search([Term("金砖")], limit=9, where=where)) == [9, 8, 7, 6, 5]
    index.remove([make_document(7, "金砖")])
    index.commit()
    assert numbers(index.search([Term("金砖")], limit=9, where=where)) == [9, 8, 6, 5]
    assert numbers(index.search([Term("金砖")], limit=9, where=Restriction(until=3))) == [2, 1]


def test_removing_what_was_not_committed_yet_works_too(index: Index) -> None:
    index.add([make_document(1, "金砖"), make_document(2, "峰会")])
    index.remove([make_document(1, "金砖")])
    index.commit()
    assert index.snapshot().count == 1
    index.remove([make_document(2, "峰会")])
    index.commit()
    assert index.snapshot().count == 0
    assert index.search([Term("峰会")], limit=1) == []


def test_numbers_must_grow(index: Index) -> None:
    index.add([make_document(5, "金砖")])
    with pytest.raises(ValueError, match="numbers must grow"):
        index.add([make_document(5, "峰会")])


def test_the_callers_state_is_saved_with_the_commit(index: Index, tmp_path: Path) -> None:
    index.add([make_document(1, "金砖")])
    index.commit({"through": 1})
    index.add([make_document(2, "峰会")])
    index.close()
    with Index(tmp_path / "index") as again:
        assert (again.state, again.last_number, again.snapshot().count) == ({"through": 1}, 1, 1)


def test_a_reader_elsewhere_sees_each_commit_and_keeps_its_snapshot(index: Index, tmp_path: Path) -> None:
    reader = Index(tmp_path / "index")
    before = reader.snapshot()
    index.add([make_document(1, "金砖")])
    index.commit()
    assert before.search([Term("金砖")], limit=1) == []
    assert numbers(reader.search([Term("金砖")], limit=1)) == [1]


def test_creating_anew_leaves_the_old_content_until_the_first_commit(index: Index, tmp_path: Path) -> None:
    index.add([make_document(1, "金砖")])
    index.commit()
    anew = Index.create(tmp_path / "index")
    assert numbers(index.search([Term("金砖")], limit=1)) == [1]
    anew.add([make_document(1, "峰会")])
    anew.commit()
    assert index.search([Term("金砖")], limit=1) == []
    assert numbers(index.search([Term("峰会")], limit=1)) == [1]
    assert len(list((tmp_path / "index").iterdir())) == 2


def random_document(chance: random.Random, number: int) -> Document:
    return make_document(
        number,
        " ".join(chance.choices(VOCABULARY, k=chance.randint(0, 30))),
        " ".join(chance.choices(VOCABULARY, k=chance.randint(0, 4))),
        article=number // 3,
        published=chance.randint(0, 5),
        labels=tuple(chance.choices(range(4), k=2)),
    )


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32), commits=st.integers(1, 6), count=st.integers(1, 80))
def test_any_way_of_committing_merging_and_removing_gives_the_same_floats(
    tmp_path_factory: pytest.TempPathFactory, seed: int, commits: int, count: int
) -> None:
    chance = random.Random(seed)
    documents = [random_document(chance, number) for number in range(1, count + 1)]
    doomed = chance.sample(documents, chance.randint(0, count - 1))
    question = [Term(word) for word in chance.choices(VOCABULARY, k=4)]
    question += [Term(word, Family.CHARACTERS, 0.5) for word in chance.choices("词0123456789", k=4)]

    def found(index: Index) -> object:
        return [
            index.search(question, limit=7),
            index.search(question, limit=99, per_article=False),
            sorted(index.snapshot().vocabulary(Family.WORDS)),
        ]

    with Index.create(tmp_path_factory.mktemp("index")) as index:
        for part in range(commits):
            index.add(documents[part * count // commits : (part + 1) * count // commits])
            index.commit()
        index.remove(doomed)
        index.commit()
        expected = found(index)
        index.merge()
        assert found(index) == expected
    with Index.create(tmp_path_factory.mktemp("index")) as index:
        gone = {document.number for document in doomed}
        index.add(document for document in documents if document.number not in gone)
        index.commit()
        assert found(index) == expected


def test_many_small_commits_leave_few_segments(index: Index) -> None:
    for number in range(1, 40):
        index.add([make_document(number, "金砖")])
        index.commit()
    assert len(index.snapshot().segments) <= merge_policy.FANOUT
    assert index.snapshot().document_frequency(Term("金砖")) == 39


@pytest.mark.parametrize("damage", ["missing folder", "damaged manifest", "missing segment", "short segment"])
def test_a_damaged_index_says_so_when_opened(index: Index, tmp_path: Path, damage: str) -> None:
    index.add([make_document(1, "金砖")])
    index.commit()
    [segment] = (tmp_path / "index").glob("*.segment")
    manifest = tmp_path / "index" / "manifest.json"
    folder = tmp_path / "index"
    match damage:
        case "missing folder":
            folder = tmp_path / "elsewhere"
        case "damaged manifest":
            manifest.write_bytes(manifest.read_bytes().replace(b'"last_number": 1', b'"last_number": 2'))
        case "missing segment":
            segment.unlink()
        case "short segment":
            segment.write_bytes(segment.read_bytes()[:-1])
    with pytest.raises(IndexUnavailableError):
        Index(folder)
    with Index.create(folder) as anew:
        anew.add([make_document(1, "峰会")])
        anew.commit()
    assert numbers(Index(folder).search([Term("峰会")], limit=1)) == [1]


def test_verify_names_a_file_with_flipped_bits(index: Index, tmp_path: Path) -> None:
    index.add([make_document(1, "金砖 峰会")])
    index.commit()
    assert index.verify() == []
    [segment] = (tmp_path / "index").glob("*.segment")
    raw = bytearray(segment.read_bytes())
    raw[64] ^= 1
    segment.write_bytes(raw)
    [line] = index.verify()
    assert "numbers is damaged" in line
    with pytest.raises(IndexUnavailableError, match="is damaged: numbers"):
        Index(tmp_path / "index")


def test_files_of_another_kind_leave_the_last_good_state_to_answer_from(
    index: Index, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "RETRY_SECONDS", 0.0)
    folder = tmp_path / "index"
    index.add([make_document(1, "金砖")])
    index.commit()
    reader = Index(folder)
    good = read_manifest(folder)
    checksum = ArrayWriter(folder / "strange.segment").finish({"made by": "another version"})
    write_manifest(folder, Manifest(2, 1, {}, (Member("strange.segment", checksum),)))

    for _ in range(3):
        assert numbers(reader.search([Term("金砖")], limit=1)) == [1]
    assert len([record for record in caplog.records if "last good state" in record.message]) == 1
    with pytest.raises(KeyError):
        Index(folder)

    write_manifest(folder, Manifest(3, 1, {"mended": 1}, good.members))
    assert reader.state == {"mended": 1}
