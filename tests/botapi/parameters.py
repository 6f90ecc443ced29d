"""The parameters of a request: form, query or JSON fields, read by type as the real server does."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.botapi.errors import bad_request


@dataclass(slots=True)
class Parameters:
    """Named values of a request and the files that came with it.

    Attributes:
        values: Strings from forms and query strings, anything from JSON bodies.
        files: File name and bytes by part name.
    """

    values: dict[str, Any]
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the parameter was given and is not empty."""
        return self.values.get(name) not in (None, "")

    def text(self, name: str, default: str = "") -> str:
        """A string."""
        value = self.values.get(name, default)
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        """A number; like the real server, anything else counts as 0."""
        try:
            return int(self.values.get(name, default))
        except (TypeError, ValueError):
            return 0

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A number within bounds; like the real server, one outside is moved to the nearer bound."""
        return min(max(self.integer(name, default), lowest), highest)

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean in any of the accepted spellings."""
        if name not in self.values:
            return default
        return str(self.values[name]).strip().lower() in ("true", "yes", "1")

    def json(self, name: str) -> Any:
        """A value written in JSON; None if it is missing.

        Raises:
            ApiError: 400, the text is no JSON.
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None
