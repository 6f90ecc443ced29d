"""A group that several tests of handlers talk in."""

import pytest

from tests.botapi.harness import Talk
from tests.botapi.play import Chat, Person
from tests.botapi.server import BotApiServer


@pytest.fixture
def owner(telegram: BotApiServer) -> Person:
    """Whoever made the group, and so is its admin."""
    return telegram.person("群主")


@pytest.fixture
def group(telegram: BotApiServer, talk: Talk, owner: Person) -> Chat:
    """A group of its owner and the person of the talk."""
    return telegram.group("读报群", owner, talk.me)
