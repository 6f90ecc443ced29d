"""The command `baotong`. Only this module prints and configures logging.

Standard output has the result and nothing else; progress, remarks and errors go to standard error. A
command imports what it needs when it runs, so that `baotong ask` does not load Telegram's library.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from bot import logs, output
from bot.cli import archive, console
from bot.settings import Settings, SettingsError, secrets_in
from corpus.errors import CorpusError

cli = typer.Typer(
    name="baotong",
    help="Answers questions about an archive of articles: here, in a chat in the terminal, in Telegram.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help as plain text: readable in any terminal, at any width, and at once
    context_settings={"help_option_names": ["-h", "--help"]},
)


INTERRUPTED = 130
"""Exit code after Ctrl-C, as in shells."""


# --- Options that several commands share ---------------------------------------------------------

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Limit = Annotated[
    int, typer.Option("--limit", "-n", metavar="N", min=1, max=1_000, help="How many to show at most.")
]

WithIndex = Annotated[
    bool, typer.Option("--index/--no-index", help="Bring the index up to date at the end; the default.")
]


# --- Commands ------------------------------------------------------------------------------------


def _version(wanted: bool) -> None:
    if wanted:
        console.write(f"baotong {output.version()}\n")
        raise typer.Exit


@cli.callback()
def _start(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options that stand before the command."""


@cli.command()
def index(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER",
            help="Folder with the posts. Default: CORPUS_DIR, else the one indexed last, else the sample.",
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Go on although the folder is another one than before, or most articles are gone."
        ),
    ] = False,
    as_json: AsJson = False,
    slow_seconds: Annotated[float | None, typer.Option("--slow-seconds", min=0, hidden=True)] = None,
    only_vectors: Annotated[bool, typer.Option("--only-vectors", hidden=True)] = False,
) -> None:
    """Bring the archive up to date with its folder.

    Only what changed is read again. Posts that cannot be read are named with the reason, and the
    command succeeds all the same.
    """
    settings = _settings()
    if folder is not None and not folder.is_dir():
        raise console.CommandError(f"{folder} is not a folder", code=2)
    if only_vectors:
        archive.make_vectors(settings)
        return
    with archive.open_corpus(settings, folder=folder, filled=False) as corpus:
        report = archive.update(corpus, force=force, slow_seconds=slow_seconds)
        missing = archive.no_posts_message(corpus) if corpus.empty else None
    if as_json:
        console.write(output.dump(output.report(report)) + "\n")
    else:
        from bot.cli import terminal_render

        console.show(terminal_render.report(report))
    if missing:
        console.say(f"baotong: {missing}")


@cli.command()
def ask(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="QUESTION", help="What you want to know, in plain words.")
    ] = None,
    category: Annotated[
        str | None,
        typer.Option("--category", "-c", metavar="NAME", help="Only articles of this category."),
    ] = None,
    author: Annotated[
        str | None,
        typer.Option("--author", "-a", metavar="NAME", help="Only articles of this author or outlet."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="DAY", help="Only from this day on: 2021-12-01, 2021-12 or 2021."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DAY", help="Only up to this day, itself included.")
    ] = None,
    limit: Limit = 5,
    as_json: AsJson = False,
    batch: Annotated[
        bool,
        typer.Option(
            "--batch", help="Answer many: JSON lines on standard input, one JSON line out for each."
        ),
    ] = False,
) -> None:
    """Answer a question from the archive.

    With --batch, each line of standard input is an object such as {"id": 1, "question": "…", "limit": 10};
    category, author, since and until may stand in it too.
    """
    question = " ".join(words) if words else None
    if batch and question is not None:
        raise console.CommandError(
            "--batch reads the questions from standard input: leave out QUESTION", code=2
        )
    if not batch and question is None:
        raise console.CommandError("ask what? Give a QUESTION, or --batch to read many", code=2)
    settings = _settings()
    today = datetime.now(settings.zone).date()
    filters = archive.parse_filters(category, author, since, until, today=today)
    with archive.open_corpus(settings) as corpus:
        archive.check_filters(corpus, filters)
        if question is None:
            from bot.cli.json_lines import answer_lines

            if sys.stdin is None:
                raise console.CommandError("--batch: standard input is closed", code=2)
            console.write_lines(answer_lines(corpus, sys.stdin.buffer, filters=filters, limit=limit))
            return
        answer = corpus.ask(question, filters=filters, limit=limit)
    if as_json:
        from bot.wording.requests import answer_json

        console.write(output.dump(answer_json(answer, settings.zone)) + "\n")
    else:
        from bot.cli import terminal_render

        console.show(terminal_render.answer(answer, console.terminal_style(settings.zone)))


