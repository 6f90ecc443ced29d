"""Questions are counted, votes are one a person, and what people said can be exported and forgotten."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.storage import votes
from bot.storage.database import MIGRATIONS, State
from bot.storage.votes import VoteResult
from corpus.models import Answer, Article, Confidence, Filters, Hit, Passage
from corpus.store.database import migrate, open_database
from tests.profiles import examples

NewState = Callable[..., State]

NOW = datetime(2022, 1, 10, 4, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
GROUP = -100


def make_answer(
    question: str = "金砖主席国是谁", confidence: Confidence = Confidence.ANSWER, path: str = "金融/峰会.md"
) -> Answer:
    article = Article("a" * 11, path, "峰会", None, None, None, ())
    hit = Hit(article, Passage("a.0", 0, "中国担任主席国。"), ((0, 8),), (), 1.0)
    return Answer(
        question=question,
        confidence=confidence,
        score=0.9,
        text=None if confidence is Confidence.NONE else "中国担任主席国。",
        filters=Filters(),
        suggestions=(),
        hits=(hit,),
        total=1,
        milliseconds=1.0,
    )


class Book:
    """The functions of `votes` with a clock and a database at hand."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.now = NOW

    def record(self, answer: Answer | None = None, *, user: int = 1, chat: int = GROUP) -> int:
        with self.state.transaction() as connection:
            number = votes.record(
                connection, answer or make_answer(), chat_id=chat, user_id=user, now=self.now, zone=SHANGHAI
            )
        assert number is not None
        return number

    def cast(self, asked: int, user: int, up: bool, chat: int = GROUP) -> VoteResult:
        with self.state.transaction() as connection:
            return votes.vote(connection, asked, chat_id=chat, user_id=user, up=up)

    def usage(self, days: int = 30) -> votes.Usage:
        return votes.usage(self.state.connection(), now=self.now, zone=SHANGHAI, days=days)

    def export(self) -> list[dict[str, object]]:
        return list(votes.export(self.state.connection()))


@pytest.fixture
def book(new_state: NewState) -> Iterator[Book]:
    with new_state() as state:
        yield Book(state)


def test_a_vote_counts_once_and_can_be_changed(book: Book) -> None:
    asked = book.record()
    outcomes = [book.cast(asked, 7, up) for up in (True, True, False)]
    assert outcomes == [VoteResult.NEW, VoteResult.SAME, VoteResult.CHANGED]
    assert (book.usage().up, book.usage().down) == (0, 1)


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.booleans())))
def test_whatever_people_press_each_has_their_last_vote(
    new_state: NewState, presses: list[tuple[int, bool]]
) -> None:
    with new_state() as state:
        book = Book(state)
        asked = book.record()
        for user, up in presses:
            book.cast(asked, user, up)
        last = dict(presses)
        assert (book.usage().up, book.usage().down) == (
            sum(last.values()),
            len(last) - sum(last.values()),
        )


def test_a_button_forged_for_another_chats_question_changes_nothing(book: Book) -> None:
    asked = book.record()
    assert book.cast(asked, 7, True, chat=-999) is VoteResult.UNKNOWN
    assert book.cast(asked + 1, 7, True) is VoteResult.UNKNOWN
    assert book.export() == []


def test_the_number_of_a_question_is_never_given_again(book: Book) -> None:
    first = book.record(user=1)
    book.state.forget(1)
    assert book.record(user=2) > first


