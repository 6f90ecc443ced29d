"""First words: /start with its deep links, /help, and answers to what is no question."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from telegram import Chat, InlineKeyboardButton, Update
from telegram.error import TelegramError

from bot.handlers import access, article, ask, browse, examples, group, inline, subscribe
from bot.handlers.context import Context
from bot.handlers.replies import Reply, reply
from bot.messages import keyboards, markup, menus
from bot.messages.callback_data import ArticleLink, CategoryLink, DeepLink, SearchLink, read_start
from bot.messages.markup import Html, bold, code, text
from bot.storage import searches
from bot.wording.i18n import Language
from corpus import Corpus
from corpus.dialogue import Search

logger = logging.getLogger(__name__)

EXAMPLES = 3
RECENT = 20
"""Articles looked at for names."""

HELP_PAYLOAD = "help"
PLAIN_PAYLOADS = {"", inline.START_PARAMETER, access.START_PARAMETER}
"""What buttons of ours lead to /start with, and nothing more."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the examples in /help are about; days in ISO 8601."""

    category: str
    outlet: str
    since: str
    until: str


async def start(update: Update, context: Context) -> None:
    """Say what the bot can do, or open what a deep link leads to."""
    raw = (context.args or [""])[0]
    target = read_start(raw)
    chat = update.effective_chat
    if raw == HELP_PAYLOAD:
        await help_(update, context)
    elif raw in PLAIN_PAYLOADS or (chat is not None and chat.type != Chat.PRIVATE):
        await hello(update, context)  # who adds the bot to a group may bring any payload along
    elif target is None or not await _open(update, context, target):
        await reply(update, context, text(context.t("start.bad_link")))


async def hello(update: Update, context: Context) -> None:
    """Introduce the bot, with questions to tap that this archive answers."""
    t, corpus = context.t, context.corpus
    questions = await examples.questions(context, EXAMPLES)
    count = (await asyncio.to_thread(corpus.statistics)).articles
    what = t("start.what", count=count) if count else t("start.what_empty")
    blocks = [text(t("start.hello")), text(what)]
    if questions:
        blocks.append(text(t("start.examples")))
    rows = keyboards.examples([(question, await _key(context, question)) for question in questions])
    blocks.insert(2, text(t("start.more")))
    await reply(update, context, Reply(markup.fit(blocks), keyboards.keyboard(rows)))
    await _offer_menu(update, context)


async def help_(update: Update, context: Context) -> None:
    """Explain everything in private; in a group say what the bot sees there, and where to read on."""
    chat, t = update.effective_chat, context.t
    if chat is None:
        return
    if chat.type == Chat.PRIVATE:
        names = await asyncio.to_thread(names_of, context.corpus, context.zone)
        await reply(update, context, help_text(context, names))
        return
    blocks = [text(t("help.group", username=context.bot.username))]
    blocks += await group.diagnosis(context.bot, chat, t)
    url = f"https://t.me/{context.bot.username}?start={HELP_PAYLOAD}"
    buttons = keyboards.keyboard([[InlineKeyboardButton(t("buttons.help"), url=url)]])
    await reply(update, context, Reply(markup.fit(blocks), buttons))


def help_text(context: Context, names: Names) -> Html:
    """Return the whole of the instructions, with examples that fit the archive."""
    t, username = context.t, context.bot.username
    examples = {
        "category": t("help.example_category", name=names.category),
        "author": t("help.example_author", name=names.outlet),
        "date": t("help.example_date", since=names.since, until=names.until),
        "phrase": t("help.example_phrase"),
        "minus": t("help.example_minus"),
    }
    line = t.template("help.line")
    syntax = [
        markup.fill(line, example=code(text(example)), what=text(t(f"help.syntax_{key}")))
        for key, example in examples.items()
    ]
    sections: list[tuple[str, list[Html]]] = [
        ("ask", [text(t("help.ask")), text(t("help.follow_up"))]),
        ("browse", [text(t("help.browse", name=names.category))]),
        ("syntax", [text(t("help.syntax")), *syntax]),
        ("push", [text(t("help.push"))]),
        ("more", [text(t("help.more"))]),
        ("group", [text(t("help.group", username=username))]),
        ("inline", [text(t("help.inline", username=username))]),
        ("privacy", [text(t("help.privacy"))]),
    ]
    return markup.fit(
        markup.join([bold(text(t(f"help.{key}_title"))), *lines], "\n") for key, lines in sections
    )


def names_of(corpus: Corpus, zone: ZoneInfo) -> Names:
    """Take names for examples from the archive: its largest category, an outlet, its newest month."""
    newest = corpus.latest(limit=RECENT).articles
    published = next((article.published for article in newest if article.published), None)
    outlet = next((article.author for article in newest if article.author), None)
    roots = corpus.categories()
    last = published.astimezone(zone).date() if published else date(2021, 12, 31)
    return Names(
        category=_value(roots[0].name if roots else "金融"),
        outlet=_value(outlet or "新浪财经"),
        since=last.replace(day=1).isoformat(),
        until=last.isoformat(),
    )


def _value(name: str) -> str:
    """Write a name as the value of a condition: in quotes when it holds a blank."""
    return f'"{name}"' if " " in name else name


async def unknown_command(update: Update, context: Context) -> None:
    """Say so to a command that does not exist; in a chat with several bots it may be another's."""
    await reply(update, context, text(context.t("ask.unknown_command")))


async def not_text(update: Update, context: Context) -> None:
    """Say what the bot understands to whoever sends a picture or a voice."""
    if update.message is not None and update.message.via_bot is None:
        await reply(update, context, text(context.t("ask.not_text")))


async def _open(update: Update, context: Context, target: DeepLink) -> bool:
    """Open what a deep link leads to; False if it is not there (any more)."""
    if isinstance(target, ArticleLink):
        return await article.open_article(update, context, target.article, target.passage)
    if isinstance(target, CategoryLink):
        return await browse.show_category(update, context, target.category)
    search = context.read(searches.load, target.search)
    if search is None:
        return False
    if isinstance(target, SearchLink):
        await ask.show_search(update, context, search)
    else:
        await subscribe.offer(update, context, search, target.search)
    return True


async def _key(context: Context, question: str) -> str:
    return await context.save_search(Search(question)) or ""


async def _offer_menu(update: Update, context: Context) -> None:
    """Give a menu of their own to readers of traditional characters and to operators.

    Telegram knows both scripts as `zh`, and no chat with an operator before their first /start.
    """
    chat, language = update.effective_chat, context.t.language
    if chat is None or chat.type != Chat.PRIVATE:
        return
    operator = chat.id in context.settings.admin_ids
    if language is not Language.HANT and not operator:
        return
    try:
        await menus.offer(context.bot, context.bot_data.commands, chat.id, language, operator=operator)
    except TelegramError as error:
        logger.info("a menu could not be offered: %s", error.message)