@cli.command()
def latest(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="CATEGORY", help="Only articles of this category.")
    ] = None,
    limit: Limit = 10,
    as_json: AsJson = False,
) -> None:
    """List the newest articles, each with its id for `baotong show`."""
    settings = _settings()
    category = " ".join(words) if words else None
    with archive.open_corpus(settings) as corpus:
        page = corpus.latest(category=archive.find_category(corpus, category), limit=limit)
    if as_json:
        console.write(output.dump(output.latest(page)) + "\n")
    else:
        from bot.cli import terminal_render

        console.show(terminal_render.latest(page, console.terminal_style(settings.zone)))


@cli.command()
def categories(as_json: AsJson = False) -> None:
    """Show the tree of categories with counts."""
    with archive.open_corpus(_settings()) as corpus:
        roots = corpus.categories()
    if as_json:
        console.write(output.dump([output.category(root) for root in roots]) + "\n")
    else:
        from bot.cli import terminal_render

        console.show(terminal_render.categories(roots))


@cli.command()
def trend(
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="One word or several.")],
    by: Annotated[Literal["week", "month"], typer.Option("--by", help="Periods that are counted.")] = "month",
    as_json: AsJson = False,
) -> None:
    """Count the articles with some words, by week or month."""
    term = " ".join(words)
    settings = _settings()
    with archive.open_corpus(settings) as corpus:
        counts = corpus.trend(term, by=by)
    if as_json:
        console.write(output.dump(output.trend(term, by, counts)) + "\n")
    else:
        from bot.cli import terminal_render
        from bot.wording.periods import Period

        console.show(
            terminal_render.trend(term, counts, Period(by[0]), console.terminal_style(settings.zone))
        )


@cli.command()
def show(
    article: Annotated[
        str, typer.Argument(metavar="ARTICLE", help="Its id, or its path below the archive's folder.")
    ],
    as_json: AsJson = False,
) -> None:
    """Show a whole article."""
    settings = _settings()
    with archive.open_corpus(settings) as corpus:
        found = corpus.article(article)
    if found is None:
        raise console.CommandError(
            f"no article {article!r} in the archive: give an id, as `baotong latest` lists them in front, "
            "or a path below the archive's folder",
            code=2,
        )
    if as_json:
        console.write(output.dump(output.article_text(found)) + "\n")
    else:
        from bot.cli import terminal_render

        console.show(terminal_render.article(found, console.terminal_style(settings.zone)))


@cli.command()
def export() -> None:
    """Write all articles as JSON lines.

    The way out for tools of your own: id, path, title, url, published, author, categories, paragraphs.
    """
    with archive.open_corpus(_settings()) as corpus:
        console.write_lines(output.dump(output.article_text(one)) for one in corpus.export())


@cli.command()
def feedback() -> None:
    """Write questions and votes as JSON lines.

    Each is a question that somebody voted on, in the form that benchmarks/quality.py reads.
    """
    from bot.storage.database import State
    from bot.storage.votes import export as export_votes

    settings = _settings()
    if not settings.state_path.exists():
        raise console.CommandError(f"{settings.state_path} does not exist yet: nobody has voted")
    with State.open(settings.state_path) as state:
        console.write_lines(output.dump(line) for line in export_votes(state.connection()))


@cli.command()
def backup(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where the copy goes; an older copy there is replaced.")
    ],
) -> None:
    """Copy bot.sqlite3, also while the bot runs.

    It holds what cannot be made again: preferences, subscriptions, feedback. Where feeds are followed, their
    list and what was seen of them are copied beside it: FILE.feeds.opml and FILE.feeds.sqlite3.
    """
    from bot.storage.backups import FeedFiles, backup_database, backup_feeds

    settings = _settings()
    feeds = FeedFiles(settings.feeds_file, settings.data_dir / "feeds.sqlite3")
    if settings.state_path.exists() or not feeds.exist:
        size = backup_database(settings.state_path, file)
        console.write(f"{file}: {size:,} bytes\n")
    for place, size in backup_feeds(feeds, file):
        console.write(f"{place}: {size:,} bytes\n")


