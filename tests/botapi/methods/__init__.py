"""The methods of the Bot API that this project may use, as strict as the real ones.

Each takes the parameters of a request, changes the world, and returns the `result` of the answer or raises
the `ApiError` that Telegram would answer with. A method that is not here answers 404, and the journal
records it.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.botapi.errors import ApiError
from tests.botapi.methods.chats import ChatMethods
from tests.botapi.methods.inline import InlineMethods
from tests.botapi.methods.menus import MenuMethods
from tests.botapi.methods.messages import MessageMethods
from tests.botapi.methods.receiving import ReceivingMethods
from tests.botapi.parameters import Parameters
from tests.botapi.world import World

__all__ = ["Methods"]


class Methods(ReceivingMethods, MessageMethods, InlineMethods, MenuMethods, ChatMethods):
    """All methods; `call` finds one by its name."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._table: dict[str, Callable[[Parameters], Any]] = {
            name.lower(): getattr(self, name)
            for family in Methods.__mro__[1:6]
            for name in vars(family)
            if not name.startswith("_")
        }

    async def call(self, name: str, parameters: Parameters) -> Any:
        """Run a method by its name, in any case.

        Raises:
            ApiError: It refuses, or there is none of this name.
        """
        method = self._table.get(name.lower())
        if method is None:
            self._world.journal.add_lint("unknown_method", name, "a request")
            raise ApiError(404, "Not Found: method not found")
        result = method(parameters)
        return await result if isinstance(result, Awaitable) else result
