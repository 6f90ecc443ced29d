"""Articles, passages and the memory of files read, in a real database."""

import json
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import StoreError
from corpus.models import BlockKind, Mark, MarkKind, Paragraph, Passage, Post
from corpus.posts.addresses import article_id, category_id
from corpus.store import rows
from corpus.store.categories import category_tree
from corpus.store.database import migrate, open_database
from corpus.store.rows import (
    ArticleHead,
    LinkOptions,
    ParsedArticle,
    pack_body,
    pack_layout,
    unpack_body,
    with_layout,
)
from corpus.store.schema import MIGRATIONS
from corpus.store.store import BULK_PRAGMAS, FILE_NAME, Store, epoch
from corpus.text.sketches import sketch_of
from tests.corpus.archives import forbid_writing, readable_by_all, unprivileged

DAY = datetime(2026, 9, 20, tzinfo=UTC)


def make_article(path: str = "a.md", *passages: str, **post: object) -> ParsedArticle:
    """An article as read, one paragraph a passage."""
    texts = passages or ("一段话。",)
    values: dict[str, object] = {"title": path.removesuffix(".md"), "published": DAY, **post}
    paragraphs = [Paragraph(text) for text in texts]
    return ParsedArticle(
        Post(path=path, body="", **values),  # type: ignore[arg-type]
        stat="1:1",
        digest=f"digest of {path}",
        body=pack_body(paragraphs, range(len(texts))),
        passages=texts,
        sketch=sketch_of(texts),
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / FILE_NAME, LinkOptions("https://news.example.org", "p/:abbrlink.html"))
    yield store
    store.close()


def passages_of(store: Store, article: int) -> list[tuple[int, Passage]]:
    numbers = store.passage_numbers([article])[article]
    located = store.located(numbers)
    return [(number, located[number].passage) for number in numbers]


def ids_of(store: Store) -> list[str]:
    return [article.path for _, article in store.all_articles()]


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)


@settings(max_examples=20, deadline=None)
@given(
    st.dictionaries(
        names,
        st.tuples(
            text, st.lists(text, min_size=1, max_size=4), st.lists(names, max_size=3), names | st.none()
        ),
        max_size=5,
    )
)
def test_what_is_stored_comes_back_as_it_was(
    entries: dict[str, tuple[str, list[str], list[str], str]],
) -> None:
    with readable_by_all() as folder:
        store = Store(folder / FILE_NAME)
        articles = [
            make_article(path, *texts, title=title, categories=tuple(categories), author=author)
            for path, (title, texts, categories, author) in entries.items()
        ]
        stored = store.apply(articles)
        assert [passage.number for passage in stored] == list(range(1, len(stored) + 1))
        assert ids_of(store) == sorted(entries, key=lambda path: path.encode())
        for path, (title, texts, categories, author) in entries.items():
            found = store.article(path)
            assert found is not None
            number, article = found
            assert (article.title, article.categories, article.author) == (title, tuple(categories), author)
            assert article.published == DAY
            assert [passage.text for _, passage in passages_of(store, number)] == texts
            paragraphs, starts = store.body(number)
            assert [paragraph.text for paragraph in paragraphs] == texts
            assert starts == tuple(range(len(texts)))
        again = store.passages_after(0, limit=1_000)
        assert again == stored
        store.close()


@given(
    st.lists(st.builds(Paragraph, text, st.sampled_from(BlockKind)), max_size=5),
    st.lists(st.integers(0, 100), max_size=5),
)
def test_bodies_are_packed_without_loss(paragraphs: list[Paragraph], starts: list[int]) -> None:
    assert unpack_body(pack_body(paragraphs, starts)) == (tuple(paragraphs), tuple(starts))


MARKS = st.builds(
    Mark,
    st.integers(0, 50),
    st.integers(0, 50),
    st.sampled_from(MarkKind),
    st.none() | st.sampled_from(["https://n.test/桥", "mailto:a@n.test"]),
).map(lambda mark: replace(mark, alt="桥" if mark.target else ""))
IMAGES = st.builds(
    Mark, st.just(0), st.just(0), st.just(MarkKind.IMAGE), st.just("https://n.test/a.png"), text
)


