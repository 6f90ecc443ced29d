"""What an engine's client makes of servers that refuse, fail and hang. Real nodes: `tests/cluster`."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from corpus.engine.client import EngineClient
from corpus.errors import EngineUnavailableError
from corpus.models import EngineOptions
from tests.cluster.nodes import free_ports

Answer = tuple[int, str]


class Server:
    """A server on this machine that gives every request the same answer and remembers it."""

    def __init__(self, answer: Answer, hold: threading.Event | None = None) -> None:
        self.requests: list[tuple[str, str, str | None]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.requests.append((self.command, self.path, self.headers.get("Authorization")))
                if hold is not None:
                    hold.wait()
                status, text = answer
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_PUT = _answer  # noqa: N815

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator["Server"]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(Server(*arguments).running())


@contextmanager
def client(*urls: str, seconds: float = 60, **options: object) -> Iterator[EngineClient]:
    made = EngineClient(EngineOptions(urls, seconds=seconds, **options))  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()


def complaint(client: EngineClient) -> str:
    with pytest.raises(EngineUnavailableError) as caught:
        client.read("GET", "/index/_search")
    return str(caught.value)


WHOLE = (200, json.dumps({"_shards": {"total": 3, "failed": 0}, "took": 1}))


def test_an_answer_of_all_shards_is_returned(serve: Callable[..., Server]) -> None:
    server = serve(WHOLE)
    with client(server.url) as asked:
        assert asked.read("GET", "/index/_search")["took"] == 1
        assert (asked.trips, asked.received) == (1, len(WHOLE[1]))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((401, "{}"), "knows no such user"),
        ((403, "{}"), "does not allow"),
        ((200, "<html>"), "does not speak JSON"),
        ((404, '{"error": {"reason": "no such index"}, "status": 404}'), "no such index"),
        ((400, '{"error": {"reason": "too many clauses"}}'), "too many clauses"),
        ((503, "{}"), "answers 503"),
        ((200, '{"_shards": {"total": 3, "failed": 1}}'), "1 of 3 shards"),
        ((200, '{"timed_out": true}'), "ran out of time"),
    ],
)
def test_everything_but_a_whole_answer_is_one_line_and_no_answer(
    serve: Callable[..., Server], answer: Answer, told: str
) -> None:
    with client(serve(answer).url) as asked:
        text = complaint(asked)
        assert told in text
        assert "\n" not in text


def test_a_read_that_a_node_does_not_answer_goes_to_another_once(serve: Callable[..., Server]) -> None:
    [port] = free_ports(1)
    server = serve(WHOLE)
    with client(f"http://127.0.0.1:{port}", server.url) as asked:
        for _ in range(4):
            assert asked.read("GET", "/index/_search")
    with client(f"http://127.0.0.1:{port}") as asked:
        assert "does not answer" in complaint(asked)
        assert asked.trips == 2


def test_a_write_is_sent_once(serve: Callable[..., Server]) -> None:
    failing, other = serve((503, "{}")), serve(WHOLE)
    with client(failing.url, other.url) as asked, pytest.raises(EngineUnavailableError, match="503"):
        asked.write("PUT", "/index", {})
    assert len(failing.requests) == 1
    assert not other.requests


def test_a_node_that_hangs_is_left(serve: Callable[..., Server]) -> None:
    hold = threading.Event()
    hanging = serve(WHOLE, hold)
    try:
        with client(hanging.url, seconds=0.2) as asked:
            assert "does not answer" in complaint(asked)
            assert asked.trips == 2
    finally:
        hold.set()


def test_refused_documents_are_named(serve: Callable[..., Server]) -> None:
    items = [{"index": {"status": 201}}, {"index": {"error": {"reason": "disk is full"}}}]
    server = serve((200, json.dumps({"errors": True, "items": items})))
    with (
        client(server.url) as asked,
        pytest.raises(EngineUnavailableError, match="1 documents: disk is full"),
    ):
        asked.bulk([{"index": {}}, {}])
    with client(server.url) as asked:
        asked.bulk([])
    assert len(server.requests) == 1


def test_credentials_come_from_files(serve: Callable[..., Server], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("käse\n", encoding="utf-8")
    server = serve(WHOLE)
    with client(server.url, user="bot", password_file=secret) as asked:
        asked.read("GET", "/")
    key = tmp_path / "key"
    key.write_text("abc\n", encoding="utf-8")
    with client(server.url, api_key_file=key) as asked:
        asked.read("GET", "/")
    assert [sent for _, _, sent in server.requests] == ["Basic Ym90OmvDpHNl", "ApiKey abc"]


@pytest.mark.parametrize(
    ("urls", "options", "told"),
    [
        ((), {}, "names no node"),
        (("ftp://127.0.0.1",), {}, "is no address"),
        (("http://example.org:9200",), {}, "https"),
        (("https://me:word@example.org",), {}, "ENGINE_PASSWORD_FILE"),
        (("https://example.org",), {"ca_file": Path("missing.pem")}, "certificates"),
        (("https://example.org",), {"user": "a", "password_file": Path("missing")}, "missing"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_sent(
    urls: tuple[str, ...], options: dict[str, object], told: str
) -> None:
    with pytest.raises(EngineUnavailableError, match=told) as caught:
        EngineClient(EngineOptions(urls, **options))  # type: ignore[arg-type]
    assert "word" not in str(caught.value).replace("password", "").replace("PASSWORD", "")
