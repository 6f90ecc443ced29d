"""For whom something is shown: from what a chat chose to the `View` that rendering asks for."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from bot.messages import markup
from bot.messages.render import View
from bot.storage.chats import ChatPreferences, Script
from bot.wording.i18n import Language, Translate

if TYPE_CHECKING:
    from bot.settings import Settings


def make_view(
    preferences: ChatPreferences,
    t: Translate,
    *,
    settings: "Settings",
    username: str,
    now: datetime,
    brief: bool = False,
) -> View:
    """Return the view of a chat with these preferences, at an aware time."""
    zone = preferences.zone_info(settings.timezone)
    wants_traditional = t.language is Language.HANT and preferences.script is Script.CONVERTED
    return View(
        t=t,
        zone=zone,
        today=now.astimezone(zone).date(),
        username=username,
        site_url=settings.site_url,
        public_url=settings.public_url if settings.serves_pages else None,
        brief=brief,
        length=preferences.length,
        convert=to_traditional if wants_traditional else str,
    )


def to_traditional(words: str) -> str:
    """Write simplified text in traditional characters.

    >>> to_traditional("中国经济")
    '中國經濟'
    """
    return _converter()(markup.clean(words))  # OpenCC refuses lone surrogates


@cache
def _converter() -> Callable[[str], str]:
    import opencc  # its tables take a moment, and few readers ask for them

    convert: Callable[[str], str] = opencc.OpenCC("s2t").convert
    return convert
