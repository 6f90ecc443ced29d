"""The API: JSON in the words of the command line, described by OpenAPI."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot import output
from bot.web import responses
from bot.web.api_models import (
    AnswerModel,
    ArticleTextModel,
    CategoryModel,
    ErrorModel,
    LatestModel,
    TrendModel,
)
from bot.web.article_page import known_article, shown_text
from bot.web.errors import CODES, error_body, error_headers
from bot.web.rendering import render
from bot.web.responder import Responder
from bot.web.responses import Page
from bot.web.visit import MAX_NAME_CHARS, MAX_QUESTION_CHARS, MAX_WORDS_CHARS, Visit, VisitError
from bot.wording.requests import answer_json, check_filters, read_filters
from corpus import Category, Corpus, Filters

PREFIX = "/api"
MAX_HITS = 50
MAX_LISTED = 100
MAX_OFFSET = 100_000

DESCRIPTION = """\
Answers from an archive of articles, word for word, with their sources. "confidence" tells how far to trust
the first hit: "answer": it answers; "related": it may have to do with the question; "none": the archive has
no answer. Offsets count code points. What is unknown is null, never left out. New words may come, none goes.
"""

Question = Annotated[
    str, Query(min_length=1, max_length=MAX_QUESTION_CHARS, description="As a person would type it.")
]
Name = Annotated[str | None, Query(max_length=MAX_NAME_CHARS)]
Day = Annotated[
    str | None,
    Query(max_length=MAX_NAME_CHARS, description="2021-12-01, 2021-12, 2021, or as people say it."),
]
Hits = Annotated[int, Query(ge=1, le=MAX_HITS)]
Listed = Annotated[int, Query(ge=1, le=MAX_LISTED)]
Offset = Annotated[int, Query(ge=0, le=MAX_OFFSET)]


def build_api(responder: Responder) -> FastAPI:
    """Return the ASGI application of everything below `/api`."""
    options = responder.options
    api = FastAPI(
        title="Baotong 报童",
        description=DESCRIPTION,
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": options.base}] if options.base else [],
        responses=_error_responses(),
    )

    async def respond(request: Request, make: Callable[[Corpus, Visit], Page]) -> Response:
        return await responder.respond(request, make, explain=error_page)

    @api.get(f"{PREFIX}/ask", response_model=AnswerModel)
    async def ask(
        request: Request,
        q: Question,
        category: Name = None,
        author: Name = None,
        since: Day = None,
        until: Day = None,
        limit: Hits = 5,
    ) -> Response:
        """Answer a question."""

        def make(corpus: Corpus, visit: Visit) -> Page:
            filters = _filters(corpus, visit, category, author, since, until)
            found = corpus.ask(_words(visit), filters=filters, limit=limit)
            return json_page(answer_json(found, options.zone), visit)

        return await respond(request, make)

    @api.get(f"{PREFIX}/latest", response_model=LatestModel)
    async def latest(
        request: Request, category: Name = None, limit: Listed = 10, offset: Offset = 0
    ) -> Response:
        """List the newest articles."""

        def make(corpus: Corpus, visit: Visit) -> Page:
            node = None if category is None else _category(corpus, category)
            page = corpus.latest(category=node, limit=limit, offset=offset)
            return json_page(output.latest(page), visit)

        return await respond(request, make)

    @api.get(f"{PREFIX}/categories", response_model=list[CategoryModel])
    async def categories(request: Request) -> Response:
        """Return the tree of categories with counts."""
        return await respond(
            request,
            lambda corpus, visit: json_page([output.category(root) for root in corpus.categories()], visit),
        )

    @api.get(f"{PREFIX}/articles/{{id}}", response_model=ArticleTextModel)
    async def article(
        request: Request,
        id: Annotated[str, Path(max_length=MAX_NAME_CHARS)],  # noqa: A002 — the name in the address
    ) -> Response:
        """Return a whole article; its beginning where the operator shows no whole texts."""

        def make(corpus: Corpus, visit: Visit) -> Page:
            shown = shown_text(known_article(corpus, id), options)
            return json_page(output.article_text(shown), visit)

        return await respond(request, make)

    @api.get(f"{PREFIX}/trend", response_model=TrendModel)
    async def trend(
        request: Request,
        q: Annotated[
            str, Query(min_length=1, max_length=MAX_WORDS_CHARS, description="One word or several.")
        ],
        by: Literal["week", "month"] = "month",
    ) -> Response:
        """Count the articles that contain some words, by week or month of publication."""

        def make(corpus: Corpus, visit: Visit) -> Page:
            words = _words(visit)
            return json_page(output.trend(words, by, corpus.trend(words, by=by)), visit)

        return await respond(request, make)

    @api.get(f"{PREFIX}/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> Response:
        return await respond(request, lambda _, visit: json_page(api.openapi(), visit))

    @api.get(f"{PREFIX}/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        return await responder.respond(request, lambda _, visit: docs_page(api.openapi(), visit))

    async def refuse(request: Request, error: Exception) -> Response:
        return responder.send_error(request, _explained(error), explain=error_page)

    async def fail(request: Request, _: Exception) -> Response:
        words = "this request failed; the server's log says why"
        error = VisitError(HTTPStatus.INTERNAL_SERVER_ERROR, "", words=words)
        return responder.send_error(request, error, explain=error_page)

    api.add_exception_handler(Exception, fail)
    api.add_exception_handler(RequestValidationError, refuse)
    api.add_exception_handler(HTTPException, refuse)
    return api


def json_page(value: output.Json | list[output.Json], visit: Visit) -> Page:
    """Return a value as a page of JSON, which other sites' programs may read if the archive is public."""
    headers = {"Access-Control-Allow-Origin": "*"} if visit.options.is_public else {}
    return Page(output.dump(value).encode("utf-8", "replace"), responses.JSON, headers=headers)


