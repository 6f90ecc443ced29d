"""What all tests share."""

import os
import signal

import pytest
from hypothesis import settings

from tests.profiles import LONG

# A busy machine is no failure, and a run says the same each time. `HYPOTHESIS_PROFILE=long` looks further.
settings.register_profile("usual", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=LONG)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))

# Processes under test are not to spend ten seconds each on compiling; tests of the loops undo this.
os.environ["NUMBA_DISABLE_JIT"] = "1"

# What is started in the background (nohup, `&`) has SIGINT ignored, and so would be all it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.botapi.fixtures", "tests.postgres.fixtures"]


def pytest_configure(config: pytest.Config) -> None:
    # Every 429 makes the library announce a change of a later version; the bot reads both kinds of value.
    config.addinivalue_line("filterwarnings", "ignore:.*In a future major version attribute `retry_after`")
