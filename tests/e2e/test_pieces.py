"""What people send as one and Telegram delivers in pieces, with `baotong run` as a process of its own."""

from tests.botapi.fixtures import StartBot
from tests.botapi.server import BotApiServer

QUESTION = "临江大桥什么时候通车"
ANSWER = "零时正式通车"


async def test_albums_long_texts_and_forwards_get_one_answer_each(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    telegram.configure(reads_all=True)
    await baotong()
    people = [telegram.person(name) for name in ("相册", "空册", "长文", "转发", "群友")]
    chats = [telegram.private(person) for person in people[:4]]
    group = telegram.group("读报小组", people[4])
    people[0].send_album(chats[0], QUESTION, *[""] * 9)
    people[1].send_album(chats[1], *[""] * 10)
    people[2].paste(chats[2], f"{QUESTION}？{'临江大桥的故事很长。' * 460}")
    for _ in range(20):
        people[3].say(chats[3], QUESTION, forwarded=True)
    people[4].send_album(group, "", f"@baotong_bot {QUESTION}", "", "")
    answers = [await chat.next_answer() for chat in (*chats, group)]
    assert ANSWER in answers[0].text
    assert answers[1].text.startswith("我只看得懂文字")
    assert "临江大桥" in answers[2].text
    assert ANSWER in answers[3].text
    assert ANSWER in answers[4].text
    for chat in (*chats, group):
        await chat.silence(0.3)


async def test_a_question_is_no_piece_of_what_was_forwarded_before_it(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    await baotong()
    person = telegram.person()
    chat = telegram.private(person)
    person.say(chat, "临江大桥")
    await chat.next_answer()  # the first one loads what all need
    person.say(chat, QUESTION, forwarded=True)
    person.say(chat, QUESTION)
    first, second = await chat.next_answers(2)
    assert ANSWER in first.text
    assert ANSWER in second.text
    forwarded = chat.messages.index(first)
    assert forwarded < chat.messages.index(second)
