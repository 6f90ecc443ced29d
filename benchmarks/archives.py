"""Made-up Chinese archives of any size: the same posts for the same seed, on every machine.

Words are jieba's dictionary with its frequencies (Zipf's law, as in real text), sentences are templates,
and each article has a topic whose words recur, so that passages of one article resemble each other
and neighbouring characters are as often the same as in real news.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, cycle
from pathlib import Path

import jieba

TEMPLATES = (
    "{ns}{n}{d}{v}{n}，{n}的{a}{n}{v}了{n}",
    "{t}，{nr}在{ns}{v}{n}时说，{n}将{d}{v}{n}",
    "据{nt}{v}，{n}和{n}的{n}已经{v}",
    "{n}{v}{n}以来，{ns}的{n}{v}了{m}，比{t}{v}了{m}",
    "{nr}认为，{n}是{n}的{n}，{d}{v}{n}就会{v}{n}",
    "为了{v}{n}，{nt}{d}{v}了{a}的{n}，并{v}{n}",
    "{a}的{n}{d}{v}，{n}{v}{n}的{n}也{d}{v}",
    "{n}方面，{ns}{v}{m}，{n}{v}{m}，{n}{d}{v}",
    "如果{n}{d}{v}，{nr}和{nr}会{v}{ns}的{n}",
    "{t}{ns}{v}了{m}个{n}，其中{n}{v}{n}",
    "这{v}了{n}对{n}的{n}，也{v}了{n}与{n}之间的{n}",
    "{nt}的{n}{nr}{v}，{n}不{v}{n}，{n}{d}{a}",
    "从{ns}到{ns}，{n}都在{v}{n}，{a}的{n}{d}{v}",
    "{n}上{v}着{n}，{n}里{v}着{a}的{n}，{nr}{d}{v}",
    "不过{n}{d}{a}，{n}{v}{n}的{n}还要{v}{t}",
    "{nr}{v}{n}，{v}{n}，{v}{n}，{d}{v}了{ns}",
)
TITLES = ("{nr}{v}{n}", "{ns}{n}{v}{n}", "{nt}：{n}{d}{v}", "{n}{v}{n}，{n}{a}", "{t}{ns}{n}{v}{m}")
KINDS = ("n", "v", "a", "d", "ns", "nr", "nt")
TOPICS = 3_000
TOPIC_SHARE = 0.5
POOL = 400_000
START = datetime(2018, 1, 1, tzinfo=UTC)
CATEGORIES = tuple("国际 国内 财经 科技 体育 文化 教育 健康 汽车 军事 游戏 房产".split())  # noqa: SIM905 — reads better


@dataclass(frozen=True, slots=True)
class MadePassage:
    """A passage with the words it was made of."""

    text: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MadeArticle:
    """An article with the words it was made of. Numbers count from 1."""

    number: int
    title: str
    title_words: tuple[str, ...]
    published: datetime
    category: str
    outlet: str
    passages: tuple[MadePassage, ...]


class Archive:
    """An endless archive: `articles()` begins anew each time it is called."""

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        self._words = _dictionary()

    def articles(self) -> Iterator[MadeArticle]:
        """The articles, always the same."""
        chance = random.Random(self._seed)
        draw = {
            kind: cycle(chance.choices(words, cum_weights=weights, k=POOL)).__next__
            for kind, (words, weights) in self._words.items()
        }
        topics = [
            {kind: [draw[kind]() for _ in range(4 if kind in {"ns", "nr", "nt"} else 24)] for kind in KINDS}
            for _ in range(TOPICS)
        ]
        outlets = [f"{draw['ns']()}{chance.choice(('日报', '晚报', '新闻网', '周刊'))}" for _ in range(80)]
        popular = list(accumulate(1 / (rank + 3) for rank in range(TOPICS)))
        number = 0
        while True:
            number += 1
            [topic] = chance.choices(topics, cum_weights=popular)
            title, title_words = self._sentence(chance.choice(TITLES), topic, draw, chance)
            passages = []
            for _ in range(1 + int(chance.expovariate(1 / 5))):
                sentences = [
                    self._sentence(chance.choice(TEMPLATES), topic, draw, chance)
                    for _ in range(chance.randint(5, 9))
                ]
                passages.append(
                    MadePassage(
                        "。".join(text for text, _ in sentences) + "。",
                        tuple(word for _, words in sentences for word in words),
                    )
                )
            yield MadeArticle(
                number,
                title,
                tuple(title_words),
                START + timedelta(minutes=15 * number),
                chance.choice(CATEGORIES),
                chance.choice(outlets),
                tuple(passages),
            )

    @staticmethod
    def _sentence(template: str, topic: dict, draw: dict, chance: random.Random) -> tuple[str, list[str]]:  # type: ignore[type-arg]
        words: list[str] = []
        text: list[str] = []
        for is_slot, piece in _PARSED[template]:
            if not is_slot:
                text.append(piece)
                words.extend(_PLAIN[piece])
                continue
            if piece == "t":
                word = f"{chance.randint(2015, 2022)}年"
                words += [word[:-1], "年"]
            elif piece == "m":
                word = str(chance.randint(2, 5000))
                words.append(word)
            else:
                word = chance.choice(topic[piece]) if chance.random() < TOPIC_SHARE else draw[piece]()
                words.append(word)
            text.append(word)
        return "".join(text), words


def _dictionary() -> dict[str, tuple[list[str], list[float]]]:
    """Words by kind, with running frequencies."""
    words: dict[str, list[tuple[str, int]]] = {kind: [] for kind in KINDS}
    with Path(jieba.__file__).with_name("dict.txt").open(encoding="utf-8") as lines:
        for line in lines:
            word, frequency, kind = line.split()
            kind = {"vn": "n", "nz": "n", "l": "n", "i": "n", "an": "n", "r": "n", "ad": "d", "s": "n"}.get(
                kind, kind
            )
            if (
                kind in words
                and len(word) > (kind not in {"v", "d", "a"})
                and all("一" <= c <= "鿿" for c in word)
            ):
                words[kind].append((word, int(frequency)))
    return {
        kind: ([word for word, _ in pairs], list(accumulate(float(frequency + 1) for _, frequency in pairs)))
        for kind, pairs in words.items()
    }


def _parse(template: str) -> tuple[tuple[bool, str], ...]:
    pieces = []
    for place, part in enumerate(template.replace("}", "{").split("{")):
        if part:
            pieces.append((place % 2 == 1, part))
    return tuple(pieces)


_PARSED = {template: _parse(template) for template in (*TEMPLATES, *TITLES)}
_PLAIN = {
    piece: tuple(word for word in jieba.cut(piece, HMM=False) if word not in "，：")
    for pieces in _PARSED.values()
    for is_slot, piece in pieces
    if not is_slot
}


def questions(articles: Sequence[MadeArticle], count: int, *, seed: int = 2) -> list[tuple[str, ...]]:
    """Words of questions that somebody might ask of these articles, 3 to 10 each.

    Half are a run of words of a passage as they stand, function words and all; half are picked from the
    passage and its title, as people type names and things.
    """
    chance = random.Random(seed)
    asked: list[tuple[str, ...]] = []
    while len(asked) < count:
        article = chance.choice(articles)
        passage = chance.choice(article.passages)
        length = chance.randint(3, 10)
        if len(asked) % 2:
            start = chance.randrange(max(1, len(passage.words) - length))
            asked.append(passage.words[start : start + length])
        else:
            content = [word for word in passage.words + article.title_words if len(word) > 1]
            if len(content) >= length:
                asked.append(tuple(chance.sample(content, length)))
    return asked
