"""Questions and votes on their answers, their statistics, and their export as an evaluation set.

The functions take a connection to the bot's database; writing ones belong inside a transaction.
Questions are people's own words. They are kept for `RETENTION_DAYS`, shown to operators only, and deleted at
once when their author asks to be forgotten.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from bot.storage.connections import Connection, upsert
from bot.storage.pruning import OldRows
from corpus.models import Answer, Confidence

MAX_PER_DAY = 500
"""Maximum number of questions recorded of a person in a local day, so that nobody fills the disk."""


class VoteResult(StrEnum):
    """What a vote has changed."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    UNKNOWN = "unknown"
    """The question is not known in this chat: it is too old or forgotten, or the button was forged."""


@dataclass(frozen=True, slots=True)
class DayOfQuestions:
    """How many questions of a local day were answered, got related articles, or got nothing."""

    day: date
    answered: int = 0
    related: int = 0
    none: int = 0

    @property
    def total(self) -> int:
        """All questions of the day."""
        return self.answered + self.related + self.none


@dataclass(frozen=True, slots=True)
class Usage:
    """Statistics of the questions of a period.

    Attributes:
        days: Each day of the period, also those without any question, oldest first.
        people: How many people asked.
        up: Votes that an answer helped; one for each person, question and answer.
        down: Votes that it did not help; counted alike.
        top: The most frequent questions and their counts. A person counts once a day for each question.
        misses: The most frequent questions that nothing was found for; counted alike.
    """

    days: tuple[DayOfQuestions, ...]
    people: int
    up: int
    down: int
    top: tuple[tuple[str, int], ...]
    misses: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """All questions of the period."""
        return sum(day.total for day in self.days)

    def share(self, confidence: Confidence) -> float:
        """Return the share of questions with such an answer, 0 to 1; 0 if none was asked."""
        counts = {
            Confidence.ANSWER: sum(day.answered for day in self.days),
            Confidence.RELATED: sum(day.related for day in self.days),
            Confidence.NONE: sum(day.none for day in self.days),
        }
        return counts[confidence] / self.total if self.total else 0.0


def create_tables(connection: Connection) -> None:
    """Create the tables of questions and votes; for a migration."""
    connection.execute(
        """
        CREATE TABLE asked (
            id INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: old buttons must not hit a new one
            asked INTEGER NOT NULL,               -- seconds since 1970
            day TEXT NOT NULL,                    -- local day, ISO 8601
            chat_id INTEGER NOT NULL,
            user_id INTEGER NOT NULL,
            question TEXT NOT NULL,
            folded TEXT NOT NULL,
            confidence TEXT NOT NULL,
            article_path TEXT,
            answer TEXT
        ) STRICT
        """
    )
    connection.execute("CREATE INDEX asked_by_time ON asked (asked)")
    connection.execute("CREATE INDEX asked_by_user ON asked (user_id)")
    connection.execute(
        """
        CREATE TABLE votes (
            asked_id INTEGER NOT NULL,
            user_id INTEGER NOT NULL,
            up INTEGER NOT NULL,
            PRIMARY KEY (asked_id, user_id)
        ) STRICT, WITHOUT ROWID
        """
    )
    connection.execute("CREATE INDEX votes_by_user ON votes (user_id)")


def create_day_index(connection: Connection) -> None:
    """Let a person's questions of a day be counted at once; for a migration."""
    connection.execute("CREATE INDEX asked_by_user_and_day ON asked (user_id, day)")
    connection.execute("DROP INDEX asked_by_user")