@given(
    st.lists(
        st.builds(Paragraph, text, level=st.integers(0, 6), marks=st.lists(MARKS).map(tuple)), max_size=5
    ),
    st.lists(IMAGES, max_size=3),
)
def test_layouts_are_packed_without_loss(paragraphs: list[Paragraph], images: list[Mark]) -> None:
    plain = [Paragraph(paragraph.text) for paragraph in paragraphs]
    assert with_layout(plain, pack_layout(paragraphs, images)) == (tuple(paragraphs), tuple(images))


def test_relative_addresses_are_completed_with_that_of_the_article() -> None:
    link, picture = Mark(0, 1, MarkKind.LINK, "../b"), Mark(0, 0, MarkKind.IMAGE, "a.png", "桥")
    packed = pack_layout([Paragraph("甲", marks=(link,))], [picture])
    assert with_layout([Paragraph("甲")], packed, base="https://n.test/x/y/") == (
        (Paragraph("甲", marks=(replace(link, target="https://n.test/x/b"),)),),
        (replace(picture, target="https://n.test/x/y/a.png"),),
    )
    assert with_layout([Paragraph("甲")], packed) == ((Paragraph("甲"),), ())


def test_a_text_without_layout_or_with_one_of_a_later_form_is_plain() -> None:
    plain = (Paragraph("甲"), Paragraph("乙"))
    later = zlib.compress(json.dumps([rows.LAYOUT_FORM + 1, {"unknown": []}]).encode())
    assert pack_layout(plain) is None
    assert with_layout(plain, None) == with_layout(plain, later) == (plain, ())


def test_an_article_is_read_whole_with_its_layout(store: Store) -> None:
    paragraphs = (
        Paragraph("甲", BlockKind.HEADING, 2),
        Paragraph("乙", marks=(Mark(0, 1, MarkKind.STRONG),)),
    )
    article = replace(make_article("a.md", "甲", "乙"), layout=pack_layout(paragraphs))
    store.apply([article])
    found = store.article("a.md")
    assert found is not None
    number, stored = found
    whole = store.text(stored, number)
    assert [paragraph.level for paragraph in whole.paragraphs] == [2, 0]
    assert [paragraph.marks for paragraph in whole.paragraphs] == [(), (Mark(0, 1, MarkKind.STRONG),)]
    assert store.text(stored, 99).paragraphs == ()


@pytest.mark.parametrize(
    "damaged", [b"\0\xff", zlib.compress(b"[1]"), zlib.compress(b"[1,[],[[0,0,1,7]],[]]")]
)
def test_a_damaged_layout_is_named(store: Store, damaged: bytes) -> None:
    store.apply([make_article("a.md")])
    with store.writing() as connection:
        connection.execute("UPDATE articles SET layout = ?", (damaged,))
    found = store.article("a.md")
    assert found is not None
    with pytest.raises(StoreError, match=r"damaged.*`baotong index` sets"):
        store.text(found[1], found[0])
    assert store.body(found[0])[0]


def test_a_changed_article_keeps_its_number_and_id_and_gets_new_passages(store: Store) -> None:
    store.apply([make_article("a.md", "旧一", "旧二"), make_article("b.md")])
    before = store.article("a.md")
    store.apply([make_article("a.md", "新")])
    after = store.article("a.md")
    assert before is not None
    assert after is not None
    assert (before[0], before[1].id) == (after[0], after[1].id)
    assert [(number, passage.text) for number, passage in passages_of(store, after[0])] == [(4, "新")]
    assert [entry.passage.text for entry in store.removed_after(0, limit=9)] == ["旧一", "旧二"]


