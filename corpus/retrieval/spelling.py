"""Spelling correction: names written with a homophone, Latin words with one wrong letter.

Only document frequencies are read: the words that may have been meant are generated from the question (a few
hundred) and looked up, so this costs the same in an archive of any size.
"""

import string
from collections.abc import Iterator, Sequence
from typing import Final

from corpus.question.english_words import is_english
from corpus.question.query import Query
from corpus.retrieval.han_spelling import Correction, correct_spans
from corpus.retrieval.parameters import SpellingParameters
from corpus.retrieval.protocols import Lists
from corpus.retrieval.romanized import read_pinyin
from corpus.text import analyzer, folding
from corpus.text.analyzer import Word
from corpus.text.folding import fold_with_map
from corpus.text.pinyin import characters_by_reading, characters_by_sound
from corpus.text.terms import Term

DEFAULTS: Final = SpellingParameters()


def warm_up() -> None:
    """Load dictionary and tables now: else the first mistyped question waits a third of a second."""
    analyzer.words("报童")
    characters_by_sound()
    characters_by_reading()


def correct(query: Query, snapshot: Lists, *, parameters: SpellingParameters = DEFAULTS) -> str | None:
    """Return the question as typed with mistyped words corrected, or None where nothing is mistyped.

    Whatever is not corrected keeps its case, width and script.
    """
    if len(query.normalized) > parameters.max_question_chars:
        return None
    found = corrections(query.normalized, query.words, snapshot, parameters)
    if not found:
        return None
    folded = fold_with_map(query.free_text)
    parts, position = [], 0
    for correction in found:
        start, end = folded.original_span(*correction.span)
        parts += [query.typed[position:start], correction.text]
        position = end
    text = "".join([*parts, query.typed[position:]])
    return None if folding.fold(text) == folding.fold(query.typed) else text


def corrections(
    folded: str, content: Sequence[str], snapshot: Lists, parameters: SpellingParameters
) -> tuple[Correction, ...]:
    """Find the mistyped words of a folded question, in reading order.

    A Latin word is mistyped if no passage has it and it is no English word; it is corrected by one edit. What
    is pinyin is read as such (`romanized.read_pinyin`). For Han characters see `han_spelling.correct_spans`.
    Of too many corrections the most frequent ones stay.

    Args:
        folded: The question.
        content: Its content words.
        snapshot: Of the index.
        parameters: Of this stage.
    """
    words = analyzer.word_spans(folded)
    found = read_pinyin(folded, words, snapshot, parameters)
    read = [correction.span for correction in found]
    latin = [
        word
        for word in words
        if word[0].isascii()
        and word[0] in content
        and not any(start <= word.start and word.end <= end for start, end in read)
    ]
    found.extend(_correct_latin(latin, snapshot, parameters))
    runs = list(_han_spans(words, content, parameters.max_word_chars))
    found.extend(correct_spans(runs, snapshot, parameters))
    found.sort(key=lambda correction: -correction.frequency)
    return tuple(sorted(found[: parameters.max_corrections], key=lambda correction: correction.span))


def _han_spans(words: Sequence[Word], content: Sequence[str], max_chars: int) -> Iterator[list[Word]]:
    """Runs of two or more short Han content words side by side: a name that jieba does not know."""
    run: list[Word] = []
    for word in words:
        text, start, _ = word
        is_short_han = len(text) <= max_chars and analyzer.is_han(text) and text in content
        is_neighbour = bool(run) and start == run[-1][2]
        if run and not (is_short_han and is_neighbour):
            if len(run) > 1:
                yield run
            run = []
        if is_short_han:
            run.append(word)
    if len(run) > 1:
        yield run


def _correct_latin(
    words: Sequence[Word], snapshot: Lists, parameters: SpellingParameters
) -> Iterator[Correction]:
    """Yield for each Latin word that no passage has the most frequent word one edit away."""
    lengths = range(parameters.min_latin_chars, parameters.max_latin_chars + 1)
    suspects = [
        word
        for word in words
        if len(word.term) in lengths and word.term.isalpha() and not is_english(word.term)
    ]
    if not suspects:
        return
    known = snapshot.document_frequencies([Term(word.term) for word in suspects])
    guesses = {word: _guesses(word.term) for word, count in zip(suspects, known, strict=True) if not count}
    terms = [Term(other) for others in guesses.values() for other in others]
    frequencies = iter(snapshot.document_frequencies(terms) if terms else ())
    for word, others in guesses.items():
        frequency, best = max((next(frequencies), other) for other in others)
        if frequency:
            yield Correction((word.start, word.end), best, frequency)


def _guesses(word: str) -> list[str]:
    """What may have been meant by a mistyped word."""
    # Another last letter is mostly another ending of the same word: noisy, noise.
    return sorted(other for other in edits(word) if len(other) != len(word) or other[:-1] != word[:-1])


def edits(word: str) -> set[str]:
    """Return all words one edit away: a letter deleted, inserted, replaced, or two letters swapped.

    >>> "pulsar" in edits("pulsr"), "pulsar" in edits("plusar")
    (True, True)
    """
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    changed = {left + right[1:] for left, right in cuts if right}
    changed |= {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    for letter in string.ascii_lowercase:
        changed |= {left + letter + right[1:] for left, right in cuts if right}
        changed |= {left + letter + right for left, right in cuts}
    return changed - {word, ""}
