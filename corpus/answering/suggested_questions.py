"""Suggested questions, made from headlines. Each is asked, and suggested only if its own article answers it.

A headline that asks is taken as it is. One that states a number becomes a question for that number, one
that reports an event a question for its day, if the article's answer has them. Only news of late counts, and
only what reads like a question that somebody would ask; where there is none, nothing is suggested.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from corpus.answering.page import Page
from corpus.answering.parameters import DEFAULTS, Parameters
from corpus.answering.pipeline import ask
from corpus.models import Article, Confidence, Filters, Order
from corpus.question.answer_types import default_answer_types, has_evidence
from corpus.retrieval.archive import Archive
from corpus.text import analyzer, folding
from corpus.text.characters import HAN
from corpus.text.units import default_units

MAX_ARTICLES: Final = 300
"""Newest articles whose headlines are tried."""

MAX_AGE: Final = timedelta(days=60)
"""How much older than the newest article an article may be."""

MIN_CLAUSE_CHARS: Final = 6
"""Characters of the shortest clause that becomes a question."""

MAX_CLAUSE_CHARS: Final = 24
"""Characters of the longest clause that becomes a question."""

MIN_SUBJECT_CHARS: Final = 3
"""Characters before a number: what 涉及多少辆 is about, only the rest of the headline would tell."""

MIN_NEW_CHARS: Final = 15
"""Characters that an answer must have beyond the headline's own: it may just repeat it."""

# A blank ends a clause only between Han characters: 第 68 期 is one clause.
_CLAUSE_END = re.compile(rf"(?<=[？?])|[，。！；：、|｜—…:;!,]+|(?<=[{HAN}])(?:\s+|-)(?=[{HAN}])")
_BRACKETS = re.compile(r"【[^】]*】|\([^)]*\)|（[^）]*）|\[[^\]]*\]")
_FIRST_PERSON = re.compile(r"(?<![自本])我|咱|本人|笔者|筆者")
_ASKS = re.compile(r"为什么|為什麼|怎么|怎麼|如何|什么|什麼|多少|哪|几|幾|谁|誰|吗[？?]|嗎[？?]")
_COUNTED = re.compile(
    r"(?<![第的\d.,:：/-])(?P<number>\d[\d,]*(?:\.\d+)?\s?[万亿萬億]?)\s?"
    rf"(?P<unit>{'|'.join(default_units().of('classifier', 'measure', 'money', 'people'))}|集|張)"
)
_PER_CENT = re.compile(r"(?<![\d.])\d+(?:\.\d+)?%")
_HAPPENS = re.compile(
    r"开业|开播|开工|开通|开放|开启|开售|开幕|通车|恢复|上线|上市|上架|首播|首映|首发|首飞|发售|发射|入轨|举行|召开|"
    r"落幕|闭幕|启用|启动|投用|投产|完工|竣工|封闭|封道|关闭|停运|停业|辞职|离职|当选|上任|接任|去世|逝世|成立|出版|获奖|夺冠|签约"
)
_NO_EVENT = re.compile(
    r"[今明昨][日天早晚起年]|\d{1,4}\s?[月日号]|问答|一览|指南|盘点|评测|攻略|大全|全文|名单|图赏|回顾|推迟|延期|取消|中止|预告|[前后]|是否|或"
)
_HOW_TO = re.compile(
    r"^(?:简单|浅谈|浅析|聊聊|谈谈|说说|介绍|详解|理解|盘点|如何|怎么|怎麼|怎样|教你|手把手|一文|从零|为什么要|什么是|什麼是)|介绍|教程|指南|入门|原理|源码|攻略|实践"
)
"""Headlines of instructions and essays: no news."""

_DATE = default_answer_types().named("date")


@dataclass(frozen=True, slots=True)
class _Suggestion:
    """A question made from a headline.

    Attributes:
        is_answered_by: Tells whether folded answering sentences say what the question asks for.
    """

    question: str
    is_answered_by: Callable[[str], bool]