@cli.command()
def follow(
    addresses: Annotated[
        list[str], typer.Argument(metavar="ADDRESS…", help="Addresses of feeds, or OPML files with many.")
    ],
    category: Annotated[
        str | None, typer.Option("--category", "-c", metavar="NAME", help="Category of its articles: 金融.")
    ] = None,
    outlet: Annotated[
        str | None, typer.Option("--outlet", metavar="NAME", help="Who publishes it. Default: its title.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Name of the feed. Default: its title.")
    ] = None,
    every: Annotated[
        str | None,
        typer.Option(
            "--every", metavar="TIME", help="How often: 30m, 2h. Default: as often as it publishes."
        ),
    ] = None,
    full_text: Annotated[
        bool, typer.Option("--full-text", help="Fetch the page of each entry: for feeds of summaries.")
    ] = False,
    proxy: Annotated[
        bool | None, typer.Option("--proxy/--no-proxy", help="Through FEED_PROXY_URL or not.")
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="Its host may have a private address, such as your own RSSHub.")
    ] = False,
    update: WithIndex = True,
    as_json: AsJson = False,
) -> None:
    """Follow feeds: RSS, Atom or JSON Feed. Their entries become posts in the archive's folder.

    Each address is fetched at once, and what was found is shown. Folders of an OPML file become categories.
    """
    from bot.cli import sources
    from corpus.sources import FollowedFeed, FollowState

    settings = _settings()
    minutes = sources.parse_every(every)
    if full_text:
        sources.check_full_text()
    reader, root = sources.open_reader(settings, output.version())
    categories = sources.category_path(category)

    def with_options(feed: FollowedFeed) -> FollowedFeed:
        return replace(
            feed,
            title=name or feed.title,
            categories=categories or feed.categories,
            outlet=outlet or feed.outlet,
            every_minutes=minutes or feed.every_minutes,
            full_text=full_text or feed.full_text,
            proxy=feed.proxy if proxy is None else proxy,
            private=private or feed.private,
        )

    single = [word for word in addresses if sources.is_address(word)]
    lists = [
        with_options(feed)
        for word in addresses
        if word not in single
        for feed in sources.read_outlines(Path(word))
    ]
    with sources.folder_named(settings, root):
        results = reader.follow([with_options(FollowedFeed(sources.with_scheme(word))) for word in single])
        if lists:
            results += sources.follow_list(reader, lists, settings)
    if as_json:
        console.write(output.dump([output.followed(one) for one in results]) + "\n")
    else:
        console.write(sources.followed_lines(results, settings))
    sources.update_index(settings, wanted=update and any(one.state is FollowState.NEW for one in results))
    if results and all(one.state is FollowState.REFUSED and not one.is_feed for one in results):
        raise typer.Exit(2)
    if any(one.state is FollowState.REFUSED or one.reason for one in results):
        raise typer.Exit(1)


@cli.command()
def unfollow(
    addresses: Annotated[
        list[str], typer.Argument(metavar="ADDRESS…", help="As `baotong feeds` lists them.")
    ],
) -> None:
    """Follow feeds no more. Their articles stay."""
    from bot.cli import sources

    reader, _ = sources.open_reader(_settings(), output.version())
    missing = [word for word in addresses if reader.unfollow(sources.with_scheme(word)) is None]
    for word in addresses:
        if word not in missing:
            console.write(f"unfollowed  {word}\n")
    if missing:
        raise console.CommandError(f"not followed: {', '.join(missing)}", code=2)


