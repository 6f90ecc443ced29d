"""/subscribe and /subscriptions: delivery of new articles that match a search; in groups admins decide."""

import asyncio
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update, User

from bot.handlers.access import is_admin
from bot.handlers.context import Context, topic_of
from bot.handlers.replies import Reply, edit_or_send, reply
from bot.handlers.settings_panel import Setting, SettingItem, zone_name
from bot.messages import keyboards, markup
from bot.messages.callback_data import Subscribe, payload
from bot.messages.keyboards import button
from bot.messages.markup import Html
from bot.storage import searches, subscriptions
from bot.storage.subscriptions import Mode, Subscription, TooManySubscriptionsError
from bot.wording import plain_text
from bot.wording.excerpts import same_words
from bot.wording.filters import MAX_NAME_UNITS, filter_words
from bot.wording.i18n import Translate
from corpus import Corpus
from corpus.answering import alternatives, drop_filters
from corpus.dialogue import Search
from corpus.models import Category, Filters, Unmet
from corpus.question import excludes_only, replace_filter_values

MAX_QUESTION_CHARS = 200
"""Every word must occur in an article; no article would match a longer question."""

RECENT_ARTICLES = 500
"""How many of the newest articles are matched to say how much to expect."""

PAGE_SIZE = 8
MAX_CATEGORIES = 5
HOURS_PER_ROW = 6


class DeliveryAction(StrEnum):
    """What a button does with the delivery time."""

    AT_ONCE = "a"
    DAILY = "d"
    CHOOSE = "c"
    SHOW = "s"


@payload("S")
@dataclass(frozen=True, slots=True)
class SetDelivery:
    """Set when a subscription is delivered, or show the hours to choose from."""

    subscription: int
    when: DeliveryAction
    hour: int = 0


@payload("U")
@dataclass(frozen=True, slots=True)
class SubscriptionList:
    """List the chat's subscriptions from the one at `offset` on."""

    offset: int


@payload("X")
@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """End a subscription; then show the list at `offset`, or with -1 say what was ended."""

    subscription: int
    offset: int = -1


class _Outcome(NamedTuple):
    """Whether a subscription was stored, and what to tell the chat."""

    subscribed: bool
    answer: Reply


async def command(update: Update, context: Context) -> None:
    """Subscribe to the words after the command; if they also name a category, ask which is meant."""
    if not await is_admin(update, context):
        await reply(update, context, markup.text(context.t("subscribe.only_admins")))
        return
    words = " ".join(context.args or ())
    if not words:
        await reply(update, context, await _usage(update, context))
        return
    places = await asyncio.to_thread(_places, context.corpus, words)
    if places:
        await reply(update, context, await _which(context, words, places))
        return
    outcome = await _subscribe(update, context, Search(words))
    await reply(update, context, outcome.answer)


async def offer(update: Update, context: Context, search: Search, key: str) -> None:
    """Offer to subscribe to the search of a deep link."""
    question = markup.fill(
        context.t.template("subscribe.offer"), search=markup.bold(markup.text(describe(search, context.t)))
    )
    keyboard = InlineKeyboardMarkup([[button(context.t("buttons.subscribe"), Subscribe(key))]])
    await reply(update, context, Reply(question, keyboard))


async def press(update: Update, context: Context, data: Subscribe) -> str | None:
    """Subscribe to the search of an answer or an offer, in a new message."""
    if not await is_admin(update, context):
        return context.t("subscribe.only_admins")
    search = context.read(searches.load, data.search)
    if search is None:
        return context.t("answer.forgotten")
    outcome = await _subscribe(update, context, search)
    if not outcome.subscribed and outcome.answer.keyboard is None:
        return markup.plain(outcome.answer.html)
    await reply(update, context, outcome.answer)
    return context.t("subscribe.toast") if outcome.subscribed else None


async def set_delivery(update: Update, context: Context, data: SetDelivery) -> str | None:
    """Change when a subscription is delivered, or show the hours to choose from."""
    chat = update.effective_chat
    if chat is None or not await is_admin(update, context):
        return context.t("subscribe.only_admins")
    if data.when is DeliveryAction.DAILY and not 0 <= data.hour <= 23:
        return context.t("buttons.outdated")
    changes = data.when in {DeliveryAction.AT_ONCE, DeliveryAction.DAILY}
    if changes:
        subscription = await _store_delivery(context, chat.id, data)
    else:
        subscription = context.read(subscriptions.get, chat.id, data.subscription)
    if subscription is None:
        return context.t("subscribe.gone")
    show = _hours if data.when is DeliveryAction.CHOOSE else _card
    await edit_or_send(update, context, show(subscription, context))
    return context.t("settings.saved") if changes else None


