"""Agreement of a hit with what its question takes for granted: claim, place and time.

What disagrees is never told as sure, however many words it has in common with the question.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from corpus.answering.features import Features
from corpus.answering.parameters import SentenceParameters
from corpus.answering.passage_selection import SelectedPassage
from corpus.answering.sentences import answering_sentences
from corpus.question.answer_types import Strength
from corpus.question.claims import (
    asked_post,
    counted_thing,
    is_contradicted,
    lacks_occasion,
    lacks_ordinal,
    lacks_sequence,
    names_place,
    place_names,
    tells_end,
)
from corpus.question.lexicon import default_lexicon
from corpus.question.properties import property_names
from corpus.question.query import Query
from corpus.retrieval.archive import Archive
from corpus.text import folding
from corpus.text.dates import DateMention
from corpus.text.numbers import numbers_by_name
from corpus.text.outline import is_question

MAX_DAYS_LATE: Final = timedelta(days=2)
"""How long after an event a paper may tell of it without naming the day."""

MIN_DAYS_OF_YEAR: Final = 364

COUNTING: Final = frozenset({"amount", "people"})
"""Answer types of questions that count things."""


_SEPARATORS: Final = re.compile(r"[\s-]+")
_MONTH: Final = re.compile(r"(?<!\d)(1[0-2]|[1-9])\s?月")
_DAY: Final = re.compile(r"(?<!\d)(3[01]|[12]\d|[1-9])\s?[日号](?!线|楼|院|店)")
_YEAR: Final = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")


def disagrees(archive: Archive, query: Query, hit: SelectedPassage, parameters: SentenceParameters) -> bool:
    """Tell whether the sentences of a hit contradict a question, or are of another place or time."""
    spans = answering_sentences(hit.scored, hit.text, parameters)
    shown = folding.fold("\n".join(hit.text.text[start:end] for start, end in spans))
    return (
        is_contradicted(query, hit.title, shown)
        or lacks_name(query, hit)
        or lacks_ordinal(query.normalized, hit.titled_text)
        or lacks_occasion(query.normalized, hit.titled_text)
        or lacks_sequence(query.normalized, hit.titled_text)
        or is_of_other_model(query, shown)
        or lacks_counted(query, f"{hit.title}\n{shown}")
        or is_said_of_several(query, hit)
        or is_of_other_time(archive, query, hit, shown)
    )


def is_of_other_model(query: Query, shown: str) -> bool:
    """Tell whether what is shown names a thing of the question with other numbers only: Q20 for Q30."""
    asked, told = numbers_by_name(query.normalized), numbers_by_name(shown)
    return any(name in told and numbers.isdisjoint(told[name]) for name, numbers in asked.items())


def lacks_counted(query: Query, shown: str) -> bool:
    """Tell whether what a question counts is not among what is shown: the number is of other things."""
    if query.answer_type.name not in COUNTING:
        return False
    thing = counted_thing(query)
    return thing is not None and not any(
        form in shown or (len(form) > 1 and not form.isascii() and any(map(shown.__contains__, form)))
        for form in query.variants.get(thing, (thing,))
    )


def is_said_of_several(query: Query, hit: SelectedPassage) -> bool:
    """Tell whether a post and the name before it stand in no sentence together: 中信证券董事长是谁.

    A passage that has one here and the other there says nothing of that post.
    """
    pair = asked_post(query)
    if pair is None:
        return False
    name, post = (query.variants.get(word, (word,)) for word in pair)
    units = [f"{hit.about}\n{hit.text.folded_unit(place)}" for place in range(len(hit.text.sentences))]
    return not any(
        any(form in unit for form in name) and any(form in unit for form in post) for unit in units
    )


def lacks_name(query: Query, hit: SelectedPassage) -> bool:
    """Tell whether a hit does not know a place or a Latin name that a question names.

    微软日本总裁 is not the president of Microsoft China, and HPV疫苗 is no influenza vaccine.
    """
    places = [word for word in query.proximity if word in place_names() and not _is_class(query, word)]
    latin = [
        word
        for word in query.proximity
        if word.isascii() and not word.isdigit() and len(word) > 1 and f"/{word}" not in query.normalized
    ]
    if query.normalized.isascii() or not (places or latin):
        return False
    text = f"{hit.about}\n{hit.text.folded.text}"
    if not all(names_place(text, query.variants[place]) for place in places):
        return True
    glued = _glued(text) if latin else ""
    return not all(any(_glued(form) in glued for form in query.variants[name]) for name in latin)


def _is_class(query: Query, place: str) -> bool:
    """Tell whether a place is part of what is asked for, which it need not name: 哪个欧洲国家."""
    return (
        re.search(f"(?:{default_lexicon().open_asking})[个些]?{re.escape(place)}", query.normalized)
        is not None
    )


def _glued(text: str) -> str:
    """The text without blanks and hyphens: xr-770 is xr770."""
    return _SEPARATORS.sub("", text)


def is_of_other_time(archive: Archive, query: Query, hit: SelectedPassage, shown: str) -> bool:
    """Tell whether a question names days or years, and a hit is neither of them nor speaks of them."""
    mentions = [mention for mention in query.dates if not _is_vague(query, mention)]
    return bool(mentions) and not any(_speaks_of(archive, mention, hit, shown) for mention in mentions)


def _is_vague(query: Query, mention: DateMention) -> bool:
    """Whether a mention names no particular days: 最近, 26号, and 周五, which may be any Friday."""
    words = query.normalized[slice(*mention.span)]
    return mention.recent or mention.any_month or words.startswith(("周", "星期", "礼拜"))


def _speaks_of(archive: Archive, mention: DateMention, hit: SelectedPassage, shown: str) -> bool:
    published = hit.located.article.published
    day = None if published is None else published.astimezone(archive.zone).date()
    if day is not None and _is_within(day, mention):
        told = f"{hit.title}\n{shown}"
        return not (_tells_other_month(mention, told) or _tells_other_day(mention, day, told))
    text = hit.titled_text
    return (
        any(re.search(pattern, text) for pattern in _patterns(mention, day))
        or _names_year_of(mention, text)
        or any(word in shown for word in _relative_years(mention, day))
    )


def _names_year_of(mention: DateMention, text: str) -> bool:
    """Whether a text names a year of a period of several months."""
    first, last = mention.since.year, mention.until.year
    return not _is_within_month(mention) and any(first <= int(year) <= last for year in _YEAR.findall(text))


def _tells_other_month(mention: DateMention, told: str) -> bool:
    """Whether a month is meant and only others are told of: a paper tells in November of October."""
    months = {int(month) for month in _MONTH.findall(told)}
    since = mention.since
    is_month = since.day == 1 and mention.until != since and _is_within_month(mention)
    return is_month and bool(months) and since.month not in months


def _tells_other_day(mention: DateMention, published: date, told: str) -> bool:
    """Whether a day before the paper is meant and only others are told of: the 26th for the 25th."""
    since = mention.since.replace(year=published.year) if mention.any_year else mention.since
    if mention.since != mention.until or since >= published:
        return False
    days = {int(day) for day in _DAY.findall(told)}
    return bool(days) and since.day not in days


def _is_within_month(mention: DateMention) -> bool:
    """Whether all days that are meant are of one month."""
    since, until = mention.since, mention.until
    return (since.year, since.month) == (until.year, until.month)


def _is_within(day: date, mention: DateMention) -> bool:
    since, until = mention.since, min(mention.until, date.max - MAX_DAYS_LATE) + MAX_DAYS_LATE
    if not mention.any_year:
        return since <= day <= until
    try:
        return since.replace(year=day.year) <= day <= until.replace(year=day.year)
    except ValueError:  # 29 February
        return since <= day <= until


def _patterns(mention: DateMention, published: date | None) -> Iterator[str]:
    """How a text may write the day or the month that is meant."""
    since, until = mention.since, mention.until
    if since == until:
        yield rf"(?<!\d){since.month}\s?(?:月|/|-|\.)\s?0?{since.day}(?!\d)"
        if published is not None and (published.year, published.month) == (since.year, since.month):
            yield rf"(?<![\d月])\s?{since.day}\s?[日号]"
        return
    if _is_within_month(mention):
        yield rf"(?<!\d){since.month}\s?月"


_RELATIVE_YEARS: Final = {1: ("去年", "上年", "前一年"), 0: ("今年", "本年"), -1: ("明年", "来年")}


def _relative_years(mention: DateMention, published: date | None) -> Sequence[str]:
    """How an article of that day may write the year that is meant."""
    is_year = (mention.until - mention.since).days >= MIN_DAYS_OF_YEAR
    return _RELATIVE_YEARS.get(published.year - mention.since.year, ()) if published and is_year else ()


def shares_one_word(query: Query, features: Features, hit: SelectedPassage) -> bool:
    """Tell whether a question names one thing only, so that a word in common proves little.

    A topic alone asks nothing (柿饼), and 屏幕多大 could be said of any screen. 獾几岁 needs a sentence with
    evidence of an age. A head that asks the same (误车了怎么办？) proves enough.
    """
    if query.filters.article is not None or query.numerals or is_asked_in_head(query, hit):
        return False
    if query.is_bare_topic or property_names().issuperset(query.named):
        return True
    has_evidence = query.answer_type.strength >= Strength.EVIDENCE and features.answer_type == 1
    return query.names == 1 and not has_evidence


def is_asked_in_head(query: Query, hit: SelectedPassage) -> bool:
    """Tell whether the best sentence stands under a question that has all words of this one."""
    scores, text = hit.scored.scores, hit.text
    best = max(range(len(scores)), key=lambda place: scores[place], default=None)
    if best is None or query.is_bare_topic:
        return False
    heads = [text.folded_sentence(place) for place in text.heads[best] if place >= 0 or text.heading]
    return any(is_question(head) and all(word in head for word in query.proximity) for head in heads)


def is_about_same(query: Query, hit: SelectedPassage, other: SelectedPassage) -> bool:
    """Tell whether the title of a hit names what the other's title names of a question.

    Where it tells that a state has ended (复航), the last word may be missing, which says the state (停航).
    """
    subject = [word for word in query.proximity if word in other.title]
    if len(subject) > 1 and subject[-1] == query.words[-1] and tells_end(hit.title):
        subject.pop()
    return bool(subject) and all(word in hit.title for word in subject)
