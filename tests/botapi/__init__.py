"""A local Bot API server for tests, people to play with, and the bot run against it.

server.py      the server: start, stop, people, chats, checks
http.py        requests read, met by faults, answered
methods/       what the bot may call, as strict as Telegram
updates.py     the queue to the bot: long polling and webhook
html.py links.py formatting.py keyboards.py   what messages are made of, and what is refused
world.py stored.py values.py members.py       what exists at the server
faults.py flood.py                            what goes wrong, planned or by limits
journal.py     every request, and lints of what people should not see
play/          people and their chats, as tests act them
messages.py    a message as people see it
process.py talk.py harness.py                 the bot as a process, or inside the test
fixtures.py    all of it as pytest fixtures
"""

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
