"""Values that are valid each, and yet of no use, in each other's way, or not what is meant."""

from pathlib import Path

import pytest

from bot.cli.checks import Severity, env_findings, variable_findings
from bot.settings import Settings

PUBLIC = {"public_url": "https://news.example"}


def told(**values: object) -> list[tuple[Severity, str]]:
    return [(finding.mark, finding.text) for finding in variable_findings(Settings.load(None, **values))]


@pytest.mark.parametrize(
    ("values", "mark", "words"),
    [
        ({"mcp": "on"}, Severity.REMARK, "MCP=on is of use in `baotong serve` only"),
        ({**PUBLIC, "allowed_ids": "1"}, Severity.REMARK, "PUBLIC_URL is of no use beside ALLOWED_IDS"),
        ({"permalink": ":title/"}, Severity.REMARK, "PERMALINK is of no use without SITE_URL"),
        ({"permalink": ":id/", "site_url": "https://a.example"}, Severity.REMARK, "PERMALINK holds :id"),
        ({"permalink": "all.html", "site_url": "https://a.example"}, Severity.REMARK, "the same address"),
        (
            {"permalink": "https://a/:title", "site_url": "https://a"},
            Severity.REMARK,
            "what follows SITE_URL",
        ),
        ({"webhook_secret": "abc"}, Severity.REMARK, "WEBHOOK_SECRET is of no use without WEBHOOK_URL"),
        ({"allowed_ids": "1001234567890"}, Severity.REMARK, "the id of a group is -1001234567890"),
        ({"admin_ids": "1009876543210"}, Severity.REMARK, "the id of a group is -1009876543210"),
        ({"admin_ids": "-1001234567890"}, Severity.REMARK, "ADMIN_IDS holds -1001234567890, a group"),
        ({"public_url": "http://localhost:8080"}, Severity.REMARK, "is this machine"),
        ({"public_url": "http://[::1]/read"}, Severity.REMARK, "is this machine"),
        ({**PUBLIC, "web_port": 0}, Severity.REMARK, "WEB_PORT=0"),
        ({**PUBLIC, "web_port": 9464}, Severity.FATAL, "WEB_PORT and METRICS_PORT are both 9464"),
        (
            {"webhook_url": "https://a.example:8080/x"},
            Severity.FATAL,
            "calls 80, 88, 443, 8443 only",
        ),
        ({"webhook_url": "https://10.1.2.3/x"}, Severity.FATAL, "10.1.2.3, which Telegram cannot reach"),
        ({"webhook_url": "https://server/x"}, Severity.FATAL, "server, which Telegram cannot reach"),
        ({"log_level": "debug"}, Severity.REMARK, "LOG_LEVEL=DEBUG"),
    ],
)
def test_what_is_not_meant_is_told(values: dict[str, object], mark: Severity, words: str) -> None:
    [(found, text)] = told(**values)
    assert found is mark
    assert words in text


@pytest.mark.parametrize(
    "values",
    [
        {},
        PUBLIC,
        {"allowed_ids": "510000001,-1001234567890", "admin_ids": "7123456789"},
        {"permalink": "p/:abbrlink.html", "site_url": "https://a.example"},
        {"web_port": 9464},  # no web server runs
        {**PUBLIC, "web_port": 9464, "metrics_host": "192.0.2.7"},
        {"webhook_url": "https://a.example:8443/x", "webhook_secret": "abc"},
        {"webhook_url": "https://8.8.8.8/x"},
        {"webhook_url": "http://10.1.2.3:9/x", "telegram_api_base": "http://10.1.2.4:8081"},
    ],
)
def test_of_what_is_meant_nothing_is_told(values: dict[str, object]) -> None:
    assert told(**values) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ALLOWED_ID", "ALLOWED_ID (is ALLOWED_IDS meant?)"),
        ("public_uri", "public_uri (is PUBLIC_URL meant?)"),
        ("COLOUR", "nobody reads: COLOUR"),
    ],
)
def test_a_name_that_nobody_reads_comes_with_the_one_that_is_meant(
    tmp_path: Path, name: str, words: str
) -> None:
    path = tmp_path / ".env"
    path.write_text(f"{name}=1\n", encoding="utf-8")
    assert [text for text in (finding.text for finding in env_findings(path)) if text.endswith(words)]