async def _store_delivery(context: Context, chat_id: int, data: SetDelivery) -> Subscription | None:
    daily = data.when is DeliveryAction.DAILY
    return await context.write(
        subscriptions.set_time,
        chat_id,
        data.subscription,
        mode=Mode.DAILY if daily else Mode.AT_ONCE,
        hour=data.hour if daily else None,
        now=context.now(),
    )


async def list_command(update: Update, context: Context) -> None:
    """List the chat's subscriptions."""
    await reply(update, context, _list(update, context, 0))


async def list_page(update: Update, context: Context, data: SubscriptionList) -> str | None:
    """Show a page of the list in place of what the message showed."""
    if update.effective_chat is None:
        return context.t("buttons.outdated")
    await edit_or_send(update, context, _list(update, context, data.offset))
    return None


async def unsubscribe(update: Update, context: Context, data: Unsubscribe) -> str | None:
    """Unsubscribe a subscription."""
    chat = update.effective_chat
    if chat is None or not await is_admin(update, context):
        return context.t("subscribe.only_admins")
    ended = context.read(subscriptions.get, chat.id, data.subscription)
    removed = await context.keep(subscriptions.remove, chat.id, data.subscription)
    if removed is None:
        return context.t("state.not_saved")
    if data.offset >= 0:
        await edit_or_send(update, context, _list(update, context, data.offset))
    elif ended is None:
        return context.t("subscribe.gone")
    else:
        await edit_or_send(update, context, await _farewell(context, ended))
    return context.t("subscribe.ended_toast") if removed else context.t("subscribe.gone")


def describe(search: Search | Subscription, t: Translate) -> str:
    """Name a search in one line: its words as typed, then its filters.

    A category is labelled as one, since 「体育」 could also be a word.
    """
    filters = search.filters
    place = (
        t("subscribe.category", name=plain_text.shorten(filters.category, MAX_NAME_UNITS))
        if filters.category
        else ""
    )
    parts = [plain_text.echo(search.question), place, *filter_words(replace(filters, category=None), t)]
    return " · ".join(part for part in parts if part)


async def _subscribe(update: Update, context: Context, search: Search) -> _Outcome:
    """Store a subscription to a search, unless it can find nothing or the chat has it already."""
    search = Search(search.question, replace(search.filters, article=None))
    if problem := await _problem(context, search):
        return _Outcome(False, problem)
    chat, press = update.effective_chat, update.callback_query
    if chat is None:
        return _Outcome(False, Reply(markup.text(context.t("subscribe.nothing"))))
    thread = topic_of(press.message if press else update.effective_message)
    existing = context.read(
        subscriptions.find, chat.id, thread, question=search.question, filters=search.filters
    )
    if existing is not None:
        return _Outcome(False, _card(existing, context, head="subscribe.already"))
    return await _add(context, search, chat_id=chat.id, thread_id=thread, user=update.effective_user)


async def _problem(context: Context, search: Search) -> Reply | None:
    """Say why a search cannot be subscribed to; None if it can."""
    t = context.t
    if len(search.question) > MAX_QUESTION_CHARS:
        return Reply(markup.text(t("subscribe.too_long", count=MAX_QUESTION_CHARS)))
    if not filter_words(search.filters, t):
        if not any(character.isalnum() for character in search.question):
            return Reply(markup.text(t("subscribe.nothing")))
        if excludes_only(search.question):
            word = plain_text.echo(search.question.split()[0])
            return Reply(markup.text(t("subscribe.only_excluded", word=word)))
    unmet = await asyncio.to_thread(context.corpus.unknown_names, search.question, filters=search.filters)
    return await _which_name(context, search, unmet) if unmet else None


async def _add(
    context: Context, search: Search, *, chat_id: int, thread_id: int | None, user: User | None
) -> _Outcome:
    """Add a subscription and say how many recent articles it would have found."""
    t = context.t
    add = partial(
        subscriptions.add,
        chat_id=chat_id,
        thread_id=thread_id,
        question=search.question,
        filters=search.filters,
        user_id=user.id if user else None,
        language=str(t.language),
        cursor=await asyncio.to_thread(context.corpus.last_number),
        now=context.now(),
    )
    try:
        subscription = await context.keep(add)
    except TooManySubscriptionsError:
        return _Outcome(False, Reply(markup.text(t("subscribe.too_many", count=subscriptions.MAX_PER_CHAT))))
    if subscription is None:
        return _Outcome(False, Reply(markup.text(t("state.not_saved"))))
    count, total = await asyncio.to_thread(_recent, context.corpus, subscription)
    expectation = t("subscribe.recent", count=count, total=total) if count else t("subscribe.recent_none")
    return _Outcome(True, _card(subscription, context, markup.text(expectation)))


