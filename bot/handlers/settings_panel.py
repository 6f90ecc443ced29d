"""The panel of /settings: what can be set, its values and its buttons. Pure: preferences → messages."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.handlers.replies import Reply
from bot.messages import markup
from bot.messages.callback_data import encode, payload
from bot.storage.chats import AnswerLength, Askers, Audience, ChatPreferences, Preview, QuietHours, Script
from bot.wording import plain_text
from bot.wording.i18n import Language, Translate, translator
from corpus.models import Category

ZONES = (
    *("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo", "Asia/Seoul"),
    *("Australia/Sydney", "Asia/Kolkata", "Asia/Dubai", "Europe/Moscow", "Europe/Berlin", "Europe/London"),
    *("America/Sao_Paulo", "America/New_York", "America/Chicago", "America/Los_Angeles"),
)
"""Time zones to choose from. Buttons carry a position in this list, so only append to it."""

QUIET_HOURS = ((21, 7), (22, 7), (22, 8), (23, 7), (23, 8), (0, 7), (0, 8), (0, 9))

MAX_LABEL_UNITS = 40

DEFAULT = "none"
"""The value of a button that restores the default."""


class SettingItem(StrEnum):
    """What can be set. MENU is the list of all items."""

    MENU = "m"
    LANGUAGE = "l"
    LENGTH = "n"
    ASKERS = "a"
    PREVIEW = "p"
    CATEGORY = "c"
    QUIET = "q"
    ZONE = "z"
    SCRIPT = "s"
    AUDIENCE = "o"


@payload("G")
@dataclass(frozen=True, slots=True)
class Setting:
    """Show the values of an item. With a value: choose it."""

    item: SettingItem
    value: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """What is needed to show the settings of a chat.

    Attributes:
        t: The words in the chosen language, which a press may just have changed.
        preferences: What the chat chose.
        group: The chat is a group.
        default_zone: Time zone of chats that chose none.
        categories: The roots of the category tree.
        clock: Returns the time of day in a zone, such as `13:05`.
    """

    t: Translate
    preferences: ChatPreferences
    group: bool
    default_zone: str
    categories: tuple[Category, ...]
    clock: Callable[[ZoneInfo], str]

    @property
    def items(self) -> tuple[SettingItem, ...]:
        """What this chat can set, in the order of the menu."""
        return tuple(item for item in _ITEMS if self._offers(item))

    def _offers(self, item: SettingItem) -> bool:
        if item in {SettingItem.ASKERS, SettingItem.AUDIENCE}:
            return self.group
        # Only readers of traditional characters need to decide in which script articles are shown.
        return item is not SettingItem.SCRIPT or self.t.language is Language.HANT

    def values(self, item: SettingItem) -> Iterator[tuple[str, str]]:
        """Yield the values of an item, as buttons carry them, each with its label."""
        return _ITEMS[item].values(self)

    def with_value(self, item: SettingItem, value: str, preferences: ChatPreferences) -> ChatPreferences:
        """Return preferences in which an item has one of its `values`."""
        choices = _ITEMS[item]
        changes: dict[str, Any] = {choices.field: None if value == DEFAULT else choices.parse(self, value)}
        return replace(preferences, **changes)


@dataclass(frozen=True, slots=True)
class _Choices(ABC):
    """The values of one item.

    Attributes:
        field: The field of `ChatPreferences` that holds the choice.
        columns: Buttons in a row.
    """

    field: str
    columns: int = 1

    @abstractmethod
    def values(self, panel: Panel) -> Iterator[tuple[str, str]]:
        """Yield values with their labels, the default first where there is one."""

    @abstractmethod
    def current(self, panel: Panel) -> str:
        """Return the present value as its button carries it."""

    def parse(self, panel: Panel, value: str) -> object:
        """Return what the preferences keep for a value."""
        del panel
        return value

    def label(self, panel: Panel) -> str:
        """Name the present value, even one that no button offers."""
        return dict(self.values(panel))[self.current(panel)]


@dataclass(frozen=True, slots=True)
class _LanguageChoices(_Choices):
    def values(self, panel: Panel) -> Iterator[tuple[str, str]]:
        yield DEFAULT, panel.t("settings.language_group" if panel.group else "settings.language_client")
        yield from ((language, translator(language)("settings.language_name")) for language in Language)

    def current(self, panel: Panel) -> str:
        return panel.preferences.language or DEFAULT


@dataclass(frozen=True, slots=True)
class _EnumChoices(_Choices):
    """Values of an enumeration, labelled by the locale entries `settings.<field>_<value>`."""

    enumeration: type[StrEnum] = StrEnum

    def values(self, panel: Panel) -> Iterator[tuple[str, str]]:
        yield from ((value, panel.t(f"settings.{self.field}_{value}")) for value in self.enumeration)

    def current(self, panel: Panel) -> str:
        return str(getattr(panel.preferences, self.field))

    def parse(self, panel: Panel, value: str) -> object:
        return self.enumeration(value)


@dataclass(frozen=True, slots=True)
class _CategoryChoices(_Choices):
    def values(self, panel: Panel) -> Iterator[tuple[str, str]]:
        yield DEFAULT, panel.t("settings.category_all")
        yield from ((category.id, category.name) for category in panel.categories)

    def current(self, panel: Panel) -> str:
        ids = {"/".join(category.path): category.id for category in panel.categories}
        return ids.get(panel.preferences.category or "", DEFAULT)

    def parse(self, panel: Panel, value: str) -> object:
        paths = {category.id: "/".join(category.path) for category in panel.categories}
        return paths[value]

    def label(self, panel: Panel) -> str:
        return panel.preferences.category or panel.t("settings.category_all")


@dataclass(frozen=True, slots=True)
class _QuietChoices(_Choices):
    def values(self, panel: Panel) -> Iterator[tuple[str, str]]:
        yield DEFAULT, panel.t("settings.quiet_none")
        yield from ((f"{start}-{end}", _hours(start, end)) for start, end in QUIET_HOURS)

    def current(self, panel: Panel) -> str:
        quiet = panel.preferences.quiet
        return f"{quiet.start}-{quiet.end}" if quiet else DEFAULT

    def parse(self, panel: Panel, value: str) -> object:
        return QuietHours(*map(int, value.split("-")))

    def label(self, panel: Panel) -> str:
        quiet = panel.preferences.quiet
        return _hours(quiet.start, quiet.end) if quiet else panel.t("settings.quiet_none")


@dataclass(frozen=True, slots=True)
class _ZoneChoices(_Choices):
    def values(self, panel: Panel) -> Iterator[tuple[str, str]]:
        yield DEFAULT, _zone_label(panel, None)
        yield from ((str(number), _zone_label(panel, name)) for number, name in enumerate(ZONES))

    def current(self, panel: Panel) -> str:
        zone = panel.preferences.zone
        return str(ZONES.index(zone)) if zone in ZONES else DEFAULT

    def parse(self, panel: Panel, value: str) -> object:
        return ZONES[int(value)]

    def label(self, panel: Panel) -> str:
        return _zone_label(panel, panel.preferences.zone)


_ITEMS: dict[SettingItem, _Choices] = {
    SettingItem.LANGUAGE: _LanguageChoices("language"),
    SettingItem.LENGTH: _EnumChoices("length", enumeration=AnswerLength),
    SettingItem.ASKERS: _EnumChoices("askers", enumeration=Askers),
    SettingItem.AUDIENCE: _EnumChoices("audience", enumeration=Audience),
    SettingItem.PREVIEW: _EnumChoices("preview", enumeration=Preview),
    SettingItem.CATEGORY: _CategoryChoices("category", columns=2),
    SettingItem.QUIET: _QuietChoices("quiet", columns=2),
    SettingItem.ZONE: _ZoneChoices("zone", columns=2),
    SettingItem.SCRIPT: _EnumChoices("script", enumeration=Script),
}
"""Every item with its values, in the order of the menu."""


def menu(panel: Panel) -> Reply:
    """Show what is set, with a button for each item."""
    t = panel.t
    title = markup.bold(markup.text(t("settings.title_group" if panel.group else "settings.title")))
    lines = [
        markup.fill(
            t.template("settings.line"),
            item=markup.text(_name(panel, item)),
            value=markup.text(_ITEMS[item].label(panel)),
        )
        for item in panel.items
    ]
    buttons = [_button(_name(panel, item), Setting(item)) for item in panel.items]
    return Reply(markup.join([title, *lines], "\n"), InlineKeyboardMarkup(_rows(buttons, 2)))


def item_choices(panel: Panel, item: SettingItem) -> Reply:
    """Show the values of an item; a tick marks the present one."""
    title = markup.bold(markup.text(_name(panel, item)))
    about = markup.text(panel.t(f"settings.about_{item.name.lower()}"))
    choices = _ITEMS[item]
    current = choices.current(panel)
    buttons = [
        _button(f"✓ {label}" if value == current else label, Setting(item, value))
        for value, label in choices.values(panel)
    ]
    back = [_button(panel.t("settings.back"), Setting(SettingItem.MENU))]
    rows = [*_rows(buttons, choices.columns), back]
    return Reply(markup.join([title, about], "\n"), InlineKeyboardMarkup(rows))


def zone_name(key: str, t: Translate) -> str:
    """Name a time zone by its city where the locales know it, else by its IANA name."""
    return t(f"zone.{key.replace('/', '-')}") if key in ZONES else key


def _name(panel: Panel, item: SettingItem) -> str:
    return panel.t(f"settings.{item.name.lower()}")


def _hours(start: int, end: int) -> str:
    return f"{start:02}:00–{end:02}:00"


def _zone_label(panel: Panel, name: str | None) -> str:
    """Name a zone by its city and its clock: people know their time better than their zone's name."""
    city = zone_name(name or panel.default_zone, panel.t)
    clock = panel.clock(replace(panel.preferences, zone=name).zone_info(panel.default_zone))
    return panel.t("settings.zone_default" if name is None else "settings.zone_city", city=city, clock=clock)


def _button(label: str, data: object) -> InlineKeyboardButton:
    words = " ".join(plain_text.clean(label).split())  # a category's name may be nothing but blanks
    return InlineKeyboardButton(plain_text.shorten(words, MAX_LABEL_UNITS) or "…", callback_data=encode(data))


def _rows(buttons: list[InlineKeyboardButton], width: int) -> list[list[InlineKeyboardButton]]:
    return [buttons[start : start + width] for start in range(0, len(buttons), width)]
