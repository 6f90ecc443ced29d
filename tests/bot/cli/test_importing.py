"""`baotong import` as people and programs call it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus import sample_folder
from tests.bot.command_line import Baotong
from tests.corpus.sources.feed_server import FeedServer, Page
from tests.corpus.sources.imports.documents import word
from tests.corpus.sources.imports.test_pages import PAGE
from tests.corpus.sources.imports.test_telegram_export import export, message


@pytest.fixture
def baotong(tmp_path: Path) -> Baotong:
    archive = tmp_path / "posts"
    archive.mkdir()
    return Baotong(tmp_path, archive)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    folder = tmp_path / "saved"
    (folder / "channel").mkdir(parents=True)
    (folder / "page.html").write_text(PAGE)
    (folder / "纪要.docx").write_bytes(word("护栏由城建局验收，一共花了三百万元。", title="护栏验收纪要"))
    (folder / "channel/result.json").write_text(export(message(2, "明天单号限行，双号可以上桥。")))
    return folder


def test_from_saved_things_to_an_answer(baotong: Baotong, saved: Path) -> None:
    report = baotong.json("import", str(saved), "--category", "民生", "--json")
    assert list(report) == ["added", "known", "updated", "skipped", "seconds", "readers"]
    assert (report["added"], report["known"], report["skipped"]) == (3, 0, [])
    assert report["readers"] == ["trafilatura"]
    assert "三百万元" in baotong("ask", "护栏一共花了多少钱").stdout
    assert "提前一天" in baotong("ask", "望江大桥什么时候恢复通行").stdout
    again = baotong("import", str(saved))
    assert "0 articles added, 3 were there already" in again.stdout
    assert baotong.json("categories", "--json")[0]["name"] == "民生"


def test_the_report_names_what_was_skipped_and_who_found_the_texts(baotong: Baotong, saved: Path) -> None:
    (saved / "坏.pdf").write_bytes(b"%PDF-1.4")
    shown = baotong("import", str(saved), "--no-index")
    assert shown.returncode == 0
    assert "3 articles added" in shown.stdout
    assert "main texts of web pages found by: trafilatura" in shown.stdout
    assert "坏.pdf: no PDF document" in shown.stdout
    assert (
        "0 articles" in baotong("index", "--json").stdout or baotong.json("index", "--json")["unchanged"] == 3
    )


def test_exit_codes_tell_what_became_of_it(baotong: Baotong, saved: Path) -> None:
    assert baotong("import").returncode == 2
    assert baotong("import", "no-such-file.html").returncode == 2
    assert baotong("import", str(saved), "--channel", "no name").returncode == 2
    bad = saved / "channel/bad.txt"
    bad.write_bytes(b"\0\1\2")
    assert baotong("import", str(bad)).returncode == 1
    assert baotong("import", str(bad), str(saved / "page.html")).returncode == 0
    assert baotong("import", "ftp://news.test/sitemap.xml").returncode == 1


def test_posts_go_where_to_says(baotong: Baotong, saved: Path, tmp_path: Path) -> None:
    page = str(saved / "page.html")
    assert baotong("import", page, "--to", str(baotong.archive / "导入")).returncode == 0
    assert len(list((baotong.archive / "导入").rglob("*.md"))) == 1
    elsewhere = baotong("import", str(saved / "channel"), "--to", str(tmp_path / "other"))
    assert "is not the archive" in elsewhere.stderr
    assert len(list((tmp_path / "other").rglob("*.md"))) == 1
    assert baotong("import", page, "--to", str(sample_folder())).returncode == 2


def test_without_an_archive_posts_go_into_data_dir_or_a_folder_that_then_is_the_archive(
    baotong: Baotong, saved: Path, tmp_path: Path
) -> None:
    none = {"CORPUS_DIR": ""}
    result = baotong("import", str(saved / "page.html"), "--no-index", environment=none)
    assert result.returncode == 0, result.stderr
    assert "the archive from now on" in result.stderr
    assert len(list((baotong.data / "posts").rglob("*.md"))) == 1
    own = tmp_path / "own"
    result = baotong("import", str(saved), "--to", str(own), environment=none)
    assert result.returncode == 0, result.stderr
    assert "三百万元" in baotong("ask", "护栏一共花了多少钱", environment=none).stdout
    assert len(list(own.rglob("*.md"))) == 3


def test_the_sample_is_never_written(baotong: Baotong, saved: Path) -> None:
    result = baotong("import", str(saved), environment={"CORPUS_DIR": str(sample_folder())})
    assert result.returncode == 2
    assert "never written" in result.stderr


def test_a_report_of_the_archive_names_what_import_reads(baotong: Baotong) -> None:
    (baotong.archive / "a.md").write_text("# 大桥\n\n昨夜恢复通行。\n")
    (baotong.archive / "年报.pdf").write_bytes(b"%PDF")
    (baotong.archive / "c.zip").write_bytes(b"PK")
    shown = baotong("index").stdout
    assert "1 .pdf" in shown
    assert "`baotong import` reads .pdf" in " ".join(shown.split())


@pytest.fixture
def site() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def test_addresses_of_a_list_and_of_a_sitemap_are_imported(
    baotong: Baotong, site: FeedServer, tmp_path: Path
) -> None:
    for number in (1, 2, 3):
        text = PAGE.replace("https://www.news.test/2026/bridge", site.url(f"/{number}")).replace(
            "抢通", f"第{number}"
        )
        site.pages[f"/{number}"] = Page(text.encode(), content_type="text/html")
    listed = "".join(f"<url><loc>{site.url(path)}</loc></url>" for path in ("/1", "/2"))
    site.pages["/sitemap.xml"] = Page(f"<urlset>{listed}</urlset>".encode())
    own = {"FEED_ALLOW_PRIVATE": f"127.0.0.1:{site.port}"}
    refused = baotong("import", site.url("/sitemap.xml"))
    assert refused.returncode == 1
    assert "private address" in refused.stdout
    first = baotong("import", site.url("/sitemap.xml"), "--json", environment=own)
    assert '"added": 2' in first.stdout, first.stdout + first.stderr
    file = tmp_path / "addresses.txt"
    file.write_text(f"# mine\n{site.url('/2')}\n\n{site.url('/3')}\n")
    second = baotong("import", "--addresses", str(file), "--json", environment=own)
    assert '"added": 1, "known": 1' in second.stdout, second.stdout
