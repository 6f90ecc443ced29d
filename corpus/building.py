"""Making segments: from documents, and from other segments."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from corpus.arrays import ArrayWriter, Seal
from corpus.bm25 import BM25F
from corpus.lists import Lists
from corpus.postings import ESCAPE, Chunk, Integers, ListsWriter, tags_of
from corpus.segments import Facets, Mask, Segment, pack_labels
from corpus.terms import HASHED, Family, code_of

MERGE_POSTINGS = 4_000_000
"""Postings in memory at a time while segments are merged."""

DOCUMENT_BITS = 17
BATCH_DOCUMENTS = 1 << DOCUMENT_BITS
BATCH_TERMS = 6_000_000
"""Occurrences of terms at which a batch is full: about 13,000 passages, 300 MB while sorting."""

_NARROW = 1 << 42
"""Codes of one or two characters are below; only they leave room for a document in one sort key."""


def _no_codes() -> Integers:
    return np.empty(0, np.int64)


class CodedWords(Sequence[str]):
    """Words as places in a vocabulary that many documents share: quicker to index than strings."""

    __slots__ = ("places", "vocabulary")

    def __init__(self, vocabulary: Sequence[str], places: NDArray[np.int32]) -> None:
        self.vocabulary = vocabulary
        self.places = places

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "CodedWords": ...
    def __getitem__(self, index: int | slice) -> "str | CodedWords":
        if isinstance(index, slice):
            return CodedWords(self.vocabulary, self.places[index])
        return self.vocabulary[int(self.places[index])]


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A passage as the index takes it: terms and facets, no text.

    Attributes:
        number: Identity: above 0, below 2**31, greater than that of any passage indexed before.
        article: Number of the article, below 2**31: at most one hit each.
        words: Words of the text, each as often as it occurs.
        title_words: Words of the article's title.
        characters: Codes (`terms.code_of`) of the text's characters, pairs and runs, as often as they occur.
        title_characters: The same of the title.
        published: Seconds of the Unix epoch, 0: unknown. The newer of two equal matches comes first.
        labels: Small numbers to filter by: categories, outlets, whatever the caller numbers.
    """

    number: int
    article: int
    words: Sequence[str]
    title_words: Sequence[str] = ()
    characters: Integers = field(default_factory=_no_codes)
    title_characters: Integers = field(default_factory=_no_codes)
    published: int = 0
    labels: tuple[int, ...] = ()


