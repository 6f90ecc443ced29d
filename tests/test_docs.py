"""What is written about the program agrees with the program."""

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from datetime import date
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
    BlockKind,
    Category,
    Confidence,
    Filters,
    Hit,
    Mark,
    MarkKind,
    Paragraph,
    Passage,
    Skipped,
    UpdateReport,
)
from corpus.models import AnswerKind, Condition, Unmet
from corpus.updating.progress import Stages

PROJECT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh.md")
CLI_PAGES = ("docs/cli.md", "docs/cli.zh.md")
PAGES = (*READMES, "CHANGELOG.md", *(f"docs/{page.name}" for page in sorted((PROJECT / "docs").glob("*.md"))))
DECISIONS = tuple(
    f"docs/decisions/{page.name}" for page in sorted((PROJECT / "docs/decisions").glob("0*.md"))
)
DEVELOPER_PAGES = (
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "corpus/index/kernels/README.md",
    "docs/decisions/README.md",
    *DECISIONS,
)
ALL_PAGES = (*PAGES, *DEVELOPER_PAGES)
CURRENT_PAGES = tuple(page for page in ALL_PAGES if page != "CHANGELOG.md")
"""Pages that tell how things are now; the changelog tells how they were."""

BOTFATHER = {"newbot", "setinline", "setprivacy", "setjoingroups", "setcommands"}
PLACES = {"healthz", "readyz", "metrics", "mcp"}
"""Of the web server; they look like commands of the bot."""

OTHER_VARIABLES = {"WATCHFILES_FORCE_POLLING", "ARCHIVE_MODE"}
"""Variables that libraries and the compose file read."""

OTHER_MODULES = {"pip", "pytest", "venv"}
"""Modules that are run and are not of this project."""


