"""The nodes are one cluster: what was acknowledged survives the loss of one of them."""

import json

import httpx
import pytest

from tests.cluster.nodes import Cluster

DOCUMENTS = 60


@pytest.fixture
def index(cluster: Cluster) -> str:
    """Name of an index with a copy of each shard on another node, whose documents say their number."""
    name = "test-nodes"
    body = {"settings": {"number_of_shards": 3, "number_of_replicas": 1}}
    httpx.put(f"{cluster.urls[0]}/{name}", json=body, timeout=60).raise_for_status()
    lines = [
        line for number in range(DOCUMENTS) for line in ({"index": {"_id": str(number)}}, {"number": number})
    ]
    cluster.wait_until_whole()
    done = httpx.post(
        f"{cluster.urls[0]}/{name}/_bulk?refresh=true&wait_for_active_shards=2",
        content="".join(f"{json.dumps(line)}\n" for line in lines),
        headers={"Content-Type": "application/x-ndjson"},
        timeout=60,
    )
    assert not done.raise_for_status().json()["errors"]
    return name


def count(url: str, index: str) -> tuple[int, int]:
    """Documents found, and shards that did not answer."""
    answer = httpx.get(f"{url}/{index}/_count", timeout=60).raise_for_status().json()
    return answer["count"], answer["_shards"]["failed"]


def test_any_node_may_be_killed_and_come_back(cluster: Cluster, index: str) -> None:
    for dead in cluster.nodes:
        alive = [node for node in cluster.nodes if node is not dead]
        cluster.kill(dead)
        httpx.get(
            f"{alive[0].url}/_cluster/health?wait_for_nodes=2&wait_for_status=yellow&timeout=60s", timeout=90
        ).raise_for_status()
        assert {count(node.url, index) for node in alive} == {(DOCUMENTS, 0)}
        cluster.start_node(dead)
        cluster.wait_until_whole()
        assert count(dead.url, index) == (DOCUMENTS, 0)
