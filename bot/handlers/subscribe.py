"""/subscribe and /subscriptions: be told of new articles that a search finds; in groups admins decide."""

import asyncio
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update

from bot.handlers.context import Context
from bot.handlers.replies import Reply, reply, topic_of, turn
from bot.handlers.settings import Item, Setting, is_admin, zone_name
from bot.messages import keyboards, markup, render
from bot.messages.callback_data import Subscribe, payload
from bot.messages.excerpts import same_words
from bot.messages.keyboards import button
from bot.messages.markup import Html
from bot.storage import searches, subscriptions
from bot.storage.subscriptions import Mode, Subscription, TooManySubscriptionsError
from bot.wording.i18n import Translate
from corpus import Corpus
from corpus.answering import alternatives, drop_filters
from corpus.dialogue import Search
from corpus.models import Category, Unmet
from corpus.question import replace_filter_values

LONGEST_QUESTION = 200
"""Every word must stand in an article: a longer question would never be found."""

RECENT = 500
"""Articles looked at to tell people what they may expect."""

PAGE = 8
MOST_PLACES = 5
HOURS_A_ROW = 6


class When(StrEnum):
    """What a button does with the time of delivery."""

    AT_ONCE = "a"
    DAILY = "d"
    CHOOSE = "c"
    SHOW = "s"


@payload("S")
@dataclass(frozen=True, slots=True)
class Deliver:
    """Set when a subscription is delivered, or show the hours to choose from."""

    subscription: int
    when: When
    hour: int = 0


@payload("U")
@dataclass(frozen=True, slots=True)
class Listing:
    """List the chat's subscriptions from the one at `offset` on."""

    offset: int


@payload("X")
@dataclass(frozen=True, slots=True)
class End:
    """End a subscription; then show the list at `offset`, or (-1) say what was ended."""

    subscription: int
    offset: int = -1


async def command(update: Update, context: Context) -> None:
    """Subscribe to the words after the command; where they also name a category, ask which is meant."""
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
    _, answer = await _subscribe(update, context, Search(words))
    await reply(update, context, answer)


async def offer(update: Update, context: Context, search: Search, key: str) -> None:
    """Ask whether to subscribe to a search that a deep link led to."""
    question = markup.fill(
        context.t.template("subscribe.offer"), search=markup.bold(markup.text(describe(search, context.t)))
    )
    keyboard = InlineKeyboardMarkup([[button(context.t("buttons.subscribe"), Subscribe(key))]])
    await reply(update, context, Reply(question, keyboard))


async def press(update: Update, context: Context, data: Subscribe) -> str | None:
    """Subscribe to the search under an answer or an offer; the answer itself stays."""
    if not await is_admin(update, context):
        return context.t("subscribe.only_admins")
    search = context.read(searches.load, data.search)
    if search is None:
        return context.t("answer.forgotten")
    subscribed, answer = await _subscribe(update, context, search)
    if not subscribed and answer.keyboard is None:
        return markup.plain(answer.html)
    await reply(update, context, answer)
    return context.t("subscribe.toast") if subscribed else None


async def deliver(update: Update, context: Context, data: Deliver) -> str | None:
    """Change when a subscription is delivered."""
    chat = update.effective_chat
    if chat is None or not await is_admin(update, context):
        return context.t("subscribe.only_admins")
    if data.when in {When.SHOW, When.CHOOSE}:
        subscription = context.read(subscriptions.get, chat.id, data.subscription)
    elif data.when is When.DAILY and not 0 <= data.hour <= 23:
        return context.t("buttons.outdated")
    else:
        subscription = await context.write(
            subscriptions.set_time,
            chat.id,
            data.subscription,
            mode=Mode.DAILY if data.when is When.DAILY else Mode.AT_ONCE,
            hour=data.hour if data.when is When.DAILY else None,
            now=context.now(),
        )
    if subscription is None:
        return context.t("subscribe.gone")
    if data.when is When.CHOOSE:
        await turn(update, context, _hours(subscription, context))
        return None
    await turn(update, context, _card(subscription, context))
    return None if data.when is When.SHOW else context.t("settings.saved")


async def listing(update: Update, context: Context) -> None:
    """List the chat's subscriptions."""
    await reply(update, context, _list(update, context, 0))


async def listing_page(update: Update, context: Context, data: Listing) -> str | None:
    """Turn to another page of the list, or from something else to the list."""
    if update.effective_chat is None:
        return context.t("buttons.outdated")
    await turn(update, context, _list(update, context, data.offset))
    return None