@cli.command()
def feeds(
    failing: Annotated[bool, typer.Option("--failing", help="Only those that fail.")] = False,
    opml: Annotated[
        Path | None,
        typer.Option("--opml", metavar="FILE", help="Write the list as OPML instead; - for here."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the feeds that are followed, and how they are."""
    from bot.cli import sources

    settings = _settings()
    reader, _ = sources.open_reader(settings, output.version())
    if opml is not None:
        sources.write_opml(reader, opml)
        return
    found = [one for one in reader.overview() if not failing or one.state in ("failing", "gone")]
    if as_json:
        console.write(output.dump([output.feed(one) for one in found]) + "\n")
        return
    console.write(sources.overview_lines(found, settings))
    if not found:
        console.say(
            "baotong: no feed fails" if failing else "baotong: no feed is followed yet: `baotong follow URL`"
        )


@cli.command()
def fetch(
    addresses: Annotated[
        list[str] | None, typer.Argument(metavar="ADDRESS…", help="Only these feeds. Default: all.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All feeds, due or not; the default.")] = False,
    due: Annotated[bool, typer.Option("--due", help="Only feeds that are due.")] = False,
    resumed: Annotated[float | None, typer.Option("--resumed", hidden=True)] = None,
    update: WithIndex = True,
    as_json: AsJson = False,
) -> None:
    """Fetch feeds once, now. `baotong run` does it by itself."""
    from datetime import UTC

    from bot.cli import sources

    if (everything and (due or addresses)) or (due and addresses):
        raise console.CommandError("--all, --due and addresses exclude each other", code=2)
    settings = _settings()
    reader, root = sources.open_reader(settings, output.version())
    with sources.folder_named(settings, root):
        report = sources.fetch(
            reader,
            [sources.with_scheme(word) for word in addresses] if addresses else None,
            due=due,
            resumed=None if resumed is None else datetime.fromtimestamp(resumed, UTC),
        )
    if as_json:
        console.write(output.dump(output.fetched(report)) + "\n")
    else:
        console.write(sources.fetched_lines(report))
    sources.update_index(settings, wanted=update and bool(report.added or report.updated))
    if report.disk or (report.feeds and len(report.failed) == report.feeds):
        raise typer.Exit(1)


@cli.command("import")
def import_(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH…", help="Files, folders, or addresses of sitemaps and pages: https://…/sitemap.xml."
        ),
    ] = None,
    addresses: Annotated[
        Path | None,
        typer.Option("--addresses", metavar="FILE", help="Import the pages of a list, one a line."),
    ] = None,
    category: Annotated[
        str | None, typer.Option("--category", "-c", metavar="NAME", help="Category of the articles: 金融.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FOLDER", help="Where the posts go. Default: the archive's folder."),
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option("--channel", metavar="NAME", help="Public name of an exported channel, for its links."),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", "-n", metavar="N", min=1, max=10_000, help="How many pages to fetch at most."
        ),
    ] = 500,
    update: WithIndex = True,
    as_json: AsJson = False,
) -> None:
    """Import saved pages, exports, documents or sites as posts.

    Each article becomes a post in the archive's folder. What the archive has is not imported again.
    """
    from bot.cli import importing

    settings = _settings()
    sources = importing.sources_of(paths or [], addresses)
    place = importing.find_place(settings, to)
    report = importing.run(
        settings,
        sources,
        place,
        category=category,
        channel=importing.parse_channel(channel),
        limit=limit,
        version=output.version(),
    )
    if as_json:
        console.write(output.dump(output.imported(report)) + "\n")
    else:
        console.write(importing.report_lines(report))
    importing.update_index(settings, place, wanted=update and bool(report.added or report.updated))
    if not report.read and report.skipped:
        raise typer.Exit(1)


@cli.command()
def chat() -> None:
    """Talk to the bot in the terminal, without a token."""
    from bot.cli import chat as terminal
    from bot.storage.database import State

    settings = _settings()
    with archive.open_corpus(settings) as corpus, State.in_memory() as state:
        corpus.speed_up()
        raise typer.Exit(terminal.chat(settings, corpus, state))


@cli.command()
def mcp() -> None:
    """Let an agent ask, by the Model Context Protocol.

    The agent starts this command and speaks to it over standard input and output. It needs the extra `mcp`.
    """
    from bot.service import agents as extra

    if not extra.is_installed():
        raise console.CommandError(extra.MISSING)
    from bot.service.shutdown import exit_now
    from bot.web import agents

    # A thread that waits for a line of the agent cannot be interrupted; nothing that was asked is kept.
    signal.signal(signal.SIGINT, lambda *_: exit_now(INTERRUPTED))
    settings = _settings()
    with archive.open_corpus(settings) as corpus:
        corpus.speed_up()
        agents.run_over_stdio(corpus, version=output.version())


@cli.command()
def run() -> None:
    """Run the bot in Telegram.

    It polls, or listens for Telegram's calls when WEBHOOK_URL is set.
    """
    from bot.service import runner

    settings = _settings(running=True)
    if settings.bot_token is None:
        raise console.CommandError(
            "BOT_TOKEN is not set: get one from @BotFather and put it into .env; "
            "`baotong chat` works without",
            code=2,
        )
    try:
        code = runner.run(settings)
    except runner.StartError as error:
        raise console.CommandError(str(error), code=error.code) from error
    raise typer.Exit(code)


@cli.command()
def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Listen on it.")] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option("--port", min=0, max=65_535, help="The next free one is taken if it is taken; 0: any."),
    ] = 8080,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    metrics_port: Annotated[
        int,
        typer.Option("--metrics-port", min=0, max=65_535, help="Serve health and metrics there; 0: do not."),
    ] = 0,
) -> None:
    """Serve the archive as web pages, without a token.

    Search, articles, feeds and an API. Prints the address of the first page. Ctrl-C ends it.
    """
    from bot.service import serving

    settings = _settings(running=True)
    with archive.open_corpus(settings) as corpus:
        console.say(f"{console.counted(corpus.statistics().articles, 'article')}. Ctrl-C ends.")
        address = serving.Address(host, port, metrics_port)

        def show(url: str) -> None:
            console.write(f"{url}\n")

        try:
            code = serving.serve(settings, corpus, address, on_ready=show, open_browser=open_browser)
        except serving.ServeError as error:
            raise console.CommandError(str(error), code=2) from error
    raise typer.Exit(code)


@cli.command()
def check() -> None:
    """Say what keeps the bot from running.

    Looks at settings, token, archive, index and rights, one line each; exit code 1 if the bot could not run.
    """
    from bot.cli import checks

    settings = _load_settings()  # every problem at once, or none
    findings = []
    for finding in checks.run_checks(settings):
        findings.append(finding)
        console.write(f"{finding.mark} {finding.subject}: {_redact(finding.text)}\n")
    if checks.is_fatal(findings):
        raise typer.Exit(1)


# --- From the first word to the exit code --------------------------------------------------------


def _settings(*, running: bool = False) -> Settings:
    """Load the settings for a command that uses DATA_DIR.

    Raises:
        CommandError: DATA_DIR cannot be read.
    """
    settings = _load_settings(running=running)
    if problem := archive.unreadable_reason("DATA_DIR", settings.data_dir):
        raise console.CommandError(problem)
    return settings


def _load_settings(*, running: bool = False) -> Settings:
    """Load the settings and configure logging. Short commands log warnings only, unless at DEBUG."""
    # dotenv's warning about a line of .env names no file; `baotong check` reports it better.
    logging.getLogger("dotenv").setLevel(logging.ERROR)
    global _redact
    _redact = logs.Redactor(secrets_in(_variables()))
    settings = Settings.load()
    level = settings.log_level if running or settings.log_level in {"DEBUG", "ERROR"} else "WARNING"
    _redact = logs.configure(level, secrets=settings.secrets)
    return settings


def _variables() -> dict[str, str | None]:
    """Return the environment and `.env` before validation."""
    from dotenv import dotenv_values

    try:
        return {**dotenv_values(".env", encoding="utf-8-sig"), **os.environ}
    except (OSError, ValueError):
        return dict(os.environ)


_redact: Callable[[str], str] = logs.Redactor()


def main() -> NoReturn:
    """Run the command line; every error is one clear line, never a traceback."""
    console.prepare()
    try:
        code = cli(prog_name="baotong", standalone_mode=False) or 0
    except console.ReaderGone:
        sys.exit(0)
    except console.OutputError as error:
        _fail(str(error), 1)
    except console.CommandError as error:
        _fail(str(error), error.code)
    except SettingsError as error:
        for name, reason in error.problems:
            console.say(f"baotong: {name}: {_redact(reason)}")
        sys.exit(2)
    except CorpusError as error:
        _fail(str(error), 1)
    except Exception as error:
        _unexpected(error)
    if code == INTERRUPTED:
        console.say("baotong: interrupted")
    sys.exit(code)


def _unexpected(error: Exception) -> NoReturn:
    if hasattr(error, "format_message"):  # a usage error of typer; its class differs between versions
        message = error.format_message()
        if type(error).__name__ == "NoArgsIsHelpError":
            console.say(message)
        else:
            context = getattr(error, "ctx", None)
            command = context.command_path if context is not None else "baotong"
            console.say(f"baotong: {message.rstrip('.')}. `{command} --help` shows how.")
        sys.exit(2)
    if isinstance(error, OSError) and error.filename:
        _fail(f"{error.filename}: {error.strerror}", 1)
    if logging.getLogger().isEnabledFor(logging.DEBUG):
        logging.getLogger(__name__).debug("unexpected", exc_info=error)
    _fail(f"unexpected {type(error).__name__}: {error} (LOG_LEVEL=DEBUG shows where)", 1)


def _fail(reason: str, code: int) -> NoReturn:
    console.say(f"baotong: {_redact(reason)}")
    sys.exit(code)
