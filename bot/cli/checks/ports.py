"""Checks whether the bot could listen where its settings say: host and port are tried for a moment."""

from collections.abc import Iterator
from errno import EADDRINUSE

from bot.cli.checks.findings import Finding, fatal, remark
from bot.process.health import listen
from bot.settings import Settings

TAKEN = "it is taken (by this bot, if it is running)"


def port_findings(settings: Settings) -> Iterator[Finding]:
    """Check the ports of the servers that would run. Without metrics the bot runs, without the web not."""
    if settings.metrics_port and (trouble := _trouble(settings.metrics_host, settings.metrics_port)):
        yield remark("ports", f"METRICS_HOST, METRICS_PORT: {trouble}")
    if not (settings.webhook_url or settings.serves_pages):
        return
    if trouble := _trouble(settings.web_host, settings.web_port):
        grave = remark if trouble.endswith(TAKEN) else fatal
        yield grave("ports", f"WEB_HOST, WEB_PORT: {trouble}")


def _trouble(host: str, port: int) -> str | None:
    """Return why this user cannot listen at an address; None if they can."""
    try:
        listen(host, port).close()
    except OSError as error:
        reason = TAKEN if error.errno == EADDRINUSE else (error.strerror or str(error)).lower()
        return f"{host}:{port} cannot be listened on: {reason}"
    return None
