"""What a person typed → `Query`: filters taken out, question words cut, terms with weights.

Decision: the explicit syntax (`分类:金融`, options) filters strictly; a date, outlet or category named
in plain words only lifts, because it is a term like any other: articles are indexed under their day,
outlet and categories too (`documents`), and a term that an article lacks costs it nothing.
"""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib import resources

from corpus import analyzer
from corpus.analyzer import Word, fold
from corpus.dates import DateMention, find_dates, mention_terms, parse_day
from corpus.focus import asks, nearness
from corpus.kinds import Kind, kind_of
from corpus.models import Filters
from corpus.numerals import SEPARATED, in_digits, separated
from corpus.terms import Family, Term

MAX_CHARACTERS = 1000
"""Longer questions are cut: nobody asks more, and the time to answer stays bounded."""

MAX_TERMS = 120

CHARACTERS_WEIGHT = 0.5
"""Share of the characters' family in the score (RETRIEVAL: 0.5 on cmrc, 0.25 fair on news)."""

SYNONYM_WEIGHT = 0.5
DATE_WEIGHT = 2.0


@dataclass(frozen=True, slots=True)
class Query:
    """A question, ready to be searched.

    Attributes:
        typed: The question as typed.
        content: The same with blanks in place of the filter syntax, character for character.
        text: `content`, folded.
        filters: Strict filters, from the syntax and from the caller.
        words: Content words, folded, distinct, in order.
        terms: All terms with their weights: words, characters, synonyms, dates.
        evidence: For each content word the terms that count as finding it: itself and its synonyms.
        focus: For each content word that does not itself ask (几座) how near it stands to what asks, 0 to 1;
            for all content words where each of them asks.
        aside: Terms that only words which ask have.
        kind: What is asked for.
        quoted: Stretches in 「」, 『』 or “”, folded, which lift passages that hold them.
        dates: Dates named in plain words.
        browses: What else is said, folded, when what there is on these dates or of late is asked for: ""
            for 昨天有什么新闻, 财经 for 最近的财经新闻. None for all other questions.
    """

    typed: str
    content: str
    text: str
    filters: Filters
    words: tuple[str, ...]
    terms: tuple[Term, ...]
    evidence: Mapping[str, tuple[str, ...]]
    focus: Mapping[str, float]
    aside: frozenset[tuple[str, Family]]
    kind: Kind
    quoted: tuple[str, ...] = ()
    dates: tuple[DateMention, ...] = ()
    browses: str | None = None

    def days(self, today: date) -> tuple[date, date] | None:
        """First and last day of the dates named; the latest that has come where no year was said."""
        if not self.dates or any(mention.any_month for mention in self.dates):
            return None
        since = min(mention.since for mention in self.dates)
        until = max(mention.until for mention in self.dates)
        if since > today and all(mention.any_year for mention in self.dates):
            try:
                return since.replace(year=since.year - 1), until.replace(year=until.year - 1)
            except ValueError:  # 29 February
                return None
        return since, until


# Words that ask and words that only carry a question. Cutting them: +0.2 to +0.7 MRR on cmrc.
QUESTION_WORDS = frozenset(
    """
    什么 什么样 甚么 啥 啥样 咋 咋样 怎么 怎么样 怎样 怎么办 如何 为什么 为啥 为何 何 何时 何地
    何处 何人 谁 谁家 哪 哪个 哪些 哪里 哪儿 哪家 哪位 哪天 哪年 哪种 哪一 哪部 哪边 几 几个
    几号 几点 几时 几月 几名 几次 几年 几天 几位 几家 几种 多少 多大 多长 多久 多高 多远 多重
    多快 多宽 多深 多厚 若干 吗 呢 吧 啊 呀 哦 噢 嘛 呐 么 啦 哈 哇 喔 请 请问 问 问一下 想问
    想知道 知道 告诉 告诉我 我想 求 求问 有人 谁知道 帮 帮我 查 查查 查一下 来着 到底 究竟
    是不是 有没有 能不能 会不会 是否 属于 叫 叫做 称为 称作 是 的 了 地 得 着 之 其 那 那个
    那些 那么 这 这个 这些 它 他 她 它们 他们 她们 我 我们 你 你们 有 在 被 把 和 与 及 或 都
    也 就 还 又 而 但 于 以 为 对 从 向 到 跟 给 让 使 由 所 会 能 可以 可 要 该 则 个 位 件 种
    些 某 每 各 时候 时 当时 后来 那会 那会儿 一下 关于 有关 说 说是 介绍 what when where who
    whom whose which why how is are was were do does did the a an of in on at to for from by
    with and or it its this that there be been has have had can could would should many much
    tell me about please i you he she we they him her us them my your his our their will
    """.split()  # noqa: SIM905 — a list this long reads better as text
)

