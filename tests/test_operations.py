"""What the page for operators says is what the program does."""

import re
import tomllib
from pathlib import Path

import pytest

from bot.inbox.update import Outcome
from bot.metrics import Metrics

PROJECT = Path(__file__).resolve().parents[1]
PAGE = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
COUNTED_ELSEWHERE = {"baotong_queue_depth", "baotong_poll_age_seconds"}


def test_every_metric_is_explained_and_every_explained_one_exists() -> None:
    families = {family.name for family in Metrics().registry.collect() if family.name.startswith("baotong_")}
    names = {name + "_total" if f"{name}_total" in PAGE else name for name in families} | COUNTED_ELSEWHERE
    assert set(re.findall(r"`(baotong_[a-z_]+)", PAGE)) == names


def test_every_end_of_an_update_is_named() -> None:
    [row] = [line for line in PAGE.splitlines() if line.startswith("| `baotong_updates_total")]
    assert {outcome.value for outcome in Outcome} <= set(re.findall(r"`([a-z]+)`", row))


def test_every_dependency_is_listed_with_licence_and_release() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = {
        re.split(r"[\[<>=]", requirement)[0].lower()
        for requirement in [*project["dependencies"], *extras["fast"], *extras["plots"], *extras["mcp"]]
    }
    rows = [
        line.split("|") for line in PAGE.partition("## Dependencies")[2].splitlines() if line.startswith("| ")
    ]
    listed = {row[1].split("(")[0].strip("– ").lower() for row in rows if len(row) == 6}
    assert wanted <= listed
    assert all(len(row) == 6 and all(cell.strip() for cell in row[1:5]) for row in rows)


@pytest.mark.parametrize(
    "path", ["deploy/Dockerfile", "deploy/compose.yaml", "deploy/baotong.service", ".env.example"]
)
def test_what_the_page_refers_to_exists(path: str) -> None:
    assert (PROJECT / path).is_file()
    assert Path(path).name in PAGE


def test_the_container_and_the_unit_run_without_rights() -> None:
    dockerfile = (PROJECT / "deploy/Dockerfile").read_text(encoding="utf-8")
    unit = (PROJECT / "deploy/baotong.service").read_text(encoding="utf-8")
    assert re.search(r"^USER (?!root)", dockerfile, re.MULTILINE)
    assert "--require-hashes" in dockerfile
    assert "Type=notify" in unit
    assert "WatchdogSec=30" in unit
    assert "HEALTHCHECK" in dockerfile
    assert "NoNewPrivileges=true" in unit
    assert "User=baotong" in unit


@pytest.mark.parametrize("steps", ["deploy/Dockerfile", "docs/operations.md"])
def test_everything_that_is_installed_is_checked_against_a_hash(steps: str) -> None:
    text = (PROJECT / steps).read_text(encoding="utf-8").replace("\\\n", " ")
    commands = re.findall(r"(?:pip|baotong/bin/python) (?:install|wheel) [^&\n]*", text)
    assert len(commands) >= 4
    for command in commands:
        assert "--require-hashes" in command or "--no-index" in command, command
        assert " . " not in f"{command} " or "--no-build-isolation" in command, command
    lock = (PROJECT / "requirements-build.lock").read_text(encoding="utf-8")
    [pinned] = re.findall(r"^setuptools==\S+", lock, re.MULTILINE)
    assert "--hash=sha256:" in lock
    assert pinned in (PROJECT / "requirements-dev.lock").read_text(encoding="utf-8")


def pinned(lock: str) -> dict[str, str]:
    """Versions of a lock file by package."""
    text = (PROJECT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize(
    "lock",
    [
        *("requirements.lock", "requirements-plots.lock", "requirements-mcp.lock"),
        *("requirements-postgres.lock", "requirements-build.lock"),
    ],
)
def test_what_develops_the_bot_has_the_versions_that_run_it(lock: str) -> None:
    assert pinned(lock).items() <= pinned("requirements-dev.lock").items()


def test_what_runs_the_bot_is_light() -> None:
    heavy = {"matplotlib", "numba", "llvmlite", "scipy", "pytest", "ruff", "mypy", "hypothesis"}
    assert heavy & set(pinned("requirements-dev.lock"))
    assert not heavy & set(pinned("requirements.lock"))


def test_the_image_is_sent_what_it_copies_and_nothing_else() -> None:
    dockerfile = (PROJECT / "deploy/Dockerfile").read_text(encoding="utf-8")
    ignored = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = {
        source.removeprefix("./")
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
    }
    assert "*" in ignored
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == copied
    assert all((PROJECT / source).exists() for source in copied)
