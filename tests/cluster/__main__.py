"""`make cluster`: three OpenSearch nodes that stay, for trying things; `make cluster-stop` ends them."""

import sys
import time
from pathlib import Path

from tests.cluster.java import ClusterUnavailableError, find_jdk, prepare
from tests.cluster.nodes import Cluster, noted, stop_noted

BUILD = Path(__file__).parents[2] / "build" / "cluster"
STATE = BUILD / "running.json"


def start() -> str:
    """Start the nodes and tell where they are."""
    if running := noted(STATE):
        return f"runs already: {_addresses([node['http'] for node in running])}"
    stop_noted(STATE)
    begun = time.monotonic()
    runtime = prepare(BUILD / "runtime")
    cluster = Cluster(runtime, BUILD / "nodes", stays=True)
    try:
        cluster.start()
    except BaseException:
        cluster.stop()
        raise
    cluster.write_state(STATE)
    ports = [node.http for node in cluster.nodes]
    return f"started in {time.monotonic() - begun:.0f} s: {_addresses(ports)}\n`make cluster-stop` ends it"


def _addresses(ports: list[int]) -> str:
    return "ENGINE_URL=" + ",".join(f"http://127.0.0.1:{port}" for port in ports)


def stop() -> str:
    """End the nodes that `start` started, and delete their data."""
    return f"{stop_noted(STATE)} nodes ended"


def check() -> str:
    """Tell whether a cluster can be started here."""
    prepare(BUILD / "runtime")
    return f"JDK: {find_jdk()}"


if __name__ == "__main__":
    commands = {"start": start, "stop": stop, "check": check}
    try:
        print(commands[sys.argv[1]]())
    except ClusterUnavailableError as error:
        sys.exit(f"no cluster: {error}")
