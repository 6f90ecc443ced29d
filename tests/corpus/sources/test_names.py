import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from corpus.sources.names import MAX_TITLE_BYTES, file_name, folder_name
from corpus.updating import is_post_name


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_title_gives_a_name_that_every_system_takes(title: str, key: str) -> None:
    name = file_name(title, key)
    assert is_post_name(name)
    assert len(name.encode()) <= MAX_TITLE_BYTES + 14
    assert not set(name) & set('/\\:?*"<>|%\n\r\t\0')
    assert not name.startswith(".")
    assert name == unicodedata.normalize("NFC", name)


@given(st.text(max_size=100))
def test_any_name_gives_a_folder_that_is_read(name: str) -> None:
    folder = folder_name(name)
    assert folder
    assert folder not in (".", "..", "_drafts", "node_modules")
    assert not folder.startswith(".")
    assert not set(folder) & set('/\\:?*"<>|\0')
    assert folder.rstrip(" .") == folder


def test_equal_titles_of_different_entries_give_different_names() -> None:
    assert file_name("招生简章", "a") != file_name("招生简章", "b")
    assert file_name("招生简章", "a") == file_name("招生简章", "a")


def test_long_titles_are_cut_at_a_character() -> None:
    assert file_name("长" * 300, "k").startswith("长" * 40 + "-")


def test_reserved_names_are_avoided() -> None:
    names = ("nul", "COM1", "..", "", "node_modules", "_drafts")
    assert [folder_name(name) for name in names] == ["_nul", "_COM1", "_", "_", "_node_modules", "__drafts"]
