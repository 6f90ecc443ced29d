"""The topic of a question, apart from what is asked of it: 望江大桥 in 望江大桥为什么封闭."""

from collections.abc import Iterator, Sequence

from corpus.question.lexicon import NON_TOPICAL_ROLES
from corpus.question.utterance import Utterance
from corpus.text import analyzer


def is_question(utterance: Utterance) -> bool:
    """Tell whether a text is a question, as far as its words show.

    >>> [is_question(Utterance.from_text(text)) for text in ("有人受伤吗", "烧了多久", "望江大桥塌了")]
    [True, True, False]
    """
    return any("question" in roles for roles in utterance.roles)


def topical_words(utterance: Utterance) -> list[str]:
    """Return the words of a question, folded, that name something."""
    return [
        word.term
        for word, roles in zip(utterance.words, utterance.roles, strict=True)
        if roles.isdisjoint(NON_TOPICAL_ROLES)
    ]


def count_names(utterance: Utterance) -> int:
    """Count what a question names; letters and digits belong to the name they touch: 一加11Pro is one.

    >>> [count_names(Utterance.from_text(text)) for text in ("一加11Pro", "望江大桥多长", "獾几岁")]
    [1, 2, 1]
    """
    count, before = 0, None
    for word, roles in zip(utterance.words, utterance.roles, strict=True):
        if not roles.isdisjoint(NON_TOPICAL_ROLES):
            continue
        is_joined = (
            before is not None and before.end == word.start and (before.term.isascii() or word.term.isascii())
        )
        count += not is_joined
        before = word
    return count


def has_topic(utterance: Utterance) -> bool:
    """Tell whether a question names something, rather than only what may be asked of anything.

    >>> [has_topic(Utterance.from_text(text)) for text in ("有人受伤吗", "他几岁", "宋代古井里挖出了什么")]
    [False, False, True]
    """
    return bool(topical_words(utterance))


def share_topic(one: Utterance, other: Utterance) -> bool:
    """Tell whether two questions name something alike: one character is enough, as people shorten names.

    >>> share_topic(Utterance.from_text("修桥花了多少钱"), Utterance.from_text("望江大桥为什么会断"))
    True
    >>> share_topic(Utterance.from_text("mac多少钱"), Utterance.from_text("word怎么删除水印"))
    False
    """
    return not _name_parts(one).isdisjoint(_name_parts(other))


def _name_parts(utterance: Utterance) -> set[str]:
    """Return the characters of the Chinese words that name something, and the Latin words as they are."""
    return {part for word in topical_words(utterance) for part in (word if analyzer.is_han(word) else [word])}


def extract_topic(utterance: Utterance) -> str:
    """Return what a question names before its interrogative, else behind it; without any, the question.

    Only one side is taken: what is asked next may be told by another article than the one that has the rest
    of the question.

    >>> [extract_topic(Utterance.from_text(text)) for text in ("望江大桥为什么封闭", "谁是首相", "为什么")]
    ['望江大桥', '首相', '为什么']
    """
    for run in _between_interrogatives(utterance):
        named = [place for place in run if utterance.roles[place].isdisjoint(NON_TOPICAL_ROLES)]
        if named:
            first = named[0] - 1 if named[0] > run[0] and _is_split_name(utterance, named[0]) else named[0]
            return utterance.folded[utterance.words[first].start : utterance.words[named[-1]].end]
    return utterance.typed


def _between_interrogatives(utterance: Utterance) -> Iterator[Sequence[int]]:
    """Yield the positions of the words before, between and behind the interrogatives."""
    run: list[int] = []
    for place, roles in enumerate(utterance.roles):
        if roles.isdisjoint(("interrogative", "cleft")):
            run.append(place)
        else:
            yield run
            run = []
    yield run


def _is_split_name(utterance: Utterance, place: int) -> bool:
    """Tell whether a character and the one before it are a name that jieba does not know: 远帆."""
    before, word = utterance.words[place - 1], utterance.words[place]
    are_single = len(before.term) == len(word.term) == 1
    return are_single and before.end == word.start and "stop" not in utterance.roles[place - 1]
