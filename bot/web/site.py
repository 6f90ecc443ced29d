"""The site of an archive: which page stands at which address."""

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import Receive, Scope, Send

from bot.web import api, article_page, browsing, machine_files, searching, trends
from bot.web.gate import below
from bot.web.options import SiteOptions
from bot.web.responder import Responder, utc_now
from bot.web.responses import Page
from bot.web.visit import VisitError
from corpus import Corpus


class Site:
    """The pages of an archive. An ASGI application for GET and HEAD.

    Args:
        corpus: The archive.
        options: How the site is set up.
        further: More routes, which are tried before those of the pages.
        now: The clock, aware.
    """

    def __init__(
        self,
        corpus: Corpus,
        options: SiteOptions,
        *,
        further: Sequence[BaseRoute] = (),
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._responder = Responder(corpus, options, now=now)
        self._api = api.build_api(self._responder)
        self._router = Router([*further, *self._routes()], redirect_slashes=False)

    def _routes(self) -> list[BaseRoute]:
        def route(path: str, make: Callable[..., Page]) -> Route:
            async def endpoint(request: Request) -> Response:
                parts = request.path_params.values()
                return await self._responder.respond(
                    request, lambda corpus, visit: make(corpus, visit, *parts)
                )

            return Route(path, endpoint, methods=["GET"])

        # What stands in braces is the last argument of the function that makes the page.
        pages: list[tuple[str, Callable[..., Page]]] = [
            ("/", browsing.home_page),
            ("/search", searching.search_page),
            ("/trend", trends.trend_page),
            ("/latest", browsing.latest_page),
            ("/category", browsing.categories_page),
            ("/category/", browsing.categories_page),
            ("/category/{id}", browsing.category_page),
            ("/a/{id}", article_page.article_page),
            *machine_files.pages(),
        ]
        return [route(path, make) for path, make in pages]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        # `app` has the router raise errors instead of answering them.
        scope = {
            **scope,
            "path": below(self._responder.options.base, scope["path"]),
            "root_path": "",
            "app": self,
        }
        request = Request(scope, receive)
        if scope["path"] == api.PREFIX or scope["path"].startswith(f"{api.PREFIX}/"):
            # HEAD is answered as GET is; the server sends no body then.
            method = "GET" if scope["method"] == "HEAD" else scope["method"]
            await self._api({**scope, "method": method}, receive, send)
            return
        try:
            await self._router(scope, receive, send)
        except HTTPException as error:
            status = HTTPStatus(error.status_code)
            key = "web.no_method" if status is HTTPStatus.METHOD_NOT_ALLOWED else "web.no_page"
            await self._responder.send_error(request, VisitError(status, key))(scope, receive, send)
