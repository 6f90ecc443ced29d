"""Questions in private: the card, its buttons, pages, edits and follow-ups."""

from tests.botapi.harness import Talk


async def test_an_answer_shows_title_source_and_the_answering_sentence_in_bold(talk: Talk) -> None:
    [answer] = await talk.say("临江大桥什么时候通车")
    lines = answer.text.split("\n")
    assert lines[0] == "临江大桥十月一日零时通车"
    assert lines[1] == "临江晚报 · 2026年9月20日 · 城市"
    assert answer.bold[0] == "临江大桥十月一日零时通车"
    assert any("2026年10月1日零时正式通车" in words for words in answer.bold[1:])