def test_numbers_are_never_used_twice(store: Store) -> None:
    store.apply([make_article("a.md", "一", "二")])
    store.apply(removed=["a.md"])
    [passage] = store.apply([make_article("b.md")])
    assert (passage.number, passage.article) == (3, 2)
    store.apply(removed=["b.md"])
    assert (store.last_passage(), store.last_number()) == (3, 2)


def test_paths_whose_ids_coincide_get_ids_of_their_own(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.posts.addresses.article_id", lambda path: f"id{path.count(chr(0) + '1')}")
    store.apply([make_article("a.md"), make_article("b.md")])
    assert [article.id for _, article in store.all_articles()] == ["id0", "id1"]
    store.apply([make_article("b.md", "neu"), make_article("a.md", "neu")])
    assert [article.id for _, article in store.all_articles()] == ["id0", "id1"]


def test_removed_passages_are_remembered_with_all_that_was_indexed(store: Store) -> None:
    stored = store.apply(
        [make_article("a.md", "正文", title="题", author="晚报", categories=("城市", "晚报"))]
    )
    store.apply(removed=["a.md"])
    [entry] = store.removed_after(0, limit=9)
    assert [entry.passage] == stored
    assert store.forgotten_removals() == 0
    store.forget_removed(entry.sequence)
    assert store.removed_after(0, limit=9) == []
    assert store.forgotten_removals() == entry.sequence


def test_a_batch_comes_to_stay_as_a_whole_or_not_at_all(store: Store) -> None:
    store.apply([make_article("a.md")])

    def articles() -> Iterator[ParsedArticle]:
        yield make_article("b.md")
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        store.apply(articles(), removed=["a.md"])
    assert ids_of(store) == ["a.md"]


def test_known_files_tell_articles_from_skipped_ones(store: Store) -> None:
    store.apply([make_article("a.md")], skipped=[("b.md", "2:2", "binary, not text")])
    known = store.known_files()
    assert (known["a.md"].reason, known["a.md"].digest) == (None, "digest of a.md")
    assert (known["b.md"].reason, known["b.md"].stat) == ("binary, not text", "2:2")


def test_an_article_that_cannot_be_read_any_more_is_skipped_and_back_when_it_can(store: Store) -> None:
    store.apply([make_article("a.md")])
    store.apply(skipped=[("a.md", "2:2", "binary, not text")])
    assert ids_of(store) == []
    store.apply([make_article("a.md")])
    assert ids_of(store) == ["a.md"]
    assert store.known_files()["a.md"].reason is None


def test_articles_without_a_date_come_last(store: Store) -> None:
    store.apply(
        [
            make_article("old.md", published=datetime(2020, 1, 1, tzinfo=UTC)),
            make_article("none.md", published=None),
            make_article("new.md", published=datetime(2026, 1, 1, tzinfo=UTC)),
        ]
    )
    articles, total = store.newest(limit=2, offset=0)
    assert [article.path for article in articles] == ["new.md", "old.md"]
    assert total == 3
    assert [article.path for article in store.newest(limit=2, offset=2)[0]] == ["none.md"]


def test_articles_that_compute_the_same_number_have_no_address(store: Store) -> None:
    store.apply([make_article("a.md", title="同题"), make_article("b.md", title="异题")])
    found = store.article("a.md")
    assert found is not None
    assert found[1].url == "https://news.example.org/p/" + (found[1].url or "").rpartition("/")[2]
    store.apply([make_article("c.md", title="同题")])
    urls = {article.path: article.url for _, article in store.all_articles()}
    assert urls["a.md"] is None
    assert urls["c.md"] is None
    assert urls["b.md"] is not None


def test_arrivals_are_listed_in_order_and_a_changed_article_is_none(store: Store) -> None:
    store.apply([make_article("b.md"), make_article("a.md")])
    cursor = store.last_number()
    store.apply([make_article("b.md", "anders"), make_article("c.md")])
    assert [article.path for _, article in store.added_after(0, limit=9)] == ["b.md", "a.md", "c.md"]
    assert [article.path for _, article in store.added_after(cursor, limit=9)] == ["c.md"]


def test_the_mark_of_names_changes_with_a_new_category_of_an_old_article(store: Store) -> None:
    store.apply([make_article("a.md", categories=("城市",))])
    before = store.names_mark()
    store.apply([make_article("a.md", categories=("财经",))])
    assert store.names_mark() != before


def test_categories_make_a_tree_with_counts_and_the_same_ids_every_time(store: Store) -> None:
    store.apply(
        [
            make_article("a.md", categories=("城市", "晚报")),
            make_article("b.md", categories=("城市", "日报")),
            make_article("c.md", categories=("财经",)),
            make_article("d.md"),
        ]
    )
    first, second = category_tree(store.category_rows())
    assert (first.path, first.articles) == (("城市",), 2)
    assert sorted(child.path for child in first.children) == [("城市", "日报"), ("城市", "晚报")]
    assert second.id == category_id(("财经",))


def test_every_database_has_an_identity_of_its_own(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "one.sqlite3")) as one, closing(Store(tmp_path / "two.sqlite3")) as two:
        assert one.identity != two.identity
    with closing(Store(tmp_path / "one.sqlite3")) as again:
        assert again.identity == one_identity(tmp_path / "one.sqlite3")