async def _which_name(context: Context, search: Search, unmet: tuple[Unmet, ...]) -> Reply:
    """Say that no article can pass a filter; offer the search with existing names, or without the filter."""
    t = context.t
    filters = drop_filters(search.filters, unmet)
    bare = replace_filter_values(search.question, {each.value: None for each in unmet})
    rows = []
    for question in dict.fromkeys((*alternatives(search.question, unmet), bare)):
        offered = Search(question, filters)
        name = describe(offered, t)
        key = await context.save_search(offered) if name else None
        if key is not None:
            rows.append([button(t("subscribe.instead", search=name), Subscribe(key))])
    lines = [t(f"subscribe.no_{each.condition}", name=plain_text.echo(each.value)) for each in unmet]
    lines.append(t("subscribe.instead_of_it" if rows else "subscribe.not_done"))
    return Reply(markup.text("\n".join(lines)), InlineKeyboardMarkup(rows) if rows else None)


def _recent(corpus: Corpus, subscription: Subscription) -> tuple[int, int]:
    """Return how many of the newest articles match the subscription, and how many were looked at."""
    recent = corpus.added_after(max(corpus.last_number() - RECENT_ARTICLES, 0), limit=RECENT_ARTICLES)
    ids = [article.id for _, article in recent]
    return len(corpus.matching(subscription.question, ids, filters=subscription.filters)), len(ids)


def _places(corpus: Corpus, words: str) -> tuple[Category, ...]:
    """Return the categories whose name is exactly these words."""
    found = corpus.find_categories(words)
    return tuple(category for category in found if same_words(category.name, words))[:MAX_CATEGORIES]


async def _which(context: Context, words: str, places: tuple[Category, ...]) -> Reply:
    """Ask whether articles with a word are wanted, or those of a category of that name."""
    t = context.t
    offers = [(t("subscribe.as_word", word=plain_text.echo(words)), Search(words))]
    for place in places:
        label = t("subscribe.as_category", name=" › ".join(place.path), count=place.articles)
        offers.append((label, Search("", Filters(category="/".join(place.path)))))
    rows = []
    for label, search in offers:
        key = await context.save_search(search)
        if key is None:
            return Reply(markup.text(t("state.not_saved")))
        rows.append([button(label, Subscribe(key))])
    question = t("subscribe.which", word=plain_text.echo(words))
    return Reply(markup.text(question), InlineKeyboardMarkup(rows))


async def _usage(update: Update, context: Context) -> Reply:
    """Say how to subscribe; if the chat has just seen an answer, offer its search."""
    chat = update.effective_chat
    lines = markup.text(context.t("subscribe.usage"))
    shown = context.read(searches.last_shown, chat.id, thread=context.topic) if chat else None
    search = context.read(searches.load, shown.search) if shown else None
    if shown is None or search is None or not describe(search, context.t):
        return Reply(lines)
    label = context.t("subscribe.last", search=describe(search, context.t))
    return Reply(lines, InlineKeyboardMarkup([[button(label, Subscribe(shown.search))]]))


def _card(
    subscription: Subscription, context: Context, note: Html = markup.EMPTY, head: str = "subscribe.card"
) -> Reply:
    """Show one subscription, when it is delivered, and the buttons to change that."""
    t, number = context.t, subscription.id
    at_once = subscription.mode is Mode.AT_ONCE
    name = markup.bold(markup.text(describe(subscription, t)))
    lines = [markup.fill(t.template(head), search=name), markup.text(_delivery_words(subscription, context))]
    if quiet := context.chat.quiet:
        lines.append(markup.text(t("subscribe.quiet", start=_clock(quiet.start), end=_clock(quiet.end))))
    rows = [
        [
            _chosen(t("subscribe.button_at_once"), at_once, SetDelivery(number, DeliveryAction.AT_ONCE)),
            _chosen(t("subscribe.button_daily"), not at_once, SetDelivery(number, DeliveryAction.CHOOSE)),
        ],
        [
            button(t("subscribe.button_quiet"), Setting(SettingItem.QUIET)),
            button(t("subscribe.button_end"), Unsubscribe(number)),
        ],
        [button(t("subscribe.button_list"), SubscriptionList(0))],
    ]
    return Reply(markup.fit([markup.join(lines, "\n"), note]), InlineKeyboardMarkup(rows))


