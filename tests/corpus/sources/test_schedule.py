from datetime import UTC, datetime, timedelta

from corpus.sources.schedule import is_due, next_seconds

URL = "https://news.test/rss"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = 3_600.0


def wait(**values: float) -> float:
    return next_seconds(URL, **{"default_minutes": 60, **values})  # type: ignore[arg-type]


def near(seconds: float, wanted: float) -> bool:
    return wanted * 0.9 <= seconds <= wanted * 1.1


def test_a_feed_is_fetched_as_often_as_it_publishes() -> None:
    assert near(wait(), HOUR)
    assert near(wait(gap_seconds=8 * HOUR), 2 * HOUR)
    assert near(wait(gap_seconds=60), HOUR / 4)
    assert near(wait(gap_seconds=90 * 24 * HOUR), 12 * HOUR)
    assert near(wait(every_minutes=5, gap_seconds=8 * HOUR), 300)


def test_never_sooner_than_is_asked_for_and_never_later_than_a_day() -> None:
    assert wait(every_minutes=5, asked_seconds=2 * HOUR) >= 2 * HOUR
    assert wait(asked_seconds=99 * 24 * HOUR) <= 1.1 * 24 * HOUR


def test_failures_double_the_wait_up_to_a_day() -> None:
    waits = [wait(fails=fails) for fails in range(12)]
    assert near(waits[1], 2 * HOUR)
    assert near(waits[3], 8 * HOUR)
    assert waits == sorted(waits)
    assert waits[-1] <= 1.1 * 24 * HOUR


def test_feeds_are_spread() -> None:
    waits = {next_seconds(f"https://n.test/{number}", default_minutes=60) for number in range(50)}
    assert len(waits) == 50


def test_due_is_what_has_waited_long_enough() -> None:
    def due(**values: datetime | None) -> bool:
        return is_due(URL, NOW, **{"next_at": None, "tried_at": None, **values})

    hour = timedelta(hours=1)
    assert due()
    assert not due(next_at=NOW + hour, tried_at=NOW - hour)
    assert due(next_at=NOW, tried_at=NOW - hour)
    assert due(next_at=NOW + 3 * hour, tried_at=NOW + 2 * hour), "the clock was set back"


def test_after_an_outage_feeds_are_spread_over_ten_minutes() -> None:
    before = NOW - timedelta(hours=5)
    urls = [f"https://n.test/{number}" for number in range(100)]

    def due(at: datetime) -> int:
        return sum(is_due(url, at, next_at=before, tried_at=before, resumed=NOW) for url in urls)

    assert due(NOW + timedelta(seconds=1)) < 10
    assert 30 < due(NOW + timedelta(minutes=5)) < 70
    assert due(NOW + timedelta(minutes=10)) == 100
