"""The bot without its pace of sending: `python -m tests.e2e.unpaced run`.

An hour of a group passes in seconds then, and its answers with it. Everything else is the bot as it is.
"""

from bot.__main__ import main
from bot.outbox import sender
from bot.outbox.pace import UNPACED

if __name__ == "__main__":
    setattr(sender, "Pace", lambda: UNPACED)  # noqa: B010 — mypy knows the name as imported only
    main()