def _delivery_words(subscription: Subscription, context: Context) -> str:
    t = context.t
    if subscription.mode is Mode.AT_ONCE:
        return t("subscribe.at_once")
    zone = zone_name(context.zone.key, t)
    return t("subscribe.daily", hour=_clock(subscription.hour), zone=zone)


def _hours(subscription: Subscription, context: Context) -> Reply:
    """Show the hours of the day to choose from."""
    number = subscription.id
    now = context.now().astimezone(context.zone)
    question = context.t(
        "subscribe.choose_hour", zone=zone_name(context.zone.key, context.t), clock=f"{now:%H:%M}"
    )
    hours = [
        _chosen(
            _clock(hour),
            subscription.mode is Mode.DAILY and hour == subscription.hour,
            SetDelivery(number, DeliveryAction.DAILY, hour),
        )
        for hour in range(24)
    ]
    rows = [hours[start : start + HOURS_PER_ROW] for start in range(0, 24, HOURS_PER_ROW)]
    others = [
        button(context.t("buttons.back_list"), SetDelivery(number, DeliveryAction.SHOW)),
        button(context.t("subscribe.button_zone"), Setting(SettingItem.ZONE)),
    ]
    return Reply(markup.text(question), InlineKeyboardMarkup([*rows, others]))


def _list(update: Update, context: Context, offset: int) -> Reply:
    """Show a page of the chat's subscriptions; each opens at a tap and has a button that ends it."""
    t, chat = context.t, update.effective_chat
    existing = context.read(subscriptions.for_chat, chat.id) if chat else ()
    if existing is None:
        return Reply(markup.text(t("subscribe.unreadable")))
    if not existing:
        return Reply(markup.text(t("subscribe.none")))
    last_page = (len(existing) - 1) // PAGE_SIZE * PAGE_SIZE
    offset = max(0, min(offset, last_page))
    shown = list(enumerate(existing[offset : offset + PAGE_SIZE], offset + 1))
    lines = [markup.text(_list_line(number, one, t)) for number, one in shown]
    rows = [_list_buttons(number, one, offset, t) for number, one in shown]
    turning = []
    if offset:
        turning.append(button(t("buttons.previous"), SubscriptionList(offset - PAGE_SIZE)))
    if offset + PAGE_SIZE < len(existing):
        turning.append(button(t("buttons.next"), SubscriptionList(offset + PAGE_SIZE)))
    heading = markup.bold(markup.text(t("subscribe.list", count=len(existing))))
    keyboard = keyboards.keyboard([*rows, turning])
    return Reply(markup.fit([heading, markup.join(lines, "\n")]), keyboard)


def _list_line(number: int, subscription: Subscription, t: Translate) -> str:
    at_once = subscription.mode is Mode.AT_ONCE
    when = t("subscribe.short_at_once") if at_once else _clock(subscription.hour)
    return t("subscribe.list_line", number=number, search=describe(subscription, t), when=when)


def _list_buttons(
    number: int, subscription: Subscription, offset: int, t: Translate
) -> list[InlineKeyboardButton]:
    label = f"{number}. {describe(subscription, t)}"
    opening = SetDelivery(subscription.id, DeliveryAction.SHOW)
    return [button(label, opening), button("✕", Unsubscribe(subscription.id, offset))]


async def _farewell(context: Context, ended: Subscription) -> Reply:
    """Say which subscription was ended, with a button that restores it."""
    name = markup.bold(markup.text(describe(ended, context.t)))
    words = markup.fill(context.t.template("subscribe.ended"), search=name)
    key = await context.save_search(Search(ended.question, ended.filters))
    if key is None:
        return Reply(words)
    again = button(context.t("subscribe.button_again"), Subscribe(key))
    listed = button(context.t("subscribe.button_list"), SubscriptionList(0))
    return Reply(words, InlineKeyboardMarkup([[again, listed]]))


def _clock(hour: int) -> str:
    return f"{hour:02}:00"


def _chosen(label: str, chosen: bool, data: object) -> InlineKeyboardButton:
    return button(f"✓ {label}" if chosen else label, data)
