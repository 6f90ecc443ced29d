"""`baotong serve`: the web face alone, without a token. Imports no Telegram."""

import asyncio
import errno
import logging
import socket
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route

from bot.metrics import Metrics
from bot.process import descriptors, heartbeat, lock
from bot.process.health import Health, listen
from bot.process.threads import DaemonThreadPool
from bot.process.watchdog import Watchdog
from bot.refresh import Refresh
from bot.service.agents import build_agents
from bot.service.archive_monitor import ArchiveMonitor
from bot.service.shutdown import Shutdown, exit_now
from bot.service.tasks import BackgroundTasks
from bot.settings import Settings
from bot.web.gate import Gate
from bot.web.options import SiteOptions
from bot.web.server import WebServer
from bot.web.site import Site
from corpus import Corpus

logger = logging.getLogger(__name__)

MAX_PORTS_TRIED = 20
"""Ports that are tried, from the one that was asked for, where others are taken."""

LOOK_SECONDS = 10.0
"""Interval at which it is looked whether a bot watches the folder."""

GAUGE_SECONDS = 30.0
"""Interval at which the metrics of the archive are read."""

STACKS_NAME = "serve-stacks.txt"
"""File in DATA_DIR for the stacks of a hang; the bot has another one."""


class ServeError(Exception):
    """The pages cannot be served; the text is fit for an operator."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen.

    Attributes:
        port: 0: any that is free.
        metrics_port: Port for health and metrics; 0: none.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    metrics_port: int = 0


def serve(
    settings: Settings,
    corpus: Corpus,
    address: Address,
    *,
    on_ready: Callable[[str], object],
    open_browser: bool = False,
) -> int:
    """Serve the pages of an archive until SIGTERM or SIGINT.

    The archive is kept up to date with its folder unless a bot that uses the same DATA_DIR does that.

    Args:
        settings: Settings of pages, folders and limits.
        corpus: The archive, indexed.
        address: Where to listen.
        on_ready: Called with the address of the first page once it can be opened.
        open_browser: Open it in a browser.

    Returns:
        Exit code.

    Raises:
        ServeError: A private archive would be open to others, or no port can be used.
    """
    if settings.allowed_ids and not is_loopback(address.host):
        raise ServeError(
            "ALLOWED_IDS makes this archive private: it is served to this machine only, "
            f"not on {address.host} (--host 127.0.0.1)"
        )
    descriptors.raise_limit()
    with Watchdog(settings.data_dir / STACKS_NAME) as dog:
        runner = _Runner(settings, corpus, address, dog)
        code = asyncio.run(runner.run(on_ready, open_browser=open_browser))
        if runner.pool.busy:
            exit_now(code)
        return code


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach an address.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0"), is_loopback("")
    (True, True, False, False)
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class _Runner:
    def __init__(self, settings: Settings, corpus: Corpus, address: Address, dog: Watchdog) -> None:
        self._settings = settings
        self._corpus = corpus
        self._address = address
        self._dog = dog
        self._metrics = Metrics()
        self._shutdown = Shutdown(dog)
        self._refresh = Refresh(settings, corpus.folder, metrics=self._metrics)
        self._archive = ArchiveMonitor(corpus, self._refresh, metrics=self._metrics)
        self._tasks = BackgroundTasks(on_failure=self._shutdown.fail)
        self.pool = DaemonThreadPool()

    async def run(self, on_ready: Callable[[str], object], *, open_browser: bool) -> int:
        """Listen, wait for the stop, and close everything; return the exit code."""
        asyncio.get_running_loop().set_default_executor(self.pool)
        health = self._start_health()
        beats = [self._dog.feed, self.pool.replace_stuck, *([health.beat] if health else [])]
        beating = asyncio.create_task(heartbeat.run(beats))
        with self._shutdown.signals(health.signal_descriptor if health else -1):
            try:
                server = self._start_server()
                self._corpus.speed_up()
                self._tasks.start_restarting(self._follow_folder, "refresh")
                self._tasks.start_restarting(self._measure, "upkeep")
                url = f"http://{_named(self._address.host)}:{server.port}{self._path}/"
                on_ready(url)
                if open_browser:
                    await asyncio.to_thread(webbrowser.open, url)
                await self._shutdown.wait()
                self._shutdown.begin()
                await server.stop()
            finally:
                self._shutdown.begin()
                await asyncio.gather(*self._tasks.cancel(), return_exceptions=True)
                beating.cancel()
                if health:
                    await health.stop()
        return self._shutdown.exit_code

    @property
    def _path(self) -> str:
        return SiteOptions.from_settings(self._settings).base

    def _start_health(self) -> Health | None:
        if not self._address.metrics_port:
            return None
        health = Health(
            self._problems, self._metrics, host=self._address.host, port=self._address.metrics_port
        )
        try:
            health.start()
        except OSError as error:
            raise ServeError(
                f"--metrics-port: cannot listen on {self._address.metrics_port}: {error.strerror}"
            ) from error
        return health

    def _problems(self) -> dict[str, str]:
        problem = self._archive.problem()
        return {"archive": problem} if problem else {}

    def _start_server(self) -> WebServer:
        """Listen on the port, or on the next one that is free, and serve.

        Raises:
            ServeError: None can be used.
        """
        listener = _listen(self._address.host, self._address.port)
        options = SiteOptions.from_settings(self._settings)
        if options.public_url is None:
            port = listener.getsockname()[1]
            options = replace(options, public_url=f"http://{_named(self._address.host)}:{port}")
        site = Site(self._corpus, options, further=[_health_route()])
        agents = build_agents(self._settings, self._corpus, options, listening=self._address.host)
        gate = Gate(site, options, agents=agents, metrics=self._metrics)
        during = agents.running() if agents else None
        server = WebServer(gate, listener, on_refused=gate.refusals.add, during=during)
        server.start()
        return server

    async def _follow_folder(self) -> None:
        """Index the folder whenever it changes, while no bot does that."""
        while True:
            watching = None if self._is_watched() else asyncio.create_task(self._refresh.run())
            try:
                while self._is_watched() is (watching is None) and not (watching and watching.done()):  # noqa: ASYNC110 — nothing tells
                    await asyncio.sleep(LOOK_SECONDS)
            finally:
                if watching is not None:
                    watching.cancel()
                    with suppress(asyncio.CancelledError):
                        await watching

    def _is_watched(self) -> bool:
        return lock.is_held(self._settings.data_dir)

    async def _measure(self) -> None:
        while True:
            await self._archive.measure()
            await asyncio.sleep(GAUGE_SECONDS)


def _listen(host: str, wanted: int) -> socket.socket:
    """Listen on a port, or on the next one that is free; 0: any.

    Raises:
        ServeError: None can be used.
    """
    last = min(wanted + MAX_PORTS_TRIED, 65_535) if wanted else 0
    for port in range(wanted, last + 1):
        try:
            return listen(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or port == last:
                raise ServeError(f"cannot listen on {host}:{port}: {error.strerror}") from error
            logger.warning("port %d is taken, trying the next one", port)
    raise AssertionError  # the last port is either listened on or raises


def _named(host: str) -> str:
    """Return the name under which this machine reaches an address that it listens on."""
    if host in {"", "0.0.0.0", "::"}:  # noqa: S104 — compared, not listened on
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _health_route() -> BaseRoute:
    async def healthz(_: Request) -> PlainTextResponse:
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    return Route("/healthz", healthz, methods=["GET"])
