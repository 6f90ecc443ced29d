"""Addresses of articles: ids, Hexo permalinks, abbrlink numbers, text fragments.

A link is never guessed from a body. `article_url` documents the order of the sources.
"""

import hashlib
import re
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlsplit

from corpus.models import Post

SUFFIXES: Final = (".md", ".markdown", ".html")
"""Ends of the file names of posts."""

MAX_URL_CHARS: Final = 2_048
SOURCE_KEYS: Final = ("link", "url", "source", "original", "source_url", "from")
"""Front matter keys that may name the source; the first absolute http(s) URL is used."""

_BASE62: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_UNSAFE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
_REFUSED: Final = re.compile(
    r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2069\u3000\ufeff\ud800-\udfff<>\"\\^`{|}]"
)
_PLAIN: Final = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}[a-z]{2,20}"
    r"(?:[/?#](?:[A-Za-z0-9\-._~:/?#@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)?"
)
"""Most addresses: nothing in them needs to be changed or refused."""

_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_TOKEN: Final = re.compile(r":(\w+)")
_DATED_NAME: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}-(?=.)")
_SPECIAL: Final = re.compile(r"[\x00-\x1f\s~`!@#$%^&*()\-_+=\[\]{}|\\;:\"'<>,.?/]+")


@dataclass(frozen=True, slots=True)
class Link:
    """Address of an article.

    Attributes:
        url: Absolute http(s) URL without fragment, or None.
        computed_abbrlink: The number in `url` if it was computed from the title. It has only 16 bits:
            articles with the same computed number must not get an address.
    """

    url: str | None
    computed_abbrlink: str | None = None


def article_id(path: str) -> str:
    """Id of an article: 11 characters of base62 (64 bits of the BLAKE2b of its path).

    >>> article_id("金融/新浪财经/一.md") == article_id("金融/新浪财经/一.md")
    True
    """
    return _base62(_digest(path), 11)


def category_id(path: tuple[str, ...]) -> str:
    """Id of a category: 6 characters of base62, from its chain of names, widest first."""
    return _base62(_digest("\0".join(path)) % 62**6, 6)


def _digest(text: str) -> int:
    return int.from_bytes(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big"
    )


