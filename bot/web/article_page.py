"""The reader page: a whole article, opened at the passage that was found, and its head for programs."""

import json
from collections.abc import Sequence
from http import HTTPStatus

from markupsafe import Markup

from bot.web.article_blocks import article_body, lead_text
from bot.web.inline_markup import Picture, is_picture_address, picture_markup
from bot.web.language_tags import language_tag
from bot.web.listing import Choice, article_items, iso_time, shown_day, shown_name, shown_title
from bot.web.options import SiteOptions
from bot.web.rendering import render
from bot.web.responses import Page
from bot.web.searching import telegram_address
from bot.web.visit import MAX_QUESTION_CHARS, Visit, VisitError
from bot.wording import plain_text
from corpus import Article, ArticleText, Corpus, CorpusError, MarkKind, Paragraph

MAX_SIMILAR = 5
DESCRIPTION_CHARS = 160
SUMMARY_CHARS = 300
"""Characters of an article that are shown where whole texts are not."""

MAX_AGE = 300
_SAMPLE_PARAGRAPHS = 5


def article_page(corpus: Corpus, visit: Visit, article_id: str) -> Page:
    """Show an article.

    Raises:
        VisitError: There is no such article.
    """
    text = known_article(corpus, article_id)
    article, question = text.article, visit.text("q", limit=MAX_QUESTION_CHARS)
    shown = shown_text(text, visit.options)
    passages = corpus.passages(article_id) if visit.options.whole_texts else ()
    images = visit.options.images
    body = article_body(
        shown.paragraphs, passages, starts=shown.passage_starts, convert=visit.convert, images=images
    )
    gallery = shown.images if images else ()
    lang = language_tag(
        " ".join([article.title, *(one.text for one in text.paragraphs[:_SAMPLE_PARAGRAPHS])])
    )
    description = lead_text(text.paragraphs, limit=DESCRIPTION_CHARS)
    canonical = visit.canonical(f"/a/{article.id}")
    return render(
        "article.html",
        visit,
        title=shown_title(article, visit),
        max_age=MAX_AGE,
        style=body.style,
        article=article,
        lang=_shown_language(lang, visit),
        scripts=_scripts(lang, visit),
        description=description,
        canonical=article.url or canonical,
        here=canonical,
        image=_image(article),
        show_image=images and _image(article) not in _pictures_of(shown),
        gallery=[picture_markup(Picture(0, one.target or "", one.alt), plain_text.clean) for one in gallery],
        json_ld=_json_ld(article, canonical, description, lang),
        outlet=shown_name(article.author or "", visit),
        day=shown_day(article, visit, near=False),
        published=iso_time(article.published),
        categories=_category_links(article, visit),
        body=body.html,
        contents=body.contents,
        is_empty=not text.paragraphs and not gallery,
        is_whole=visit.options.whole_texts,
        similar=article_items(_similar(corpus, article.id), visit),
        back=visit.href("/search", q=question) if question else "",
        in_telegram=telegram_address(visit, article.title),
    )


def known_article(corpus: Corpus, article_id: str) -> ArticleText:
    """Return the article with an id; paths, which the corpus takes too, are no part of addresses.

    Raises:
        VisitError: There is none.
    """
    text = corpus.article(article_id)
    if text is None or text.article.id != article_id:
        raise VisitError(HTTPStatus.NOT_FOUND, "web.no_article")
    return text


def shown_text(text: ArticleText, options: SiteOptions) -> ArticleText:
    """Return an article as far as it may be shown."""
    return text if options.whole_texts else _summary(text)


def _pictures_of(text: ArticleText) -> set[str | None]:
    """Return the addresses of the pictures that stand in an article, so that its head shows none twice."""
    marks = [*text.images, *(mark for paragraph in text.paragraphs for mark in paragraph.marks)]
    return {mark.target for mark in marks if mark.kind is MarkKind.IMAGE}


def _summary(text: ArticleText) -> ArticleText:
    """Return the beginning of an article, for archives whose whole texts may not be shown."""
    words = lead_text(text.paragraphs, limit=SUMMARY_CHARS)
    return ArticleText(text.article, (Paragraph(words),) if words else (), ())


def _similar(corpus: Corpus, article_id: str) -> Sequence[Article]:
    """Return articles like this one; none while the index is being made."""
    try:
        return corpus.similar(article_id, limit=MAX_SIMILAR)
    except CorpusError:
        return ()


def _category_links(article: Article, visit: Visit) -> list[Choice]:
    """Return each category from the widest to the narrowest, as a link to its articles."""
    path = article.categories
    return [
        Choice(shown_name(name, visit), visit.href("/latest", category="/".join(path[: depth + 1])))
        for depth, name in enumerate(path)
    ]


def _image(article: Article) -> str:
    image = article.image or ""
    return image if is_picture_address(image) else ""


def _shown_language(lang: str, visit: Visit) -> str:
    """Return the tag of the text as it is shown, in the script that was asked for."""
    wanted = {"hant": "zh-Hant", "hans": "zh-Hans"}.get(visit.params.get("script", ""), lang)
    return wanted if lang.startswith("zh") else lang


def _scripts(lang: str, visit: Visit) -> list[Choice]:
    """Offer a Chinese article in the other script, or as it was written."""
    if not lang.startswith("zh"):
        return []
    if visit.params.get("script"):
        return [Choice(visit.t("web.script_own"), visit.same_page(script=""))]
    other = "hans" if lang == "zh-Hant" else "hant"
    return [Choice(visit.t(f"web.script_{other}"), visit.same_page(script=other))]


def _json_ld(article: Article, canonical: str, description: str, lang: str) -> Markup:
    """Return the article as schema.org's NewsArticle. It cannot end the element that it stands in."""
    values = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": plain_text.clean(article.title),
        "description": description,
        "inLanguage": lang,
        "url": canonical,
        "mainEntityOfPage": article.url or canonical,
        "datePublished": iso_time(article.published),
        "articleSection": list(article.categories),
        "image": _image(article),
        "author": {"@type": "Organization", "name": article.author} if article.author else None,
    }
    written = json.dumps({name: value for name, value in values.items() if value}, ensure_ascii=False)
    safe = written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(plain_text.clean(safe))  # noqa: S704 — JSON without any character that HTML reads
