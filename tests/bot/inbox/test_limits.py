"""Rate limits of people and groups."""

from bot.inbox.envelope import Envelope
from bot.inbox.limits import Allowance, Limits, Verdict


def question(
    *, person: int = 7, chat: int | None = None, sent: float = 0.0, kind: str = "message", wants: bool = True
) -> Envelope:
    return Envelope(
        update_id=1,
        kind=kind,
        queue="",
        user_id=person,
        chat_id=chat or person,
        sent_at=sent,
        private=chat is None,
        wants_answer=wants,
    )


def test_one_word_then_silence_then_a_fresh_allowance() -> None:
    limits = Limits(person=Allowance(burst=3, per_minute=60))
    verdicts = [limits.judge(question(), 0) for _ in range(6)]
    assert verdicts == [Verdict.ACCEPT] * 3 + [Verdict.NOTIFY] + [Verdict.DROP] * 2
    assert limits.judge(question(sent=1.0), 1) is Verdict.ACCEPT
    assert limits.judge(question(sent=1.0), 1) is Verdict.DROP
    assert [limits.judge(question(sent=100), 100) for _ in range(4)] == [Verdict.ACCEPT] * 3 + [
        Verdict.NOTIFY
    ]


def test_one_person_does_not_use_up_anothers_allowance() -> None:
    limits = Limits(person=Allowance(1, 1))
    assert limits.judge(question(person=1), 0) is Verdict.ACCEPT
    assert limits.judge(question(person=1), 0) is Verdict.NOTIFY
    assert limits.judge(question(person=2), 0) is Verdict.ACCEPT


def test_a_group_has_an_allowance_of_its_own() -> None:
    limits = Limits(group=Allowance(2, 1))
    verdicts = [limits.judge(question(person=person, chat=-1), 0) for person in range(1, 5)]
    assert verdicts == [Verdict.ACCEPT, Verdict.ACCEPT, Verdict.NOTIFY, Verdict.DROP]
    assert limits.judge(question(person=1), 0) is Verdict.ACCEPT


def test_talk_that_is_not_for_the_bot_is_not_counted() -> None:
    limits = Limits(person=Allowance(1, 1), group=Allowance(1, 1))
    for _ in range(99):
        assert limits.judge(question(chat=-1, wants=False), 0) is Verdict.ACCEPT
    assert limits.judge(question(chat=-1), 0) is Verdict.ACCEPT


def test_inline_queries_over_the_limit_are_dropped_without_a_word() -> None:
    limits = Limits(inline=Allowance(1, 1))
    verdicts = [limits.judge(question(kind="inline_query"), 0) for _ in range(3)]
    assert verdicts == [Verdict.ACCEPT, Verdict.DROP, Verdict.DROP]


def test_a_date_in_the_future_gives_no_credit() -> None:
    limits = Limits(person=Allowance(1, 60))
    assert limits.judge(question(), 0) is Verdict.ACCEPT
    assert limits.judge(question(sent=10_000), 0) is Verdict.NOTIFY


def test_memory_stays_flat_over_many_people() -> None:
    limits = Limits()
    for person in range(50_000):
        limits.judge(question(person=person), 0)
    assert len(limits._buckets) <= 10_001


def test_what_got_no_answer_is_given_back() -> None:
    limits = Limits(person=Allowance(2, 1), group=Allowance(2, 1))
    for _ in range(9):
        assert limits.judge(question(chat=-5), 0) is Verdict.ACCEPT
        limits.refund(question(chat=-5))
    limits.refund(question(chat=-5))  # never more than there was
    limits.refund(question(chat=-6, person=8))
    verdicts = [limits.judge(question(chat=-5), 0) for _ in range(3)]
    assert verdicts == [Verdict.ACCEPT, Verdict.ACCEPT, Verdict.NOTIFY]
