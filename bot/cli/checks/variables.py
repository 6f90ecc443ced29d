"""Checks of the settings: the file they stand in, and values that are valid and yet not what is meant."""

import re
import stat
from collections.abc import Iterator
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from bot.cli.checks.findings import Finding, fatal, good, remark
from bot.service import agents
from bot.settings import TELEGRAM, Settings, variable_names
from corpus.posts import unknown_tokens

WEBHOOK_PORTS = frozenset({80, 88, 443, 8443})
"""Ports that Telegram calls."""

MIN_GROUP_DIGITS = 13
"""Ids of supergroups are -100 and ten digits; no person has an id that long."""

_TOKEN = re.compile(r":[a-z_]+")
_ANY_HOST = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 — compared with, not listened on


def env_findings(path: Path) -> Iterator[Finding]:
    """Check the file of settings: permissions, unreadable lines, unknown names."""
    if not path.exists():
        yield remark("settings", f"no {path} in {Path.cwd()}: everything comes from the environment")
        return
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield remark("settings", f"{path} can be read by others on this machine: chmod 600 {path}")
    from dotenv import dotenv_values

    wrong = unreadable_lines(path)
    if wrong:
        yield remark("settings", f"{path}: not understood and left out: line {', '.join(map(str, wrong))}")
    unknown = [name for name in dotenv_values(path) if name.upper() not in variable_names()]
    if unknown:
        names = ", ".join(map(_with_guess, sorted(unknown)))
        yield remark("settings", f"{path} sets what nobody reads: {names}")
    yield good("settings", f"read from {path} and the environment")


def unreadable_lines(path: Path) -> tuple[int, ...]:
    """Return the numbers of lines that are no `NAME=value`, such as one with an open quote."""
    from dotenv.parser import parse_stream

    with path.open(encoding="utf-8-sig") as stream:
        return tuple(binding.original.line for binding in parse_stream(stream) if binding.error)


def _with_guess(name: str) -> str:
    near = get_close_matches(name.upper(), variable_names(), n=1, cutoff=0.8)
    return f"{name} (is {near[0]} meant?)" if near else name


def variable_findings(settings: Settings) -> Iterator[Finding]:
    """Check variables that are valid each, and yet of no use, in each other's way, or not what is meant."""
    yield from _useless_findings(settings)
    yield from _id_findings(settings)
    yield from _address_findings(settings)
    if settings.log_level == "DEBUG":
        yield remark("log", "LOG_LEVEL=DEBUG writes what people ask into the log")


def _useless_findings(settings: Settings) -> Iterator[Finding]:
    if settings.allowed_ids and settings.public_url:
        yield remark(
            "pages", "PUBLIC_URL is of no use beside ALLOWED_IDS: a private archive is not shown on the web"
        )
    if settings.mcp == "on" and not agents.is_installed():
        yield remark("agents", f"MCP=on is without effect: {agents.MISSING}")
    elif settings.mcp == "on" and not settings.serves_pages:
        yield remark("agents", "MCP=on is of use in `baotong serve` only: `run` has no pages as it is set up")
    if settings.permalink and not settings.site_url:
        yield remark("links", "PERMALINK is of no use without SITE_URL")
    if settings.permalink and "://" in settings.permalink:
        yield remark("links", "PERMALINK holds a whole address: it is only what follows SITE_URL")
    elif settings.permalink and not _TOKEN.search(settings.permalink):
        yield remark("links", "PERMALINK holds no token such as :title: all articles get the same address")
    if settings.permalink and (unknown := unknown_tokens(settings.permalink)):
        names = ", ".join(f":{name}" for name in unknown)
        yield remark("links", f"PERMALINK holds {names}, which cannot be filled in: no address is made of it")
    if settings.webhook_secret and not settings.webhook_url:
        yield remark("webhook", "WEBHOOK_SECRET is of no use without WEBHOOK_URL: the bot polls")


def _id_findings(settings: Settings) -> Iterator[Finding]:
    for name, ids in (("ALLOWED_IDS", settings.allowed_ids), ("ADMIN_IDS", settings.admin_ids)):
        for long in sorted(one for one in ids if one >= 10 ** (MIN_GROUP_DIGITS - 1)):
            yield remark("ids", f"{name} holds {long}, which is no person: the id of a group is -{long}")
    for group in sorted(one for one in settings.admin_ids if one < 0):
        yield remark("ids", f"ADMIN_IDS holds {group}, a group: its members are not made operators by it")


def _address_findings(settings: Settings) -> Iterator[Finding]:
    if settings.serves_pages and settings.public_url and _is_this_machine(settings.public_url):
        yield remark("pages", f"PUBLIC_URL {settings.public_url} is this machine: only it can open pages")
    if settings.webhook_url and settings.telegram_api_base == TELEGRAM:
        yield from _reachability_findings(settings.webhook_url)
    if not (settings.webhook_url or settings.serves_pages):
        return
    if not settings.web_port:
        yield remark("web", "WEB_PORT=0 is another port at each start: nothing can pass requests on to it")
    hosts = {settings.web_host, settings.metrics_host}
    if settings.web_port == settings.metrics_port != 0 and (len(hosts) == 1 or hosts & _ANY_HOST):
        yield fatal("web", f"WEB_PORT and METRICS_PORT are both {settings.web_port}")


def _reachability_findings(url: str) -> Iterator[Finding]:
    """Check whether Telegram can call an address, as far as the address says."""
    parts = urlsplit(url)
    port = parts.port or 443
    if port not in WEBHOOK_PORTS:
        ports = ", ".join(map(str, sorted(WEBHOOK_PORTS)))
        yield fatal("webhook", f"WEBHOOK_URL names port {port}; Telegram calls {ports} only")
    if not _is_public(parts.hostname or ""):
        yield fatal("webhook", f"WEBHOOK_URL names {parts.hostname}, which Telegram cannot reach")


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host


def _is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified
