"""Where the bot could not listen is told before it tries."""

import socket
from collections.abc import Iterator

import pytest

from bot.cli.checks import Severity, port_findings
from bot.settings import Settings

PUBLIC = {"public_url": "https://news.example"}
ELSEWHERE = "192.0.2.7"
"""An address of no machine."""


def told(**values: object) -> list[tuple[Severity, str]]:
    settings = Settings.load(None, **{"metrics_port": 0, **values})
    return [(finding.mark, finding.text) for finding in port_findings(settings)]


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def test_a_port_that_is_taken_is_a_remark_since_the_bot_itself_may_have_it(taken: int) -> None:
    [(web, words)] = told(**PUBLIC, web_port=taken)
    [(metrics, others)] = told(metrics_port=taken)
    assert web is metrics is Severity.REMARK
    assert f"WEB_PORT: 127.0.0.1:{taken} cannot be listened on: it is taken" in words
    assert f"METRICS_PORT: 127.0.0.1:{taken}" in others


def test_an_address_of_another_machine_keeps_the_web_from_running_but_not_the_bot() -> None:
    [(web, words)] = told(**PUBLIC, web_port=0, web_host=ELSEWHERE)
    [(metrics, _)] = told(metrics_port=9, metrics_host=ELSEWHERE)
    assert (web, metrics) == (Severity.FATAL, Severity.REMARK)
    assert ELSEWHERE in words


def test_what_is_not_used_is_not_tried(taken: int) -> None:
    assert told(web_port=taken) == []
    assert told(**PUBLIC, web_port=taken, allowed_ids="1") == []
    assert told(**PUBLIC, web_port=0) == []