class _Numbering(dict[str, int]):
    """Numbers words in the order in which they are first asked for."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


class Batch:
    """Documents that wait to become a segment, already turned into numbers."""

    def __init__(self) -> None:
        self._words = _Numbering()
        self._vocabulary: Sequence[str] = ()
        self._numbers = np.empty(0, np.int32)
        self._facets: list[tuple[int, int, int, int]] = []
        self._label_sets: dict[tuple[int, ...], int] = {}
        self._pieces: tuple[list[NDArray[np.generic]], ...] = ([], [])
        self._sizes: tuple[list[int], ...] = ([], [])
        self._terms = 0

    def __len__(self) -> int:
        return len(self._facets)

    @property
    def full(self) -> bool:
        """Whether it should become a segment before more is added."""
        return len(self) >= BATCH_DOCUMENTS or self._terms >= BATCH_TERMS

    def add(self, document: Document) -> None:
        """Add a document. Not checked: that its number grows."""
        labels = tuple(sorted(set(document.labels)))
        row = self._label_sets.setdefault(labels, len(self._label_sets))
        self._facets.append((document.number, document.article, document.published, row))
        for words in (document.words, document.title_words):
            self._take(Family.WORDS, self._numbers_of(words))
        for codes in (document.characters, document.title_characters):
            self._take(Family.CHARACTERS, codes)

    def _numbers_of(self, words: Sequence[str]) -> NDArray[np.int32]:
        if not isinstance(words, CodedWords):
            return np.fromiter(map(self._words.__getitem__, words), np.int32, len(words))
        if words.vocabulary is not self._vocabulary:
            self._numbers = self._numbers_of(list(words.vocabulary))
            self._vocabulary = words.vocabulary
        return self._numbers[words.places]

    def _take(self, family: Family, terms: NDArray[np.generic]) -> None:
        self._pieces[family].append(terms)
        self._sizes[family].append(len(terms))
        self._terms += len(terms)

    def write(self, path: Path, model: BM25F) -> Seal:
        """Write the segment."""
        rows = np.array(self._facets, np.int64)
        facets = Facets(
            rows[:, 0].astype(np.int32),
            rows[:, 1].astype(np.int32),
            np.clip(rows[:, 2], 0, 2**32 - 1).astype(np.uint32),
            rows[:, 3].astype(np.uint32),
            *pack_labels(list(self._label_sets)),
        )
        texts = list(self._words)
        word_codes = np.fromiter(map(code_of, texts), np.int64, len(texts))

        def chunks(family: Family) -> Iterator[Chunk]:
            terms = np.concatenate(self._pieces[family])
            self._pieces[family].clear()
            sizes = np.array(self._sizes[family])
            owners = np.repeat(np.arange(len(sizes)), sizes)  # document << 1 | in the title
            if family == Family.WORDS:
                codes, ranks = np.unique(word_codes, return_inverse=True)
                yield from invert(ranks[terms], owners, lambda numbers: codes[numbers])
            else:
                numbers, restore = narrow(terms.astype(np.int64))
                yield from invert(numbers, owners, restore)

        long_texts = {
            code: text for code, text in zip(word_codes.tolist(), texts, strict=True) if code >= HASHED
        }
        lengths = [np.array(sizes[::2], np.int64) for sizes in self._sizes]
        return write_segment(path, facets, lengths, chunks, model, long_texts)


def narrow(codes: Integers) -> tuple[Integers, Callable[[Integers], Integers]]:
    """Replace codes by numbers small enough for a sort key, in the same order.

    Returns:
        The numbers, and the function that makes codes of such numbers again.
    """
    wide = codes >= _NARROW
    distinct, ranks = np.unique(codes[wide], return_inverse=True)
    numbers = codes.copy()
    numbers[wide] = _NARROW + ranks

    def restore(numbers: Integers) -> Integers:
        codes = numbers.copy()
        wide = numbers >= _NARROW
        codes[wide] = distinct[numbers[wide] - _NARROW]
        return codes

    return numbers, restore


def invert(numbers: Integers, owners: Integers, restore: Callable[[Integers], Integers]) -> Iterator[Chunk]:
    """Turn occurrences of terms into lists: one chunk, or none when there is no occurrence.

    Args:
        numbers: The term of each occurrence, as a number in the order of codes.
        owners: `document << 1 | in_title` of each occurrence.
        restore: Makes codes of numbers.
    """
    if not len(numbers):
        return
    keys = numbers << (DOCUMENT_BITS + 1)
    keys |= owners
    # Stable: numpy's other sort is three times slower where AVX-512 is slow at compressing (AMD's Zen 4).
    keys.sort(kind="stable")
    first = np.flatnonzero(_changes(keys))
    keys = keys[first]
    counts = np.diff(first, append=len(numbers)).astype(np.int32)
    in_title = np.flatnonzero(keys & 1)
    keys >>= 1
    # A title's occurrences come right after those, if any, in the text of the same term and document.
    new = np.flatnonzero(_changes(keys))
    title = np.zeros(len(new), np.int32)
    title[np.searchsorted(new, in_title, side="right") - 1] = counts[in_title]
    counts[in_title] = 0
    text = counts[new]
    keys = keys[new]
    terms = keys >> DOCUMENT_BITS
    starts = np.flatnonzero(_changes(terms))
    tags = tags_of(text, title)
    escapes = np.flatnonzero(tags == ESCAPE)
    yield Chunk(
        restore(terms[starts]),
        np.append(starts, len(terms)),
        keys & (1 << DOCUMENT_BITS) - 1,
        tags,
        escapes,
        np.stack([text[escapes], title[escapes]], axis=1),
    )


def _changes(values: Integers) -> NDArray[np.bool_]:
    """Where sorted values differ from the one before; the first always does."""
    changes = np.empty(len(values), bool)
    changes[:1] = True
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes


def write_segment(
    path: Path,
    facets: Facets,
    lengths: Sequence[Integers],
    chunks: Callable[[Family], Iterator[Chunk]],
    model: BM25F,
    long_texts: Mapping[int, str],
) -> Seal:
    """Write a segment's file.

    Args:
        path: Its name.
        facets: One element a document, like `lengths`.
        lengths: For each family, the terms in the text of each document.
        chunks: Gives a family's lists, by growing code.
        model: For the upper bounds.
        long_texts: Texts of the words whose codes do not hold them.
    """
    writer = ArrayWriter(path)
    try:
        facets.write(writer)
        for family in Family:
            lists = ListsWriter(writer, family, lengths[family], model, float(lengths[family].mean()))
            for chunk in chunks(family):
                lists.write(chunk)
                if family == Family.WORDS:
                    texts = [
                        long_texts[code].encode("utf-8", "surrogatepass")
                        for code in chunk.codes[chunk.codes >= HASHED].tolist()
                    ]
                    writer.append("words.texts", np.frombuffer(b"".join(texts), np.uint8))
                    writer.append("words.text_lengths", np.fromiter(map(len, texts), np.int32, len(texts)))
        return writer.finish(
            {
                "means": [float(each.mean()) for each in lengths],
                "lengths": [int(each.sum()) for each in lengths],
                "longest": [int(each.max()) for each in lengths],
                "model": [model.k1, model.b, model.title_weight],
            }
        )
    finally:
        writer.close()


def merge_segments(path: Path, segments: Sequence[Segment], model: BM25F) -> Seal:
    """Write one segment in place of several, without what was removed from them.

    At least one passage must be left. Memory: some hundred bytes for each of `MERGE_POSTINGS`, and the
    terms' codes.
    """
    alive = [np.ones(segment.size, bool) if segment.alive is None else segment.alive for segment in segments]
    order = np.argsort(np.concatenate([s.facets.numbers[a] for s, a in zip(segments, alive, strict=True)]))
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    moves, start = [], 0
    for segment, mask in zip(segments, alive, strict=True):
        move = np.full(segment.size, -1)
        move[mask] = places[start : start + segment.count]
        start += segment.count
        moves.append(move)
    facets = _merge_facets(segments, alive, order)
    lengths = [
        np.concatenate([s.lists[family].lengths[a] for s, a in zip(segments, alive, strict=True)]).astype(
            np.int64
        )[order]
        for family in Family
    ]
    texts = {code: text for segment in segments for code, text in segment.words() if code >= HASHED}
    return write_segment(
        path, facets, lengths, lambda family: _merge_lists(segments, moves, family), model, texts
    )


def _merge_facets(segments: Sequence[Segment], alive: Sequence[Mask], order: Integers) -> Facets:
    rows: dict[tuple[int, ...], int] = {}
    label_sets = []
    for segment, mask in zip(segments, alive, strict=True):
        row = [rows.setdefault(labels, len(rows)) for labels in segment.facets.label_tuples()]
        label_sets.append(np.array(row, np.uint32)[segment.facets.label_sets[mask]])

    def joined(name: str) -> NDArray[Any]:
        pieces = [getattr(s.facets, name)[a] for s, a in zip(segments, alive, strict=True)]
        return np.concatenate(pieces)[order]

    return Facets(
        joined("numbers"),
        joined("articles"),
        joined("published"),
        np.concatenate(label_sets)[order],
        *pack_labels(list(rows)),
    )


def _merge_lists(segments: Sequence[Segment], moves: Sequence[Integers], family: Family) -> Iterator[Chunk]:
    lists = [segment.lists[family] for segment in segments]
    union = np.unique(np.concatenate([each.codes for each in lists]))
    totals = np.zeros(len(union), np.int64)
    for each in lists:
        totals[np.searchsorted(union, each.codes)] += each.every_frequency()
    running = np.cumsum(totals)
    first = 0
    while first < len(union):
        reached = running[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(running, reached + MERGE_POSTINGS)))
        yield from _merge_range(lists, moves, union[first:last])
        first = last


def _merge_range(lists: Sequence[Lists], moves: Sequence[Integers], codes: Integers) -> Iterator[Chunk]:
    """One chunk: the lists of these codes from all segments."""
    keys, escape_keys, escaped = [], [], []
    for each, move in zip(lists, moves, strict=True):
        low, high = np.searchsorted(each.codes, [codes[0], codes[-1] + 1]).tolist()
        if low == high:
            continue
        terms = np.searchsorted(codes, each.codes[low:high])
        ordinals, documents, tags = each.span(low, high)
        documents = move[documents]
        kept = documents >= 0
        keys.append(terms[ordinals[kept] - low] << 32 | documents[kept] << 8 | tags[kept])
        part = slice(*np.searchsorted(each.escape_keys, [low << 32, high << 32]).tolist())
        places = move[each.escape_keys[part] & 0xFFFFFFFF]
        escape_keys.append((terms[(each.escape_keys[part] >> 32) - low] << 24 | places)[places >= 0])
        escaped.append(each.escapes[part][places >= 0])
    merged = np.concatenate(keys)
    if not len(merged):
        return
    merged.sort(kind="stable")  # made of sorted runs, which this kind merges
    ranks = merged >> 32
    starts = np.flatnonzero(_changes(ranks))
    tags = (merged & 0xFF).astype(np.uint8)
    aside = np.argsort(np.concatenate(escape_keys))
    yield Chunk(
        codes[ranks[starts]],
        np.append(starts, len(merged)),
        merged >> 8 & 0xFFFFFF,
        tags,
        np.flatnonzero(tags == ESCAPE),
        np.concatenate(escaped)[aside],
    )
