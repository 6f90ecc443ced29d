"""Made-up Chinese archives of any size: the same posts for the same seed, on every machine.

Words are jieba's dictionary with its frequencies (Zipf's law, as in real text), sentences are templates,
and each article has a topic whose words recur, so that passages of one article resemble each other
and neighbouring characters are as often the same as in real news.
"""

import functools
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, cycle
from pathlib import Path

import jieba

TEMPLATES = (
    "{ns}{n}{d}{v}{n}，{n}的{a}{n}{v}了{n}",
    "{t}，{nr}{p}{ns}{v}{n}，{n}{d}{v}{n}",
    "{p}{nt}{v}，{n}{c}{n}的{n}{d}{v}",
    "{n}{v}{n}{f}，{ns}{n}{v}{m}{q}，{p}{t}{v}{m}{q}",
    "{nr}{v}{n}是{n}{n}，{d}{v}{n}{d}{v}{n}",
    "{c}{v}{n}，{nt}{d}{v}{a}{n}，{c}{v}{n}",
    "{a}{n}{d}{v}，{n}{v}{n}的{n}{d}{v}",
    "{n}{f}，{ns}{v}{m}{q}，{n}{v}{m}{q}，{n}{d}{v}",
    "{c}{n}{d}{v}，{nr}{c}{nr}{d}{v}{ns}的{n}",
    "{t}{ns}{v}了{m}{q}{n}，{r}{n}{v}{n}",
    "{r}{v}{n}{p}{n}的{n}，{d}{v}{n}{c}{n}{f}的{n}",
    "{nt}{n}{nr}{v}，{n}{d}{v}{n}，{n}{d}{a}",
    "{p}{ns}{p}{ns}，{n}{d}{v}{n}，{a}的{n}{d}{v}",
    "{n}{f}{v}{n}，{n}{f}{v}{a}{n}，{r}{d}{v}",
    "{c}{n}{d}{a}，{n}{v}{n}{n}{d}{v}",
    "{r}{v}{n}，{v}{n}，{v}{n}，{d}{v}{ns}",
)
TITLES = ("{nr}{v}{n}", "{ns}{n}{v}{n}", "{nt}：{n}{d}{v}", "{n}{v}{n}，{n}{a}", "{t}{ns}{n}{v}{m}{q}{n}")
SIMILAR_KINDS = {"vn": "n", "nz": "n", "l": "n", "i": "n", "an": "n", "s": "n", "ad": "d"}
KINDS = ("n", "v", "a", "d", "ns", "nr", "nt", "p", "c", "f", "r", "q")
NAMES = frozenset({"ns", "nr", "nt"})
FUNCTION = frozenset({"p", "c", "f", "r", "q", "d"})
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
            {
                kind: [draw[kind]() for _ in range(4 if kind in NAMES else 24)]
                for kind in KINDS
                if kind not in FUNCTION
            }
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
                words.extend(_plain(piece))
                continue
            if piece == "t":
                word = f"{chance.randint(2015, 2022)}年"
                words += [word[:-1], "年"]
            elif piece == "m":
                word = str(chance.randint(2, 5000))
                words.append(word)
            else:
                word = (
                    chance.choice(topic[piece])
                    if piece in topic and chance.random() < TOPIC_SHARE
                    else draw[piece]()
                )
                words.append(word)
            text.append(word)
        return "".join(text), words


def _dictionary() -> dict[str, tuple[list[str], list[float]]]:
    """Words by kind, with running frequencies."""
    words: dict[str, list[tuple[str, int]]] = {kind: [] for kind in KINDS}
    with Path(jieba.__file__).with_name("dict.txt").open(encoding="utf-8") as lines:
        for line in lines:
            word, frequency, kind = line.split()
            kind = SIMILAR_KINDS.get(kind, kind)
            shortest = 2 if kind == "n" or kind in NAMES else 1
            if kind in words and len(word) >= shortest and all("一" <= letter <= "鿿" for letter in word):
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


@functools.cache
def _plain(piece: str) -> tuple[str, ...]:
    """The words of what stands between the slots of a template."""
    return tuple(word for word in jieba.cut(piece, HMM=False) if word not in "，：")


def questions(articles: Sequence[MadeArticle], count: int, *, seed: int = 2) -> list[tuple[str, ...]]:
    """Words of questions that somebody might ask of these articles, 3 to 10 each.

    Names and things of a passage and its title; every other question also has one or two words of a
    single character in between (的, 是, 在), as whole sentences do.
    """
    chance = random.Random(seed)
    asked: list[tuple[str, ...]] = []
    while len(asked) < count:
        article = chance.choice(articles)
        passage = chance.choice(article.passages)
        content = [word for word in passage.words + article.title_words if len(word) > 1]
        small = [word for word in passage.words if len(word) == 1]
        between = chance.sample(small, min(len(small), chance.randint(1, 2))) if len(asked) % 2 else []
        length = chance.randint(3, 10) - len(between)
        words = chance.sample(content, min(length, len(content))) + between
        chance.shuffle(words)
        asked.append(tuple(words))
    return asked


def write_posts(folder: Path, articles: int, *, after: int = 0) -> None:
    """Write an archive of so many posts with front matter and HTML bodies, as a feed reader saves them.

    Args:
        folder: Where to.
        articles: How many.
        after: So many that were written before are left out.
    """
    for article in itertools.islice(Archive().articles(), after, after + articles):
        path = folder / article.category / article.outlet / f"{article.number:07}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        body = "".join(f"<p>{passage.text}</p>" for passage in article.passages)
        path.write_text(
            f"---\ntitle: {article.title}\ndate: {article.published:%Y-%m-%d %H:%M:%S}\n"
            f"author: {article.outlet}\ncategories:\n - {article.category}\n - {article.outlet}\n---\n"
            f"<div>{body}</div>\n",
            encoding="utf-8",
        )
