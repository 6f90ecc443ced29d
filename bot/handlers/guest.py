"""Guest mode: a mention of the bot where it is no member gets one message, a citation, and nothing else.

Telegram lets people call a bot as a guest in any chat (Bot API 10.0). The bot sees that one message and what
it replies to; it may answer it once. The chat may bear the id of another chat that the bot knows, so nothing
is read or remembered by it: preferences and limits are those of the person who calls.
"""

import asyncio
import logging

from telegram import InlineQueryResultArticle, InputTextMessageContent, Message, Update
from telegram.constants import ParseMode
from telegram.error import BadRequest
from telegram.ext import BaseHandler

from bot.handlers import deep_links, examples, inline
from bot.handlers.answers import ask
from bot.handlers.context import Context
from bot.handlers.following import decide_quietly
from bot.handlers.replies import Reply, preview_options
from bot.handlers.rules import groups, small_talk
from bot.handlers.rules.addresses import has_words, without_addresses
from bot.inbox.addressing import is_from_person, question_of
from bot.messages import markup, render
from bot.messages.markup import Html
from bot.wording import plain_text
from bot.wording.answers import about_words
from corpus.dialogue import OpenArticle, Search, ShowAnswer
from corpus.models import Answer, AnswerKind, Article, Confidence, Filters
from corpus.question import Utterance

logger = logging.getLogger(__name__)

RESULT_ID = "guest"


class OnGuestMessage(BaseHandler[Update, Context, None]):
    """Calls a handler for messages that call the bot as a guest."""

    def check_update(self, update: object) -> bool:
        """Return whether the update is such a message."""
        return isinstance(update, Update) and update.guest_message is not None


async def answer(update: Update, context: Context) -> None:
    """Answer a message that calls the bot as a guest; other bots are never answered."""
    message = update.guest_message
    if message is None or not message.guest_query_id or not is_from_person(message.to_dict()):
        return
    ready = await _reply(context, message)
    result = InlineQueryResultArticle(
        id=RESULT_ID,
        title=context.t("buttons.read"),  # nobody sees it
        input_message_content=InputTextMessageContent(
            ready.html,
            parse_mode=ParseMode.HTML,
            link_preview_options=preview_options(ready, context.chat.preview),
        ),
        reply_markup=ready.keyboard,
    )
    try:
        await context.bot.answer_guest_query(message.guest_query_id, result)
    except BadRequest as error:  # the window for an answer has closed, or the message is gone
        logger.info("a guest query could not be answered: %s", error.message)


async def _reply(context: Context, message: Message) -> Reply:
    """Return the message for a caller."""
    question = plain_text.clean(question_of(message.to_dict(), context.me)).strip()
    quoted = groups.quoted_text(message)
    is_small_talk = not quoted and small_talk.classify(question) is not None
    if is_small_talk or not (question or quoted):
        example = await examples.question(context)
        return Reply(
            markup.text(context.t("ask.usage_group", username=context.bot.username, example=example))
        )
    if context.corpus.empty:
        key = "ask.getting_ready" if context.corpus.unfinished else "ask.empty_archive"
        return Reply(markup.text(context.t(key)))
    found = await asyncio.to_thread(_find, context, message, question, quoted)
    if isinstance(found, Article):
        return Reply(inline.citation(found, context.view), source=found.url)
    metrics = context.bot_data.metrics
    if metrics is not None:
        metrics.observe_answer(found.confidence, found.milliseconds / 1000, "guest")
    return _citation(context, found)


def _find(context: Context, message: Message, question: str, quoted: str) -> Answer | Article:
    """Ask the archive: a message that is replied to, words about it, or a question of its own. Blocks."""
    filters = Filters(category=context.chat.category)
    page_size = context.view.page_size
    link = deep_links.find_article(context, message, question)
    linked = context.corpus.article(link.article) if link is not None else None
    if linked is not None:
        words = without_addresses(question)
        inside = ask(context.corpus, Search(words, Filters(article=linked.article.id)), page_size=page_size)
        return inside if has_words(words) and inside.hits else linked.article
    if not question:
        return ask(context.corpus, Search(quoted, filters), page_size=page_size)
    if quoted:
        utterance = Utterance.from_text(question)
        match decide_quietly(context, quoted, utterance):
            case ShowAnswer() as shown:
                return shown.answer
            case OpenArticle(article_id):
                if text := context.corpus.article(article_id):
                    return text.article
    return ask(context.corpus, Search(question, filters), page_size=page_size)


def _citation(context: Context, found: Answer) -> Reply:
    """Return an answer as a message that is read on other days too, by people who do not know the bot."""
    view, t = context.view, context.t
    if found.about is not None:
        return Reply(markup.text(about_words(found.about, t, zone=view.zone)))
    if not found.hits or found.confidence is Confidence.NONE or found.kind is not AnswerKind.PASSAGE:
        return Reply(render.answer(found, view))
    first = found.hits[0]
    lines: list[Html] = []
    if found.confidence is Confidence.RELATED:
        lines.append(markup.text(t("answer.related")))
    lines.append(inline.citation(first, view))
    button = inline.read_button(first.article, first.passage.ordinal, view)
    return Reply(markup.join(lines, "\n\n"), button, source=markup.address(first.article.url))
