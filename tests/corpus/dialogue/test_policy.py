"""What is decided about a follow-up, over an archive that answers as each test says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest

from corpus.dialogue.decisions import (
    Decision,
    ListPage,
    Lookups,
    NoSuchNumber,
    Note,
    OpenArticle,
    OwnQuestion,
    SendSource,
    ShowAnswer,
    ShownAnswer,
)
from corpus.dialogue.policy import decide
from corpus.dialogue.search import Search
from corpus.models import Answer, Article, Confidence, Filters, Hit, Passage
from corpus.question import Utterance

NOW = datetime(2026, 9, 22, 12, 0, tzinfo=UTC)
BRIDGE = "望江大桥为什么封闭"
CLOSED = Article(
    "closed", "closed.md", "望江大桥今起封闭", None, datetime(2026, 9, 10, tzinfo=UTC), "晚报", ()
)
OPEN = Article("open", "open.md", "望江大桥恢复通行", None, datetime(2026, 9, 20, tzinfo=UTC), "晚报", ())


def answer(
    article: Article | None = None,
    text: str = "",
    *,
    confidence: Confidence = Confidence.ANSWER,
    score: float = 0.9,
) -> Answer:
    """What the archive says: a passage that answers as a whole, or nothing."""
    if article is None:
        return Answer("", Confidence.NONE, 0.0, None, Filters(), (), (), 0, 1.0)
    hit = Hit(article, Passage(f"{article.id}.0", 0, text), ((0, len(text)),), (), 1.0)
    return Answer("", confidence, score, text, Filters(), (), (hit,), 1, 1.0)


@dataclass(slots=True)
class FakeArchive:
    """Answers each search as a function says, and remembers what was asked."""

    reply: Callable[[Search], Answer]
    articles: Sequence[Article] = (CLOSED, OPEN)
    asked: list[tuple[Search, int]] = field(default_factory=list)

    def ask(self, search: Search, *, offset: int = 0) -> Answer:
        self.asked.append((search, offset))
        return self.reply(search)

    def article(self, article_id: str) -> Article | None:
        return next((each for each in self.articles if each.id == article_id), None)

    def category(self, name: str) -> str | None:
        return "财经" if name == "财经" else None


def nothing(_: Search) -> Answer:
    return answer()


def decided(
    message: str,
    reply: Callable[[Search], Answer] | FakeArchive = nothing,
    *,
    shown: ShownAnswer | None = None,
    is_reply: bool = False,
) -> Decision:
    """Decide about a message after the question about the bridge was answered."""
    archive = reply if isinstance(reply, FakeArchive) else FakeArchive(reply)
    return decide(
        Utterance.from_text(message),
        shown or ShownAnswer(Search(BRIDGE), "closed"),
        Lookups(archive.ask, archive.article, archive.category),
        is_reply=is_reply,
        now=NOW,
        page_size=5,
    )


def shown_by(decision: Decision) -> ShowAnswer:
    assert isinstance(decision, ShowAnswer)
    return decision


def by_article(inside: Answer, outside: Answer) -> Callable[[Search], Answer]:
    """Answer searches of the article at hand in one way, all others in another."""
    return lambda search: inside if search.filters.article else outside


# Numbers and pages


@pytest.mark.parametrize(
    ("message", "decision"),
    [("3", OpenArticle("open", 2)), ("第二条", OpenArticle("closed")), ("9", NoSuchNumber(9))],
)
def test_a_number_opens_what_is_listed_under_it(message: str, decision: Decision) -> None:
    listed = (OpenArticle("closed"), OpenArticle("open", 2))
    assert decided(message, shown=ShownAnswer(Search(BRIDGE), "closed", 1, listed)) == decision


@pytest.mark.parametrize(("message", "offset"), [("还有吗", 15), ("上一页", 5)])
def test_more_turns_the_page(message: str, offset: int) -> None:
    archive = FakeArchive(nothing)
    shown = shown_by(decided(message, archive, shown=ShownAnswer(Search(BRIDGE), "closed", 10)))
    assert shown.offset == offset
    assert archive.asked == [(Search(BRIDGE), offset)]


def test_before_the_first_page_there_is_none() -> None:
    assert shown_by(decided("上一页", shown=ShownAnswer(Search(BRIDGE), "closed", 3))).offset == 0


def test_more_of_a_list_of_the_newest_turns_its_page() -> None:
    search = Search("", Filters(category="财经"))
    shown = ShownAnswer(search, "closed", 3, list_size=3)
    assert decided("更多", shown=shown) == ListPage(search, 3, 3, back=False)


def test_more_where_nothing_answered_shows_the_best_hits_as_related() -> None:
    found = answer(OPEN, "大桥", confidence=Confidence.NONE)
    shown = shown_by(decided("还有吗", lambda _: found, shown=ShownAnswer(Search(BRIDGE))))
    assert shown.answer.confidence is Confidence.RELATED


@pytest.mark.parametrize("message", ["有人受伤吗", "还有吗", "2"])
def test_after_what_is_no_longer_known_a_message_is_a_question_of_its_own(message: str) -> None:
    assert decided(message, shown=ShownAnswer(None)) == OwnQuestion()
    assert decided(message, shown=ShownAnswer(None, "gone")) == OwnQuestion()


# Requests


def test_details_open_the_article() -> None:
    assert decided("详细点") == OpenArticle("closed")


def test_the_source_of_the_article_is_sent() -> None:
    assert decided("原文") == SendSource(CLOSED)


@pytest.mark.parametrize("message", ["详细点", "原文", "后来呢", "谁说的"])
def test_of_an_article_that_is_gone_nothing_can_be_requested(message: str) -> None:
    assert decided(message, FakeArchive(nothing, articles=())) == OwnQuestion()


def test_later_is_answered_by_a_later_article() -> None:
    archive = FakeArchive(by_article(answer(CLOSED, "封闭"), answer(OPEN, "恢复通行")))
    shown = shown_by(decided("后来呢", archive))
    assert (shown.article, shown.note) == ("open", Note.LATER)
    assert archive.asked[0][0].filters.since == date(2026, 9, 11)
    assert shown.answer.question == "后来呢"


@pytest.mark.parametrize("outside", [answer(), answer(CLOSED, "封闭")], ids=["none", "the same"])
def test_without_a_later_article_the_one_at_hand_is_shown(outside: Answer) -> None:
    shown = shown_by(decided("后来呢", by_article(answer(CLOSED, "封闭"), outside)))
    assert (shown.article, shown.note) == ("closed", Note.NO_LATER)


@pytest.mark.parametrize(
    ("text", "note"),
    [("交通局局长方知远表示，大桥封闭。", Note.WITHIN_ARTICLE), ("大桥封闭。", Note.NO_SPEAKER)],
)
def test_who_said_it_is_looked_for_in_the_answer(text: str, note: Note) -> None:
    shown = shown_by(decided("谁说的", lambda _: answer(CLOSED, text)))
    assert (shown.article, shown.note) == ("closed", note)


# The same question with something else


def test_another_topic_is_asked_about_in_the_words_of_the_question() -> None:
    def reply(search: Search) -> Answer:
        return answer(OPEN, "欧元走低") if search.question == "欧元为什么大跌" else answer()

    shown = shown_by(decided("那欧元呢", reply, shown=ShownAnswer(Search("英镑为什么大跌"), "closed")))
    assert (shown.search.question, shown.note) == ("欧元为什么大跌", Note.ASKED)


def test_another_topic_may_be_in_the_article_at_hand() -> None:
    shown = shown_by(decided("那隧道呢", by_article(answer(CLOSED, "绕行隧道。"), answer())))
    assert (shown.article, shown.note) == ("closed", Note.WITHIN_ARTICLE)


def test_a_topic_that_nothing_tells_of_is_asked_about_alone() -> None:
    shown = shown_by(decided("那火星呢"))
    assert shown.search.question == "火星"


def test_another_category_narrows_the_search() -> None:
    shown = shown_by(decided("那财经呢", lambda _: answer(OPEN, "大桥")))
    assert shown.search == Search(BRIDGE, Filters(category="财经"))
    assert shown.note is None


# Questions


def test_a_question_that_leans_on_the_answer_is_answered_by_its_article() -> None:
    shown = shown_by(decided("有人受伤吗", by_article(answer(CLOSED, "两人受伤。"), answer())))
    assert (shown.article, shown.note) == ("closed", Note.WITHIN_ARTICLE)
    assert shown.answer.question == "有人受伤吗"


def test_a_surer_and_as_good_answer_elsewhere_is_shown_without_a_note() -> None:
    inside = answer(CLOSED, "两人受伤。", score=0.5)
    shown = shown_by(decided("有人受伤吗", by_article(inside, answer(OPEN, "三人受伤。", score=0.9))))
    assert (shown.article, shown.note) == ("open", None)


def test_a_less_sure_answer_elsewhere_is_not_preferred_to_the_article() -> None:
    inside = answer(CLOSED, "两人受伤。", score=0.9)
    shown = shown_by(decided("有人受伤吗", by_article(inside, answer(OPEN, "三人受伤。", score=0.5))))
    assert (shown.article, shown.note) == ("closed", Note.WITHIN_ARTICLE)


def test_where_the_article_does_not_answer_another_one_may() -> None:
    shown = shown_by(decided("有人受伤吗", by_article(answer(CLOSED, "封闭。"), answer(OPEN, "三人受伤。"))))
    assert (shown.article, shown.note) == ("open", Note.NOT_IN_ARTICLE)


def test_where_nothing_answers_the_closest_passage_of_the_article_is_shown() -> None:
    shown = shown_by(decided("有人受伤吗", by_article(answer(CLOSED, "封闭。"), answer())))
    assert (shown.article, shown.note) == ("closed", Note.NOT_EXACTLY)


def test_where_even_that_is_missing_nothing_is_found() -> None:
    shown = shown_by(decided("有人受伤吗"))
    assert (shown.article, shown.note) == (None, None)


def test_of_what_nothing_was_found_nothing_more_is_sure() -> None:
    shown = shown_by(
        decided("有人受伤吗", lambda _: answer(OPEN, "三人受伤。"), shown=ShownAnswer(Search("火星基地")))
    )
    assert shown.answer.confidence is Confidence.RELATED


def test_a_reply_that_names_its_topic_is_asked_of_all_articles_as_well() -> None:
    def reply(search: Search) -> Answer:
        is_alone = search.question == "老剧院花了多少钱" and not search.filters.article
        return answer(OPEN, "老剧院花了80万元") if is_alone else answer()

    shown = shown_by(decided("老剧院花了多少钱", reply, is_reply=True))
    assert (shown.article, shown.note) == ("open", Note.NOT_IN_ARTICLE)


def test_a_question_that_may_stand_alone_goes_on_where_the_archive_has_both_together() -> None:
    def reply(search: Search) -> Answer:
        return answer(OPEN, "修桥花了460万元。")

    shown = shown_by(decided("修桥花了多少钱", reply))
    assert shown.search.question == "望江大桥 修桥花了多少钱"
    assert shown.answer.question == "修桥花了多少钱"


def test_a_question_that_is_answered_better_alone_is_one_of_its_own() -> None:
    def reply(search: Search) -> Answer:
        return answer(OPEN, "英镑跌到1.03元。") if search.question == "英镑跌到多少" else answer()

    assert decided("英镑跌到多少", reply) == OwnQuestion()


@pytest.mark.parametrize("message", ["老剧院演出", "那座大桥封了几天"])
def test_what_neither_replies_nor_leans_is_a_question_of_its_own(message: str) -> None:
    assert decided(message) == OwnQuestion()


@pytest.mark.parametrize(("listed", "following"), [(1, 1), (3, 3), (5, 5), (0, 5)])
def test_more_goes_on_behind_what_was_shown(listed: int, following: int) -> None:
    shown = ShownAnswer(Search(BRIDGE), "closed", 0, tuple(OpenArticle(f"a{n}") for n in range(listed)))
    assert shown_by(decided("还有吗", shown=shown)).offset == following
