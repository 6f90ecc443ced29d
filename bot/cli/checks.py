"""`baotong check`: checks everything the bot depends on and reports each finding in one line."""

import asyncio
import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli import archive
from bot.settings import Settings, variable_names
from corpus.errors import CorpusError

if TYPE_CHECKING:
    from corpus import Corpus

LOW_FREE_BYTES = 500_000_000
MIN_FREE_BYTES = 50_000_000
"""With less free space, indexing and the inbox are about to fail."""

MAX_CLOCK_SKEW = 60.0

_SEMANTIC_MEMORY = "125 MB"
_SECONDS_PER_VECTOR = 0.005
"""What the extra `semantic` costs (docs/semantic.md)."""

_SAMPLED_ARTICLES = 1_000
"""How many of the newest articles are checked for addresses."""


class Severity(StrEnum):
    """Severity of a finding."""

    GOOD = "ok     "
    REMARK = "remark "
    FATAL = "PROBLEM"
    """The bot cannot run."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    mark: Severity
    subject: str
    text: str


def good(subject: str, text: str) -> Finding:
    """Return a finding without a problem."""
    return Finding(Severity.GOOD, subject, text)


def remark(subject: str, text: str) -> Finding:
    """Return a finding that an operator may want to know; the bot runs."""
    return Finding(Severity.REMARK, subject, text)


def fatal(subject: str, text: str) -> Finding:
    """Return a finding that keeps the bot from running."""
    return Finding(Severity.FATAL, subject, text)


def is_fatal(findings: Iterable[Finding]) -> bool:
    """Say whether a finding keeps the bot from running."""
    return any(finding.mark is Severity.FATAL for finding in findings)


def run_checks(settings: Settings, env_file: Path = Path(".env")) -> Iterator[Finding]:
    """Check everything but the settings' values, which were validated when they were read."""
    yield from env_findings(env_file)
    yield from data_findings(settings)
    if archive.unreadable_reason("DATA_DIR", settings.data_dir) is None:
        yield from archive_findings(settings)
        yield from state_findings(settings)
    yield from asyncio.run(telegram_findings(settings))


def env_findings(path: Path) -> Iterator[Finding]:
    """Check the file of settings: permissions, unreadable lines, unknown names."""
    if not path.exists():
        yield remark("settings", f"no {path} here: everything comes from the environment")
        return
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield remark("settings", f"{path} can be read by others on this machine: chmod 600 {path}")
    from dotenv import dotenv_values

    wrong = unreadable_lines(path)
    if wrong:
        yield remark("settings", f"{path}: not understood and left out: line {', '.join(map(str, wrong))}")
    unknown = [name for name in dotenv_values(path) if name.upper() not in variable_names()]
    if unknown:
        yield remark("settings", f"{path} sets what nobody reads: {', '.join(sorted(unknown))}")
    yield good("settings", f"read from {path} and the environment")


def unreadable_lines(path: Path) -> tuple[int, ...]:
    """Return the numbers of lines that are no `NAME=value`, such as one with an open quote."""
    from dotenv.parser import parse_stream

    with path.open(encoding="utf-8-sig") as stream:
        return tuple(binding.original.line for binding in parse_stream(stream) if binding.error)


def data_findings(settings: Settings) -> Iterator[Finding]:
    """Check DATA_DIR: permissions and free space."""
    folder = settings.data_dir
    if problem := archive.unreadable_reason("DATA_DIR", folder):
        yield fatal("data", problem)
        return
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not existing.is_dir():
        yield fatal("data", f"DATA_DIR {folder}: {existing} is not a folder")
        return
    if not os.access(existing, os.W_OK | os.X_OK):
        reason = (
            "lies on a read-only file system" if _is_read_only(existing) else "cannot be written by this user"
        )
        yield fatal("data", f"DATA_DIR {folder} {reason}: nothing could be saved")
        return
    free = shutil.disk_usage(existing).free
    text = f"DATA_DIR {folder}, {free / 1e9:.1f} GB free"
    if free < MIN_FREE_BYTES:
        yield fatal("data", f"{text}: make room first")
    elif free < LOW_FREE_BYTES:
        yield remark("data", f"{text}: little room is left")
    else:
        yield good("data", text)


