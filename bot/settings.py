"""Settings from the environment and `.env`: typed and checked; all problems are reported at once."""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as SourceError

from corpus.models import CorpusOptions

if TYPE_CHECKING:
    from corpus.sources import SourceOptions

TELEGRAM = "https://api.telegram.org"

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_SEPARATORS = re.compile(r"[\s,;，、；]+")
_SHELL_VARIABLE = re.compile(r"\$\{?[A-Za-z_]")
_PRIVATE = frozenset({"BOT_TOKEN", "WEBHOOK_SECRET", "PROXY_URL", "FEED_PROXY_URL"})
"""Variables whose value never stands in a message: it is or contains a secret."""


class SettingsError(Exception):
    """The settings cannot be used.

    Attributes:
        problems: Pairs of a variable's name and what is wrong with its value.
    """

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{name}: {reason}" for name, reason in self.problems))


def _parse_ids(value: object) -> object:
    """Parse a list of ids, separated by commas, blanks or Chinese punctuation."""
    if not isinstance(value, str):
        return value
    words = [word for word in _SEPARATORS.split(value.strip()) if word]
    wrong = [word for word in words if not re.fullmatch(r"[+-]?\d{1,18}", word)]
    if wrong:
        found = ", ".join(map(repr, wrong[:3]))
        raise ValueError(
            f"is a list of numeric Telegram ids, but holds {found}; the bot tells people theirs: /id"
        )
    if not words:  # a slip must not open an archive to everybody that was meant to be private
        raise ValueError("holds no id; leave it out or empty to let everybody in")
    return frozenset(map(int, words))


def _folder(value: Path) -> Path:
    """Replace `~`, as a shell would have done; refuse variables, which only a shell replaces."""
    try:
        folder = value.expanduser()
    except RuntimeError as error:
        raise ValueError("begins with ~, but there is no such home folder: write the whole path") from error
    if _SHELL_VARIABLE.search(str(folder)) and not folder.exists():
        raise ValueError("names a variable, which is not replaced here: write the whole path")
    return folder


def _bare(value: str) -> str:
    """Return a value without blanks and quotes around it, which `docker run --env-file` leaves there.

    >>> _bare(' "/srv/posts" ')
    '/srv/posts'
    """
    stripped = value.strip()
    quoted = len(stripped) > 1 and stripped[0] == stripped[-1] and stripped[0] in "\"'"
    return stripped[1:-1].strip() if quoted else stripped


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"\s", value):
        raise ValueError("must be a web address such as https://example.org")
    if "?" in value or "#" in value:
        raise ValueError("must be an address to which paths can be added, without ? and #")
    return value.rstrip("/")


def _api_root(value: str) -> str:
    if re.search(r"/bot(?:\d|$)", value):  # the value may contain the token: it is not repeated
        raise ValueError(f"holds /bot, which is added to it: give the root, such as {TELEGRAM}")
    return value


def _webhook_address(value: str, info: ValidationInfo) -> str:
    parts = urlsplit(value)
    # A Bot API server of one's own may call http.
    schemes = {"https"} if info.data.get("telegram_api_base", TELEGRAM) == TELEGRAM else {"https", "http"}
    if parts.scheme not in schemes or not parts.hostname or re.search(r"\s", value):
        raise ValueError("must be an https address, Telegram calls no other")
    return value


def _proxy_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https", "socks5", "socks5h"} or not parts.hostname:
        raise ValueError("must look like http://host:port or socks5://host:port")
    return value


def _places(value: str) -> str:
    from corpus.sources import parse_places  # only operators who set it wait for it

    parse_places(value)
    return value


def _header(value: str) -> str:
    if not value.isascii() or not value.isprintable() or not value.strip():
        raise ValueError("must be one line of ASCII")
    return value.strip()


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("must be the name of a time zone such as Asia/Shanghai") from error
    return value


def _token(value: SecretStr) -> SecretStr:
    token = value.get_secret_value().strip()
    if not _TOKEN.fullmatch(token):
        raise ValueError("must look as BotFather gave it: digits, a colon, letters and digits")
    return SecretStr(token)


def _webhook_secret(value: SecretStr) -> SecretStr:
    if not _WEBHOOK_SECRET.fullmatch(value.get_secret_value()):
        raise ValueError("must be 1 to 256 of the characters A-Z a-z 0-9 _ -")
    return value


