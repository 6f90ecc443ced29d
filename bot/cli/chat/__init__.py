"""`baotong chat`: the bot in the terminal.

Application and handlers are the ones that run in Telegram. Only the transport differs: `memory_api` is a
Bot API with one private chat in memory, `screen` shows its messages, `loop` turns typed lines into updates.
Each line is handled completely before the next is read.
"""

from bot.cli.chat.loop import chat

__all__ = ["chat"]