def test_days_are_local_and_those_without_questions_are_there(book: Book) -> None:
    book.now = datetime(2022, 1, 9, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    book.record()
    book.now = datetime(2022, 1, 9, 16, 1, tzinfo=UTC)  # the tenth has begun there
    book.record(make_answer(confidence=Confidence.RELATED))
    book.record(make_answer(confidence=Confidence.NONE))
    days = book.usage(days=3).days
    assert [(day.day, day.answered, day.related, day.none) for day in days] == [
        (date(2022, 1, 8), 0, 0, 0),
        (date(2022, 1, 9), 1, 0, 0),
        (date(2022, 1, 10), 0, 1, 1),
    ]
    assert book.usage().share(Confidence.ANSWER) == pytest.approx(1 / 3)


def test_the_share_of_no_questions_is_zero(book: Book) -> None:
    assert book.usage().share(Confidence.ANSWER) == 0


def test_what_many_people_ask_leads_before_what_one_repeats(book: Book) -> None:
    for _ in range(5):
        book.record(make_answer("复读"), user=1)
    for user in (1, 2):
        book.record(make_answer("央行降准了吗？"), user=user)
    book.record(make_answer("央行降准了吗"), user=3)
    assert book.usage().top == (("央行降准了吗", 3), ("复读", 1))


def test_only_questions_without_an_answer_are_misses(book: Book) -> None:
    book.record(make_answer("有的"))
    book.record(make_answer("没有", Confidence.NONE))
    assert book.usage().misses == (("没有", 1),)


def test_the_export_has_the_form_of_an_evaluation_set(book: Book) -> None:
    asked = book.record()
    book.cast(asked, 1, True)
    book.cast(asked, 2, True)
    book.cast(asked, 3, False)
    [line] = book.export()
    assert json.loads(json.dumps(line)) == {
        "id": f"v{asked}",
        "question": "金砖主席国是谁",
        "article": "金融/峰会.md",
        "also": [],
        "answer": "中国担任主席国。",
        "where": None,
        "kind": "confirmed",
        "votes": {"up": 2, "down": 1},
    }


def test_a_rejected_answer_is_exported_without_claiming_to_know_the_right_one(book: Book) -> None:
    book.cast(book.record(), 1, False)
    [line] = book.export()
    assert (line["kind"], line["article"], line["answer"]) == ("rejected", None, None)
    assert line["near"] == "金融/峰会.md"


def test_praise_for_finding_nothing_is_not_a_confirmed_article(book: Book) -> None:
    book.cast(book.record(make_answer(confidence=Confidence.NONE)), 1, True)
    [line] = book.export()
    assert (line["kind"], line["article"]) == ("rejected", None)


def test_the_same_question_with_the_same_answer_is_one_line_and_one_vote_a_person(book: Book) -> None:
    first, second = book.record(), book.record(make_answer("金砖主席国是谁？"))
    book.cast(first, 1, False)
    book.cast(second, 1, True)
    [line] = book.export()
    assert line["votes"] == {"up": 1, "down": 0}


def test_questions_nobody_voted_on_are_not_exported(book: Book) -> None:
    book.record()
    assert book.export() == []


def test_old_questions_go_with_their_votes(book: Book) -> None:
    book.cast(book.record(make_answer("旧的")), 1, True)
    book.now = NOW + timedelta(days=91)
    book.cast(book.record(make_answer("新的")), 1, True)
    book.state.now = lambda: book.now
    book.state.prune(timedelta(days=90))
    assert [line["question"] for line in book.export()] == ["新的"]
    assert book.state.connection().execute("SELECT count(*) FROM votes").fetchone() == (1,)


def test_forgetting_a_person_removes_their_questions_and_their_votes(book: Book) -> None:
    theirs, others = book.record(user=1), book.record(make_answer("别人问的"), user=2)
    book.cast(theirs, 2, True)
    book.cast(others, 1, True)
    book.state.forget(1)
    assert book.export() == []
    assert book.usage().total == 1
    assert book.usage().top == (("别人问的", 1),)


@settings(max_examples=examples(50), deadline=None)
@given(st.text(st.characters()))
def test_any_question_can_be_recorded(new_state: NewState, question: str) -> None:
    with new_state() as state:
        book = Book(state)
        book.record(make_answer(question))
        assert len(book.usage().top) == 1


# Stuffing


def test_one_person_has_one_voice_on_an_answer_however_often_they_ask_and_press(book: Book) -> None:
    for number in range(50):
        book.cast(book.record(user=1), 1, number != 49)
    book.cast(book.record(user=2), 2, True)
    assert (book.usage().up, book.usage().down) == (1, 1)
    [line] = book.export()
    assert line["votes"] == {"up": 1, "down": 1}


def test_of_one_person_a_bounded_number_of_questions_is_kept_a_day(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(votes, "MAX_PER_DAY", 5)

    def ask(user: int) -> int | None:
        with book.state.transaction() as connection:
            return votes.record(
                connection, make_answer(), chat_id=GROUP, user_id=user, now=book.now, zone=SHANGHAI
            )

    assert [ask(1) is None for _ in range(7)] == [False] * 5 + [True] * 2
    assert ask(2) is not None
    book.now += timedelta(days=1)
    assert ask(1) is not None
    assert book.usage().total == 7


def test_the_rows_of_a_database_of_an_earlier_version_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite3"
    connection = open_database(path)
    migrate(connection, MIGRATIONS[:6])
    connection.execute(
        "INSERT INTO asked (asked, day, chat_id, user_id, question, folded, confidence)"
        " VALUES (1, '2022-01-10', -100, 1, '问', '问', 'none')"
    )
    connection.execute("INSERT INTO votes VALUES (1, 1, 0)")
    connection.close()
    with State.open(path) as state:
        assert Book(state).usage().down == 1


def test_old_votes_go_with_their_questions(book: Book) -> None:
    book.cast(book.record(), 7, True)
    book.state.now = lambda: NOW + timedelta(days=91)
    book.state.prune(timedelta(days=90))
    assert book.state.connection().execute("SELECT count(*) FROM votes").fetchone() == (0,)
