"""`baotong chat`: the bot on one's own screen.

The application and its handlers are those of Telegram. Only what carries its calls is another: `home` keeps
one private chat in memory, `screen` shows what arrives there, `loop` turns typed lines into updates. Each
line is dealt with to its end before the next is read.
"""

from bot.cli.chat.loop import chat

__all__ = ["chat"]
