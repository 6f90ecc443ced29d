"""Requests → responses: pages made in threads, validated by the state of the index, compressed, kept."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.web import rendering, responses
from bot.web.errors import error_headers
from bot.web.limits import BusyError, Throttle
from bot.web.options import SiteOptions
from bot.web.responses import Encoded, Memory, Page
from bot.web.visit import Visit, VisitError
from corpus import Corpus, CorpusError

logger = logging.getLogger(__name__)

CHUNK_BYTES = 65_536
"""Size of the pieces in which a body is handed on, so that a slow client is noticed."""

Make = Callable[[Corpus, Visit], Page]
"""Makes a page; may raise VisitError and CorpusError."""

Explain = Callable[[Visit, VisitError], Page]
"""Makes the page of an error."""


def utc_now() -> datetime:
    """Return the current time, aware."""
    return datetime.now(UTC)


class Responder:
    """Makes the responses of a site.

    Args:
        corpus: The archive.
        options: How the site is set up.
        now: The clock, aware.
    """

    def __init__(
        self, corpus: Corpus, options: SiteOptions, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.options = options
        self._corpus = corpus
        self._now = now
        self._throttle = Throttle()
        self._memory = Memory()

    async def respond(self, request: Request, make: Make, *, explain: Explain | None = None) -> Response:
        """Make a page, or find that the client has it, and return what sends it.

        Args:
            request: The request.
            make: Makes the page, in a thread.
            explain: Makes the page of an error; None: a page for people.
        """
        visit = self.visit(request)
        conditions = request.headers.get("if-none-match", "")
        gzipped = "gzip" in request.headers.get("accept-encoding", "")
        work = partial(self._encoded, visit, make, explain or error_page, conditions, gzipped)
        try:
            async with self._throttle:
                encoded = await asyncio.to_thread(work)
            return _Sending(encoded, self._throttle.begin_sending(len(encoded.body)))
        except BusyError:
            busy = VisitError(HTTPStatus.SERVICE_UNAVAILABLE, "web.busy")
            return self.send_error(request, busy, explain=explain)

    def visit(self, request: Request) -> Visit:
        """Return the visit of a request."""
        return Visit.of(
            self.options,
            request.scope["path"],
            dict(request.query_params),
            accepted=request.headers.get("accept-language", ""),
            now=self._now(),
        )

    def _encoded(self, visit: Visit, make: Make, explain: Explain, conditions: str, gzipped: bool) -> Encoded:
        """Return what is sent for a visit; runs in a thread."""
        try:
            etag = responses.entity_tag(
                self._corpus.mark(),
                rendering.version(),
                self.options,
                visit.path,
                sorted(visit.params.items()),
                visit.language,
                visit.today,
            )
            if conditions and responses.matches(conditions, etag):
                return responses.not_modified(self.options, etag)
            remembered = self._memory.get(etag, gzipped=gzipped)
            if remembered is not None:
                return remembered
            page = make(self._corpus, visit)
        except VisitError as error:
            return responses.encode(explain(visit, error), self.options, etag=None, gzipped=gzipped)
        except CorpusError as error:
            logger.warning("a page could not be made: %s", error)
            busy = VisitError(HTTPStatus.SERVICE_UNAVAILABLE, "web.getting_ready")
            return responses.encode(explain(visit, busy), self.options, etag=None, gzipped=gzipped)
        encoded = responses.encode(page, self.options, etag=etag, gzipped=gzipped)
        self._memory.put(etag, encoded, gzipped=gzipped)
        return encoded

    def send_error(self, request: Request, error: VisitError, *, explain: Explain | None = None) -> Response:
        """Return the response that says why a request is not answered."""
        page = (explain or error_page)(self.visit(request), error)
        return _Sending(responses.encode(page, self.options, etag=None, gzipped=False), _nothing)


def _nothing() -> None:
    """Do nothing: a small response ends by itself."""


class _Sending(Response):
    """Sends what is encoded already, piece by piece.

    Args:
        encoded: What is sent.
        on_end: Called when it is sent, or the client is gone.
    """

    def __init__(self, encoded: Encoded, on_end: Callable[[], None]) -> None:
        super().__init__(status_code=encoded.status)
        self._encoded = encoded
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self._encoded.headers]
        try:
            await send({"type": "http.response.start", "status": self._encoded.status, "headers": headers})
            body = memoryview(self._encoded.body)
            for start in range(0, len(body), CHUNK_BYTES):
                piece = bytes(body[start : start + CHUNK_BYTES])
                more = start + CHUNK_BYTES < len(body)
                await send({"type": "http.response.body", "body": piece, "more_body": more})
            if not body:
                await send({"type": "http.response.body", "body": b""})
        finally:
            self._on_end()


def error_page(visit: Visit, error: VisitError) -> Page:
    """Return the page that says in words why a request was not answered."""
    status = error.status
    words = visit.t(error.key, **error.values)
    page = rendering.render("error.html", visit, title=words, status=status, words=words, code=int(status))
    return Page(page.body, page.type, status, 0, error_headers(status))
