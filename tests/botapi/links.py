"""Which addresses Telegram accepts behind a link or a button.

The rules are those of its client library: only http, https, tg, ton and tonsite; a host with a dot
(or an IPv6 address) made of allowed characters; a port that is a number.
"""

import ipaddress
import re

_SCHEME = re.compile(r"([^:/?#@\[\]]*)://")
_AUTHORITY = re.compile(r"[^/?#]*")
_PORT = re.compile(r"(.*):([^:\]@]*)", re.DOTALL)
_HOST = re.compile(r"(?:[0-9A-Za-z.\-_!$,~*'();&+=]|%[0-9A-Fa-f]{2}|[^\x00-\x7f])+")
_APPLICATION_HOST = re.compile(r"[0-9A-Za-z\-_]+")


def link_problem(address: str) -> str | None:
    """Say what Telegram dislikes about an address, in its own words; None if it is accepted.

    >>> link_problem("https://example.org/新闻?a=1")
    >>> link_problem("http://localhost:8080/")
    'Wrong HTTP URL'
    >>> link_problem("javascript://alert(1)")
    'Unsupported URL protocol'
    >>> link_problem("tg://resolve?domain=x")
    """
    for application in ("tonsite:", "ton:", "tg:"):
        if address.lower().startswith(application):
            rest = address[len(application) :].removeprefix("//")
            return _application_problem(rest)
    scheme = _SCHEME.match(address)
    if scheme:
        if scheme[1].lower() not in ("http", "https"):
            return "Unsupported URL protocol"
        address = address[scheme.end() :]
    return _authority_problem(_AUTHORITY.match(address)[0])  # type: ignore[index]  # matches always


def user_of_link(address: str) -> int | None:
    """The person meant by `tg://user?id=…`, or None."""
    match = re.fullmatch(r"tg:(?://)?user/?\?id=(\d{1,16})", address, re.IGNORECASE)
    return int(match[1]) if match else None


def _application_problem(rest: str) -> str | None:
    host = _AUTHORITY.match(rest)[0]  # type: ignore[index]  # matches always
    if not host:
        return "URL host is empty"
    return None if _APPLICATION_HOST.fullmatch(host) else "Unallowed characters in URL host"


def _authority_problem(authority: str) -> str | None:
    port = _PORT.fullmatch(authority)
    if port:
        authority = port[1]
        if not (port[2].isascii() and port[2].isdigit() and 0 < int(port[2]) <= 65_535):
            return "Wrong port number specified in the URL"
    host = authority.rpartition("@")[2]
    if not host:
        return "URL host is empty"
    if host == ".":
        return "Host is invalid"
    if host.startswith("[") and host.endswith("]"):
        try:
            ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            return "Wrong IPv6 address specified in the URL"
        return None
    if not _HOST.fullmatch(host):
        return "Wrong URL host"
    return None if "." in host else "Wrong HTTP URL"
