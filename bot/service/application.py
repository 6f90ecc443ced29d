"""The application: all commands and handlers in one visible list, and how the bot is built from them."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from telegram import Update
from telegram.ext import (
    Application,
    BaseHandler,
    BaseRateLimiter,
    CallbackQueryHandler,
    ChatMemberHandler,
    ContextTypes,
    InlineQueryHandler,
    MessageHandler,
    TypeHandler,
    filters,
)
from telegram.request import BaseRequest

from bot.handlers import (
    access,
    article,
    ask,
    browse,
    errors,
    feedback,
    feeds,
    forget,
    group,
    guest,
    inline,
    menus,
    on_press,
    settings,
    settings_panel,
    start,
    stats,
    subscribe,
    unknown_press,
)
from bot.handlers.commands import COMMAND, OnCommand
from bot.handlers.context import App, BotData, Context
from bot.messages import callback_data
from bot.messages.menus import Command, MenuScope
from bot.storage.database import State, utc_now

if TYPE_CHECKING:
    from bot.settings import Settings
    from corpus import Corpus

OFFLINE_TOKEN = "0:offline"  # noqa: S105 — no secret: `baotong chat` speaks to no server
"""Token for an application that speaks to no server."""

COMMANDS: tuple[Command, ...] = (
    Command("ask", ask.command, edits=True),
    Command("latest", browse.latest, edits=True),
    Command("category", browse.category, also=("categories",), edits=True),
    Command("trend", stats.trend),
    Command("subscribe", subscribe.command, MenuScope.ADMINS),
    Command("subscriptions", subscribe.list_command, MenuScope.ADMINS),
    Command("settings", settings.command, MenuScope.ADMINS),
    Command("help", start.help_),
    Command("start", start.start, MenuScope.NOWHERE),
    Command("id", access.identify, MenuScope.NOWHERE),
    Command("forget", forget.command, MenuScope.PRIVATE),
    Command("stats", stats.stats, MenuScope.OPERATORS),
    Command("follow", feeds.follow, MenuScope.OPERATORS),
    Command("feeds", feeds.list_command, MenuScope.OPERATORS),
    Command("unfollow", feeds.unfollow, MenuScope.OPERATORS),
)
"""All commands, in the order of the menus."""


def handlers() -> list[BaseHandler[Any, Context, Any]]:
    """Return all handlers. The first that matches an update handles it.

    Of messages only those arrive here that are meant for the bot, and those of groups that move.
    """
    fresh = filters.UpdateType.MESSAGE
    fresh_or_edited = filters.UpdateType.MESSAGE | filters.UpdateType.EDITED_MESSAGE
    words = filters.TEXT | filters.CAPTION
    private, groups = filters.ChatType.PRIVATE, filters.ChatType.GROUPS
    return [
        *(OnCommand(command.names, command.handler, edits=command.edits) for command in COMMANDS),
        InlineQueryHandler(inline.query),
        guest.OnGuestMessage(guest.answer),
        feedback.OnReaction(feedback.reaction),
        ChatMemberHandler(group.membership, ChatMemberHandler.MY_CHAT_MEMBER),
        MessageHandler(fresh & filters.StatusUpdate.MIGRATE, group.migrated),
        # Buttons
        on_press(callback_data.ResultPage, ask.page),
        on_press(callback_data.More, ask.more),
        on_press(callback_data.Change, ask.change),
        on_press(callback_data.Ask, ask.stored),
        on_press(callback_data.Suggestion, ask.suggestion),
        on_press(callback_data.SameStory, article.same_story),
        on_press(callback_data.Read, article.read),
        on_press(callback_data.ReadMore, article.read_more),
        on_press(callback_data.Similar, article.similar),
        on_press(callback_data.Share, article.share),
        on_press(callback_data.Latest, browse.latest_page),
        on_press(callback_data.Tree, browse.tree),
        on_press(callback_data.Vote, feedback.vote),
        on_press(callback_data.Subscribe, subscribe.press),
        on_press(subscribe.SetDelivery, subscribe.set_delivery),
        on_press(subscribe.SubscriptionList, subscribe.list_page),
        on_press(subscribe.Unsubscribe, subscribe.unsubscribe),
        on_press(settings_panel.Setting, settings.press),
        on_press(stats.Trend, stats.trend_press),
        on_press(forget.Forget, forget.press),
        on_press(feeds.FollowOffered, feeds.follow_offered),
        CallbackQueryHandler(unknown_press),
        # Everything else that people write
        MessageHandler(fresh & private & COMMAND, start.unknown_command),
        MessageHandler(fresh_or_edited & private & words & ~COMMAND, ask.private),
        MessageHandler(fresh & private & feeds.OPML_FILE, feeds.opml_file),
        MessageHandler(fresh & private & ~words & ~filters.StatusUpdate.ALL, start.not_text),
        MessageHandler(fresh_or_edited & groups & words, ask.in_a_group),
    ]


def build_application(
    settings: "Settings",
    corpus: "Corpus",
    state: State,
    *,
    token: str | None = None,
    request: BaseRequest | None = None,
    rate_limiter: BaseRateLimiter[Any] | None = None,
    now: Callable[[], datetime] = utc_now,
) -> App:
    """Build the application. It fetches no updates: its caller passes them to `process_update`.

    Args:
        settings: The operator's settings.
        corpus: The open archive; the caller closes it.
        state: The bot's own open database; the caller closes it.
        token: Token to use instead of that of the settings.
        request: Transport of calls to Telegram; None: HTTP as the settings say.
        rate_limiter: Keeps calls in order, limits their rate and retries them.
        now: The clock; aware UTC.
    """
    data = BotData(corpus=corpus, settings=settings, state=state, now=now, commands=COMMANDS)
    secret = token or (settings.bot_token.get_secret_value() if settings.bot_token else OFFLINE_TOKEN)
    builder = (
        Application.builder()
        .token(secret)
        .base_url(f"{settings.telegram_api_base}/bot")
        .base_file_url(f"{settings.telegram_api_base}/file/bot")
        .updater(None)
        .job_queue(None)  # it keeps to the wall clock and stands still when that is set back
        # PTB asks for a type and only ever calls it.
        .context_types(ContextTypes(context=Context, bot_data=cast(type[BotData], lambda: data)))
    )
    if request is not None:
        builder = builder.request(request).get_updates_request(request)
    elif settings.proxy_url:
        builder = builder.proxy(settings.proxy_url)
    if rate_limiter is not None:
        builder = builder.rate_limiter(rate_limiter)
    application: App = builder.build()
    application.add_handler(TypeHandler(Update, access.ignore_chatter), group=-2)
    application.add_handler(TypeHandler(Update, access.guard), group=-1)
    for handler in handlers():
        application.add_handler(handler)
    application.add_error_handler(errors.handle_error)
    return application


async def post_init(application: App) -> None:
    """Register commands, descriptions and the menu button with Telegram if they have changed.

    Failures are only logged.
    """
    data = application.bot_data
    await menus.set_menus(application.bot, data.commands, data.settings.admin_ids)
    await menus.set_menu_button(
        application.bot, data.settings.public_url if data.settings.serves_pages else None
    )