def _base62(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits


def _crc_table() -> Iterable[int]:
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
        yield value


_CRC: Final = tuple(_crc_table())


def crc16(title: str) -> str:
    """CRC-16/ARC (polynomial 0x8005 reflected, start 0) of the UTF-8 title in hex, as hexo-abbrlink does.

    >>> crc16("123456789")
    'bb3d'
    """
    crc = 0
    for byte in title.encode("utf-8", "replace"):
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return f"{crc:x}"


def http_url(text: object) -> str | None:
    """An absolute http(s) URL that is safe to put into a link; None for anything else.

    Non-ASCII letters are percent-encoded (the host by IDNA). Refused: other schemes, hosts that are neither
    names nor addresses, user names before the host (they disguise it), blanks and control characters, more
    than `MAX_URL_CHARS` characters.

    >>> http_url("https://例子.cn/新闻?a=1"), http_url("javascript:alert(1)")
    ('https://xn--fsqu00a.cn/%E6%96%B0%E9%97%BB?a=1', None)
    """
    if not isinstance(text, str):
        return None
    text = text.strip()
    if not 10 <= len(text) <= MAX_URL_CHARS or _REFUSED.search(text):
        return None
    if _PLAIN.fullmatch(text):
        return text
    try:
        parts = urlsplit(text)
        host = _host(parts.hostname or "")
        port = parts.port
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    rest = text[text.index("//") + 2 + len(parts.netloc) :]
    url = f"{parts.scheme}://{host}{'' if port is None else f':{port}'}{encode_url(rest)}"
    return url if len(url) <= MAX_URL_CHARS else None


def _host(host: str) -> str:
    """The host in ASCII; empty if it is not a dotted name or address."""
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    host = host.lower().removesuffix(".")
    labels = host.split(".")
    if len(labels) < 2 or len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return ""
    if labels[-1].isdigit() and not (len(labels) == 4 and all(x.isdigit() and int(x) < 256 for x in labels)):
        return ""
    return host


def encode_url(text: str) -> str:
    """Percent-encode characters that a URL must not contain; existing encodings stay."""
    return _UNSAFE.sub(lambda match: quote(match[0], safe="", errors="replace"), text)


def article_url(post: Post, *, site_url: str | None, permalink: str | None) -> Link:
    """The address of an article: its source, or its page on the operator's site, or none.

    Tried in this order: the absolute URL that the front matter names as the source; `site_url` with the path
    that the front matter sets; `site_url` with `permalink`, a Hexo pattern, filled from the post (`:abbrlink`
    from the front matter, or computed from the title).

    Args:
        post: The post; dates in the pattern are those of `local_date`.
        site_url: Base of the site, `https://…`, with or without a path.
        permalink: Pattern such as `p/:abbrlink.html`; see `PERMALINK_TOKENS`.
    """
    if post.source_url is not None:
        return Link(post.source_url)
    if not site_url:
        return Link(None)
    if post.site_path:
        is_pattern = _TOKEN.search(post.site_path) and not unknown_tokens(post.site_path)
        path = fill_permalink(post.site_path, post) if is_pattern else encode_url(post.site_path)
        return Link(None if path is None else _on_site(site_url, path))
    if not permalink:
        return Link(None)
    path = fill_permalink(permalink, post)
    if path is None:
        return Link(None)
    computed = ":abbrlink" in permalink and post.abbrlink is None
    return Link(_on_site(site_url, path), crc16(post.raw_title or post.title) if computed else None)


def _on_site(site_url: str, path: str) -> str | None:
    """Join a base and an encoded path; the result never leaves the base."""
    segments = [segment for segment in path.lstrip("/").split("/") if segment not in (".", "..")]
    url = f"{site_url.rstrip('/')}/{'/'.join(segments)}"
    return url if len(url) <= MAX_URL_CHARS else None


def _dated(pattern: str) -> Callable[[Post], str | None]:
    return lambda post: None if post.local_date is None else post.local_date.strftime(pattern)


def _date_number(attribute: str) -> Callable[[Post], str | None]:
    def read(post: Post) -> str | None:
        date: datetime | None = post.local_date
        return None if date is None else str(getattr(date, attribute))

    return read


def _slug(post: Post) -> str:
    """The path below `_posts` without its suffix, like Hexo's `:title`; the folder of Hugo's `index.md`."""
    if post.slug:
        return post.slug
    path = post.path.rpartition("_posts/")[2]
    folder, slash, name = path.rpartition("/")
    if _stem(name).lower() == "index" and folder:
        folder, slash, name = folder.rpartition("/")
    return folder + slash + _stem(name)


def _stem(name: str) -> str:
    # Hexo and Jekyll remove a date at the beginning of the file's name.
    return _DATED_NAME.sub("", without_suffix(name), count=1)


def without_suffix(path: str) -> str:
    """The path of a post without the end that says what it is written in."""
    ending = next((suffix for suffix in SUFFIXES if path.lower().endswith(suffix)), "")
    return path[: len(path) - len(ending)]


def slugify(text: str) -> str:
    """A name as Hexo writes it in addresses: runs of special characters become hyphens."""
    return _SPECIAL.sub("-", text).strip("-")


PERMALINK_TOKENS: Final[dict[str, Callable[[Post], str | None]]] = {
    "year": _dated("%Y"),
    "month": _dated("%m"),
    "day": _dated("%d"),
    "hour": _dated("%H"),
    "minute": _dated("%M"),
    "second": _dated("%S"),
    "i_month": _date_number("month"),
    "i_day": _date_number("day"),
    "title": _slug,
    "slug": _slug,
    "name": lambda post: post.slug or _slug(post).rpartition("/")[2],
    "filename": lambda post: _slug(post).rpartition("/")[2],
    "contentbasename": lambda post: _slug(post).rpartition("/")[2],
    "section": lambda post: post.path.partition("/")[0] if "/" in post.path else None,
    "short_year": _dated("%y"),
    "y_day": _dated("%j"),
    "post_title": lambda post: slugify(post.raw_title or post.title),
    "category": lambda post: "/".join(map(slugify, post.categories)) or "uncategorized",
    "categories": lambda post: "/".join(map(slugify, post.categories)) or "uncategorized",
    "output_ext": lambda _: ".html",
    "abbrlink": lambda post: post.abbrlink or crc16(post.raw_title or post.title),
}
"""Tokens of a pattern and their values. `:id` and `:hash` are missing: only Hexo knows them."""


def unknown_tokens(permalink: str) -> tuple[str, ...]:
    """Unsupported tokens of a pattern; a pattern with any of them gives no links."""
    return tuple(name for name in _TOKEN.findall(permalink) if name not in PERMALINK_TOKENS)


def fill_permalink(permalink: str, post: Post) -> str | None:
    """Fill a pattern for a post. Returns the encoded path, or None if a value is missing."""
    parts: list[str] = []
    end = 0
    for match in _TOKEN.finditer(permalink):
        fill = PERMALINK_TOKENS.get(match[1])
        value = fill(post) if fill else None
        if not value:
            return None
        parts += [
            encode_url(permalink[end : match.start()]),
            quote(value, safe="/!$&'()*+,;=:@~", errors="replace"),
        ]
        end = match.end()
    return "".join(parts) + encode_url(permalink[end:])


_CLAUSE: Final = re.compile(r"[^。！？；，、：,!?;:…\n]{4,}[。！？；，、：,!?;:…]?")
_MAX_QUOTED_CHARS: Final = 60


def text_fragment(url: str, passage: str) -> str:
    """Add a text fragment (`#:~:text=…`) to a URL, so that browsers scroll to a passage.

    A short passage is quoted whole, a longer one by its first and last clause. `-`, `&` and `,` have meanings
    in fragments and are encoded; a fragment that the URL already has is kept in front. See
    https://wicg.github.io/scroll-to-text-fragment/.
    """
    line = max(passage.split("\n"), key=len).strip()
    quoted = [line] if len(line) <= _MAX_QUOTED_CHARS else _first_and_last_clause(line)
    text = ",".join(quote(part, safe="", errors="replace").replace("-", "%2D") for part in quoted)
    return f"{url}{'' if '#' in url else '#'}:~:text={text}" if text else url


def _first_and_last_clause(line: str) -> list[str]:
    clauses = [match[0].strip() for match in _CLAUSE.finditer(line)]
    if len(clauses) < 2:
        clauses = [line, line]
    first, last = clauses[0], clauses[-1]
    # Browsers match whole words only, so never cut inside one.
    if len(first) > _MAX_QUOTED_CHARS:
        first = first[:_MAX_QUOTED_CHARS].rpartition(" ")[0]
    if len(last) > _MAX_QUOTED_CHARS:
        last = last[-_MAX_QUOTED_CHARS:].partition(" ")[2]
    return [first, last] if first and last else []
