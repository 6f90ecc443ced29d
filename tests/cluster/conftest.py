"""The cluster that all of these tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.__main__ import BUILD
from tests.cluster.java import prepare
from tests.cluster.nodes import Cluster

MAX_SECONDS = 600
"""For a test, the start of the nodes included. It only ends what hangs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.timeout(MAX_SECONDS))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three nodes, whole. A test that kills one starts it again."""
    running = Cluster(prepare(BUILD / "runtime"), tmp_path_factory.mktemp("cluster"))
    try:
        running.start()
        yield running
    finally:
        running.stop()
