"""`Utterance`: what a person typed, folded and segmented once, with the roles of its words."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from corpus.question.lexicon import NO_ROLES, Lexicon, Role, Roles, default_lexicon
from corpus.text import analyzer
from corpus.text.analyzer import Word
from corpus.text.cantonese import normalize_cantonese
from corpus.text.folding import fold


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a person typed, folded, segmented and looked up in the lexicon once for all who ask about it.

    Attributes:
        typed: The text as typed.
        folded: `typed`, folded.
        normalized: `folded` with Cantonese function words in standard Chinese. Every character keeps its
            place (but for days that are `reworded`).
        words: The words of `normalized`, in order.
        roles: The roles of each word.
        lexicon: Where the roles were looked up.
    """

    typed: str
    folded: str
    normalized: str
    words: tuple[Word, ...]
    roles: tuple[Roles, ...]
    lexicon: Lexicon = field(repr=False, compare=False)

    @classmethod
    def from_text(cls, text: str, lexicon: Lexicon | None = None) -> Self:
        """Fold, segment and look up a text; by default in the lexicon of the package."""
        lexicon = lexicon or default_lexicon()
        folded = fold(text)
        normalized = normalize_cantonese(folded)
        words = tuple(analyzer.word_spans(normalized))
        return cls(text, folded, normalized, words, _roles(normalized, words, lexicon), lexicon)

    def reworded(self, normalized: str) -> Self:
        """Return what was typed with another normalized text, whose characters may have moved."""
        if normalized == self.normalized:
            return self
        words = tuple(analyzer.word_spans(normalized))
        roles = _roles(normalized, words, self.lexicon)
        return replace(self, normalized=normalized, words=words, roles=roles)

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms of its words, in order and with repeats."""
        return tuple(word.term for word in self.words)

    def token(self, word: Word) -> str:
        """Return one of its words as it stands in `normalized`."""
        return self.normalized[word.start : word.end]

    def places(self, *roles: Role) -> frozenset[int]:
        """Return the positions of the words that have one of some roles."""
        return frozenset(place for place, its in enumerate(self.roles) if not its.isdisjoint(roles))


def _roles(normalized: str, words: Sequence[Word], lexicon: Lexicon) -> tuple[Roles, ...]:
    """Return the roles of words; the A of A股 is no article and has none."""
    texts = [normalized[word.start : word.end] for word in words]
    return tuple(
        NO_ROLES if text == "a" and analyzer.is_han(following) else lexicon.roles_of(text)
        for text, following in zip(texts, [*texts[1:], ""], strict=False)
    )