def one_identity(path: Path) -> int:
    with closing(open_database(path)) as connection:
        (value,) = connection.execute("SELECT value FROM meta WHERE key = 'identity'").fetchone()
    return int(value)


def test_a_database_of_the_first_schema_is_brought_up_with_its_articles(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with closing(open_database(path)) as connection:
        MIGRATIONS[0].apply(connection)
        connection.execute("INSERT INTO categories VALUES (3, 'abcdef', '[\"城市\"]')")
        connection.execute("PRAGMA user_version=1")
    with closing(Store(path)) as store:
        [passage] = store.apply([make_article("a.md", categories=("城市",))])
        assert passage.category_number == 3
        assert store.identity > 0


def test_articles_stored_before_there_were_sketches_have_none(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with closing(open_database(path)) as connection:
        migrate(connection, MIGRATIONS[:3])
        connection.execute(
            "INSERT INTO articles VALUES (7, 'id', 'a.md', '1:1', '', '标题', '标题', 5, NULL, '甲', 1, "
            "'[]', 0, NULL, NULL, NULL, NULL, NULL, '0', x'00')"
        )
    with closing(Store(path)) as store:
        store.apply([make_article("b.md", "一段话。" * 40, author="乙")])
        assert store.heads([7, 8]) == {
            7: ArticleHead(7, "id", "标题", 5, "甲", None),
            8: ArticleHead(8, article_id("b.md"), "b", epoch(DAY), "乙", sketch_of(["一段话。" * 40])),
        }


# Threads


def test_threads_read_while_one_writes(store: Store) -> None:
    stop = threading.Event()
    failures: list[BaseException] = []

    def read() -> None:
        while not stop.is_set():
            try:
                articles = [article.path for _, article in store.all_articles()]
                assert len(articles) % 5 == 0  # never half a batch
            except BaseException as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for batch in range(20):
        store.apply([make_article(f"{batch}-{number}.md") for number in range(5)])
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_connections_of_threads_that_ended_are_closed(store: Store) -> None:
    for _ in range(20):
        thread = threading.Thread(target=store.last_number)
        thread.start()
        thread.join()
    assert len(store._pool._handles) <= 3


def test_closing_waits_for_who_is_reading_and_then_says_so(store: Store) -> None:
    store.apply([make_article(f"{number}.md") for number in range(300)])
    outcomes: list[str] = []

    def read() -> None:
        try:
            while True:
                store.articles_by_number(range(1, 300))
        except StoreError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    store.close()
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == 4
    assert all("was closed" in outcome for outcome in outcomes)


def test_reopening_shows_the_database_that_took_the_place_of_the_open_one(store: Store) -> None:
    store.apply([make_article("old.md")])
    with closing(Store(store.path.with_name("other.sqlite3"))) as other:
        other.apply([make_article("new.md")])
    store.path.with_name("other.sqlite3").replace(store.path)
    for ending in ("-wal", "-shm"):
        store.path.with_name(store.path.name + ending).unlink()
    assert ids_of(store) == ["old.md"]
    store.reopen()
    assert ids_of(store) == ["new.md"]


# Faults


def test_a_database_that_cannot_be_written_can_still_be_read() -> None:
    with readable_by_all() as folder:
        with closing(Store(folder / FILE_NAME)) as store:
            store.apply([make_article("a.md")])
        forbid_writing(folder)
        with unprivileged(), closing(Store(folder / FILE_NAME)) as store:
            assert ids_of(store) == ["a.md"]
            with pytest.raises(StoreError, match="may not write it"):
                store.apply([make_article("b.md")])
        folder.chmod(0o755)


def test_who_may_only_read_sees_what_another_user_writes_later() -> None:
    with readable_by_all() as folder:
        with closing(Store(folder / FILE_NAME)) as store:
            store.apply([make_article("a.md")])
        forbid_writing(folder)
        with unprivileged():
            reader = Store(folder / FILE_NAME)
            assert ids_of(reader) == ["a.md"]
        (folder / FILE_NAME).chmod(0o644)
        folder.chmod(0o755)
        with closing(Store(folder / FILE_NAME)) as store:
            store.apply([make_article("b.md")])
        folder.chmod(0o555)
        with unprivileged():
            assert ids_of(reader) == ["a.md", "b.md"]
            reader.close()
        folder.chmod(0o755)


def test_a_damaged_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b"no database" * 1_000)
    with pytest.raises(StoreError, match=rf"damaged.*`baotong index` sets {FILE_NAME} in .* aside"):
        Store(path)


def test_damage_found_while_reading_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with closing(Store(path)) as store:
        store.apply([make_article(f"{number}.md", "很长的一段话。" * 100) for number in range(50)])
    content = bytearray(path.read_bytes())
    content[8192:-8192] = b"\xff" * (len(content) - 16384)
    path.write_bytes(content)
    with closing(Store(path)) as store:
        assert store.check() is not None
        with pytest.raises(StoreError, match=r"damaged.*`baotong index` sets"):
            list(store.all_articles())


def test_a_damaged_body_is_named(store: Store) -> None:
    store.apply([make_article("a.md")])
    with store.writing() as connection:
        connection.execute("UPDATE articles SET body = x'00ff'")
    with pytest.raises(StoreError, match=r"damaged.*`baotong index` sets"):
        store.body(1)


def test_a_database_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    Store(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=99")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"newer version.*update the program.*index again"):
        Store(path)
    assert path.read_bytes() == before


def test_a_full_disk_is_said_in_plain_words_and_costs_nothing_stored(store: Store) -> None:
    store.apply([make_article("a.md")])
    with store.writing() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    with store._reading() as connection:
        connection.execute(f"PRAGMA max_page_count={pages + 1}")
    with pytest.raises(StoreError, match="disk is full; make room"):
        store.apply([make_article(f"{number}.md", "字" * 2_000) for number in range(200)])
    assert ids_of(store) == ["a.md"]
    with store._reading() as connection:
        connection.execute("PRAGMA max_page_count=1000000")
    store.apply([make_article("b.md")])
    assert ids_of(store) == ["a.md", "b.md"]


def test_writing_much_leaves_the_settings_as_they_were(store: Store) -> None:
    def settings() -> list[int]:
        with store._reading() as connection:
            return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in BULK_PRAGMAS]

    usual = settings()
    with store.bulk_writing():
        store.apply([make_article("a.md")])
        assert settings() == list(BULK_PRAGMAS.values()) != usual
    assert settings() == usual
    assert ids_of(store) == ["a.md"]


def test_seconds_of_the_epoch_are_whole() -> None:
    assert epoch(datetime(1971, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC)) == 365 * 86_400
    assert epoch(None) is None
