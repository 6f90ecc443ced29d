"""Addresses of articles, searches and categories: on the web, on reader pages, in the chat with the bot."""

from bot.messages import callback_data, markup
from bot.messages.callback_data import ArticleLink, DeepLink
from bot.messages.render_context import RenderContext
from corpus.models import Article
from corpus.posts import text_fragment


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
    if view.public_url:
        candidates.append(f"{view.public_url}/a/{article.id}#p{passage}")
    candidates.append(deep_link(view.username, ArticleLink(article.id, passage)))
    return next((markup.address(url) for url in candidates if markup.address(url)), None)
