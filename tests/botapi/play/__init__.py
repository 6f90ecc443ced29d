"""People and chats: how tests play Telegram's users.

    xiaoming = server.person("小明")
    chat = server.private(xiaoming)
    xiaoming.say(chat, "2022金砖峰会谁是主席国")
    answer = await chat.next_answer()
    press = xiaoming.press(answer, "下一页")
    await press.answer()
    page = await chat.next_edit()

What people do is done at once (plain calls); what they wait for is awaited, and a wait that ends without the
thing waited for fails with the transcript of the chat and the last requests of the bot.
"""

from tests.botapi.play.chats import PATIENCE, Chat
from tests.botapi.play.people import GuestCall, InlineQuery, Person, Press, mention

__all__ = ["PATIENCE", "Chat", "GuestCall", "InlineQuery", "Person", "Press", "mention"]
