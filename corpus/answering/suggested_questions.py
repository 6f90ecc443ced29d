"""Questions to try, made of headlines: each is asked, and offered only when its own article answers it.

A headline that asks is taken as it is. One that states a number becomes a question for that number, one
that tells an event a question for its day, where the article's answer really has them; else the bare
statement is offered, as people type it into a search box.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from corpus.answering.archive import Archive, Page
from corpus.answering.pipeline import ask
from corpus.models import Article, Confidence, Filters, Order
from corpus.question.answer_types import KINDS, has_evidence
from corpus.text import analyzer, folding

ARTICLES: Final = 300
"""Newest articles that examples are looked for in."""

SHORTEST: Final = 6
LONGEST: Final = 24
LEAST_SUBJECT: Final = 3
"""Characters before a number: of what 涉及多少辆 asks only the rest of the headline would tell."""

NEW_CHARACTERS: Final = 15
"""Characters that an answer must have beyond the headline's own: it may just repeat it."""

# Blanks part clauses between Han characters only: 第 68 期.
_CLAUSE_END = re.compile(
    r"(?<=[？?])|[，。！；：、|｜—…:;!,]+|(?<=[\u4e00-\u9fff])(?:\s+|-)(?=[\u4e00-\u9fff])"
)
_BRACKETS = re.compile(r"【[^】]*】|\([^)]*\)|（[^）]*）|\[[^\]]*\]")
_FIRST_PERSON = re.compile(r"(?<![自本])我|咱|本人|笔者|筆者")
_ASKS = re.compile(r"为什么|為什麼|怎么|怎麼|如何|什么|什麼|多少|哪|几|幾|谁|誰|吗[？?]|嗎[？?]")
_COUNTED = re.compile(
    r"(?<![第的\d.,:：/-])(?P<number>\d[\d,]*(?:\.\d+)?\s?[万亿萬億]?)\s?"
    r"(?P<unit>份|辆|人|名|台|家|公里|米|吨|元|美元|款|篇|部|集|座|棵|例|起|条|种|个|張|张|套|亩|只|头|架|艘|枚|票)"
)
_PER_CENT = re.compile(r"(?<![\d.])\d+(?:\.\d+)?%")
_HAPPENS = re.compile(
    r"开业|开播|开工|开通|开放|开启|开售|开幕|通车|恢复|上线|上市|上架|首播|首映|首发|首飞|发售|发射|入轨|举行|召开|"
    r"落幕|闭幕|启用|启动|投用|投产|完工|竣工|封闭|封道|关闭|停运|停业|辞职|离职|当选|上任|接任|去世|逝世|成立|出版|获奖|夺冠|签约"
)
_NO_EVENT = re.compile(
    r"[今明昨][日天早晚起年]|\d{1,4}\s?[月日号]|问答|一览|指南|盘点|评测|攻略|大全|全文|名单|图赏|回顾|推迟|延期|取消|中止|预告|[前后]|是否|或"
)
_DATE = next(kind for kind in KINDS if kind.name == "date")


@dataclass(frozen=True, slots=True)
class _Example:
    """A question, and what the answering sentences must show for it to be fair."""

    question: str
    shows: Callable[[str], bool]


def example_questions(archive: Archive, count: int) -> tuple[str, ...]:
    """Make questions that newest articles answer; see `Corpus.example_questions`.

    Real questions come before statements, and no two from one outlet while there are others.
    """
    articles = archive.store.newest(limit=ARTICLES, offset=0)[0]
    found: dict[str, str] = {}
    for make in (_questions, _statements):
        for article in articles:
            if len(found) >= count:
                return tuple(found.values())
            outlet = article.author or "/".join(article.categories)
            if outlet in found:
                continue
            for example in make(article.title):
                if _answered(archive, article, example):
                    found[outlet] = example.question
                    break
    return tuple(found.values())


def _answered(archive: Archive, article: Article, example: _Example) -> bool:
    answer = ask(archive, example.question, filters=Filters(), page=Page(1, 0, Order.RELEVANCE))
    return (
        answer.confidence is Confidence.ANSWER
        and answer.corrected is None
        and answer.hits[0].article.id == article.id
        and example.shows(folding.fold(answer.text or ""))
    )


def clauses(title: str) -> list[str]:
    """Return the clauses of a headline that can stand alone, the longest first.

    >>> clauses("【快讯】临江大桥恢复通行，比计划提前一天")
    ['临江大桥恢复通行', '比计划提前一天']
    """
    pieces = (piece.strip("“”\"'· \t") for piece in _CLAUSE_END.split(_BRACKETS.sub(" ", title)) if piece)
    fitting = [piece for piece in pieces if SHORTEST <= len(piece) <= LONGEST and _reads_well(piece)]
    return sorted(fitting, key=len, reverse=True)


def _reads_well(clause: str) -> bool:
    """Whether somebody who has not seen the headline could say it so."""
    pairs = (("《", "》"), ("“", "”"), ("「", "」"), ("‘", "’"))
    return (
        analyzer.is_han(folding.fold(clause.lstrip("《“「")[:1]))
        and all(clause.count(opening) == clause.count(closing) for opening, closing in pairs)
        and not _FIRST_PERSON.search(clause)
    )


def _questions(title: str) -> Iterator[_Example]:
    for clause in clauses(title):
        if _ASKS.search(clause):
            yield _Example(f"{clause.rstrip('？?')}？", _says_more_than(clause))
            continue
        counted, per_cent = _COUNTED.search(clause), _PER_CENT.search(clause)
        if counted and counted.start() >= LEAST_SUBJECT:
            question = f"{clause[: counted.start()]}多少{counted['unit']}{clause[counted.end() :]}？"
            yield _Example(question, _shows(counted["number"]))
        if per_cent and per_cent.start() >= LEAST_SUBJECT:
            number = "百分之多少" if clause[per_cent.end() :].startswith("的") else "多少"
            question = f"{clause[: per_cent.start()]}{number}{clause[per_cent.end() :]}？"
            yield _Example(question, _shows(per_cent[0]))
        if _HAPPENS.search(clause) and not _NO_EVENT.search(clause):
            yield _Example(f"{clause}是什么时候？", _shows_a_date)


def _statements(title: str) -> Iterator[_Example]:
    for clause in clauses(title)[:1]:
        yield _Example(clause, _says_more_than(clause))


def _shows(number: str) -> Callable[[str], bool]:
    wanted = "".join(folding.fold(number).split())
    return lambda text: wanted in "".join(text.split())


def _shows_a_date(text: str) -> bool:
    return has_evidence(_DATE, text)


def _says_more_than(clause: str) -> Callable[[str], bool]:
    return lambda text: len(text) >= len(clause) + NEW_CHARACTERS
