"""What is sent with an error: headers, and the body for programs. Pure."""

from http import HTTPStatus

from bot.output import Json

RETRY_SECONDS = 5
"""When a client that found the site busy should come again."""

CODES = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_long",
    HTTPStatus.TOO_MANY_REQUESTS: "too_many",
    HTTPStatus.SERVICE_UNAVAILABLE: "busy",
}
"""Code of each status."""


def error_body(status: HTTPStatus, message: str) -> Json:
    """Return the body of an error.

    >>> error_body(HTTPStatus.NOT_FOUND, "no such article")
    {'error': {'code': 'not_found', 'message': 'no such article'}}
    """
    return {"error": {"code": CODES.get(status, "failed"), "message": message}}


def error_headers(status: HTTPStatus) -> dict[str, str]:
    """Return the headers that tell a client what to do instead."""
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(RETRY_SECONDS)}
    return {"Allow": "GET, HEAD"} if status is HTTPStatus.METHOD_NOT_ALLOWED else {}