def error_page(visit: Visit, error: VisitError) -> Page:
    """Return an error as JSON."""
    page = json_page(error_body(error.status, error.words or visit.t(error.key, **error.values)), visit)
    return Page(page.body, page.type, error.status, 0, {**page.headers, **error_headers(error.status)})


def _error_responses() -> dict[int | str, dict[str, Any]]:
    return {int(status): {"model": ErrorModel} for status in CODES}


def _explained(error: Exception) -> VisitError:
    """Return what a router or the validation of parameters refuses, as an error of ours."""
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        return VisitError(status, "", words=status.phrase)
    assert isinstance(error, RequestValidationError)  # noqa: S101 — nothing else is registered
    first = error.errors()[0]
    too_long = first["type"] == "string_too_long"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_long else HTTPStatus.BAD_REQUEST
    return VisitError(status, "", words=f"{first['loc'][-1]}: {first['msg']}")


def _words(visit: Visit) -> str:
    """Return the parameter `q` without characters that cannot be shown.

    Raises:
        VisitError: Nothing is left of it.
    """
    words = visit.text("q", limit=MAX_QUESTION_CHARS)
    if not words:
        raise VisitError(HTTPStatus.BAD_REQUEST, "", words="q: it is empty")
    return words


def _filters(
    corpus: Corpus,
    visit: Visit,
    category: str | None,
    author: str | None,
    since: str | None,
    until: str | None,
) -> Filters:
    """Return the filters of a question.

    Raises:
        VisitError: A day cannot be understood, or the archive has no such name.
    """
    try:
        filters = read_filters(category, author, since, until, today=visit.today)
        check_filters(corpus, filters, listing="/api/categories")
    except ValueError as error:
        raise VisitError(HTTPStatus.BAD_REQUEST, "", words=str(error)) from None
    return filters


def _category(corpus: Corpus, name: str) -> Category:
    found = corpus.find_categories(name)
    if not found:
        raise VisitError(
            HTTPStatus.BAD_REQUEST, "", words=f"no category {name!r}: /api/categories lists them"
        )
    if len(found) > 1:
        paths = ", ".join("/".join(one.path) for one in found[:8])
        raise VisitError(HTTPStatus.BAD_REQUEST, "", words=f"several categories are named {name!r}: {paths}")
    return found[0]


def docs_page(description: dict[str, Any], visit: Visit) -> Page:
    """Return the description of the API as a page for people."""
    calls = [
        {
            "path": path,
            "summary": call["get"]["description"],
            "parameters": [(one["name"], _about_parameter(one)) for one in call["get"].get("parameters", [])],
        }
        for path, call in description["paths"].items()
    ]
    return render(
        "api.html",
        visit,
        title="API",
        about=description["info"]["description"],
        calls=calls,
        codes=sorted((int(status), code) for status, code in CODES.items()),
    )


def _about_parameter(parameter: dict[str, Any]) -> str:
    """Say in a line what a parameter may be.

    >>> _about_parameter({"schema": {"type": "integer", "default": 5, "maximum": 50}, "required": False})
    'Default: 5. At most 50.'
    """
    schema = parameter["schema"]
    bounds = {name: value for one in (*schema.get("anyOf", ()), schema) for name, value in one.items()}
    parts = [
        "Required." if parameter["required"] else "",
        parameter.get("description", ""),
        " or ".join(bounds.get("enum", ())) + "." if "enum" in bounds else "",
        f"Default: {bounds['default']}." if bounds.get("default") is not None else "",
        f"At most {bounds['maximum']:,}." if "maximum" in bounds else "",
        f"At most {bounds['maxLength']:,} characters." if "maxLength" in bounds else "",
    ]
    return " ".join(filter(None, parts))
