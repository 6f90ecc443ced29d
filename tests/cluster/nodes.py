"""Three OpenSearch nodes on loopback, one process each: start, kill, start again, end."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, cast

import httpx

from tests.cluster.java import ClusterUnavailableError, Runtime

SIZE: Final = 3
HEAP: Final = "512m"
START_SECONDS: Final = 180
"""After which a cluster that is not whole is given up. A busy machine needs thirty, an idle one eight."""

DISK: Final = {"low": "500mb", "high": "300mb", "flood_stage": "200mb"}
"""Free space at which nodes take no more data. By default a disk that is 95 % full would stop the tests."""


@dataclass(frozen=True, slots=True)
class Node:
    """Where one node is.

    Attributes:
        name: Of the node, and of its folder.
        http: Port of its interface.
        transport: Port at which the nodes talk to each other.
    """

    name: str
    http: int
    transport: int

    @property
    def url(self) -> str:
        """Address of its interface."""
        return f"http://127.0.0.1:{self.http}"


class Cluster:
    """Nodes with their data in one folder. Ends with the process that started it, unless it is to stay."""

    def __init__(self, runtime: Runtime, folder: Path, *, stays: bool = False) -> None:
        """Choose ports; nothing is started.

        Args:
            runtime: From `java.prepare`.
            folder: For data and logs of the nodes.
            stays: Whether the nodes outlive this process.
        """
        ports = free_ports(2 * SIZE)
        self.nodes = [Node(f"n{place + 1}", *ports[2 * place : 2 * place + 2]) for place in range(SIZE)]
        self._runtime = runtime
        self._folder = folder
        self._stays = stays
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def urls(self) -> list[str]:
        """Addresses of all nodes."""
        return [node.url for node in self.nodes]

    def start(self) -> None:
        """Start all nodes and wait until they are one cluster.

        Raises:
            ClusterUnavailableError: They are not one in time; the message has the end of a node's log.
        """
        for node in self.nodes:
            self.start_node(node)
        self.wait_until_whole()

    def start_node(self, node: Node) -> None:
        """Start one node, for the first time or after its death."""
        folder = self._folder / node.name
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "log").open("ab") as log:
            self._processes[node.name] = subprocess.Popen(
                self._command(node, folder),
                stdin=subprocess.DEVNULL if self._stays else subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _command(self, node: Node, home: Path) -> list[str]:
        settings = {
            "cluster.name": f"baotong-{self.nodes[0].transport}",
            "node.name": node.name,
            "path.home": str(home),
            "network.host": "127.0.0.1",
            "http.port": str(node.http),
            "transport.port": str(node.transport),
            "discovery.seed_hosts": ",".join(f"127.0.0.1:{each.transport}" for each in self.nodes),
            "cluster.initial_cluster_manager_nodes": ",".join(each.name for each in self.nodes),
            **{f"cluster.routing.allocation.disk.watermark.{name}": value for name, value in DISK.items()},
        }
        return [
            str(self._runtime.java),
            *(f"-Xms{HEAP}", f"-Xmx{HEAP}"),
            *("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"),
            *(() if self._stays else ("-Dleash=true",)),
            *("-cp", self._runtime.classpath, "ClusterNode"),
            *(f"{name}={value}" for name, value in settings.items()),
        ]

    def wait_until_whole(self) -> None:
        """Wait until all nodes are there and every shard has its copies."""
        query = {"wait_for_nodes": str(SIZE), "wait_for_status": "green", "timeout": "1s"}
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise ClusterUnavailableError(f"{name} ended: {self._last_words(name)}")
            try:
                health = httpx.get(f"{self.nodes[0].url}/_cluster/health", params=query, timeout=10)
                if health.status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
        raise ClusterUnavailableError(f"not whole after {START_SECONDS} s: {self._last_words('n1')}")

    def _last_words(self, name: str) -> str:
        return (self._folder / name / "log").read_text(errors="replace")[-2_000:]

    def kill(self, node: Node) -> None:
        """End one node at once, as a power cut does."""
        process = self._processes.pop(node.name)
        process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()

    def stop(self) -> None:
        """End all nodes and delete what they wrote."""
        for node in [node for node in self.nodes if node.name in self._processes]:
            self.kill(node)
        shutil.rmtree(self._folder, ignore_errors=True)

    def write_state(self, path: Path) -> None:
        """Note the nodes in a file, for `stop_noted`."""
        nodes = [
            {**asdict(node), "pid": process.pid}
            for node in self.nodes
            if (process := self._processes.get(node.name))
        ]
        path.write_text(json.dumps({"folder": str(self._folder), "nodes": nodes}))


def free_ports(count: int) -> list[int]:
    """Return ports on loopback that nothing listens at now."""
    with ExitStack() as stack:
        sockets: Sequence[socket.socket] = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def noted(path: Path) -> list[dict[str, Any]]:
    """Return the nodes of a file of `Cluster.write_state` that still run."""
    if not path.exists():
        return []
    nodes = cast(list[dict[str, Any]], json.loads(path.read_text())["nodes"])
    return [node for node in nodes if _is_node(node["pid"], node["http"])]


def _is_node(pid: int, port: int) -> bool:
    """Whether a process is the node with this port, and not another that has got its number."""
    done = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True)
    return "ClusterNode" in done.stdout and f"http.port={port}" in done.stdout


def stop_noted(path: Path) -> int:
    """End the nodes of a file of `Cluster.write_state`; return how many ran."""
    running = noted(path)
    for node in running:
        os.kill(node["pid"], signal.SIGKILL)
    if path.exists():
        shutil.rmtree(json.loads(path.read_text())["folder"], ignore_errors=True)
        path.unlink()
    return len(running)