async def end(update: Update, context: Context, data: End) -> str | None:
    """End a subscription."""
    chat = update.effective_chat
    if chat is None or not await is_admin(update, context):
        return context.t("subscribe.only_admins")
    ended = context.read(subscriptions.get, chat.id, data.subscription)
    removed = await context.keep(subscriptions.remove, chat.id, data.subscription)
    if removed is None:
        return context.t("state.not_saved")
    if data.offset >= 0:
        await turn(update, context, _list(update, context, data.offset))
    elif ended is None:
        return context.t("subscribe.gone")
    else:
        await turn(update, context, await _farewell(context, ended))
    return context.t("subscribe.ended_toast") if removed else context.t("subscribe.gone")


def describe(search: Search | Subscription, t: Translate) -> str:
    """Name a search in a line: its words as typed, then what it is narrowed to.

    A category bears its kind: 「体育」 may as well be a word.
    """
    filters = search.filters
    place = (
        t("subscribe.category", name=markup.shorten(filters.category, render.OUTLET_UNITS))
        if filters.category
        else ""
    )
    parts = [render.echo(search.question), place, *render.conditions(replace(filters, category=None), t)]
    return " · ".join(part for part in parts if part)


async def _subscribe(update: Update, context: Context, search: Search) -> tuple[bool, Reply]:
    """Store a subscription; returns whether that was done, and what to say."""
    t, chat, user = context.t, update.effective_chat, update.effective_user
    filters = replace(search.filters, article=None)
    nothing = not any(character.isalnum() for character in search.question)
    if chat is None or (nothing and not render.conditions(filters, t)):
        return False, Reply(markup.text(t("subscribe.nothing")))
    if len(search.question) > LONGEST_QUESTION:
        return False, Reply(markup.text(t("subscribe.too_long", count=LONGEST_QUESTION)))
    unmet = await asyncio.to_thread(context.corpus.unknown_names, search.question, filters=filters)
    if unmet:
        return False, await _which_name(context, Search(search.question, filters), unmet)
    press = update.callback_query
    message = press.message if press else update.effective_message
    thread = topic_of(message)
    existing = context.read(subscriptions.find, chat.id, thread, question=search.question, filters=filters)
    if existing is not None:
        return False, _card(existing, context, head="subscribe.already")
    add = partial(
        subscriptions.add,
        chat_id=chat.id,
        thread_id=thread,
        question=search.question,
        filters=filters,
        user_id=user.id if user else None,
        language=str(t.language),
        cursor=await asyncio.to_thread(context.corpus.last_number),
        now=context.now(),
    )
    try:
        subscription = await context.keep(add)
    except TooManySubscriptionsError:
        return False, Reply(markup.text(t("subscribe.too_many", count=subscriptions.MAX_PER_CHAT)))
    if subscription is None:
        return False, Reply(markup.text(t("state.not_saved")))
    count, total = await asyncio.to_thread(_recent, context.corpus, subscription)
    expectation = t("subscribe.recent", count=count, total=total) if count else t("subscribe.recent_none")
    return True, _card(subscription, context, markup.text(expectation))


async def _which_name(context: Context, search: Search, unmet: tuple[Unmet, ...]) -> Reply:
    """Say that nothing would ever pass a filter; offer the search with names that there are, or without."""
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
    lines = [t(f"subscribe.no_{each.condition}", name=render.echo(each.value)) for each in unmet]
    lines.append(t("subscribe.instead_of_it" if rows else "subscribe.not_done"))
    return Reply(markup.text("\n".join(lines)), InlineKeyboardMarkup(rows) if rows else None)


def _recent(corpus: Corpus, subscription: Subscription) -> tuple[int, int]:
    """Return how many of the last articles the subscription would have delivered, of how many."""
    recent = corpus.added_after(max(corpus.last_number() - RECENT, 0), limit=RECENT)
    ids = [article.id for _, article in recent]
    return len(corpus.matching(subscription.question, ids, filters=subscription.filters)), len(ids)


def _places(corpus: Corpus, words: str) -> tuple[Category, ...]:
    """Return the categories and outlets that bear exactly these words as their name."""
    found = corpus.find_categories(words)
    return tuple(category for category in found if same_words(category.name, words))[:MOST_PLACES]