def record(
    connection: Connection,
    answer: Answer,
    *,
    chat_id: int,
    user_id: int,
    now: datetime,
    zone: ZoneInfo,
) -> int | None:
    """Record a question and its answer.

    Returns:
        The number that vote buttons carry; it is never used again. None: the person has `MAX_PER_DAY`
        recorded questions of this day, and this one is not recorded.
    """
    day = now.astimezone(zone).date().isoformat()
    (known,) = connection.execute(
        "SELECT count(*) FROM asked WHERE user_id = ? AND day = ?", (user_id, day)
    ).fetchone()
    if known >= MAX_PER_DAY:
        return None
    question = storable(answer.question)
    first = answer.hits[0].article if answer.hits and answer.confidence is not Confidence.NONE else None
    (number,) = connection.execute(
        "INSERT INTO asked (asked, day, chat_id, user_id, question, folded, confidence, article_path, answer)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            int(now.timestamp()),
            day,
            chat_id,
            user_id,
            question,
            _fold(question),
            answer.confidence.value,
            first and storable(first.path),
            answer.text and storable(answer.text),
        ),
    ).fetchone()
    return int(number)


def vote(connection: Connection, asked_id: int, *, chat_id: int, user_id: int, up: bool) -> VoteResult:
    """Count a person's vote on an answer; a second one replaces the first."""
    known = connection.execute(
        "SELECT 1 FROM asked WHERE id = ? AND chat_id = ?", (asked_id, chat_id)
    ).fetchone()
    if known is None:
        return VoteResult.UNKNOWN
    before = connection.execute(
        "SELECT up FROM votes WHERE asked_id = ? AND user_id = ?", (asked_id, user_id)
    ).fetchone()
    if before is not None and bool(before[0]) == up:
        return VoteResult.SAME
    connection.execute(
        upsert("votes", ("asked_id", "user_id", "up"), key=("asked_id", "user_id")),
        (asked_id, user_id, int(up)),
    )
    return VoteResult.NEW if before is None else VoteResult.CHANGED


def withdraw(connection: Connection, asked_id: int, *, chat_id: int, user_id: int) -> bool:
    """Delete a person's vote on an answer; return whether there was one."""
    cursor = connection.execute(
        "DELETE FROM votes WHERE asked_id = ? AND user_id = ?"
        " AND EXISTS (SELECT 1 FROM asked WHERE asked.id = asked_id AND chat_id = ?)",
        (asked_id, user_id, chat_id),
    )
    return cursor.rowcount > 0


def usage(connection: Connection, *, now: datetime, zone: ZoneInfo, days: int = 30, limit: int = 10) -> Usage:
    """Return the statistics of the last local days, today included.

    Args:
        connection: To `bot.sqlite3`; only read.
        now: Aware.
        zone: Time zone of the days.
        days: How many days.
        limit: Maximum number of questions in `top` and `misses`.
    """
    today = now.astimezone(zone).date()
    period = [today - timedelta(days=back) for back in reversed(range(days))]
    since = period[0].isoformat()
    counts: dict[str, dict[str, int]] = {}
    for day, confidence, count in connection.execute(
        "SELECT day, confidence, count(*) FROM asked WHERE day >= ? GROUP BY day, confidence", (since,)
    ):
        counts.setdefault(day, {})[confidence] = count
    (people,) = connection.execute(
        "SELECT count(DISTINCT user_id) FROM asked WHERE day >= ?", (since,)
    ).fetchone()
    # A person has one vote on an answer to a question, however often it was asked. The last one counts.
    up, down = connection.execute(
        "SELECT coalesce(sum(up), 0), coalesce(sum(1 - up), 0) FROM votes JOIN ("
        " SELECT votes.user_id AS voter, max(asked.id) AS newest FROM votes JOIN asked ON asked.id = asked_id"
        " WHERE day >= ? GROUP BY votes.user_id, folded, article_path"
        ") AS counted ON votes.user_id = voter AND votes.asked_id = newest",
        (since,),
    ).fetchone()
    return Usage(
        days=tuple(_day(day, counts.get(day.isoformat(), {})) for day in period),
        people=people,
        up=int(up),
        down=int(down),
        top=_most_asked(connection, since, limit, tuple(Confidence)),
        misses=_most_asked(connection, since, limit, (Confidence.NONE,)),
    )


