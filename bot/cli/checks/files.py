"""Checks of DATA_DIR and of the bot's own database."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bot.cli import archive
from bot.cli.checks.findings import Finding, fatal, good, remark
from bot.settings import Settings
from corpus.errors import StoreError

LOW_FREE_BYTES = 500_000_000
MIN_FREE_BYTES = 50_000_000
"""With less free space, indexing and the inbox are about to fail."""


def data_findings(settings: Settings) -> Iterator[Finding]:
    """Check DATA_DIR: permissions and free space."""
    folder = settings.data_dir
    if problem := archive.unreadable_reason("DATA_DIR", folder):
        yield fatal("data", problem)
        return
    existing = archive.existing_part(folder)
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
    text = f"DATA_DIR {folder.absolute()}, {free / 1e9:.1f} GB free"
    if free < MIN_FREE_BYTES:
        yield fatal("data", f"{text}: make room first")
    elif free < LOW_FREE_BYTES:
        yield remark("data", f"{text}: little room is left")
    else:
        yield good("data", text)


def _is_read_only(folder: Path) -> bool:
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def state_findings(settings: Settings) -> Iterator[Finding]:
    """Check the bot's own database."""
    from bot.storage.database import find_damage

    if settings.state_url is not None:
        yield _server_finding(settings)
        return
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


def _server_finding(settings: Settings) -> Finding:
    """Check the database that STATE_URL names. Nothing is changed in it."""
    from bot.storage.database import MIGRATIONS
    from bot.storage.opening import state_password
    from bot.storage.postgres import Server, examine

    try:
        server = Server(settings.state_url or "", password=state_password(settings))
        return good("database", examine(server, MIGRATIONS))
    except StoreError as error:
        return fatal("database", f"STATE_URL: {str(error).removeprefix('STATE_URL: ')}")
