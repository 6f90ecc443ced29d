"""What is written about the program agrees with the program."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from bot import output
from bot.cli.commands import cli
from bot.messages import menus
from bot.service.application import COMMANDS
from bot.settings import Settings, variable_names
from bot.wording.i18n import Language, translator
from corpus import (
    Answer,
    Article,
    ArticlePage,
    ArticleText,
    Category,
    Confidence,
    Filters,
    Hit,
    Passage,
    UpdateReport,
)
from corpus.models import Condition, Unmet
from corpus.updating.progress import Stages

PROJECT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh.md")
PAGES = (*READMES, "CHANGELOG.md", *(f"docs/{page.name}" for page in sorted((PROJECT / "docs").glob("*.md"))))
BOTFATHER = {"newbot", "setinline", "setprivacy", "setjoingroups", "setcommands"}
PLACES = {"healthz", "readyz", "metrics"}
"""Of the web server; they look like commands of the bot."""

OTHER_VARIABLES = {"WATCHFILES_FORCE_POLLING"}
"""Variables that libraries read."""


def read(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def group() -> TyperGroup:
    made = typer.main.get_command(cli)
    assert isinstance(made, TyperGroup)
    return made


def options_of(command: str) -> set[str]:
    return {name for parameter in group().commands[command].params for name in parameter.opts}


def code_in(text: str) -> str:
    """What stands between backquotes, blocks and words."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))


# --- Settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READMES)
def test_the_table_of_settings_has_every_setting_and_no_other(name: str) -> None:
    rows = re.findall(r"^\| (`[A-Z_`、, ]+`) \|", read(name), re.MULTILINE)
    told = {variable for row in rows for variable in re.findall(r"[A-Z_]+", row)}
    assert told == variable_names()


def test_the_example_of_settings_has_every_setting_with_its_default() -> None:
    lines = re.findall(r"^([A-Z_]+)=(.*)$", read(".env.example"), re.MULTILINE)
    assert {name for name, _ in lines} == variable_names()
    assert len(lines) == len(variable_names())
    assert Settings.load(PROJECT / ".env.example") == Settings.load(None)


