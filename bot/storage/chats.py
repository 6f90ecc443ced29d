"""Preferences of chats (language, length of answers, who may ask, quiet hours …), and greeted groups.

The functions take a connection to the bot's database; writing ones belong inside a transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.storage.connections import Connection, upsert


class AnswerLength(StrEnum):
    """How much of an article an answer shows."""

    SHORT = "short"
    NORMAL = "normal"
    LONG = "long"


class Askers(StrEnum):
    """Who is answered in a group."""

    ALL = "all"
    ADMINS = "admins"


class Audience(StrEnum):
    """Who sees an answer in a group."""

    ALL = "all"
    ASKER = "asker"


class Preview(StrEnum):
    """Whether Telegram shows a preview of the first source under an answer."""

    OFF = "off"
    SMALL = "small"


class Script(StrEnum):
    """Whether article text is shown as written or converted for readers of traditional characters."""

    AS_IS = "as_is"
    CONVERTED = "converted"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the local day in which nothing is pushed; they may span midnight.

    Attributes:
        start: First quiet hour, 0 to 23.
        end: First hour after them, 0 to 23. The same as `start`: there are no quiet hours.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not (0 <= self.start <= 23 and 0 <= self.end <= 23):
            raise ValueError(f"hours of a day are 0 to 23, not {self.start} and {self.end}")

    def include(self, local: datetime) -> bool:
        """Return whether a local time is quiet.

        >>> QuietHours(22, 8).include(datetime(2022, 1, 1, 23, 30))
        True
        >>> QuietHours(22, 8).include(datetime(2022, 1, 1, 8, 0))
        False
        """
        if self.start <= self.end:
            return self.start <= local.hour < self.end
        return local.hour >= self.start or local.hour < self.end


@dataclass(frozen=True, slots=True)
class ChatPreferences:
    """Preferences of a chat; the defaults hold where nothing was chosen.

    Attributes:
        language: One of the locales, or None: the language of each person's own client.
        askers: Who is answered; for groups only.
        audience: Who sees answers; for groups only.
        category: Default category of searches, names joined by `/`, or None: everything.
        quiet: Hours without pushed news, or None.
        zone: IANA name for quiet hours and digests, or None: the operator's `TIMEZONE`.
        script: How article text is shown to readers of zh-Hant.
    """

    language: str | None = None
    length: AnswerLength = AnswerLength.NORMAL
    askers: Askers = Askers.ALL
    preview: Preview = Preview.OFF
    category: str | None = None
    quiet: QuietHours | None = None
    zone: str | None = None
    script: Script = Script.AS_IS
    audience: Audience = Audience.ALL

    def zone_info(self, default: str) -> ZoneInfo:
        """Return the chat's time zone; `default` (an IANA name) if none was chosen or it is unknown."""
        try:
            return ZoneInfo(self.zone or default)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return ZoneInfo(default)


def create_tables(connection: Connection) -> None:
    """Create the table of preferences; for a migration."""
    connection.execute(
        """
        CREATE TABLE chats (
            chat_id INTEGER PRIMARY KEY,
            language TEXT,
            length TEXT NOT NULL,
            askers TEXT NOT NULL,
            preview TEXT NOT NULL,
            category TEXT,
            quiet_start INTEGER,
            quiet_end INTEGER,
            zone TEXT,
            script TEXT NOT NULL
        ) STRICT
        """
    )


def create_audience(connection: Connection) -> None:
    """Add who sees answers in a group; for a migration."""
    connection.execute("ALTER TABLE chats ADD COLUMN audience TEXT NOT NULL DEFAULT 'all'")


def load(connection: Connection, chat_id: int) -> ChatPreferences:
    """Return a chat's preferences; the defaults if it never chose any."""
    row = connection.execute(
        "SELECT language, length, askers, preview, category, quiet_start, quiet_end, zone, script,"
        " audience FROM chats WHERE chat_id = ?",
        (chat_id,),
    ).fetchone()
    if row is None:
        return ChatPreferences()
    language, length, askers, preview, category, quiet_start, quiet_end, zone, script, audience = row
    return ChatPreferences(
        language=language,
        length=_parse_choice(AnswerLength, length, AnswerLength.NORMAL),
        askers=_parse_choice(Askers, askers, Askers.ALL),
        preview=_parse_choice(Preview, preview, Preview.OFF),
        category=category,
        quiet=QuietHours(quiet_start, quiet_end)
        if quiet_start is not None and quiet_end is not None
        else None,
        zone=zone,
        script=_parse_choice(Script, script, Script.AS_IS),
        audience=_parse_choice(Audience, audience, Audience.ALL),
    )


