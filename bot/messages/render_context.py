"""For whom and where something is rendered: words, clock, links, length and script."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from bot.storage.chats import AnswerLength, ChatPreferences, Script
from bot.wording.i18n import Language, Translate
from bot.wording.script import converter_for

if TYPE_CHECKING:
    from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class RenderContext:
    """What rendering needs to know about the chat that reads.

    Attributes:
        t: The words of the interface in the reader's language.
        zone: The reader's time zone.
        today: The reader's local day.
        username: User name of the bot, for deep links; empty where there are none (`baotong chat`).
        site_url: Base of the operator's own site. Addresses below it get no text fragment.
        public_url: Base of the reader pages, or None.
        brief: Several people read along: only the first hit is shown, in few lines.
        length: How much of a passage the chat wants to see.
        convert: Turns article text into the reader's script; leaves it as it is by default.
        folds: An answer shows two rows of buttons, and the others behind one of them.
    """

    t: Translate
    zone: ZoneInfo
    today: date
    username: str = ""
    site_url: str | None = None
    public_url: str | None = None
    brief: bool = False
    length: AnswerLength = AnswerLength.NORMAL
    convert: Callable[[str], str] = str
    folds: bool = True

    @classmethod
    def for_chat(
        cls,
        preferences: ChatPreferences,
        t: Translate,
        *,
        settings: "Settings",
        username: str,
        now: datetime,
        brief: bool = False,
        language_code: str | None = None,
        folds: bool = True,
    ) -> Self:
        """Return the context of a chat with these preferences, at an aware time.

        The language code of the reader's client, where it is known, decides between the scripts of Taiwan and
        of Hong Kong.
        """
        zone = preferences.zone_info(settings.timezone)
        wants_traditional = t.language is Language.HANT and preferences.script is Script.CONVERTED
        return cls(
            t=t,
            zone=zone,
            today=now.astimezone(zone).date(),
            username=username,
            site_url=settings.site_url,
            public_url=settings.public_url if settings.serves_pages else None,
            brief=brief,
            length=preferences.length,
            convert=converter_for(language_code) if wants_traditional else str,
            folds=folds,
        )

    @property
    def page_size(self) -> int:
        """How many results a message shows."""
        return 1 if self.brief else 5
