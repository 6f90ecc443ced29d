"""`Utterance`: what a person typed, folded and segmented once."""

from dataclasses import dataclass
from typing import Self

from corpus.text import analyzer
from corpus.text.analyzer import Word
from corpus.text.cantonese import normalize_cantonese
from corpus.text.folding import fold


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a person typed, folded and segmented once for all who look at it.

    Attributes:
        typed: The text as typed.
        folded: `typed`, folded.
        normalized: `folded` with Cantonese function words in standard Chinese. Every character keeps its
            place.
        words: The words of `normalized`, in order.
    """

    typed: str
    folded: str
    normalized: str
    words: tuple[Word, ...]

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Fold and segment a text."""
        folded = fold(text)
        normalized = normalize_cantonese(folded)
        return cls(text, folded, normalized, tuple(analyzer.word_spans(normalized)))

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms of its words, in order and with repeats."""
        return tuple(word.term for word in self.words)

    def token(self, word: Word) -> str:
        """Return one of its words as it stands in `normalized`."""
        return self.normalized[word.start : word.end]
