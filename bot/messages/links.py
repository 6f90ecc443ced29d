"""Addresses of articles, searches and categories: on the web, on reader pages, in the chat with the bot."""

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

from bot.messages import callback_data, markup
from bot.messages.callback_data import ArticleLink, DeepLink
from bot.messages.render_context import RenderContext
from corpus.models import Article
from corpus.posts import text_fragment

_HOSTS: Final = frozenset({"t.me", "telegram.me", "telegram.dog"})
_PAGE: Final = re.compile(r"/a/([0-9A-Za-z]{11})/?")
_PASSAGE: Final = re.compile(r"p(0|[1-9][0-9]{0,5})")


def deep_link(username: str, target: DeepLink) -> str | None:
    """Return the address that opens a target in the private chat with the bot; None without a user name."""
    return f"https://t.me/{username}?start={callback_data.encode_start(target)}" if username else None


def article_url(article: Article, view: RenderContext, passage: int = 0, words: str = "") -> str | None:
    """Return the address at which an article opens, at the passage if possible; None if there is none.

    The article's own address comes first, then its reader page, then a deep link into the chat.

    Args:
        article: What is linked.
        view: For whom.
        passage: Ordinal of the passage to open, from 0.
        words: Text of the passage to mark on the article's own page; empty: no mark.
    """
    candidates: list[str | None] = []
    if article.url:
        own = view.site_url is not None and f"{article.url}/".startswith(f"{view.site_url}/")
        candidates += [None if own or not words else text_fragment(article.url, words), article.url]
    candidates.append(page_url(article.id, passage, view))
    candidates.append(deep_link(view.username, ArticleLink(article.id, passage)))
    return next((markup.address(url) for url in candidates if markup.address(url)), None)


def page_url(article_id: str, passage: int, view: RenderContext) -> str | None:
    """Return the address of an article's page at a passage; None if there are no pages for everybody."""
    return markup.address(f"{view.public_url}/a/{article_id}#p{passage}") if view.public_url else None


def start_payload(url: str, username: str) -> str | None:
    """Return the payload of a deep link to the bot, perhaps empty; None for any other address.

    >>> links = ("https://t.me/Paper_bot?start=s_x", "t.me/paper_bot", "https://t.me/other?start=s_x")
    >>> [start_payload(link, "paper_bot") for link in links]
    ['s_x', '', None]
    """
    try:
        parts = urlsplit(url if "//" in url else f"https://{url}")
        values = parse_qs(parts.query, keep_blank_values=True, max_num_fields=16)
    except ValueError:
        return None
    if parts.scheme == "tg" and parts.netloc == "resolve":
        name = values.get("domain", [""])[0]
    elif parts.scheme in {"http", "https"} and parts.netloc.lower() in _HOSTS:
        name = parts.path.strip("/")
    else:
        return None
    return values.get("start", [""])[0] if username and name.lower() == username.lower() else None


def reader_page(url: str, public_url: str | None) -> ArticleLink | None:
    """Return the article and the passage that an address of the reader pages shows; None for any other."""
    page, _, fragment = url.partition("#")
    if not public_url or not page.startswith(f"{public_url}/"):
        return None
    found, passage = _PAGE.fullmatch(page.removeprefix(public_url)), _PASSAGE.fullmatch(fragment)
    return None if found is None else ArticleLink(found[1], int(passage[1]) if passage else 0)
