"""The wheel that `pipx install .` and the image build: complete, and the command runs from it alone."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import variable_names

PROJECT = Path(__file__).parents[1]
PACKAGES = ("bot", "corpus")
NOT_INSTALLED = {"README.md"}
"""Names of files beside the code that only developers read; the sample's own are posts."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")  # building leaves folders behind
    for name in PACKAGES:
        shutil.copytree(PROJECT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, source)
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    subprocess.run([*build, "--wheel-dir", source / "wheels", source], check=True, timeout=250)
    [made] = (source / "wheels").glob("*.whl")
    return made


def wanted() -> Iterator[str]:
    files = (path for name in PACKAGES for path in (PROJECT / name).rglob("*") if path.is_file())
    for path in (file.relative_to(PROJECT) for file in files):
        is_sample = path.parts[:2] == ("corpus", "sample")
        if "__pycache__" not in path.parts and (is_sample or path.name not in NOT_INSTALLED):
            yield path.as_posix()


def test_the_wheel_has_every_file_of_the_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        held = {name for name in content.namelist() if name.startswith(PACKAGES) and ".dist-info" not in name}
    assert held == set(wanted())


def test_the_command_answers_from_the_sample_outside_the_repository(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        content.extractall(tmp_path / "installed")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {name: value for name, value in os.environ.items() if name not in variable_names()}
    result = subprocess.run(
        [sys.executable, "-P", "-m", "bot", "ask", "--limit", "1", "逐光二号为什么推迟"],
        cwd=elsewhere,
        env={**environment, "PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=250,
        check=True,
    )
    assert result.stdout.startswith("逐光二号首飞推迟")
    assert sorted(path.name for path in elsewhere.iterdir()) == ["data"]