@pytest.mark.parametrize("name", PAGES)
def test_every_variable_a_page_names_is_read_by_somebody(name: str) -> None:
    named = set(re.findall(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b", code_in(read(name))))
    of_tests = {
        variable
        for path in (PROJECT / "tests").rglob("*.py")
        for variable in re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert named <= variable_names() | OTHER_VARIABLES | of_tests


# --- Commands ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READMES)
def test_a_readme_has_every_command_of_the_command_line(name: str) -> None:
    assert set(re.findall(r"\bbaotong ([a-z]+)", code_in(read(name)))) >= set(group().commands)


@pytest.mark.parametrize("name", [*PAGES, ".env.example", "Makefile"])
def test_every_command_and_option_that_a_page_names_exists(name: str) -> None:
    text = read(name) if name in {".env.example", "Makefile"} else code_in(read(name))
    for command, rest in re.findall(r"(?:^|[`/]|  )baotong ([a-z]+)\b([^`#\n]*)", text, re.MULTILINE):
        assert command in group().commands, command
        options = set(re.findall(r"(?<![\w-])--[a-z-]+", rest.partition("baotong ")[0]))
        assert options <= options_of(command), f"baotong {command}: {options - options_of(command)}"


@pytest.mark.parametrize("name", READMES)
def test_a_readme_has_every_option_of_the_question(name: str) -> None:
    long_options = {option for option in options_of("ask") if option.startswith("--")} - {"--help"}
    assert long_options <= set(re.findall(r"--[a-z]+", code_in(read(name))))


@pytest.mark.parametrize("name", READMES)
def test_a_readme_has_every_command_of_the_bot_and_no_other(name: str) -> None:
    told = set(re.findall(r"(?<![\w/.:])/([a-z]+)(?=[`@ ])", code_in(read(name))))
    known = {other for command in COMMANDS for other in (command.name, *command.also)}
    assert {command.name for command in COMMANDS} <= told
    assert told <= known | BOTFATHER | PLACES


def test_every_command_of_the_bot_is_described_in_every_language() -> None:
    for language in Language:
        for command in COMMANDS:
            if command.menu is not menus.Where.NOWHERE:
                assert f"command.{command.name}" in translator(language)


@pytest.mark.parametrize("name", READMES)
def test_a_readme_has_every_word_of_the_json_and_no_other(name: str) -> None:
    article = Article("a", "a.md", "甲", None, None, None, ())
    hit = Hit(article, Passage("a.0", 0, "甲"), (), (), 1.0)
    filters = Filters()
    stages = tuple(Stages().seconds.items())
    unmet = (Unmet(Condition.CATEGORY, "甲"),)
    answer = output.answer(Answer("?", Confidence.NONE, 0.0, None, filters, (), (hit,), 1, 1.0, unmet=unmet))
    report = output.report(UpdateReport(0, 0, 0, 0, (), (), 0.0, stages))
    page = output.latest(ArticlePage((article,), 1))
    tree = output.category(Category("c", ("甲",), 1))
    text = output.article_text(ArticleText(article, (), ()))
    words = set(keys_in([answer, report, page, tree, text])) | {"error", "limit", "paragraphs"}
    section = read(name).partition("\n### JSON\n")[2].partition("\n## ")[0]
    told = set(re.findall(r'"([a-z_]+)"(?=[:,}])|`([a-z]+)`', section))
    names = {one for pair in told for one in pair if one}
    values = {str(value) for value in (*Confidence, *Condition)}
    assert words - {"limit"} <= names
    assert names <= words | values | set(group().commands) | {"text"}


def keys_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_in(inner)


# --- Files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_every_target_of_make_that_a_page_names_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*?## ", read("Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?<![\w-])make ([a-z-]+)", code_in(read(name)))) <= targets


@pytest.mark.parametrize("name", [page for page in PAGES if page != "CHANGELOG.md"])
def test_every_file_that_a_page_links_to_exists(name: str) -> None:
    page = PROJECT / name
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", read(name)):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("name", READMES)
def test_the_sample_has_as_many_posts_as_a_readme_says(name: str) -> None:
    posts = sum(path.suffix in {".md", ".markdown", ".html"} for path in sample_files())
    [told] = re.findall(r"(\d+)(?= invented posts|\s?篇，格式真实)", read(name))
    assert int(told) == posts


def sample_files() -> Iterator[Path]:
    return (PROJECT / "corpus/sample").rglob("*")


@pytest.mark.parametrize("name", READMES)
def test_extras_and_modules_that_a_readme_names_exist(name: str) -> None:
    extras = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
    assert set(re.findall(r"\.\[([a-z]+)\]", read(name))) <= set(extras)
    for module in re.findall(r"python -m ([a-z.]+)", read(name)):
        path = PROJECT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists()


def test_the_two_readmes_are_twins() -> None:
    ours, theirs = (re.findall(r"^(#+) |^(```)", read(name), re.MULTILINE) for name in READMES)
    assert ours == theirs
    tables = [len(re.findall(r"^\|", read(name), re.MULTILINE)) for name in READMES]
    assert tables[0] == tables[1]


# --- Words ---------------------------------------------------------------------------------------


def test_every_word_of_a_locale_is_used() -> None:
    exact: set[str] = set()
    patterns: list[str] = []
    for path in (PROJECT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                exact.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = (
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w-]+"
                    for part in node.values
                )
                patterns.append("".join(parts))
    whole = re.compile("|".join(f"(?:{pattern})" for pattern in patterns if r"\." in pattern))
    unused = [
        key for key in translator(Language.HANS).entries if key not in exact and not whole.fullmatch(key)
    ]
    assert unused == []


def project_texts() -> Iterator[tuple[Path, str]]:
    """Every text of the project but the sample."""
    for name in ("bot", "corpus", "tests", "benchmarks", "docs", "deploy", "typings", ".ci", "."):
        folder = PROJECT / name
        for path in folder.glob("*") if name == "." else folder.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".png":
                text = path.read_bytes().decode("utf-8", "replace")
                if path.name not in {".env", ".git"} and "corpus/sample" not in path.as_posix():
                    yield path, text


def test_nothing_points_to_the_place_where_it_was_written() -> None:
    # Put together here, so that this file does not name them either.
    foreign = [
        "/wo" + "rk/",
        "/ro" + "ot/",
        "contract" + "-notes",
    ]
    found = [
        f"{path.relative_to(PROJECT)}: {word}"
        for path, text in project_texts()
        for word in foreign
        if word in text
    ]
    assert found == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_holds_names_versions_and_hashes_only(name: str) -> None:
    lines = (line.strip().rstrip("\\").strip() for line in read(name).splitlines())
    kept = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.!+-]+|--hash=sha256:[0-9a-f]{64}", line) for line in kept)
    assert "://" not in read(name)
