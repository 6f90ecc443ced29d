"""`baotong check`: checks everything the bot depends on and reports each finding in one line."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from bot.cli import archive
from bot.cli.checks.feeds import feed_findings
from bot.cli.checks.files import data_findings, state_findings
from bot.cli.checks.findings import Finding, Severity, is_fatal
from bot.cli.checks.ports import port_findings
from bot.cli.checks.posts import archive_findings
from bot.cli.checks.telegram import telegram_findings
from bot.cli.checks.variables import env_findings, variable_findings
from bot.settings import Settings

__all__ = [
    "Finding",
    "Severity",
    "archive_findings",
    "data_findings",
    "env_findings",
    "feed_findings",
    "is_fatal",
    "port_findings",
    "run_checks",
    "state_findings",
    "telegram_findings",
    "variable_findings",
]


def run_checks(settings: Settings, env_file: Path = Path(".env")) -> Iterator[Finding]:
    """Check everything but the settings' values, which were validated when they were read."""
    yield from env_findings(env_file)
    yield from variable_findings(settings)
    yield from port_findings(settings)
    yield from data_findings(settings)
    if archive.unreadable_reason("DATA_DIR", settings.data_dir) is None:
        yield from archive_findings(settings)
        yield from feed_findings(settings)
        yield from state_findings(settings)
    yield from asyncio.run(telegram_findings(settings))
