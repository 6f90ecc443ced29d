"""The error handler: it logs a failure without anybody's words and tells the reader something short."""

import logging
import traceback
from datetime import timedelta
from pathlib import Path
from types import TracebackType

from telegram import Update
from telegram.constants import ParseMode
from telegram.error import TelegramError
from telegram.ext import ApplicationHandlerStop

from bot.handlers import answer_press, refusals
from bot.handlers.context import Context
from bot.handlers.replies import reply
from bot.messages import markup
from bot.outbox.refusals import Refusal, refusal_of
from bot.outbox.sender import is_transient
from corpus.errors import EngineUnavailableError, IndexUnavailableError, StoreError

logger = logging.getLogger(__name__)

REPORT_INTERVAL = timedelta(minutes=10)
"""Shortest time between two reports of the same failure to the error chat."""

_ROOT = Path(__file__).resolve().parent.parent.parent


async def handle_error(update: object, context: Context) -> None:
    """Log a failure, tell the reader something short and the operator where it happened.

    Network failures are only logged: the update stays in the inbox and is tried again. So does an update
    whose sender could not be told, if that may succeed later.

    Raises:
        ApplicationHandlerStop: The sender could not be told; the inbox knows, and further error handlers must
            not report the first failure to it.
    """
    error = context.error
    if error is None:
        return
    kind, where = describe(error)
    number = update.update_id if isinstance(update, Update) else None
    if is_transient(error):
        logger.warning("update %s: %s", number, kind)
        return
    refusal = refusal_of(error)
    if refusal is not None:
        logger.info("update %s: its chat takes no message: %s", number, refusal)
        if isinstance(update, Update):
            await _note_refusal(update, context, refusal)
        return
    if isinstance(error, EngineUnavailableError):
        logger.warning("update %s could not be answered: %s", number, error)
        if isinstance(update, Update):
            await _tell_reader(update, context, "ask.engine_away")
        return
    if isinstance(error, IndexUnavailableError):
        # The index is being built; `/readyz` says so.
        logger.warning("update %s could not be answered: %s", number, error)
        if isinstance(update, Update):
            await _tell_reader(update, context, "ask.getting_ready")
        return
    if isinstance(error, StoreError):
        # The text already tells an operator about damage or a full disk; a traceback would add nothing.
        logger.error("update %s could not be answered: %s", number, error)
        if isinstance(update, Update):
            await _tell_reader(update, context)
        await _tell_operator(context, f"{error} (update {number})", where)
        return
    frames = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    logger.error("update %s failed: %s at %s\n%s", number, kind, where, frames)
    if isinstance(update, Update):
        await _tell_reader(update, context)
    await _tell_operator(context, f"{kind} at {where} (update {number})", where)


def describe(error: BaseException) -> tuple[str, str]:
    """Return the type of an error and the place in this program where it was raised.

    The error's own text is left out: it may contain what a person wrote.
    """
    name = type(error).__name__
    cause = error.__cause__ or error.__context__
    kind = f"{name} from {type(cause).__name__}" if cause is not None else name
    return kind, _place(error.__traceback__)


def _place(trace: TracebackType | None) -> str:
    place = "unknown place"
    for frame in traceback.extract_tb(trace):
        path = Path(frame.filename)
        if path.is_relative_to(_ROOT) and "site-packages" not in path.parts:
            place = f"{path.relative_to(_ROOT).as_posix()}:{frame.lineno}"
    return place


async def _tell_reader(update: Update, context: Context, private: str = "errors.private") -> None:
    """Tell the sender that there is no answer.

    Raises:
        ApplicationHandlerStop: See `handle_error`.
    """
    try:
        message = update.effective_message
        if update.callback_query:
            await answer_press(update, context.t("errors.press"))
        elif update.inline_query:
            await update.inline_query.answer([], cache_time=0, is_personal=True)
        elif message and context.address is not None:
            await reply(update, context, markup.text(context.t(private)))
    except Exception as error:
        logger.warning("the reader could not be told of a failure: %s", type(error).__name__)
        if is_transient(error) and context.bot_data.inbox is not None:
            context.bot_data.inbox.report_failure(error)
            raise ApplicationHandlerStop from error


async def _note_refusal(update: Update, context: Context, refusal: Refusal) -> None:
    """Tell whoever pressed a button, which works all the same, and the operator."""
    if update.callback_query:
        await _tell_reader(update, context)
    if (chat := update.effective_chat) is not None:
        await refusals.report(
            context.bot, context.bot_data, chat.id, context.topic, refusal, title=chat.title
        )


async def _tell_operator(context: Context, report: str, where: str) -> None:
    chat_id, now = context.settings.error_chat_id, context.now()
    last = context.bot_data.last_reported.get(where)
    if chat_id is None or (last is not None and now - last < REPORT_INTERVAL):
        return
    context.bot_data.last_reported[where] = now
    try:
        await context.bot.send_message(
            chat_id, markup.text(report), parse_mode=ParseMode.HTML, disable_notification=True
        )
    except TelegramError as error:
        logger.warning("the error chat could not be told: %s", error.message)