def _day(day: date, counts: dict[str, int]) -> DayOfQuestions:
    return DayOfQuestions(
        day,
        answered=counts.get(Confidence.ANSWER, 0),
        related=counts.get(Confidence.RELATED, 0),
        none=counts.get(Confidence.NONE, 0),
    )


def _most_asked(
    connection: Connection, since: str, limit: int, confidences: tuple[Confidence, ...]
) -> tuple[tuple[str, int], ...]:
    marks = ", ".join("?" for _ in confidences)
    rows = connection.execute(
        # The latest spelling of each is shown.
        "SELECT question, times FROM asked JOIN ("  # noqa: S608 — marks only
        " SELECT max(id) AS newest, count(DISTINCT user_id || ' ' || day) AS times FROM asked"
        f" WHERE day >= ? AND confidence IN ({marks}) GROUP BY folded"
        ") AS counted ON asked.id = newest ORDER BY times DESC, newest DESC LIMIT ?",
        (since, *(one.value for one in confidences), limit),
    )
    return tuple((question, count) for question, count in rows)


FORGET: tuple[str, ...] = (
    "DELETE FROM votes WHERE user_id = :user_id"
    " OR asked_id IN (SELECT id FROM asked WHERE user_id = :user_id)",
    "DELETE FROM asked WHERE user_id = :user_id",
)
"""Statements that delete a person's questions and votes; bound with `user_id`."""

PRUNE = (
    OldRows(
        "votes",
        ("asked_id", "user_id"),
        "EXISTS (SELECT 1 FROM asked WHERE asked.id = votes.asked_id AND asked.asked < :before)",
    ),
    OldRows("asked", ("id",), "asked < :before"),
)
"""Old questions, their votes first."""


@dataclass(slots=True)
class _VotedAnswer:
    """A question with one of its answers, and each person's last vote on it."""

    asked_id: int
    question: str
    article_path: str | None
    answer: str | None
    votes: dict[int, bool] = field(default_factory=dict)


def export(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield the questions that were voted on as lines of an evaluation set, in the order they were asked.

    Each line is `{"id", "question", "article", "also", "answer", "where", "kind", "votes": {"up", "down"}}`.
    If more people found the answer helpful than not, `kind` is `confirmed`, and `article` (its path) and
    `answer` are what was shown. Otherwise `kind` is `rejected`, `article` and `answer` are None, and `near`
    is the path that was shown; programs skip such a line until a person has filled in the right article.
    There is one line for each question and answer, and one vote for each person.
    """
    rows = connection.execute(
        "SELECT asked.id, question, folded, article_path, answer, votes.user_id, up"
        " FROM asked JOIN votes ON asked.id = asked_id ORDER BY asked.id, votes.user_id"
    )
    voted: dict[tuple[str, str | None], _VotedAnswer] = {}
    for asked_id, question, folded, article_path, answer, user_id, up in rows:
        item = voted.setdefault(
            (folded, article_path), _VotedAnswer(asked_id, question, article_path, answer)
        )
        item.votes[user_id] = bool(up)
    for item in voted.values():
        yield _export_line(item)


def _export_line(item: _VotedAnswer) -> dict[str, Any]:
    up = sum(item.votes.values())
    down = len(item.votes) - up
    confirmed = up > down and item.article_path is not None
    line: dict[str, Any] = {
        "id": f"v{item.asked_id}",
        "question": item.question,
        "article": item.article_path if confirmed else None,
        "also": [],
        "answer": item.answer if confirmed else None,
        "where": None,
        "kind": "confirmed" if confirmed else "rejected",
        "votes": {"up": up, "down": down},
    }
    if not confirmed:
        line["near"] = item.article_path
    return line


def storable(text: str) -> str:
    """Replace lone surrogates, which SQLite refuses."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _fold(question: str) -> str:
    """Normalise a question: width, case, blanks and final punctuation do not tell questions apart."""
    folded = unicodedata.normalize("NFKC", question).casefold()
    return " ".join(folded.split()).rstrip(" ?!.。、…") or folded