def _is_read_only(folder: Path) -> bool:
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def archive_findings(settings: Settings) -> Iterator[Finding]:
    """Check the archive's folder, the store, the index and the addresses of articles."""
    from corpus import Corpus

    folder = settings.corpus_dir
    if folder is not None:
        if problem := archive.unreadable_reason("CORPUS_DIR", folder):
            yield fatal("archive", problem)
            return
        if not folder.is_dir():
            yield fatal("archive", f"CORPUS_DIR {folder} is not a folder")
            return
    try:
        with Corpus.open(settings.corpus_options()) as corpus:
            yield from _corpus_findings(settings, corpus)
    except CorpusError as error:
        yield fatal("archive", str(error))


def _corpus_findings(settings: Settings, corpus: "Corpus") -> Iterator[Finding]:
    if corpus.indexed_folder is None:
        yield remark(
            "archive", f"{corpus.folder}, never indexed: `baotong index` does it, or the first start"
        )
        return
    if corpus.unfinished:
        yield remark(
            "archive",
            "the first indexing has not come to its end: `baotong index` goes on with it, or the next start",
        )
    if problem := archive.archive_mismatch(settings, corpus):
        yield fatal("archive", problem)
    elif not corpus.folder.is_dir():
        yield remark("archive", f"{corpus.folder} is not there now: answering from what was indexed")
    problems = corpus.verify()
    for damage in problems:
        yield fatal("index", f"{damage} (`baotong index` mends what can be rebuilt)")
    size = corpus.statistics()
    text = f"{corpus.indexed_folder}: {size.articles:,} articles, {size.passages:,} passages"
    if size.updated:
        text += f", brought up to date {size.updated.astimezone(settings.zone):%Y-%m-%d %H:%M}"
    if not size.articles:
        yield remark("archive", f"{text}; posts end in .md, .markdown or .html")
    elif not problems:
        yield good("archive", text)
    yield from _semantic_findings(corpus, size.articles)
    if size.articles:
        yield from _link_findings(settings, corpus)


def _semantic_findings(corpus: "Corpus", articles: int) -> Iterator[Finding]:
    """Check the extra `semantic`, if it is switched on: whether it works, and what it costs."""
    try:
        vectors = corpus.vector_statistics()
    except CorpusError as error:
        yield remark("semantic", f"SEMANTIC=on is without effect: {error}")
        return
    if vectors is None:
        return
    from bot.wording.plain_text import file_size

    text = (
        f"{min(vectors.count, articles):,} of {articles:,} articles have a vector, "
        f"{file_size(vectors.size)}; {_SEMANTIC_MEMORY} of memory in each process that answers"
    )
    if vectors.is_complete or not articles:
        yield good("semantic", text)
        return
    minutes = max(1, round((articles - min(vectors.count, articles)) * _SECONDS_PER_VECTOR / 60))
    yield remark(
        "semantic",
        f"{text}; the rest takes some {minutes:,} min of processor time: `baotong index`, or the running bot",
    )


def _link_findings(settings: Settings, corpus: "Corpus") -> Iterator[Finding]:
    from corpus.posts import unknown_tokens

    if settings.permalink and (unknown := unknown_tokens(settings.permalink)):
        names = ", ".join(f":{name}" for name in unknown)
        yield remark("links", f"PERMALINK holds {names}, which cannot be filled in: no address is made of it")
    if settings.permalink and not settings.site_url:
        yield remark("links", "PERMALINK is of no use without SITE_URL")
    newest = corpus.latest(limit=_SAMPLED_ARTICLES).articles
    linked = sum(one.url is not None for one in newest)
    text = f"{linked:,} of the newest {len(newest):,} articles have an address"
    if linked == len(newest):
        yield good("links", text)
        return
    way = f"pages under {settings.public_url}" if settings.serves_pages else "the chat itself"
    yield (good if linked else remark)("links", f"{text}; the others open in {way}")