def suggest_questions(archive: Archive, count: int, *, parameters: Parameters = DEFAULTS) -> tuple[str, ...]:
    """Make questions that the newest articles answer, no two of one outlet: `Corpus.example_questions`."""
    found: dict[str, str] = {}
    for article in _articles_of_late(archive):
        if len(found) >= count:
            break
        outlet = article.author or "/".join(article.categories)
        if outlet in found:
            continue
        for suggestion in _questions(article.title):
            if _is_answered(archive, article, suggestion, parameters):
                found[outlet] = suggestion.question
                break
    return tuple(found.values())


def _articles_of_late(archive: Archive) -> list[Article]:
    """Return the newest articles, without those that are much older than the newest."""
    articles = archive.store.newest(limit=MAX_ARTICLES, offset=0)[0]
    last = max((article.published for article in articles if article.published), default=None)
    return [each for each in articles if last and each.published and last - each.published <= MAX_AGE]


def _is_answered(archive: Archive, article: Article, suggestion: _Suggestion, parameters: Parameters) -> bool:
    """Whether a question is answered for sure, as it is, by its own article."""
    page = Page(1, 0, Order.RELEVANCE)
    answer = ask(archive, suggestion.question, filters=Filters(), page=page, parameters=parameters)
    return (
        answer.confidence is Confidence.ANSWER
        and answer.corrected is None
        and answer.hits[0].article.id == article.id
        and suggestion.is_answered_by(folding.fold(answer.text or ""))
    )


def clauses(title: str) -> list[str]:
    """Return the clauses of a headline that can stand alone, the longest first.

    >>> clauses("【快讯】临江大桥恢复通行，比计划提前一天")
    ['临江大桥恢复通行', '比计划提前一天']
    """
    pieces = (piece.strip("“”\"'· \t") for piece in _CLAUSE_END.split(_BRACKETS.sub(" ", title)) if piece)
    fitting = [
        piece
        for piece in pieces
        if MIN_CLAUSE_CHARS <= len(piece) <= MAX_CLAUSE_CHARS and _stands_alone(piece)
    ]
    return sorted(fitting, key=len, reverse=True)


def _stands_alone(clause: str) -> bool:
    """Whether somebody who has not seen the headline could have written a clause."""
    pairs = (("《", "》"), ("“", "”"), ("「", "」"), ("‘", "’"))
    return (
        analyzer.is_han(folding.fold(clause.lstrip("《“「")[:1]))
        and all(clause.count(opening) == clause.count(closing) for opening, closing in pairs)
        and not _FIRST_PERSON.search(clause)
    )


def _questions(title: str) -> Iterator[_Suggestion]:
    for clause in clauses(title):
        if _HOW_TO.search(clause):
            continue
        if _ASKS.search(clause):
            yield _Suggestion(f"{clause.rstrip('？?')}？", _is_longer_than(clause))
            continue
        counted, per_cent = _COUNTED.search(clause), _PER_CENT.search(clause)
        if counted and counted.start() >= MIN_SUBJECT_CHARS:
            question = f"{clause[: counted.start()]}多少{counted['unit']}{clause[counted.end() :]}？"
            yield _Suggestion(question, _has_number(counted["number"]))
        if per_cent and per_cent.start() >= MIN_SUBJECT_CHARS:
            number = "百分之多少" if clause[per_cent.end() :].startswith("的") else "多少"
            question = f"{clause[: per_cent.start()]}{number}{clause[per_cent.end() :]}？"
            yield _Suggestion(question, _has_number(per_cent[0]))
        if _HAPPENS.search(clause) and not _NO_EVENT.search(clause):
            yield _Suggestion(f"{clause}是什么时候？", _has_date)


def _has_number(number: str) -> Callable[[str], bool]:
    wanted = "".join(folding.fold(number).split())
    return lambda text: wanted in "".join(text.split())


def _has_date(text: str) -> bool:
    return has_evidence(_DATE, text)


def _is_longer_than(clause: str) -> Callable[[str], bool]:
    return lambda text: len(text) >= len(clause) + MIN_NEW_CHARS
