"""The server for agents beside the pages, if the operator wants it and the extra `mcp` is there."""

import logging
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bot import output
from bot.settings import Settings
from bot.web.options import SiteOptions
from corpus import Corpus

if TYPE_CHECKING:
    from bot.web.agents import Agents

logger = logging.getLogger(__name__)

MISSING = "the extra mcp is not installed: pip install --require-hashes -r requirements-mcp.lock"


def is_installed() -> bool:
    """Say whether the extra is installed."""
    return find_spec("mcp") is not None


def build_agents(
    settings: Settings, corpus: Corpus, options: SiteOptions, *, listening: str
) -> "Agents | None":
    """Return the server for agents; None: it is off, or cannot be.

    Args:
        settings: They switch it on.
        corpus: The open archive.
        options: How the site is set up.
        listening: Address that the web server listens on.
    """
    if settings.mcp == "off":
        return None
    if not is_installed():
        logger.warning("MCP=on is without effect: %s", MISSING)
        return None
    from bot.web.agents import Agents, accepted_hosts  # takes a second, and is an extra

    hosts = accepted_hosts(options, listening)
    return Agents(corpus, options, version=output.version(), hosts=hosts)