def _uppercase(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


def _lowercase(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _parse_networks(value: object) -> object:
    """Parse a list of addresses and networks, separated as ids are."""
    if not isinstance(value, str):
        return value
    try:
        return tuple(ip_network(word, strict=False) for word in _SEPARATORS.split(value.strip()) if word)
    except ValueError as error:
        raise ValueError(f"is a list of addresses and networks such as 10.0.0.0/8, but {error}") from None


Network = IPv4Network | IPv6Network
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_parse_networks)]
LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
OnOff = Annotated[Literal["on", "off"], BeforeValidator(_lowercase)]
Ids = Annotated[frozenset[int], NoDecode, BeforeValidator(_parse_ids)]
Folder = Annotated[Path, AfterValidator(_folder)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseSettings):
    """All settings of an operator. Each field is read from the variable with its name in capitals.

    Attributes:
        bot_token: Token from BotFather; only `run` needs it.
        corpus_dir: Folder of the archive; None: the one indexed last, or the sample if none was.
        data_dir: Folder below which everything is written.
        site_url: Base address of the site that publishes the articles.
        permalink: Hexo's pattern of article addresses, such as `p/:abbrlink.html`.
        public_url: Public address of this bot's web server, at which its pages are reached.
        timezone: IANA name of the time zone in which times are shown and 昨天 is resolved.
        telegram_api_base: Root of the Bot API; `/bot…` and `/file/bot…` are appended.
        proxy_url: http or socks5 proxy for calls to Telegram.
        allowed_ids: Ids of people and groups that may use the bot; empty: everybody may.
        guest: Who may call the bot where it is no member: `on`, everybody, if there are no `allowed_ids`;
            `allowed`, only those people if there are some; `off`, nobody.
        max_post_bytes: Maximum size of a post; larger ones are reported and skipped.
        semantic: Whether vectors of articles are used where words leave a question unsure.
        stale_minutes: Questions older than this are not answered after an outage; each chat gets one apology.
        retention_days: Questions, feedback and updates older than this are deleted.
        webhook_url: Public https address of the webhook; None: the bot polls.
        webhook_secret: Secret that Telegram sends with each update; None: a new one at each start.
        web_host: Address that the public web server listens on.
        web_port: Its port.
        page_images: Whether pages show the pictures of articles, which browsers load from where they are.
        page_text: Whether pages show whole articles, or only their beginning with a link to the source.
        robots: Whether search engines may list the pages.
        trusted_proxies: Networks of reverse proxies whose X-Forwarded-For is believed.
        mcp: Whether agents may ask over HTTP where there are pages; needs the extra of that name.
        metrics_host: Address that the server of health and metrics listens on.
        metrics_port: Its port; 0 switches it off.
        admin_ids: Ids of people who may see statistics and get notices.
        error_chat_id: Chat that gets short notices of failures.
        log_level: DEBUG, INFO, WARNING or ERROR.
        feeds: The list of feeds, an OPML file; None: `feeds.opml` in `data_dir`.
        feed_minutes: Interval at which feeds are fetched that do not tell how often they publish.
        feed_proxy_url: http or socks5 proxy for fetching feeds; that for Telegram is not used for them.
        feed_allow_private: Hosts, with or without a port, that feeds may have though they are private.
        feed_user_agent: How the program names itself to sites; None: by its name and version.
        feed_first: How many entries of a feed's first answer become posts.
        feed_max_bytes: Maximum size of an answer, after decompression.
        feed_keep_days: Posts of feeds that are older are removed; 0: they are kept for ever.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    bot_token: Annotated[SecretStr, AfterValidator(_token)] | None = None
    corpus_dir: Folder | None = None
    data_dir: Folder = Path("data")
    site_url: WebAddress | None = None
    permalink: str | None = None
    public_url: WebAddress | None = None
    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    telegram_api_base: Annotated[WebAddress, AfterValidator(_api_root)] = TELEGRAM
    proxy_url: Annotated[str, AfterValidator(_proxy_address)] | None = None
    allowed_ids: Ids = frozenset()
    guest: Annotated[Literal["on", "allowed", "off"], BeforeValidator(_lowercase)] = "on"
    max_post_bytes: Annotated[int, Field(ge=1)] = 5_000_000
    semantic: OnOff = "off"
    stale_minutes: Annotated[float, Field(gt=0)] = 10
    retention_days: Annotated[float, Field(gt=0)] = 90
    webhook_url: Annotated[str, AfterValidator(_webhook_address)] | None = None
    webhook_secret: Annotated[SecretStr, AfterValidator(_webhook_secret)] | None = None
    web_host: str = "127.0.0.1"
    web_port: Port = 8080
    page_images: OnOff = "on"
    page_text: Annotated[Literal["full", "passages"], BeforeValidator(_lowercase)] = "full"
    robots: Annotated[Literal["index", "noindex"], BeforeValidator(_lowercase)] = "index"
    trusted_proxies: Networks = LOOPBACK
    mcp: OnOff = "off"
    metrics_host: str = "127.0.0.1"
    metrics_port: Port = 9464
    admin_ids: Ids = frozenset()
    error_chat_id: int | None = None
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_uppercase)] = "INFO"
    feeds: Folder | None = None
    feed_minutes: Annotated[float, Field(ge=1)] = 60
    feed_proxy_url: Annotated[str, AfterValidator(_proxy_address)] | None = None
    feed_allow_private: Annotated[str, AfterValidator(_places)] = ""
    feed_user_agent: Annotated[str, AfterValidator(_header)] | None = None
    feed_first: Annotated[int, Field(ge=0)] = 200
    feed_max_bytes: Annotated[int, Field(ge=1)] = 10_000_000
    feed_keep_days: Annotated[float, Field(ge=0)] = 0

    @model_validator(mode="before")
    @classmethod
    def _strip(cls, values: Any) -> Any:
        """Strip what stands around values; a pair of quotes alone counts as not set."""
        if not isinstance(values, dict):
            return values
        given = {name: value for name, value in values.items() if value not in ('""', "''")}
        return {name: _bare(value) if isinstance(value, str) else value for name, value in given.items()}

    @classmethod
    def load(cls, env_file: Path | None = Path(".env"), **overrides: Any) -> Self:
        """Read the environment and the file; `overrides` win over both.

        Raises:
            SettingsError: It holds all problems, by variable name.
        """
        try:
            arguments: dict[str, Any] = {"_env_file": env_file, **overrides}
            return cls(**arguments)
        except ValidationError as error:
            raise SettingsError(_readable_problems(error)) from None  # the cause would quote secrets
        except SourceError as error:
            raise SettingsError([(str(env_file), str(error))]) from None
        except (OSError, UnicodeError) as error:
            raise SettingsError([(str(env_file), f"cannot be read: {_describe(error)}")]) from error

    @property
    def zone(self) -> ZoneInfo:
        """Time zone in which times are shown."""
        return ZoneInfo(self.timezone)

    @property
    def serves_pages(self) -> bool:
        """Whether articles are served below PUBLIC_URL; never those of a private archive."""
        return self.public_url is not None and not self.allowed_ids

    @property
    def state_path(self) -> Path:
        """File of the bot's own database."""
        return self.data_dir / "bot.sqlite3"

    @property
    def secrets(self) -> frozenset[str]:
        """All values that must never be shown: secret fields, and users and passwords in addresses."""
        fields = [getattr(self, name) for name in type(self).model_fields]
        found = {field.get_secret_value() for field in fields if isinstance(field, SecretStr)}
        addresses = (field for field in fields if isinstance(field, str))
        return frozenset(found.union(*map(credentials, addresses)))

    @property
    def feeds_file(self) -> Path:
        """The list of feeds."""
        return self.feeds or self.data_dir / "feeds.opml"

    def source_options(self, root: Path, *, agent: str = "Baotong") -> "SourceOptions":
        """Return the options of feeds.

        Args:
            root: The folder that posts are written into.
            agent: How the program names itself if nothing is set.
        """
        from corpus.sources import SourceOptions, parse_places

        return SourceOptions(
            data_dir=self.data_dir,
            root=root,
            zone=self.zone,
            list_path=self.feeds,
            default_minutes=self.feed_minutes,
            proxy=self.feed_proxy_url,
            allowed=parse_places(self.feed_allow_private),
            user_agent=self.feed_user_agent or agent,
            first=self.feed_first,
            keep_days=self.feed_keep_days,
            max_bytes=self.feed_max_bytes,
        )

    def corpus_options(self, folder: Path | None = None) -> CorpusOptions:
        """Return the options of the corpus; `folder` wins over CORPUS_DIR."""
        return CorpusOptions(
            folder=folder or self.corpus_dir,
            data_dir=self.data_dir,
            site_url=self.site_url,
            permalink=self.permalink,
            timezone=self.timezone,
            max_post_bytes=self.max_post_bytes,
            semantic=self.semantic == "on",
        )


def credentials(address: str) -> tuple[str, ...]:
    """Return user, password and both together of an address, as they are written and as they are sent.

    >>> credentials("http://me:p%40ss@proxy:80")[:3]
    ('me:p%40ss', 'me', 'p%40ss')
    """
    _, _, rest = address.partition("://")
    both, at, _ = rest.rpartition("@")
    if not at:
        return ()
    user, _, password = both.partition(":")
    sent = b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
    return tuple(part for part in (both, user, password, sent) if part)


def secrets_in(values: Mapping[str, str | None]) -> frozenset[str]:
    """Return the secrets among unchecked variables, so that no message about them shows any."""
    found: set[str] = set()
    for name, value in values.items():
        if value and name.upper() in variable_names():
            found |= set(credentials(_bare(value)))
            if name.upper() in _PRIVATE and "://" not in value:
                found.add(_bare(value))
    return frozenset(found)


def variable_names() -> frozenset[str]:
    """Return the names of all variables that are read."""
    return frozenset(name.upper() for name in Settings.model_fields)


def _describe(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "it is not UTF-8 text"
    return getattr(error, "strerror", None) or str(error)


_REASONS = {
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be one of {expected}",
    "path_type": "must be the path of a folder",
}


def _readable_problems(error: ValidationError) -> list[tuple[str, str]]:
    """Return what pydantic found, in words for an operator. Values of private variables are not repeated."""
    problems = []
    for found in error.errors(include_url=False):
        name = str(found["loc"][0]).upper() if found["loc"] else "settings"
        context = found.get("ctx", {})
        if found["type"] == "value_error":
            reason = str(context.get("error", found["msg"]))
        else:
            reason = _REASONS.get(found["type"], found["msg"]).format(**context)
        value = found.get("input")
        if name not in _PRIVATE and isinstance(value, str | int | float) and "holds" not in reason:
            reason = f"{reason}, not {value!r}"
        problems.append((name, reason))
    return problems
