"""A local Bot API server for tests, people to play with, and the bot run against it."""

from tests.botapi import faults
from tests.botapi.formatting import Entity, FormattedText
from tests.botapi.keyboards import Button
from tests.botapi.messages import Link, Message
from tests.botapi.play import Chat, InlineQuery, Person, Press
from tests.botapi.server import BotApiServer
from tests.botapi.values import BotProfile, InlineAnswer, InlineResult, PressAnswer, Topic

__all__ = [
    "BotApiServer",
    "BotProfile",
    "Button",
    "Chat",
    "Entity",
    "FormattedText",
    "InlineAnswer",
    "InlineQuery",
    "InlineResult",
    "Link",
    "Message",
    "Person",
    "Press",
    "PressAnswer",
    "Topic",
    "faults",
]
