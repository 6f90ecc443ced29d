"""/follow, /feeds, /unfollow and OPML files: feeds, for operators in private.

From here nothing private is reached: neither this machine nor its network, whatever the settings allow.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, TypeVar

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import filters

from bot.handlers.context import Context
from bot.handlers.replies import Reply, edit_or_send, reply, with_typing
from bot.messages import markup
from bot.messages.callback_data import encode, payload
from bot.wording import dates
from corpus.errors import CorpusError
from corpus.sources import (
    FeedOverview,
    FeedReader,
    FollowedFeed,
    FollowState,
    OpmlError,
    names_private_host,
    read_opml,
)

T = TypeVar("T")

MAX_OPML_BYTES: Final = 1_000_000
MAX_CATEGORIES: Final = 8
MAX_OFFERS: Final = 50
"""Offers that are kept; older ones are forgotten."""

MAX_LISTED: Final = 40
NO_CATEGORY: Final = "-"
ALL: Final = "*"

_MARKS: Final = {"ok": "✓", "new": "…", "failing": "✗", "gone": "✗"}

OPML_FILE: Final = filters.Document.FileExtension("opml") | filters.Document.FileExtension("xml")


@payload("f")
@dataclass(frozen=True, slots=True)
class FollowOffered:
    """Follow what was offered: one feed under a category, or the feeds of a file."""

    key: str
    category: str


async def follow(update: Update, context: Context) -> None:
    """Show what an address gives, with buttons for its category."""
    if not await _may_manage(update, context):
        return
    [address, *_] = context.args or [""]
    if not address:
        await reply(update, context, markup.text(context.t("feeds.usage")))
        return
    url = address if "://" in address else f"https://{address}"
    feed = FollowedFeed(url)
    reader = _reader(context, private=False)
    if reader is None:
        await reply(update, context, markup.text(context.t("feeds.unavailable")))
        return
    result = await with_typing(update, context, asyncio.to_thread(_tried, lambda: reader.look(feed)))
    if isinstance(result, str):
        await reply(update, context, markup.text(context.t("feeds.failed", reason=result)))
    elif result.state is FollowState.REFUSED:
        await reply(update, context, markup.text(context.t("feeds.refused", reason=result.reason or "")))
    elif result.state is FollowState.KNOWN:
        await reply(update, context, markup.text(context.t("feeds.known")))
    else:
        key = _offer(context, (FollowedFeed(result.url, title=result.title),))
        title = result.title or result.url
        if result.newest is None:
            text = context.t("feeds.found_undated", title=title, count=result.entries)
        else:
            day = dates.date_words(result.newest.astimezone(context.zone).date(), context.t)
            text = context.t("feeds.found", title=title, count=result.entries, day=day)
        categories = await asyncio.to_thread(context.corpus.categories)
        buttons = [
            InlineKeyboardButton(one.path[-1], callback_data=encode(FollowOffered(key, one.id)))
            for one in categories[:MAX_CATEGORIES]
        ]
        buttons.append(
            InlineKeyboardButton(
                context.t("feeds.no_category"), callback_data=encode(FollowOffered(key, NO_CATEGORY))
            )
        )
        rows = [buttons[start : start + 2] for start in range(0, len(buttons), 2)]
        await reply(update, context, Reply(markup.text(text), InlineKeyboardMarkup(rows)))


async def follow_offered(update: Update, context: Context, data: FollowOffered) -> str | None:
    """Follow what a button offers."""
    user = update.effective_user
    if user is None or user.id not in context.settings.admin_ids:
        return context.t("feeds.only_operators", id=user.id if user else 0)
    feeds = context.bot_data.offered_feeds.pop(data.key, None)
    reader = _reader(context, private=False)
    if feeds is None or reader is None:
        return context.t("feeds.forgotten")
    if data.category not in (NO_CATEGORY, ALL):
        roots = await asyncio.to_thread(context.corpus.categories)
        chosen = tuple(one.path[-1] for one in roots if one.id == data.category)
        feeds = tuple(replace(feed, categories=chosen) for feed in feeds)
    results = await asyncio.to_thread(_tried, lambda: reader.accept(feeds))
    if isinstance(results, str):
        return context.t("feeds.failed", reason=results)[:190]
    if context.bot_data.feeds is not None:
        context.bot_data.feeds.request()
    if data.category == ALL:
        states = [one.state for one in results]
        text = context.t(
            "feeds.accepted",
            count=states.count(FollowState.NEW),
            known=states.count(FollowState.KNOWN),
            refused=states.count(FollowState.REFUSED),
        )
    else:
        text = context.t("feeds.followed", title=feeds[0].title or feeds[0].url)
    await edit_or_send(update, context, markup.text(text))
    return None


async def opml_file(update: Update, context: Context) -> None:
    """Offer to follow the feeds of an OPML file."""
    message = update.effective_message
    if message is None or message.document is None or not await _may_manage(update, context):
        return
    if (message.document.file_size or 0) > MAX_OPML_BYTES:
        await reply(update, context, markup.text(context.t("feeds.too_large")))
        return
    try:
        file = await message.document.get_file()
        raw = bytes(await file.download_as_bytearray())
        feeds = await asyncio.to_thread(read_opml, raw[: MAX_OPML_BYTES + 1])
    except OpmlError:
        await reply(update, context, markup.text(context.t("feeds.no_opml")))
        return
    except TelegramError as error:
        await reply(update, context, markup.text(context.t("feeds.failed", reason=error.message)))
        return
    # Who sends a file must not allow what only the command line may.
    feeds = tuple(replace(feed, private=False) for feed in feeds if not names_private_host(feed.url))
    reader = _reader(context, private=False)
    if reader is None or not feeds:
        await reply(
            update, context, markup.text(context.t("feeds.no_opml" if reader else "feeds.unavailable"))
        )
        return
    known = {feed.url for feed in reader.feeds()}
    new = sum(feed.url not in known for feed in feeds)
    key = _offer(context, feeds)
    press = InlineKeyboardButton(context.t("feeds.follow_all"), callback_data=encode(FollowOffered(key, ALL)))
    text = markup.text(context.t("feeds.offer", count=len(feeds), new=new))
    await reply(update, context, Reply(text, InlineKeyboardMarkup([[press]]) if new else None))


async def list_command(update: Update, context: Context) -> None:
    """List the feeds and how they are; those that fail come first."""
    if not await _may_manage(update, context):
        return
    reader = _reader(context)
    if reader is None:
        await reply(update, context, markup.text(context.t("feeds.unavailable")))
        return
    found = await asyncio.to_thread(_tried, reader.overview)
    if isinstance(found, str):
        await reply(update, context, markup.text(context.t("feeds.failed", reason=found)))
        return
    if not found:
        await reply(update, context, markup.text(context.t("feeds.none")))
        return
    found.sort(key=lambda one: one.state not in ("failing", "gone"))
    lines = [markup.text(line) for line in (*summary(found, context), "")]
    lines += [_line(one, context) for one in found[:MAX_LISTED]]
    if len(found) > MAX_LISTED:
        lines.append(markup.text(context.t("feeds.more", count=len(found) - MAX_LISTED)))
    await reply(update, context, markup.fit([markup.join(lines, "\n")]))


def summary(found: list[FeedOverview], context: Context) -> list[str]:
    """Return how the feeds are in one or two lines, also for /stats."""
    failing = [one for one in found if one.state in ("failing", "gone")]
    lines = [context.t("feeds.summary", count=len(found), ok=len(found) - len(failing), failing=len(failing))]
    since = [one for one in failing if one.failing_since is not None]
    if since:
        worst = min(since, key=lambda one: one.failing_since or datetime.now(UTC))
        day = dates.date_words(
            (worst.failing_since or context.now()).astimezone(context.zone).date(), context.t
        )
        title = worst.title or worst.url
        lines.append(context.t("feeds.longest", title=title, since=day, reason=worst.reason or ""))
    return lines


def _line(one: FeedOverview, context: Context) -> markup.Html:
    values = {"mark": _MARKS[one.state], "title": one.title or one.url}
    if one.state in ("failing", "gone"):
        return markup.text(context.t("feeds.line_failing", **values, reason=one.reason or ""))
    return markup.text(context.t("feeds.line", **values, count=one.entries))


async def unfollow(update: Update, context: Context) -> None:
    """Take a feed off the list; its articles stay."""
    if not await _may_manage(update, context):
        return
    [address, *_] = context.args or [""]
    if not address:
        await reply(update, context, markup.text(context.t("feeds.unfollow_usage")))
        return
    reader = _reader(context)
    if reader is None:
        await reply(update, context, markup.text(context.t("feeds.unavailable")))
        return
    url = address if "://" in address else f"https://{address}"
    feed = await asyncio.to_thread(_tried, lambda: reader.unfollow(url))
    if isinstance(feed, str):
        await reply(update, context, markup.text(context.t("feeds.failed", reason=feed)))
    elif feed is None:
        await reply(update, context, markup.text(context.t("feeds.not_followed")))
    else:
        await reply(update, context, markup.text(context.t("feeds.unfollowed", title=feed.title or feed.url)))


async def _may_manage(update: Update, context: Context) -> bool:
    """Return whether feeds may be managed by this person, here; if not, say why."""
    user, chat = update.effective_user, update.effective_chat
    if user is None or chat is None:
        return False
    if user.id not in context.settings.admin_ids:
        await reply(update, context, markup.text(context.t("feeds.only_operators", id=user.id)))
        return False
    if chat.type != ChatType.PRIVATE:
        await reply(update, context, markup.text(context.t("feeds.only_private")))
        return False
    return True


def _reader(context: Context, *, private: bool = True) -> FeedReader | None:
    """Return the reader of the feeds; None where feeds are not fetched, as in `baotong chat`."""
    rounds = context.bot_data.feeds
    if rounds is None:
        return None
    try:
        return rounds.reader(private=private)
    except CorpusError:
        return None


def _tried(work: Callable[[], T]) -> T | str:
    """Do work on feeds; return why it failed if it did."""
    try:
        return work()
    except CorpusError as error:
        return str(error)


def _offer(context: Context, feeds: tuple[FollowedFeed, ...]) -> str:
    """Keep what is offered under a short key."""
    offers = context.bot_data.offered_feeds
    while len(offers) >= MAX_OFFERS:
        offers.pop(next(iter(offers)))
    key = hashlib.sha256(repr(feeds).encode("utf-8", "replace")).hexdigest()[:12]
    offers[key] = feeds
    return key
