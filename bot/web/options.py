"""What an operator decides about the pages."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.settings import LOOPBACK, Network, Settings


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """How the site looks to the outside.

    Attributes:
        zone: Time zone in which days are shown.
        public_url: Public address without a slash at its end; None: unknown, pages use paths alone.
        images: Whether pictures of articles are shown.
        whole_texts: Whether articles are shown whole. Otherwise passages and a link to the source are.
        indexed: Whether search engines may list the pages.
        is_public: Whether programs of other sites may read the API.
        proxies: Networks of reverse proxies whose X-Forwarded-For is believed.
        bot: User name of the bot in Telegram; empty: none.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    public_url: str | None = None
    images: bool = True
    whole_texts: bool = True
    indexed: bool = True
    is_public: bool = True
    proxies: tuple[Network, ...] = LOOPBACK
    bot: str = ""

    @classmethod
    def from_settings(cls, settings: Settings, *, bot: str = "") -> Self:
        """Return what the settings say."""
        return cls(
            zone=settings.zone,
            public_url=settings.public_url,
            images=settings.page_images == "on",
            whole_texts=settings.page_text == "full",
            indexed=settings.robots == "index" and not settings.allowed_ids,
            is_public=not settings.allowed_ids,
            proxies=settings.trusted_proxies,
            bot=bot,
        )

    @property
    def is_framed(self) -> bool:
        """Whether the bot's menu button opens the pages, which Telegram's web clients do in a frame."""
        return bool(self.bot) and self.public_url is not None and self.public_url.startswith("https://")

    @property
    def base(self) -> str:
        """The path below which all pages stand: empty, or `/news`."""
        return urlsplit(self.public_url).path.rstrip("/") if self.public_url else ""

    @property
    def origin(self) -> str:
        """Scheme and host of the public address; empty if it is unknown."""
        if self.public_url is None:
            return ""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    def is_proxy(self, address: str) -> bool:
        """Say whether an address belongs to a trusted proxy."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.proxies)