def read(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def group() -> TyperGroup:
    made = typer.main.get_command(cli)
    assert isinstance(made, TyperGroup)
    return made


def options_of(command: str) -> set[str]:
    """Options of a command that people are told of."""
    made = group().commands[command]
    inner = made.commands.values() if isinstance(made, TyperGroup) else ()
    parameters = [each for one in (made, *inner) for each in one.params]
    return {
        name
        for each in parameters
        if not getattr(each, "hidden", False)
        for name in (*each.opts, *each.secondary_opts)
    }


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


@pytest.mark.parametrize("name", CLI_PAGES)
def test_the_page_of_the_command_line_has_every_command(name: str) -> None:
    assert set(re.findall(r"\bbaotong ([a-z]+)", code_in(read(name)))) >= set(group().commands)


@pytest.mark.parametrize("name", CLI_PAGES)
def test_the_page_of_the_command_line_has_every_option_and_no_other(name: str) -> None:
    options = {option for command in group().commands for option in options_of(command)}
    long_options = {option for option in options if option.startswith("--")}
    told = set(re.findall(r"(?<![\w-])--[a-z-]+", code_in(read(name))))
    assert long_options <= told
    assert told <= long_options | {"--help", "--version"}


@pytest.mark.parametrize(("readme", "page"), list(zip(READMES, CLI_PAGES, strict=True)))
def test_a_readme_leads_to_the_page_of_the_command_line(readme: str, page: str) -> None:
    assert f"]({page})" in read(readme)


@pytest.mark.parametrize("name", CLI_PAGES)
def test_the_page_of_the_command_line_has_every_exit_code(name: str) -> None:
    assert re.findall(r"^\| ([0-9]+) \|", read(name), re.MULTILINE) == ["0", "1", "2", "130"]


@pytest.mark.parametrize("name", [*ALL_PAGES, ".env.example", "Makefile"])
def test_every_command_and_option_that_a_page_names_exists(name: str) -> None:
    text = read(name) if name in {".env.example", "Makefile"} else code_in(read(name))
    for command, rest in re.findall(r"(?:^|[`/]|  )baotong ([a-z]+)\b([^`#\n]*)", text, re.MULTILINE):
        assert command in group().commands, command
        options = set(re.findall(r"(?<![\w-])--[a-z-]+", rest.partition("baotong ")[0]))
        assert options <= options_of(command), f"baotong {command}: {options - options_of(command)}"


@pytest.mark.parametrize("name", CLI_PAGES)
def test_the_question_is_shown_with_every_option(name: str) -> None:
    long_options = {option for option in options_of("ask") if option.startswith("--")} - {"--help"}
    asked = "\n".join(line for line in read(name).splitlines() if line.startswith("baotong ask "))
    assert long_options <= set(re.findall(r"--[a-z]+", asked))


@pytest.mark.parametrize("name", READMES)
def test_a_readme_has_every_command_of_the_bot_and_no_other(name: str) -> None:
    told = set(re.findall(r"(?<![\w/.:])/([a-z]+)(?=[`@ ])", code_in(read(name))))
    known = {other for command in COMMANDS for other in (command.name, *command.also)}
    assert {command.name for command in COMMANDS} <= told
    assert told <= known | BOTFATHER | PLACES


def test_every_command_of_the_bot_is_described_in_every_language() -> None:
    for language in Language:
        for command in COMMANDS:
            if command.menu is not menus.MenuScope.NOWHERE:
                assert f"command.{command.name}" in translator(language)


@pytest.mark.parametrize("name", CLI_PAGES)
def test_the_page_of_the_command_line_has_every_word_of_the_json_and_no_other(name: str) -> None:
    article = Article("a", "a.md", "甲", None, None, None, ())
    hit = Hit(article, Passage("a.0", 0, "甲"), (), (), 1.0)
    filters = Filters()
    stages = tuple(Stages().seconds.items())
    unmet = (Unmet(Condition.CATEGORY, "甲"),)
    answer = output.answer(Answer("?", Confidence.NONE, 0.0, None, filters, (), (hit,), 1, 1.0, unmet=unmet))
    report = output.report(UpdateReport(0, 0, 0, 0, (Skipped("a.md", "?"),), (), 0.0, stages))
    page = output.latest(ArticlePage((article,), 1))
    tree = output.category(Category("c", ("甲",), 1))
    marked = Paragraph("甲", marks=(Mark(0, 1, MarkKind.STRONG),))
    text = output.article_text(ArticleText(article, (marked,), (0,)))
    over_time = output.trend("甲", "month", [(date(2022, 1, 1), 1)])
    words = set(keys_in([answer, report, page, tree, text, over_time])) | {"error", "limit", "paragraphs"}
    section = read(name).partition("\n## JSON\n")[2].partition("\n## ")[0]
    told = set(re.findall(r'"([a-z_]+)"(?=[:,}])|`([a-z]+)`', section))
    names = {one for pair in told for one in pair if one}
    values = {str(value) for value in (*AnswerKind, *Confidence, *Condition, *BlockKind, *MarkKind)}
    assert words - {"limit"} <= names
    assert names <= words | values | set(group().commands) | {"text", "week", "month"}


def keys_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_in(inner)


# --- Files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL_PAGES)
def test_every_target_of_make_that_a_page_names_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*?## ", read("Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?<![\w-])make ([a-z-]+)", code_in(read(name)))) <= targets


@pytest.mark.parametrize("name", CURRENT_PAGES)
def test_every_file_and_heading_that_a_page_links_to_exists(name: str) -> None:
    page = PROJECT / name
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", read(name)):
        linked = page.parent / target if target else page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors_of(linked), f"{target}#{anchor}"


def anchors_of(page: Path) -> set[str]:
    """What a page's headings are linked by: lower case, hyphens for blanks, no marks."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", CURRENT_PAGES)
def test_every_path_that_a_page_names_exists(name: str) -> None:
    for path in re.findall(
        r"(?<![\w/.])(?:bot|corpus|tests|benchmarks|docs|deploy)/[\w./-]+", code_in(read(name))
    ):
        assert (PROJECT / path).exists(), path


@pytest.mark.parametrize("name", READMES)
def test_the_sample_has_as_many_posts_as_a_readme_says(name: str) -> None:
    posts = sum(path.suffix in {".md", ".markdown", ".html"} for path in sample_files())
    [told] = re.findall(r"(\d+)(?= invented posts|\s?篇，格式真实)", read(name))
    assert int(told) == posts


def sample_files() -> Iterator[Path]:
    return (PROJECT / "corpus/sample").rglob("*")


@pytest.mark.parametrize("name", CURRENT_PAGES)
def test_extras_and_modules_that_a_page_names_exist(name: str) -> None:
    extras = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
    assert set(re.findall(r"\.\[([a-z]+)\]", read(name))) <= set(extras)
    for module in set(re.findall(r"python -m ([a-z.]+)", read(name))) - OTHER_MODULES:
        path = PROJECT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists()


@pytest.mark.parametrize("twins", [READMES, CLI_PAGES])
def test_a_page_and_its_chinese_twin_have_the_same_parts(twins: tuple[str, str]) -> None:
    ours, theirs = (re.findall(r"^(#+) |^(```)", read(name), re.MULTILINE) for name in twins)
    assert ours == theirs
    tables = [len(re.findall(r"^\|", read(name), re.MULTILINE)) for name in twins]
    assert tables[0] == tables[1]


# --- Architecture, decisions, releases -----------------------------------------------------------


def packages() -> set[str]:
    return {
        f"{root}.{face.parent.name}"
        for root in ("bot", "corpus")
        for face in (PROJECT / root).glob("*/__init__.py")
    }


def test_every_package_has_a_heading_in_the_architecture_and_no_other() -> None:
    assert set(re.findall(r"^### `([a-z.]+)`$", read("ARCHITECTURE.md"), re.MULTILINE)) == packages()


def test_a_face_that_the_architecture_names_is_exported() -> None:
    parts = re.findall(r"^### `([a-z.]+)`\n(.*?)(?=^##)", read("ARCHITECTURE.md"), re.MULTILINE | re.DOTALL)
    faces = {
        package: re.findall(r"`(\w+)`", face)
        for package, text in parts
        for face in re.findall(r"^Face: (.+)$", text, re.MULTILINE)
    }
    assert len(faces) >= len([package for package in packages() if package.startswith("corpus.")])
    for package, names in faces.items():
        exported = importlib.import_module(package).__all__
        assert names
        assert set(names) <= set(exported), package


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_has_the_usual_parts(name: str) -> None:
    assert re.findall(r"^## (.+)$", read(name), re.MULTILINE) == [
        "Context",
        "Decision",
        "Rejected",
        "Figures",
    ]
    assert re.match(rf"# {Path(name).name[:4]} ", read(name))
    assert len(read(name).splitlines()) <= 45


def test_every_decision_has_a_number_of_its_own_and_a_line_in_the_list() -> None:
    assert [int(Path(name).name[:4]) for name in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    listed = re.findall(r"^- \[(\d{4})\]\((\1-[\w-]+\.md)\)", read("docs/decisions/README.md"), re.MULTILINE)
    assert sorted(page for _, page in listed) == [Path(name).name for name in DECISIONS]


def test_the_newest_release_is_the_version_of_the_project() -> None:
    unreleased, released, *_ = re.findall(r"^## (.+)$", read("CHANGELOG.md"), re.MULTILINE)
    assert unreleased == "Unreleased"
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert re.fullmatch(rf"{re.escape(version)} – \d{{4}}-\d{{2}}-\d{{2}}", released)


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
    for path in (PROJECT / "bot" / "web" / "templates").iterdir():
        exact |= set(re.findall(r'\bt\("([a-z_.]+)"', path.read_text(encoding="utf-8")))
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
                kept_here = path.name in {".env", ".git"} or path.name.startswith(".coverage")
                if not kept_here and "corpus/sample" not in path.as_posix():
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


@pytest.mark.parametrize(
    "name",
    [f"requirements{kind}.lock" for kind in ("", "-dev", "-semantic", "-postgres")],
)
def test_the_lock_holds_names_versions_and_hashes_only(name: str) -> None:
    lines = (line.strip().rstrip("\\").strip() for line in read(name).splitlines())
    kept = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.!+-]+|--hash=sha256:[0-9a-f]{64}", line) for line in kept)
    assert "://" not in read(name)
