"""What all tests share."""

import pytest

pytest_plugins = ["tests.botapi.fixtures"]


def pytest_configure(config: pytest.Config) -> None:
    # Every 429 makes the library announce a change of a later version; the bot reads both kinds of value.
    config.addinivalue_line("filterwarnings", "ignore:.*In a future major version attribute `retry_after`")
