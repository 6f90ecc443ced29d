"""What a person typed, folded and segmented once."""

from hypothesis import example, given
from hypothesis import strategies as st

from corpus.question import Utterance
from corpus.text import analyzer
from corpus.text.cantonese import normalize_question
from corpus.text.folding import fold


def test_an_utterance_is_folded_normalized_and_segmented() -> None:
    utterance = Utterance.from_text("燒咗幾耐？")
    assert utterance.folded == "烧咗几耐?"
    assert utterance.normalized == "烧了多久?"
    assert utterance.terms == ("烧", "了", "多久")
    assert [utterance.token(word) for word in utterance.words] == ["烧", "了", "多久"]


@given(st.text(max_size=100))
@example("喺邊度有boxes")
def test_any_text_is_an_utterance(text: str) -> None:
    utterance = Utterance.from_text(text)
    assert len(utterance.folded) == len(utterance.normalized)
    assert utterance.normalized == normalize_question(text)
    assert utterance.folded == fold(text)
    assert list(utterance.terms) == analyzer.words(utterance.normalized)[: len(utterance.terms)]
