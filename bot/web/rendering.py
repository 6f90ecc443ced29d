"""Templates and files: values → pages. Everything that a template writes is escaped unless it is `Markup`."""

import hashlib
from functools import cache
from http import HTTPStatus
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.web.responses import Page, security_policy
from bot.web.visit import MAX_QUESTION_CHARS, Visit
from bot.wording.i18n import Language, translator

LANGUAGE_NAMES = tuple(
    (language, translator(language)("settings.language_name"))
    for language in (Language.HANS, Language.HANT, Language.ENGLISH)
)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bot.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def static_file(name: str) -> bytes:
    """Return a file of the folder `static`."""
    return resources.files("bot.web").joinpath("static", name).read_bytes()


@cache
def version() -> str:
    """Return a number of all templates and files: pages that were made with others are stale."""
    digest = hashlib.blake2b(digest_size=6)
    for folder in ("templates", "static"):
        for file in sorted(resources.files("bot.web").joinpath(folder).iterdir(), key=lambda one: one.name):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def render(
    template: str,
    visit: Visit,
    *,
    title: str = "",
    status: HTTPStatus = HTTPStatus.OK,
    max_age: int = 60,
    style: str = "",
    **values: object,
) -> Page:
    """Render a template as a page.

    Args:
        template: Name of a file in `templates`.
        visit: For whom.
        title: Title of the page; empty: the site's name.
        status: HTTP status.
        max_age: As in `Page`.
        style: Rules of this page alone.
        values: What the template uses besides.
    """
    question = visit.params.get("q", "")[:MAX_QUESTION_CHARS] if visit.path in {"/search", "/trend"} else ""
    made = (
        _environment()
        .get_template(template)
        .render(
            visit=visit,
            t=visit.t,
            title=title,
            languages=LANGUAGE_NAMES,
            version=version(),
            question=question,
            style=style,
            **values,
        )
    )
    headers = {"Content-Security-Policy": security_policy(visit.options, style)} if style else {}
    return Page(made.encode("utf-8", "replace"), status=status, max_age=max_age, headers=headers)
