"""A folder as it is, compared with what is remembered."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import ArchiveError
from corpus.store.rows import KnownFile
from corpus.updating.scanning import Changes, FileState, Scan, compare, guard, scan
from tests.corpus.archives import Folder, readable_by_all, unprivileged


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "posts")


def paths(found: Scan) -> list[str]:
    return [file.path for file in found.files]


def test_posts_of_all_folders_are_listed_by_path(folder: Folder) -> None:
    for path in ("乙/二.md", "甲/一.markdown", "甲/.md", "页.html", "甲/深/深/三.MD"):
        folder.write(path, "x")
    assert paths(scan(folder.root)) == sorted(
        ["乙/二.md", "甲/一.markdown", "甲/.md", "页.html", "甲/深/深/三.MD"]
    )


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(".git/a.md", id="a hidden folder"),
        pytest.param("_drafts/a.md", id="the folder of drafts"),
        pytest.param("node_modules/x/a.md", id="other programs' files"),
        pytest.param("README.md", id="a README"),
        pytest.param("城市/readme.MD", id="a README further down"),
        pytest.param(".hidden.md", id="a hidden file"),
        pytest.param("a.md~", id="an editor's copy"),
        pytest.param("a.jpg", id="a picture"),
        pytest.param("_index.md", id="the page of a section"),
        pytest.param("城市/_index.en.md", id="the page of a section in another language"),
        pytest.param("#recycle/a.md", id="deleted files of a storage device"),
        pytest.param("@eaDir/a.md", id="its previews"),
        pytest.param("_site/a.html", id="a built page"),
    ],
)
def test_what_is_no_post_is_left_out_without_a_word(folder: Folder, path: str) -> None:
    folder.write(path, "x")
    assert scan(folder.root) == Scan()


def test_files_that_could_be_articles_are_counted_by_kind(folder: Folder) -> None:
    for path in ("a.pdf", "乙/b.PDF", "c.docx", "d.txt", "md", "e.jpg", "~$f.docx", "LICENSE", "a.md"):
        folder.write(path, "x")
    found = scan(folder.root)
    assert found.passed_over == {".pdf": 2, ".docx": 1, ".txt": 1, "(no suffix)": 1}
    assert paths(found) == ["a.md"]


def test_a_folder_named_like_a_post_is_named_and_what_is_in_it_is_read(folder: Folder) -> None:
    folder.write("x.md/index.md", "x")
    found = scan(folder.root)
    assert paths(found) == ["x.md/index.md"]
    assert found.refused == [("x.md", "a folder, not a post")]


def test_pipes_and_broken_links_are_named(folder: Folder) -> None:
    os.mkfifo(folder.root / "管道.md")
    (folder.root / "断.md").symlink_to("nowhere.md")
    (folder.root / "圈.md").symlink_to("圈.md")
    found = scan(folder.root)
    assert paths(found) == []
    reasons = dict(found.refused)
    assert reasons["管道.md"] == "not a regular file"
    assert reasons["断.md"].startswith("cannot be read")
    assert reasons["圈.md"].startswith("cannot be read")


def test_folders_behind_links_are_named_and_not_entered(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.md").write_text("x")
    (folder.root / "way").symlink_to(tmp_path / "elsewhere")
    (folder.root / "round").symlink_to(folder.root)
    (folder.root / "post.md").symlink_to(tmp_path / "elsewhere")
    (folder.root / ".hidden").symlink_to(tmp_path / "elsewhere")
    (folder.root / "itself").symlink_to(folder.root / "itself")
    found = scan(folder.root)
    assert found.files == []
    assert sorted(found.refused) == [
        (path, "a link to a folder, not followed") for path in ("post.md", "round", "way")
    ]


def test_names_that_are_not_utf8_are_named_readably(folder: Folder) -> None:
    (Path(os.fsdecode(bytes(folder.root) + b"/\xff\xfe.md"))).write_text("x")
    found = scan(folder.root)
    assert paths(found) == []
    [(name, reason)] = found.refused
    assert (name, reason) == ("\\udcff\\udcfe.md", "the file name is not UTF-8")


def test_a_missing_archive_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="nowhere cannot be read"):
        scan(tmp_path / "nowhere")


def test_a_folder_that_cannot_be_listed_is_named_and_its_posts_are_not_gone() -> None:
    with readable_by_all() as root:
        folder = Folder(root / "posts")
        folder.write("open/a.md", "x")
        folder.write("shut/b.md", "x")
        known = {file.path: KnownFile(file.stat, "", None) for file in scan(folder.root).files}
        (folder.root / "shut").chmod(0)
        with unprivileged():
            found = scan(folder.root)
        (folder.root / "shut").chmod(0o755)
    assert paths(found) == ["open/a.md"]
    [(path, reason)] = found.refused
    assert path == "shut"
    assert reason.startswith("the folder cannot be read")
    assert compare(found, known).gone == ()


def test_files_that_cannot_be_looked_at_are_not_gone() -> None:
    with readable_by_all() as root:
        folder = Folder(root / "posts")
        folder.write("listed/a.md", "x")
        known = {file.path: KnownFile(file.stat, "", None) for file in scan(folder.root).files}
        (folder.root / "listed").chmod(0o444)  # names can be read, files cannot
        with unprivileged():
            found = scan(folder.root)
        (folder.root / "listed").chmod(0o755)
    assert found.files == []
    assert compare(found, known).gone == ()


def test_a_file_changed_a_moment_ago_is_read_again_even_if_it_looks_the_same(folder: Folder) -> None:
    file = folder.write("a.md", "x")
    os.utime(file)
    [state] = scan(folder.root).files
    assert compare(Scan([state]), {"a.md": KnownFile(state.stat, "d", None)}).read == (state,)
    old = time.time() - 10
    os.utime(file, (old, old))
    [state] = scan(folder.root).files
    assert compare(Scan([state]), {"a.md": KnownFile(state.stat, "d", None)}).read == ()


def test_files_from_the_future_are_not_read_for_ever(folder: Folder) -> None:
    file = folder.write("a.md", "x")
    later = time.time() + 1_000_000
    os.utime(file, (later, later))
    [state] = scan(folder.root).files
    assert compare(Scan([state]), {"a.md": KnownFile(state.stat, "d", None)}).read == ()


names = st.sampled_from([f"{folder}/{name}.md" for folder in ("a", "b", "ab") for name in "12345"])
stats = st.sampled_from(["1:1", "1:2", "2:1"])


@given(st.dictionaries(names, stats), st.dictionaries(names, stats))
def test_every_file_is_new_changed_gone_or_as_it_was(before: dict[str, str], after: dict[str, str]) -> None:
    known = {path: KnownFile(stat, "d", None) for path, stat in before.items()}
    work = compare(Scan([FileState(path, stat) for path, stat in sorted(after.items())]), known)
    assert {file.path for file in work.read} == {
        path for path, stat in after.items() if before.get(path) != stat
    }
    assert set(work.gone) == before.keys() - after.keys()
    assert work.unchanged == len(after) - len(work.read)


def test_skipped_files_are_tried_again_but_not_drafts() -> None:
    files = [FileState("draft.md", "1:1"), FileState("shut.md", "1:1")]
    known = {"draft.md": KnownFile("1:1", "", "draft"), "shut.md": KnownFile("1:1", "", "cannot be read")}
    work = compare(Scan(files), known)
    assert [file.path for file in work.read] == ["shut.md"]
    assert (work.refused, work.unchanged) == ((("draft.md", "draft"),), 0)


def test_all_files_are_read_anew_when_asked() -> None:
    files = [FileState("a.md", "1:1")]
    assert compare(Scan(files), {"a.md": KnownFile("1:1", "d", None)}, read_all=True).read == tuple(files)


def articles(count: int) -> dict[str, KnownFile]:
    return {f"{number}.md": KnownFile("1:1", "d", None) for number in range(count)}


def gone(count: int) -> Changes:
    return Changes((), tuple(f"{number}.md" for number in range(count)), 0, ())


def test_the_same_archive_with_half_of_it_gone_passes(tmp_path: Path) -> None:
    guard(tmp_path, str(tmp_path), gone(5), articles(10), force=False)
    guard(tmp_path, None, gone(0), {}, force=False)


def test_an_archive_with_more_than_half_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"6 of 10 articles are gone.*mounted.*--force"):
        guard(tmp_path, str(tmp_path), gone(6), articles(10), force=False)
    guard(tmp_path, str(tmp_path), gone(6), articles(10), force=True)


def test_another_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"belongs to the archive /before.*--force"):
        guard(tmp_path, "/before", gone(0), articles(3), force=False)
    guard(tmp_path, "/before", gone(0), articles(3), force=True)


def test_skipped_files_that_are_gone_do_not_alarm(tmp_path: Path) -> None:
    known = articles(1) | {f"bad{number}.md": KnownFile("1:1", "", "binary, not text") for number in range(9)}
    work = Changes((), tuple(path for path in known if path.startswith("bad")), 1, ())
    guard(tmp_path, str(tmp_path), work, known, force=False)