def state_findings(settings: Settings) -> Iterator[Finding]:
    """Check the bot's own database."""
    from bot.storage.database import find_damage

    path = settings.state_path
    if not path.exists():
        if os.access(path.parent, os.W_OK) or not path.parent.exists():
            yield good("database", f"{path} will be made at the first start")
        else:
            yield remark(
                "database", f"{path} cannot be made: people's settings would be gone with the process"
            )
        return
    damage = find_damage(path)
    if damage:
        yield fatal(
            "database", f"{path} is damaged: {damage}. Put a backup in its place (see docs/operations.md)"
        )
        return
    try:
        with closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=1)
        ) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        yield remark("database", f"{path} cannot be written now: {error}")
        return
    from bot.wording.plain_text import file_size

    yield good("database", f"{path}, {file_size(path.stat().st_size)}, sound")


async def telegram_findings(settings: Settings) -> list[Finding]:
    """Check with Telegram: token, privacy mode, inline mode, webhook, clock."""
    if settings.bot_token is None:
        return [fatal("token", "BOT_TOKEN is not set: @BotFather gives one (`baotong chat` works without)")]
    import httpx

    base = f"{settings.telegram_api_base}/bot{settings.bot_token.get_secret_value()}"
    try:
        async with httpx.AsyncClient(proxy=settings.proxy_url, timeout=10) as client:
            answer = await client.get(f"{base}/getMe")
            hook = await client.get(f"{base}/getWebhookInfo")
    except (httpx.HTTPError, ValueError, ImportError) as error:
        way = " through PROXY_URL" if settings.proxy_url else ""
        hint = "" if settings.proxy_url else "; where Telegram is blocked, PROXY_URL sets a way around"
        reason = f"{settings.telegram_api_base} cannot be reached{way} ({type(error).__name__}){hint}"
        return [fatal("telegram", reason)]
    if answer.status_code in {401, 404}:
        return [fatal("token", "BOT_TOKEN: Telegram does not know this token")]
    try:
        me, webhook = answer.json()["result"], hook.json()["result"]
        return [*_bot_findings(me), *_webhook_findings(settings, webhook), *_clock_findings(answer.headers)]
    except (ValueError, KeyError, TypeError):
        return [fatal("telegram", f"{settings.telegram_api_base} answers, but not as the Bot API does")]


def _bot_findings(me: dict[str, object]) -> Iterator[Finding]:
    yield good("token", f"@{me['username']}")
    if not me.get("can_join_groups", True):
        yield remark("groups", "the bot may not be added to groups (@BotFather /setjoingroups)")
    if me.get("can_read_all_group_messages"):
        yield good("groups", "privacy mode is off: every mention and reply reaches the bot")
    else:
        yield remark(
            "groups",
            "privacy mode is on: in groups only commands and replies are sure to reach the bot "
            "(@BotFather /setprivacy, then add the bot anew; or make it an admin)",
        )
    if not me.get("supports_inline_queries"):
        yield remark("inline", "inline mode is off (@BotFather /setinline)")


def _webhook_findings(settings: Settings, webhook: dict[str, object]) -> Iterator[Finding]:
    url = webhook.get("url")
    if settings.webhook_url and settings.webhook_secret is None:
        yield remark("webhook", "WEBHOOK_SECRET is not set: a new one is made at each start")
    if url and not settings.webhook_url:
        yield remark("webhook", "a webhook is set at Telegram; the bot will remove it and poll")
    if webhook.get("last_error_message") and url == settings.webhook_url:
        yield remark("webhook", f"Telegram's last push failed: {webhook['last_error_message']}")


def _clock_findings(headers: object) -> Iterator[Finding]:
    date = headers.get("date") if hasattr(headers, "get") else None
    if not date:
        return
    off = time.time() - parsedate_to_datetime(date).timestamp()
    if abs(off) > MAX_CLOCK_SKEW:
        yield remark(
            "clock", f"this machine's clock is {off:+.0f} s off Telegram's: switch on time synchronisation"
        )
