"""Metrics of the bot for Prometheus. No label ever holds a person, a chat or a question."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from corpus.models import Confidence

if TYPE_CHECKING:
    from corpus.sources import RoundReport

_BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The metrics of one bot, in a registry of their own, so that two bots in a process do not mix.

    The share of questions without an answer is
    `rate(baotong_questions_total{confidence="none"}[1d]) / rate(baotong_questions_total[1d])`.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._questions = self._counter("questions", "Questions that were answered.", "confidence", "via")
        self._answer_seconds = self._histogram("answer_seconds", "Time to find an answer.")
        self._handling_seconds = self._histogram(
            "handling_seconds", "From an update's arrival to its first reply."
        )
        self._updates = self._counter("updates", "Updates that were dealt with.", "kind", "outcome")
        self._calls = self._counter("api_calls", "Calls of the Bot API that succeeded.", "method")
        self._send_errors = self._counter(
            "send_errors", "Calls of the Bot API that failed.", "method", "reason"
        )
        self._poll_errors = self._counter("poll_errors", "Polls for updates that failed.", "reason")
        self._refused = self._counter(
            "webhook_refused", "Requests to the webhook that were refused.", "status"
        )
        self._web_requests = self._counter("web_requests", "Requests for pages.", "kind", "status")
        self._web_seconds = self._histogram("web_seconds", "Time to answer a request for a page.")
        self._refreshes = self._counter("refreshes", "Runs of indexing.", "result")
        self._feeds = Gauge("baotong_feeds", "Feeds that are followed.", ("state",), registry=self.registry)
        self._feed_fetches = self._counter("feed_fetches", "Feeds that were fetched.", "result")
        self._feed_entries = self._counter("feed_entries", "Posts that feeds brought.", "kind")
        self._feed_seconds = self._histogram("feed_fetch_seconds", "Time of a round of fetching.")
        self._feed_success = self._gauge(
            "feed_oldest_success_timestamp_seconds", "When the feed was read that was not read for longest."
        )
        self.articles = self._gauge("articles", "Articles in the archive.")
        self.passages = self._gauge("passages", "Passages in the index.")
        self.index_bytes = self._gauge("index_bytes", "Size of the index on disk.")
        self.updated = self._gauge(
            "archive_updated_timestamp_seconds", "When the archive was last brought up to date."
        )
        self.newest = self._gauge("newest_article_timestamp_seconds", "Date of the newest article.")
        self.state_degraded = self._gauge("state_degraded", "1 while the bot's database cannot be used.")
        self.conflict = self._gauge("conflict", "1 while another instance polls with the same token.")
        # All confidences exist from the start, so that graphs of their shares do too.
        for confidence in Confidence:
            self._questions.labels(confidence.value, "private")

    def observe_answer(self, confidence: Confidence, seconds: float, via: str = "private") -> None:
        """Count an answered question.

        Args:
            confidence: Confidence of the answer.
            seconds: How long finding it took.
            via: Where it was asked, such as `private`, `group` or `inline`.
        """
        self._questions.labels(confidence.value, via).inc()
        self._answer_seconds.observe(seconds)

    def observe_update(self, kind: str, outcome: str, seconds: float | None = None) -> None:
        """Count a finished update; if it was answered, `seconds` is the time since its arrival."""
        self._updates.labels(kind, outcome).inc()
        if seconds is not None:
            self._handling_seconds.observe(seconds)

    def count_call(self, method: str) -> None:
        """Count a call of the Bot API that succeeded."""
        self._calls.labels(method).inc()

    def count_send_error(self, method: str, reason: str) -> None:
        """Count a failed try of a call of the Bot API."""
        self._send_errors.labels(method, reason).inc()

    def count_poll_error(self, reason: str) -> None:
        """Count a poll that failed."""
        self._poll_errors.labels(reason).inc()

    def count_refused(self, status: int) -> None:
        """Count a web request that was refused."""
        self._refused.labels(str(status)).inc()

    def observe_page(self, kind: str, status: int, seconds: float) -> None:
        """Count a request for a page that was answered.

        Args:
            kind: Kind of page, such as `article` or `search`.
            status: HTTP status of the response.
            seconds: From the head of the request to the last byte handed on.
        """
        self._web_requests.labels(kind, str(status)).inc()
        self._web_seconds.observe(seconds)

    def count_refresh(self, result: str) -> None:
        """Count a run of indexing: `ok` or `failed`."""
        self._refreshes.labels(result).inc()

    def observe_round(self, report: "RoundReport", seconds: float) -> None:
        """Count what a round of fetching gave. No label holds an address."""
        results = {"ok": report.fetched, "unchanged": report.unchanged, "failed": len(report.failed)}
        for result, count in results.items():
            self._feed_fetches.labels(result).inc(count)
        self._feed_entries.labels("added").inc(report.added)
        self._feed_entries.labels("changed").inc(report.updated)
        self._feed_seconds.observe(seconds)

    def set_feeds(self, states: Mapping[str, int], oldest_success: float) -> None:
        """Set how many feeds there are by state, and when the one was read that waits for longest."""
        for state, count in states.items():
            self._feeds.labels(state).set(count)
        self._feed_success.set(oldest_success)

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Add a gauge whose value is read when the metrics are read."""
        self._gauge(name, text).set_function(read)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"baotong_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"baotong_{name}", text, registry=self.registry)

    def _histogram(self, name: str, text: str) -> Histogram:
        return Histogram(f"baotong_{name}", text, buckets=_BUCKETS_SECONDS, registry=self.registry)