# What is asked for by those who want to look around.
NEWS_WORDS = frozenset(
    """
    新闻 消息 文章 报道 报导 资讯 头条 热点 要闻 新鲜事 事 事情 大事 事儿 发生 发布 出 看 看看
    最近 近来 近期 最新 新
    news headlines headline articles article stories latest new recent happened happening show
    """.split()  # noqa: SIM905 — a list this long reads better as text
)

_FIELDS = {
    **dict.fromkeys(("分类", "类别", "栏目", "频道", "category", "cat"), "category"),
    **dict.fromkeys(("作者", "来源", "媒体", "author", "outlet"), "author"),
    **dict.fromkeys(("从", "自", "since", "after", "from"), "since"),
    **dict.fromkeys(("到", "至", "until", "before", "to"), "until"),
}
_FIELD = re.compile(
    rf"(?:^|(?<=\s))(?P<name>{'|'.join(_FIELDS)})[:：](?P<value>\"[^\"]+\"|[^\s\"]+)", re.IGNORECASE
)
_PHRASE = re.compile(r'(?P<minus>(?:^|(?<=\s))[-−－])?"(?P<phrase>[^"]{1,100})"')
_MINUS = re.compile(r"(?:^|(?<=\s))[-－](?P<word>[^\s\-－\"\d][^\s\"]*)")
_QUOTED = re.compile(r"「([^」]{1,60})」|『([^』]{1,60})』|“([^”]{1,60})”")


def parse(question: str, *, filters: Filters = Filters(), today: date) -> Query:
    """Understand a question. Any text will do; the worst gives a query without terms.

    Args:
        question: As typed.
        filters: Of the caller; what the question's own syntax says is added to it.
        today: From which 昨天 is counted.
    """
    typed = question[:MAX_CHARACTERS]
    content, filters = _take_filters(typed, filters, today)
    folded = fold(content)
    dates = tuple(find_dates(folded, today))
    quoted = tuple(fold(next(filter(None, match))) for match in _QUOTED.findall(content))
    spans = analyzer.word_spans(folded)
    content_spans, kept = _content(folded, spans)
    if not content_spans and filters.phrases:  # only a phrase: it is the question
        phrase = fold(" ".join(filters.phrases))
        content_spans, kept = _content(phrase, analyzer.word_spans(phrase))
    words = tuple(dict.fromkeys(word for word, _, _ in content_spans))
    told = [span for span in content_spans if not asks(span[0])] or content_spans
    phrases = [*_find_phrases(folded), *_find_numbers(folded)]
    evidence = _evidence(words, spans, phrases)
    terms = _weighted_terms(words, kept, (phrase for phrase, _, _ in phrases), dates)
    return Query(
        typed,
        content,
        folded,
        filters,
        words,
        terms,
        evidence,
        nearness(folded, told),
        _aside(content_spans, told, kept),
        kind_of(folded),
        quoted,
        dates,
        browses=None if quoted or filters.phrases or filters.excluded else _browses(folded, spans, dates),
    )


