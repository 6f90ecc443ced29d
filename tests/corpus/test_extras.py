"""Whoever lacks an extra is told a command that works as it stands."""

import shlex
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from corpus.extras import install_command

EXTRAS = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text("utf-8"))["project"][
    "optional-dependencies"
]


@pytest.mark.parametrize("extra", ["documents", "fulltext"])
def test_the_command_names_this_python_and_what_the_extra_holds(extra: str) -> None:
    program, *options = shlex.split(install_command(extra))
    assert program == sys.executable
    assert options[:3] == ["-m", "pip", "install"]
    assert {Requirement(one) for one in options[3:]} == {Requirement(one) for one in EXTRAS[extra]}


def test_a_package_that_is_not_installed_names_the_extra_of_its_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("corpus.extras.metadata.requires", lambda _: None)
    assert install_command("documents").endswith("pip install '.[documents]'")