_COLUMNS = (
    *("chat_id", "language", "length", "askers", "preview", "category", "quiet_start", "quiet_end", "zone"),
    *("script", "audience"),
)
_SAVE = upsert("chats", _COLUMNS, key=("chat_id",))


def save(connection: Connection, chat_id: int, preferences: ChatPreferences) -> None:
    """Replace a chat's preferences."""
    quiet = preferences.quiet
    connection.execute(
        _SAVE,
        (
            chat_id,
            preferences.language,
            preferences.length.value,
            preferences.askers.value,
            preferences.preview.value,
            preferences.category,
            quiet.start if quiet else None,
            quiet.end if quiet else None,
            preferences.zone,
            preferences.script.value,
            preferences.audience.value,
        ),
    )


def change(
    connection: Connection, chat_id: int, how: Callable[[ChatPreferences], ChatPreferences]
) -> ChatPreferences:
    """Change some of a chat's preferences and return all of them. What others have changed stays."""
    preferences = how(load(connection, chat_id))
    save(connection, chat_id, preferences)
    return preferences


FORGET: tuple[str, ...] = ("DELETE FROM chats WHERE chat_id = :user_id",)
"""Statements that remove what a person chose in their private chat; bound with `user_id`."""


def migrate(connection: Connection, old: int, new: int) -> None:
    """Move everything of a chat to its new id, as when a group becomes a supergroup.

    Telegram announces that in both chats and in errors, so this may run several times. What the chat already
    has under its new id stays.
    """
    if old == new:
        return
    for statement in (
        "UPDATE chats SET chat_id = :new WHERE chat_id = :old"
        " AND NOT EXISTS (SELECT 1 FROM chats WHERE chat_id = :new)",
        "DELETE FROM chats WHERE chat_id = :old",
        "UPDATE subscriptions SET chat_id = :new WHERE chat_id = :old AND NOT EXISTS ("
        "SELECT 1 FROM subscriptions AS known"
        " WHERE known.chat_id = :new AND known.thread_id = subscriptions.thread_id"
        " AND known.question = subscriptions.question AND known.filters = subscriptions.filters)",
        "DELETE FROM subscriptions WHERE chat_id = :old",
        "UPDATE deliveries SET chat_id = :new WHERE chat_id = :old AND NOT EXISTS (SELECT 1"
        " FROM deliveries AS known WHERE known.chat_id = :new AND known.thread_id = deliveries.thread_id"
        " AND known.article_id = deliveries.article_id)",
        "DELETE FROM deliveries WHERE chat_id = :old",
        "UPDATE asked SET chat_id = :new WHERE chat_id = :old",
    ):
        connection.execute(statement, {"old": old, "new": new})


_Choice = TypeVar("_Choice", bound=StrEnum)


def _parse_choice(kind: type[_Choice], value: str, default: _Choice) -> _Choice:
    """Parse a stored choice; one that this version does not know counts as not chosen."""
    try:
        return kind(value)
    except ValueError:
        return default


def create_greeted(connection: Connection) -> None:
    """Create the table of greeted groups; for a migration."""
    connection.execute("CREATE TABLE greeted (chat_id INTEGER PRIMARY KEY, at REAL NOT NULL) STRICT")


def greet(connection: Connection, chat_id: int, now: datetime) -> bool:
    """Record that a group is greeted; return False if it was greeted before."""
    cursor = connection.execute(
        "INSERT INTO greeted (chat_id, at) VALUES (?, ?) ON CONFLICT DO NOTHING", (chat_id, now.timestamp())
    )
    return cursor.rowcount > 0


def forget_greeting(connection: Connection, chat_id: int) -> None:
    """Forget that a group was greeted: the bot was removed, and greets again when it is invited back."""
    connection.execute("DELETE FROM greeted WHERE chat_id = ?", (chat_id,))