async def _which(context: Context, words: str, places: tuple[Category, ...]) -> Reply:
    """Ask whether articles with a word are wanted, or those of a category of that name."""
    t = context.t
    labels = [t("subscribe.as_word", word=render.echo(words))]
    wanted = [Search(words)]
    for place in places:
        labels.append(t("subscribe.as_category", name=" › ".join(place.path), count=place.articles))
        wanted.append(Search("", replace(Search("").filters, category="/".join(place.path))))
    rows = []
    for label, search in zip(labels, wanted, strict=True):
        key = await context.save_search(search)
        if key is None:
            return Reply(markup.text(t("state.not_saved")))
        rows.append([button(label, Subscribe(key))])
    return Reply(markup.text(t("subscribe.which", word=render.echo(words))), InlineKeyboardMarkup(rows))


async def _usage(update: Update, context: Context) -> Reply:
    """Say how to subscribe; where the chat has just seen an answer, offer its search."""
    chat = update.effective_chat
    lines = markup.text(context.t("subscribe.usage"))
    shown = context.read(searches.last_shown, chat.id) if chat else None
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
    heading = markup.fill(t.template(head), search=markup.bold(markup.text(describe(subscription, t))))
    zone = zone_name(context.zone.key, t)
    when = (
        t("subscribe.at_once") if at_once else t("subscribe.daily", hour=_clock(subscription.hour), zone=zone)
    )
    quiet = context.chat.quiet
    hush = t("subscribe.quiet", start=_clock(quiet.start), end=_clock(quiet.end)) if quiet else ""
    times = [
        _chosen(t("subscribe.button_at_once"), at_once, Deliver(number, When.AT_ONCE)),
        _chosen(t("subscribe.button_daily"), not at_once, Deliver(number, When.CHOOSE)),
    ]
    others = [
        button(t("subscribe.button_quiet"), Setting(Item.QUIET)),
        button(t("subscribe.button_end"), End(number)),
    ]
    blocks = [markup.join([heading, markup.text(when), markup.text(hush)], "\n"), note]
    listed = [button(t("subscribe.button_list"), Listing(0))]
    return Reply(markup.fit(blocks), InlineKeyboardMarkup([times, others, listed]))


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
            Deliver(number, When.DAILY, hour),
        )
        for hour in range(24)
    ]
    rows = [hours[start : start + HOURS_A_ROW] for start in range(0, 24, HOURS_A_ROW)]
    others = [
        button(context.t("buttons.back_list"), Deliver(number, When.SHOW)),
        button(context.t("subscribe.button_zone"), Setting(Item.ZONE)),
    ]
    return Reply(markup.text(question), InlineKeyboardMarkup([*rows, others]))


def _list(update: Update, context: Context, offset: int) -> Reply:
    """Show a page of the chat's subscriptions; each opens at a tap and has a button that ends it."""
    t, chat = context.t, update.effective_chat
    all_of_them = context.read(subscriptions.for_chat, chat.id) if chat else ()
    if all_of_them is None:
        return Reply(markup.text(t("subscribe.unreadable")))
    if not all_of_them:
        return Reply(markup.text(t("subscribe.none")))
    offset = max(0, min(offset, (len(all_of_them) - 1) // PAGE * PAGE))
    rows = []
    lines = []
    for place, one in enumerate(all_of_them[offset : offset + PAGE], offset + 1):
        when = t("subscribe.short_at_once") if one.mode is Mode.AT_ONCE else _clock(one.hour)
        name = describe(one, t)
        lines.append(markup.text(t("subscribe.list_line", number=place, search=name, when=when)))
        rows.append(
            [button(f"{place}. {name}", Deliver(one.id, When.SHOW)), button("✕", End(one.id, offset))]
        )
    turning = []
    if offset:
        turning.append(button(t("buttons.previous"), Listing(offset - PAGE)))
    if offset + PAGE < len(all_of_them):
        turning.append(button(t("buttons.next"), Listing(offset + PAGE)))
    heading = markup.bold(markup.text(t("subscribe.list", count=len(all_of_them))))
    keyboard = keyboards.keyboard([*rows, turning])
    return Reply(markup.fit([heading, markup.join(lines, "\n")]), keyboard)


async def _farewell(context: Context, ended: Subscription) -> Reply:
    """Say what was ended, with a way back."""
    name = markup.bold(markup.text(describe(ended, context.t)))
    words = markup.fill(context.t.template("subscribe.ended"), search=name)
    key = await context.save_search(Search(ended.question, ended.filters))
    if key is None:
        return Reply(words)
    again = button(context.t("subscribe.button_again"), Subscribe(key))
    listed = button(context.t("subscribe.button_list"), Listing(0))
    return Reply(words, InlineKeyboardMarkup([[again, listed]]))


def _clock(hour: int) -> str:
    return f"{hour:02}:00"


def _chosen(label: str, chosen: bool, data: object) -> InlineKeyboardButton:
    return button(f"✓ {label}" if chosen else label, data)