def _browses(folded: str, spans: Iterable[Word], dates: Sequence[DateMention]) -> str | None:
    """What is left beside dates, words for news and question words; None where news are not asked for."""
    left = [
        word
        for word, start, end in spans
        if folded[start:end] not in QUESTION_WORDS
        and not any(mention.span[0] <= start and end <= mention.span[1] for mention in dates)
    ]
    if not any(word in NEWS_WORDS for word in left):
        return None
    return "".join(word for word in left if word not in NEWS_WORDS)


def _take_filters(question: str, filters: Filters, today: date) -> tuple[str, Filters]:
    """Put blanks in place of the filter syntax of a question: every other character keeps its place."""
    found: dict[str, str] = {}
    days: dict[str, date] = {}

    def field(match: re.Match[str]) -> str:
        name = _FIELDS[match["name"].lower()]
        value = match["value"].strip('"')
        if name in {"since", "until"}:
            day = parse_day(fold(value), today, last=name == "until")
            if day is None:
                return match.group()  # not a date: words of the question
            days[name] = day
        else:
            found[name] = value
        return _blanks(match)

    phrases, excluded = list(filters.phrases), list(filters.excluded)

    def phrase(match: re.Match[str]) -> str:
        folded = fold(match["phrase"]).strip()
        if folded:
            (excluded if match["minus"] else phrases).append(folded)
        return _blanks(match) if match["minus"] else f" {match['phrase']} "

    def minus(match: re.Match[str]) -> str:
        folded = fold(match["word"]).strip()
        if not any(character.isalnum() for character in folded) or (folded.isascii() and len(folded) < 2):
            return match.group()  # "-h" asks for nothing to be left out
        excluded.append(folded)
        return _blanks(match)

    text = _FIELD.sub(field, question)
    text = _PHRASE.sub(phrase, text)
    if re.search(r"\S", _MINUS.sub("", text)):  # a lone "-广告" is a question about 广告
        text = _MINUS.sub(minus, text)
    filters = replace(
        filters,
        category=found.get("category", filters.category),
        author=found.get("author", filters.author),
        since=days.get("since", filters.since),
        until=days.get("until", filters.until),
        phrases=tuple(dict.fromkeys(phrases)),
        excluded=tuple(dict.fromkeys(excluded)),
    )
    return text, filters


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _content(folded: str, spans: Sequence[Word]) -> tuple[Sequence[Word], str]:
    """Return the content words, and the text with everything else blanked out.

    Where nothing but question words is left, all of them are content.
    """
    content = [span for span in spans if folded[span[1] : span[2]] not in QUESTION_WORDS]
    if not content:
        return spans, folded
    kept = list(folded)
    for _, start, end in spans:
        if folded[start:end] in QUESTION_WORDS:
            kept[start:end] = "\n" * (end - start)
    return content, "".join(kept)


def _aside(content: Sequence[Word], told: Sequence[Word], kept: str) -> frozenset[tuple[str, Family]]:
    """Terms of content words that only those have which ask.

    Args:
        told: The content words that do not ask.
        kept: The question without all but content words.
    """
    if len(told) == len(content):
        return frozenset()
    asking = set(content).difference(told)
    rest = list(kept)
    for _, start, end in asking:
        rest[start:end] = "\n" * (end - start)
    only = set(analyzer.characters(kept)).difference(analyzer.characters("".join(rest)))
    words = {word for word, _, _ in asking}.difference(word for word, _, _ in told)
    return frozenset(
        [*((word, Family.WORDS) for word in words), *((text, Family.CHARACTERS) for text in only)]
    )


def _weighted_terms(
    words: Sequence[str], kept: str, phrases: Iterable[str], dates: Iterable[DateMention]
) -> tuple[Term, ...]:
    terms: dict[tuple[str, Family], float] = {}

    def add(text: str, family: Family, weight: float) -> None:
        terms[text, family] = max(weight, terms.get((text, family), 0.0))

    for word in words:
        add(word, Family.WORDS, 1.0)
    for term in analyzer.characters(kept):
        add(term, Family.CHARACTERS, CHARACTERS_WEIGHT)
    for phrase in dict.fromkeys(phrases):
        for text, family, weight in _synonym_terms(phrase):
            add(text, family, weight)
    for mention in dates:
        for text in mention_terms(mention):
            add(text, Family.WORDS, DATE_WEIGHT)
    return tuple(Term(text, family, weight) for (text, family), weight in list(terms.items())[:MAX_TERMS])


