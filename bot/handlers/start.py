"""/start with its deep links, /help, and replies to messages that are no question."""

import asyncio
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from telegram import Chat, InlineKeyboardButton, Update

from bot.handlers import deep_links, examples, group, settings
from bot.handlers.context import Context
from bot.handlers.replies import Reply, reply
from bot.messages import keyboards, markup
from bot.messages.callback_data import decode_start
from bot.messages.markup import Html, bold, code, text
from bot.wording.i18n import Language, Translate
from corpus import Corpus
from corpus.dialogue import Search

EXAMPLE_COUNT = 3
RECENT_ARTICLES = 20
"""How many of the newest articles are searched for names."""


@dataclass(frozen=True, slots=True)
class ExampleNames:
    """Names and dates that the examples in /help use; dates in ISO 8601."""

    category: str
    outlet: str
    since: str
    until: str


async def start(update: Update, context: Context) -> None:
    """Introduce the bot, or open the target of a deep link."""
    raw = (context.args or [""])[0]
    target = decode_start(raw)
    chat = update.effective_chat
    if raw == deep_links.HELP_PAYLOAD:
        await help_(update, context)
    elif raw in deep_links.PLAIN_PAYLOADS or (chat is not None and chat.type != Chat.PRIVATE):
        await introduce(update, context)  # a link that adds the bot to a group may carry any payload
    elif target is None or not await deep_links.open_target(update, context, target):
        await reply(update, context, text(context.t("start.bad_link")))


async def introduce(update: Update, context: Context) -> None:
    """Introduce the bot, with buttons for questions that this archive answers."""
    t, corpus = context.t, context.corpus
    questions = await examples.questions(context, EXAMPLE_COUNT)
    count = (await asyncio.to_thread(corpus.statistics)).articles
    what = t("start.what", count=count) if count else t("start.what_empty")
    blocks = [text(t("start.hello")), text(what), text(t("start.more"))]
    if questions:
        blocks.append(text(t("start.examples")))
    rows = keyboards.question_buttons([(question, await _key(context, question)) for question in questions])
    await reply(update, context, Reply(markup.fit(blocks), keyboards.keyboard(rows)))
    await _offer_menu(update, context)


async def help_(update: Update, context: Context) -> None:
    """Explain everything in private; in a group say what the bot sees there and link to the rest."""
    chat, t = update.effective_chat, context.t
    if chat is None:
        return
    if chat.type == Chat.PRIVATE:
        names = await asyncio.to_thread(example_names, context.corpus, context.zone)
        await reply(update, context, help_text(context, names))
        return
    blocks = [text(t("help.group", username=context.bot.username))]
    blocks += await group.diagnosis(context.bot, chat, t)
    url = f"https://t.me/{context.bot.username}?start={deep_links.HELP_PAYLOAD}"
    buttons = keyboards.keyboard([[InlineKeyboardButton(t("buttons.help"), url=url)]])
    await reply(update, context, Reply(markup.fit(blocks), buttons))


def help_text(context: Context, names: ExampleNames) -> Html:
    """Return the complete instructions, with examples that fit the archive."""
    t, username = context.t, context.bot.username
    sections: dict[str, list[Html]] = {
        "ask": [text(t("help.ask")), text(t("help.follow_up"))],
        "browse": [text(t("help.browse", name=names.category))],
        "syntax": [text(t("help.syntax")), *_syntax_lines(t, names)],
        "push": [text(t("help.push"))],
        "more": [text(t("help.more"))],
        "group": [text(t("help.group", username=username))],
        "inline": [text(t("help.inline", username=username))],
        "privacy": [text(t("help.privacy"))],
    }
    return markup.fit(
        markup.join([bold(text(t(f"help.{key}_title"))), *lines], "\n") for key, lines in sections.items()
    )


def _syntax_lines(t: Translate, names: ExampleNames) -> list[Html]:
    """Return an example of each kind of filter with what it does."""
    examples = {
        "category": t("help.example_category", name=names.category),
        "author": t("help.example_author", name=names.outlet),
        "date": t("help.example_date", since=names.since, until=names.until),
        "phrase": t("help.example_phrase"),
        "minus": t("help.example_minus"),
    }
    return [
        markup.fill(t.template("help.line"), example=code(text(example)), what=text(t(f"help.syntax_{key}")))
        for key, example in examples.items()
    ]


def example_names(corpus: Corpus, zone: ZoneInfo) -> ExampleNames:
    """Take example names from the archive: its largest category, an outlet, its newest month."""
    newest = corpus.latest(limit=RECENT_ARTICLES).articles
    published = next((article.published for article in newest if article.published), None)
    outlet = next((article.author for article in newest if article.author), None)
    roots = corpus.categories()
    last = published.astimezone(zone).date() if published else date(2021, 12, 31)
    return ExampleNames(
        category=_value(roots[0].name if roots else "金融"),
        outlet=_value(outlet or "新浪财经"),
        since=last.replace(day=1).isoformat(),
        until=last.isoformat(),
    )


def _value(name: str) -> str:
    """Write a name as the value of a filter: in quotes if it contains a blank."""
    return f'"{name}"' if " " in name else name


async def unknown_command(update: Update, context: Context) -> None:
    """Reply to a command that does not exist."""
    await reply(update, context, text(context.t("ask.unknown_command")))


async def not_text(update: Update, context: Context) -> None:
    """Say what the bot understands when somebody sends a picture or a voice message."""
    await reply(update, context, text(context.t("ask.not_text")))


async def _key(context: Context, question: str) -> str:
    return await context.save_search(Search(question)) or ""


async def _offer_menu(update: Update, context: Context) -> None:
    """Set a menu of their own for operators and for readers of traditional characters.

    Telegram knows both Chinese scripts as `zh`, and no chat with an operator before their first /start.
    """
    chat, language = update.effective_chat, context.t.language
    if chat is None or chat.type != Chat.PRIVATE:
        return
    if language is Language.HANT or chat.id in context.settings.admin_ids:
        await settings.set_menu(context, chat.id, language)
