"""HTTP to the nodes of an engine: which node, which credentials, how long, what an error means."""

import itertools
import json
import ssl
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from corpus.errors import EngineUnavailableError
from corpus.models import EngineOptions

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
WRITE_SECONDS: Final = 60.0
"""How long it is waited for something to be written."""

BUSY: Final = frozenset({429, 502, 503, 504})
"""Statuses that another node, or the same one a moment later, may not give."""

Json = dict[str, Any]
Query = Mapping[str, str | int]


class EngineClient:
    """Asks one node after the other. For any number of threads."""

    def __init__(self, options: EngineOptions) -> None:
        """Read credentials and certificates; nothing is connected to.

        Raises:
            EngineUnavailableError: An address or a file cannot be used; the message names it.
        """
        self._urls = [_checked(url) for url in options.urls]
        if not self._urls:
            raise EngineUnavailableError("ENGINE_URL names no node")
        self._turns = itertools.count()
        self._lock = threading.Lock()
        self.trips = 0
        """Requests sent so far."""
        self.received = 0
        """Bytes of answers so far, as they came over the network."""
        self._http = httpx.Client(
            headers=_credentials(options),
            timeout=httpx.Timeout(options.seconds),
            verify=_certificates(options),
            trust_env=False,
        )

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def read(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Query | None = None,
        may_miss: bool = False,
    ) -> Json:
        """Ask; if a node does not answer, ask one other.

        Args:
            method: Of HTTP.
            path: From the first slash.
            body: Becomes JSON.
            query: Parameters of the address.
            may_miss: Return `{}` if what is asked for does not exist.

        Raises:
            EngineUnavailableError: No answer, no permission, or an answer from a part of the shards only.
        """
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        answer = self._send(method, path, content, query or {}, attempts=2, seconds=None)
        if answer.get("status") == 404:
            if may_miss:
                return {}
            raise EngineUnavailableError(f"the engine has nothing at {path}: {_reason(answer)}")
        shards = answer.get("_shards")
        if shards and shards.get("failed"):
            raise EngineUnavailableError(
                f"{shards['failed']} of {shards['total']} shards of the engine did not answer"
            )
        if answer.get("timed_out"):
            raise EngineUnavailableError("the engine ran out of time")
        return answer

    def write(self, method: str, path: str, body: object = None) -> Json:
        """Change something, once.

        Raises:
            EngineUnavailableError: It was not changed, or nobody knows.
        """
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        return self._send(method, path, content, {}, attempts=1, seconds=WRITE_SECONDS)

    def bulk(self, lines: Iterable[Mapping[str, object]]) -> None:
        """Send actions of `_bulk`. Deleting what is not there is no error.

        Raises:
            EngineUnavailableError: Some were refused; the message has the first reason.
        """
        content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
        if not content:
            return
        answer = self._send("POST", "/_bulk", content, {}, attempts=1, seconds=WRITE_SECONDS)
        results = [result for item in answer["items"] for result in item.values()]
        refused = [each for each in results if "error" in each]
        if refused:
            reason = refused[0]["error"].get("reason", "")
            raise EngineUnavailableError(f"the engine refused {len(refused)} documents: {reason}")

    def _send(
        self,
        method: str,
        path: str,
        content: bytes | None,
        query: Query,
        *,
        attempts: int,
        seconds: float | None,
    ) -> Json:
        problem = ""
        for _ in range(attempts):
            url = self._urls[next(self._turns) % len(self._urls)]
            with self._lock:
                self.trips += 1
            kind = "application/x-ndjson" if path == "/_bulk" else "application/json"
            try:
                answer = self._http.request(
                    method,
                    f"{url}{path}",
                    content=content,
                    params=dict(query),
                    headers={"Content-Type": kind},
                    timeout=httpx.USE_CLIENT_DEFAULT if seconds is None else seconds,
                )
            except httpx.HTTPError as error:
                problem = f"{url} does not answer: {error or type(error).__name__}"
                continue
            if answer.status_code in BUSY:
                problem = f"{url} answers {answer.status_code}"
                continue
            return self._understood(url, answer)
        raise EngineUnavailableError(problem)

    def _understood(self, url: str, answer: httpx.Response) -> Json:
        with self._lock:
            self.received += answer.num_bytes_downloaded
        if answer.status_code in {401, 403}:
            what = (
                "knows no such user" if answer.status_code == 401 else "does not allow this user to do that"
            )
            raise EngineUnavailableError(f"{url} {what} ({answer.status_code})")
        try:
            values: Json = answer.json()
        except ValueError as error:
            raise EngineUnavailableError(f"{url} does not speak JSON") from error
        if answer.status_code == 404:
            return {"error": None, **values, "status": 404}
        if answer.status_code >= 400:
            raise EngineUnavailableError(f"{url} answers {answer.status_code}: {_reason(values)}")
        return values


def _reason(values: Json) -> str:
    error = values.get("error")
    return str(error.get("reason", error)) if isinstance(error, dict) else str(error)


def _checked(url: str) -> str:
    parts = urlsplit(url.strip())
    try:
        host = parts.hostname
    except ValueError:
        host = None
    if parts.username or parts.password:
        raise EngineUnavailableError(
            "ENGINE_URL holds a user or a password: they belong into ENGINE_USER and ENGINE_PASSWORD_FILE"
        )
    if not host or parts.scheme not in {"https", "http"}:
        raise EngineUnavailableError(f"ENGINE_URL: {url!r} is no address")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise EngineUnavailableError(f"ENGINE_URL: {url!r} must begin with https, for it leaves this machine")
    return url.strip().rstrip("/")


def _credentials(options: EngineOptions) -> dict[str, str]:
    if options.api_key_file is not None:
        return {"Authorization": f"ApiKey {_secret(options.api_key_file)}"}
    if options.user is not None and options.password_file is not None:
        basic = httpx.BasicAuth(options.user, _secret(options.password_file))
        request = next(basic.auth_flow(httpx.Request("GET", "http://localhost")))
        return {"Authorization": request.headers["Authorization"]}
    return {}


def _secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise EngineUnavailableError(f"cannot read {path}: {getattr(error, 'strerror', error)}") from error


def _certificates(options: EngineOptions) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
        if options.cert_file is not None:
            context.load_cert_chain(options.cert_file, options.key_file)
    except (OSError, ssl.SSLError) as error:
        raise EngineUnavailableError(f"cannot use the certificates of the engine: {error}") from error
    return context


def pages(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    """Split a sequence into pieces."""
    return (items[start : start + size] for start in range(0, len(items), size))
