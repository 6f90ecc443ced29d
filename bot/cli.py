"""The command `baotong`. The only place that prints and that configures logging.

Standard output holds the result and nothing else; progress, remarks and errors go to standard error.
What a command needs is imported when it runs, so that `baotong ask` does not wait for Telegram's library.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot import logs, output
from bot.settings import Settings, SettingsError
from corpus.errors import CorpusError
from corpus.models import Filters

if TYPE_CHECKING:
    from datetime import date

    from rich.console import RenderableType

    from corpus import Corpus
    from corpus.models import Category, UpdateReport

cli = typer.Typer(
    name="baotong",
    help="Answers questions about an archive of articles: on the command line, in the terminal, in Telegram.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class CommandError(Exception):
    """Something the person at the keyboard can put right; the text is the one line they see."""

    def __init__(self, reason: str, *, code: int = 1) -> None:
        super().__init__(reason)
        self.code = code


# --- Options that several commands share ---------------------------------------------------------

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a card or table.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=1_000, help="How many at most.")]


# --- Commands ------------------------------------------------------------------------------------


def _version(wanted: bool) -> None:
    if wanted:
        _write(f"baotong {version()}\n")
        raise typer.Exit


@cli.callback()
def _start(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Options that stand before the command."""


@cli.command()
def index(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Folder with the posts; default: CORPUS_DIR, or the one indexed last."),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Read everything again; also accept another folder or an emptied one."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the archive up to date with the folder; only what changed is read."""
    settings = _settings()
    with _corpus(settings, folder=folder, filled=False) as corpus:
        report = _update(corpus, force=force)
    if as_json:
        _write(output.dump(output.report(report)) + "\n")
    else:
        from bot import cards

        _show(cards.report(report))


@cli.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="What you want to know.")] = None,
    category: Annotated[str | None, typer.Option("--category", "-c", help="Only this category.")] = None,
    author: Annotated[str | None, typer.Option("--author", "-a", help="Only this author or outlet.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="From this day on: 2021-12-01, 2021-12.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="Up to this day, included.")] = None,
    limit: Limit = 5,
    as_json: AsJson = False,
    batch: Annotated[
        bool, typer.Option("--batch", help="Read JSON lines from standard input, write one for each.")
    ] = False,
) -> None:
    """Answer a question, or with --batch many."""
    if batch and question is not None:
        raise CommandError("--batch reads the questions from standard input: leave out QUESTION", code=2)
    if not batch and question is None:
        raise CommandError("ask what? Give a QUESTION, or --batch to read many", code=2)
    filters = Filters(
        category=category,
        author=author,
        since=_day(since, "--since", last=False),
        until=_day(until, "--until", last=True),
    )
    settings = _settings()
    with _corpus(settings) as corpus:
        if question is None:
            from bot.batch import answer_lines

            _write_all(answer_lines(corpus, sys.stdin.buffer, filters=filters, limit=limit))
            return
        _known_category(corpus, category)
        answer = corpus.ask(question, filters=filters, limit=limit)
    if as_json:
        _write(output.dump(output.answer(answer)) + "\n")
    else:
        from bot import cards

        _show(cards.answer(answer, settings.zone))


@cli.command()
def latest(
    category: Annotated[str | None, typer.Argument(help="Only this category.")] = None,
    limit: Limit = 10,
    as_json: AsJson = False,
) -> None:
    """The newest articles."""
    settings = _settings()
    with _corpus(settings) as corpus:
        page = corpus.latest(category=_known_category(corpus, category), limit=limit)
    if as_json:
        _write(output.dump(output.latest(page)) + "\n")
    else:
        from bot import cards

        _show(cards.latest(page, settings.zone))


@cli.command()
def categories(as_json: AsJson = False) -> None:
    """The tree of categories with counts."""
    with _corpus(_settings()) as corpus:
        roots = corpus.categories()
    if as_json:
        _write(output.dump([output.category(root) for root in roots]) + "\n")
    else:
        from bot import cards

        _show(cards.categories(roots))


@cli.command()
def show(
    article: Annotated[str, typer.Argument(help="Id of an article, or its path below the archive.")],
    as_json: AsJson = False,
) -> None:
    """A whole article."""
    settings = _settings()
    with _corpus(settings) as corpus:
        found = corpus.article(article)
    if found is None:
        raise CommandError(
            f"no article {article!r} in the archive: give an id or a path as `baotong latest` shows"
        )
    if as_json:
        _write(output.dump(output.article_text(found)) + "\n")
    else:
        from bot import cards

        _show(cards.article(found, settings.zone))


@cli.command()
def export() -> None:
    """All articles as JSON lines: the way out for tools of your own."""
    with _corpus(_settings()) as corpus:
        _write_all(output.dump(output.article_text(one)) for one in corpus.export())


@cli.command()
def feedback() -> None:
    """What people thought of answers, as JSON lines: an evaluation set."""
    from bot.state import State
    from bot.votes import export as export_votes

    settings = _settings()
    if not settings.state_path.exists():
        raise CommandError(f"{settings.state_path} does not exist yet: nobody has voted")
    with State.open(settings.state_path) as state:
        _write_all(output.dump(line) for line in export_votes(state.connection()))


@cli.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes; an older copy there is replaced.")],
) -> None:
    """Copy bot.sqlite3 (preferences, subscriptions, feedback) consistently, also while the bot runs."""
    from bot.state import backup_database

    size = backup_database(_settings().state_path, file)
    _write(f"{file}: {size:,} bytes\n")


@cli.command()
def chat() -> None:
    """Talk to the bot here in the terminal: the same bot, no token needed."""
    from bot import terminal
    from bot.state import State

    settings = _settings()
    with _corpus(settings) as corpus, State.in_memory() as state:
        raise typer.Exit(terminal.chat(settings, corpus, state))


@cli.command()
def run() -> None:
    """Run the bot in Telegram: polling, or webhook when WEBHOOK_URL is set."""
    from bot import runner

    settings = _settings(running=True)
    if settings.bot_token is None:
        raise CommandError(
            "BOT_TOKEN is not set: get one from @BotFather and put it into .env; "
            "`baotong chat` works without",
            code=2,
        )
    try:
        code = runner.run(settings)
    except runner.StartError as error:
        raise CommandError(str(error), code=error.code) from error
    raise typer.Exit(code)


@cli.command()
def check() -> None:
    """Say what is wrong with settings, token, archive, index and rights; exit 1 if the bot could not run."""
    from bot import checks

    settings = _settings()  # every problem at once, or none
    findings = []
    for finding in checks.look(settings):
        findings.append(finding)
        _write(f"{finding.mark} {finding.subject}: {_redact(finding.text)}\n")
    if checks.is_fatal(findings):
        raise typer.Exit(1)


# --- What the commands share ---------------------------------------------------------------------


def version() -> str:
    """The version that is installed."""
    from importlib import metadata

    try:
        return metadata.version("baotong")
    except metadata.PackageNotFoundError:
        return "0+source"


def _settings(*, running: bool = False) -> Settings:
    """The settings, and logging as they say; short commands log warnings only, unless DEBUG is asked for."""
    settings = Settings.load()
    level = settings.log_level if running or settings.log_level in {"DEBUG", "ERROR"} else "WARNING"
    secrets = (settings.bot_token, settings.webhook_secret)
    global _redact
    _redact = logs.configure(level, secrets=secrets)
    return settings


_redact: Callable[[str], str] = logs.Redactor()


@contextmanager
def _corpus(settings: Settings, *, folder: Path | None = None, filled: bool = True) -> Iterator[Corpus]:
    """The corpus; one that was never indexed is indexed first, visibly.

    Args:
        settings: Where it lives.
        folder: Wins over CORPUS_DIR.
        filled: False: leave the indexing to the caller.
    """
    from corpus import Corpus

    with Corpus.open(settings.corpus_options(folder)) as corpus:
        if filled and corpus.empty:
            place = folder or settings.corpus_dir or "the sample archive"
            _say(f"First question to {place}: reading it once.")
            report = _update(corpus, force=False)
            skipped = f", {len(report.skipped)} skipped (see `baotong index`)" if report.skipped else ""
            _say(f"{report.added:,} articles in {report.seconds:.1f} s{skipped}.")
        yield corpus


def _update(corpus: Corpus, *, force: bool) -> UpdateReport:
    from bot import progress

    with progress.shown() as show:
        return corpus.update(force=force, progress=show)


def _day(text: str | None, option: str, *, last: bool) -> date | None:
    from bot.batch import read_day

    try:
        return read_day(text, option, last=last)
    except ValueError as error:
        raise CommandError(str(error), code=2) from None


def _known_category(corpus: Corpus, name: str | None) -> Category | None:
    if name is None:
        return None
    found = corpus.find_categories(name)
    if not found:
        raise CommandError(f"no category {name!r}: `baotong categories` lists them")
    if len(found) > 1:
        paths = ", ".join("/".join(one.path) for one in found[:8])
        raise CommandError(f"several categories are named {name!r}, say which: {paths}")
    return found[0]


# --- Standard output and standard error ----------------------------------------------------------


def _write(text: str) -> None:
    # backslashreplace turns a lone surrogate into \udc80, which is also how JSON writes it.
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()


def _write_all(lines: Iterable[str]) -> None:
    """Lines as they come: whoever waits at the other end of a pipe for an answer gets it at once."""
    write, flush = sys.stdout.buffer.write, sys.stdout.buffer.flush
    for line in lines:
        write(line.encode("utf-8", "backslashreplace") + b"\n")
        flush()


def _show(value: RenderableType) -> None:
    from rich.console import Console

    terminal = sys.stdout.isatty()
    Console(highlight=False, soft_wrap=not terminal).print(value)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _fail(reason: str, code: int) -> NoReturn:
    sys.stderr.write(f"baotong: {_redact(reason)}\n")
    sys.exit(code)


def main() -> NoReturn:
    """Run the command line; every error is one clear line, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        sys.exit(cli(prog_name="baotong", standalone_mode=False) or 0)
    except BrokenPipeError:
        # Whoever read us has seen enough; the interpreter must not complain when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(0)
    except KeyboardInterrupt:
        _fail("interrupted", 130)
    except CommandError as error:
        _fail(str(error), error.code)
    except SettingsError as error:
        for name, reason in error.problems:
            _say(f"baotong: {name}: {reason}")
        sys.exit(2)
    except CorpusError as error:
        _fail(str(error), 1)
    except Exception as error:
        _unexpected(error)


def _unexpected(error: Exception) -> NoReturn:
    if hasattr(error, "format_message"):  # typer's usage errors; their class moved between its versions
        message = error.format_message()
        if type(error).__name__ == "NoArgsIsHelpError":
            _say(message)
        else:
            _say(f"baotong: {message.rstrip('.')}. `baotong --help` shows how.")
        sys.exit(2)
    if isinstance(error, OSError) and error.filename:
        _fail(f"{error.filename}: {error.strerror}", 1)
    if logging.getLogger().isEnabledFor(logging.DEBUG):
        logging.getLogger(__name__).debug("unexpected", exc_info=error)
    _fail(f"unexpected {type(error).__name__}: {error} (LOG_LEVEL=DEBUG shows where)", 1)