def _evidence(
    words: Sequence[str], spans: Iterable[Word], phrases: Sequence[Word]
) -> dict[str, tuple[str, ...]]:
    """For each word what counts as finding it: itself, its synonyms, and those of a phrase it is part of.

    jieba cuts 川普 into two characters; an article about 特朗普 has what both of them ask for.
    """
    found = {word: tuple(filter(None, (word, *synonyms_of(word), in_digits(word)))) for word in words}
    for word, start, end in spans if phrases else ():
        for phrase, first, last in phrases:
            if word in found and first <= start and end <= last:
                found[word] = tuple(dict.fromkeys((*found[word], *synonyms_of(phrase))))
    return found


@functools.cache
def _synonyms() -> dict[str, tuple[str, ...]]:
    """Read `synonyms.txt`: groups of words that mean the same, and one-way lines."""
    found: dict[str, tuple[str, ...]] = {}
    text = resources.files("corpus").joinpath("synonyms.txt").read_text(encoding="utf-8")
    for line in fold(text).splitlines():
        left, arrow, right = line.partition("#")[0].partition(">")
        group = left.split()
        others = right.split() if arrow else group
        for word in group:
            found[word] = tuple(
                dict.fromkeys([*found.get(word, ()), *(other for other in others if other != word)])
            )
    return found


@functools.cache
def _phrase_lengths() -> dict[str, tuple[int, ...]]:
    """Lengths of the words that have synonyms, the greatest first, by their first character."""
    lengths: dict[str, set[int]] = {}
    for word in _synonyms():
        lengths.setdefault(word[0], set()).add(len(word))
    return {first: tuple(sorted(each, reverse=True)) for first, each in lengths.items()}


def _find_phrases(folded: str) -> list[Word]:
    """Find words that have synonyms, from the left, the longest first, with where they begin and end.

    They need not be words to jieba. Latin ones stand alone: ns is not in news.
    """
    found, place = [], 0
    while place < len(folded):
        for length in _phrase_lengths().get(folded[place], ()):
            end = place + length
            if folded[place:end] in _synonyms() and _stands_alone(folded, place, end):
                found.append((folded[place:end], place, end))
                place = end
                break
        else:
            place += 1
    return found


def _find_numbers(folded: str) -> list[Word]:
    """Find numbers that are written with or without separators elsewhere, as `_find_phrases` does."""
    return [(match.group(), *match.span()) for match in SEPARATED.finditer(folded)]


def _stands_alone(folded: str, start: int, end: int) -> bool:
    """Whether a stretch neither begins nor ends within a Latin word or a number."""
    return end <= len(folded) and not any(
        folded[edge - 1].isascii() and folded[edge - 1 : edge + 1].isalnum() and folded[edge].isascii()
        for edge in (start, end)
        if 0 < edge < len(folded)
    )


def synonyms_of(word: str) -> tuple[str, ...]:
    """Return the other words of a folded word's group, or the other spelling of a number."""
    number = separated(word)
    return _synonyms().get(word, ()) if number is None else (number,)


@functools.cache
def _synonym_terms(phrase: str) -> tuple[tuple[str, Family, float], ...]:
    """The terms of a phrase's synonyms, each with its weight, in order."""
    terms: list[tuple[str, Family, float]] = []
    for synonym in synonyms_of(phrase):
        terms += [(word, Family.WORDS, SYNONYM_WEIGHT) for word in analyzer.words(synonym)]
        terms += [
            (text, Family.CHARACTERS, CHARACTERS_WEIGHT * SYNONYM_WEIGHT)
            for text in analyzer.characters(synonym)
        ]
    return tuple(terms)
