"""Jobs and hooks of subscriptions: when deliveries run, and chats that disappear or move."""

import asyncio
import logging
import sqlite3
from datetime import datetime

from bot.handlers.context import App
from bot.service.background import StoppedError
from bot.service.delivery_run import DeliveryRun, RunOptions, drop_subscriptions
from bot.storage import chats
from corpus.errors import CorpusError
from corpus.models import UpdateReport

logger = logging.getLogger(__name__)

TICK_SECONDS = 60
"""Interval between two runs of deliveries."""

FIRST_TICK_SECONDS = 5
"""Time from the start of the bot to the first run."""


async def run_regularly(application: App) -> None:
    """Start a run of deliveries every TICK_SECONDS: a digest may be due, or quiet hours may have ended.

    The interval is measured by the event loop's clock, which goes on whatever becomes of the machine's. A run
    is a task of the application: a stop lets it finish instead of cancelling it. The next run waits for it.
    """
    await asyncio.sleep(FIRST_TICK_SECONDS)
    while True:
        run = application.create_task(deliver(application), name="deliveries")
        await asyncio.gather(asyncio.sleep(TICK_SECONDS), asyncio.wait({run}))


async def on_updated(application: App, report: UpdateReport) -> None:
    """Start a run of deliveries if articles were added; a hook of the refresh, which does not wait for it."""
    if report.added and application.running:
        application.create_task(deliver(application), name="news")


async def deliver(application: App, now: datetime | None = None, *, options: RunOptions | None = None) -> int:
    """Send each chat what is due in one message; return how many messages were sent.

    Chats that have waited longest come first. What a run has no time for, or what remains when the bot stops,
    is left to the next run. Runs may overlap: what one has claimed the other does not send. Nothing is
    raised; a chat that cannot be reached does not delay the others.
    """
    data = application.bot_data
    if data.push_waits:
        return 0  # another run waits for its turn and will find the same
    try:
        return await DeliveryRun(application, now or data.now(), options or RunOptions()).run()
    except (sqlite3.Error, CorpusError) as error:
        logger.warning("subscriptions could not be read: %s", error)
    except StoppedError:
        logger.debug("deliveries are left to the next start")
    return 0


def chat_gone(application: App, chat_id: int) -> None:
    """Delete the subscriptions of a chat that has blocked or removed the bot; a hook of the sender."""
    drop_subscriptions(application.bot_data, chat_id)


def chat_migrated(application: App, old: int, new: int) -> None:
    """Move everything of an upgraded group to its new id; a hook of the sender."""
    try:
        with application.bot_data.state.transaction() as connection:
            chats.migrate(connection, old, new)
    except (sqlite3.Error, CorpusError) as error:
        logger.warning("an upgraded group could not be moved to its new id: %s", error)
