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
from corpus.dialogue.policy import decide, decide_about_message
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

    def text(self, article_id: str) -> str:
        """The whole text of an article: what a search within it answers, and its title."""
        article = self.article(article_id)
        within = self.reply(Search("", Filters(article=article_id)))
        shown = "".join(hit.passage.text for hit in within.hits)
        return "" if article is None else f"{article.title}\n{shown}"

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
        Lookups(archive.ask, archive.article, archive.category, archive.text),
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


def test_later_news_of_another_affair_is_none() -> None:
    roundup = answer(OPEN, "早班车：高铁开通了。")
    shown = shown_by(decided("后来呢", by_article(answer(CLOSED, "望江大桥封闭"), roundup)))
    assert shown.note is Note.LATER  # its title names the bridge
    affair = ShownAnswer(Search("逐光二号发射成功了吗"), "closed")
    shown = shown_by(decided("后来呢", by_article(answer(CLOSED, "逐光二号发射"), roundup), shown=affair))
    assert (shown.article, shown.note) == ("closed", Note.NO_LATER)


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


def test_another_topic_takes_the_place_of_the_whole_name_and_is_believed_only_if_told() -> None:
    """高铁大桥什么时候恢复通行 is nobody's question; that the bridge is open again is no answer either."""

    def reply(search: Search) -> Answer:
        if search.filters.article:
            return answer()
        is_short = search.question == "高铁什么时候"
        return answer(OPEN, "高铁12月28日通车。" if is_short else "望江大桥已经恢复通行。高铁还没有。")

    archive = FakeArchive(reply)
    shown = ShownAnswer(Search("望江大桥什么时候恢复通行"), "closed")
    found = shown_by(decided("那高铁呢", archive, shown=shown))
    assert (found.search.question, found.note) == ("高铁什么时候", Note.ASKED)


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


def test_a_reply_that_names_what_the_article_does_not_hold_stands_alone() -> None:
    def reply(search: Search) -> Answer:
        is_alone = search.question == "老剧院花了多少钱" and not search.filters.article
        return answer(OPEN, "老剧院花了80万元") if is_alone else answer()

    assert decided("老剧院花了多少钱", reply, is_reply=True) == OwnQuestion()


@pytest.mark.parametrize("is_reply", [True, False], ids=["reply", "next"])
@pytest.mark.parametrize("message", ["望江大桥哪天封的", "望江大桥的司机是谁", "望江大桥多长"])
def test_a_question_that_names_the_subject_again_stands_alone(message: str, is_reply: bool) -> None:
    found = answer(CLOSED, "望江大桥10日封闭，司机张三，长1.2公里。")
    assert decided(message, lambda _: found, is_reply=is_reply) == OwnQuestion()


@pytest.mark.parametrize("is_reply", [True, False], ids=["reply", "next"])
@pytest.mark.parametrize("message", ["长度", "面积多大", "司机是谁", "造价多少"])
def test_what_names_a_property_alone_stays_with_the_article(message: str, is_reply: bool) -> None:
    inside = answer(CLOSED, "大桥长度1.2公里，面积3万平方米，司机张三，造价3亿元。", score=0.4)
    elsewhere = answer(OPEN, "长度5公里，面积9万平方米，司机李四，造价9亿元。", score=0.9)
    shown = shown_by(decided(message, by_article(inside, elsewhere), is_reply=is_reply))
    assert (shown.article, shown.note) == ("closed", Note.WITHIN_ARTICLE)
    assert (shown.previous, shown.topic, shown.alone) == (BRIDGE, "望江大桥", message)


def test_a_property_that_the_article_does_not_have_is_not_told_of_another_thing() -> None:
    elsewhere = answer(OPEN, "造价9亿元。", score=0.9)

    def reply(search: Search) -> Answer:
        if search.filters.article:
            return answer(CLOSED, "大桥封闭。")
        return elsewhere if search.question == "造价多少" else answer()

    shown = shown_by(decided("造价多少", reply))
    assert (shown.article, shown.note) == ("closed", Note.NOT_EXACTLY)


def test_a_question_that_may_stand_alone_goes_on_where_the_archive_has_both_together() -> None:
    found = by_article(answer(), answer(OPEN, "修桥花了460万元。"))
    shown = shown_by(decided("修桥花了多少钱", found))
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


# Somebody's message

NEWS = "望江大桥塌了一半，花了460万元修！"


def about(message: str, reply: Callable[[Search], Answer], quoted: str = NEWS) -> Decision:
    """Decide about a message that replies to somebody's."""
    archive = FakeArchive(reply)
    lookups = Lookups(archive.ask, archive.article, archive.category, archive.text)
    return decide_about_message(
        Utterance.from_text(message), quoted, lookups, filters=Filters(), now=NOW, page_size=5
    )


@pytest.mark.parametrize("message", ["这是真的吗", "真的假的", "有相关报道吗", "怎么回事", "是謠言嗎"])
def test_of_a_message_the_archive_tells_what_it_has(message: str) -> None:
    shown = shown_by(about(message, lambda _: answer(CLOSED, "望江大桥没有塌。")))
    assert (shown.search.question, shown.article) == (NEWS, "closed")
    assert (shown.previous, shown.alone, shown.answer.question) == (NEWS, None, message)


def test_of_the_article_on_a_message_more_is_asked() -> None:
    inside = answer(CLOSED, "修桥花了460万元。")
    shown = shown_by(about("花了多少钱", by_article(inside, answer(CLOSED, "望江大桥没有塌。"))))
    assert (shown.article, shown.note, shown.alone) == ("closed", Note.WITHIN_ARTICLE, "花了多少钱")
    assert about("展开说说", lambda _: answer(CLOSED, "望江大桥没有塌。")) == OpenArticle("closed")


@pytest.mark.parametrize("confidence", [Confidence.RELATED, Confidence.NONE])
@pytest.mark.parametrize("message", ["花了多少钱", "这是真的吗", "展开说说", "后来呢", "什么时候的事"])
def test_where_no_article_on_a_message_is_sure_nothing_is(message: str, confidence: Confidence) -> None:
    unsure = answer(CLOSED, "修桥花了460万元。", confidence=confidence)

    def reply(search: Search) -> Answer:
        return unsure if search.question == NEWS else answer(OPEN, "花了80万元。")

    shown = shown_by(about(message, reply))
    assert shown.answer.confidence is not Confidence.ANSWER
    assert shown.note is None


@pytest.mark.parametrize("message", ["老剧院哪天开门", "还有吗", "2", "老剧院"])
def test_what_is_not_about_the_message_is_a_question_of_its_own(message: str) -> None:
    assert about(message, lambda _: answer(CLOSED, "望江大桥没有塌。")) == OwnQuestion()


@pytest.mark.parametrize("quoted", ["", "？！", "https://example.com/1", "为什么？"])
def test_a_message_that_names_nothing_cannot_be_asked_about(quoted: str) -> None:
    assert about("这是真的吗", lambda _: answer(CLOSED, "望江大桥。"), quoted) == OwnQuestion()
