"""From a search to the message that shows its answer."""

import pytest

from bot.handlers.answers import NOTE_KEYS
from bot.wording.i18n import Language, translator
from corpus.dialogue import Note


@pytest.mark.parametrize("note", list(Note))
@pytest.mark.parametrize("language", list(Language))
def test_every_note_is_told_in_every_language(note: Note, language: Language) -> None:
    assert translator(language)(NOTE_KEYS[note], question="问")
