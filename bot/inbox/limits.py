"""Rate limits for each person and each group, so that nobody's flood slows down the others."""

from dataclasses import dataclass
from enum import Enum

from bot.inbox.envelope import GUEST, INLINE, PRESS, Envelope


@dataclass(frozen=True, slots=True)
class Allowance:
    """Size of a token bucket: `burst` updates at once, then `per_minute` on average."""

    burst: float
    per_minute: float


PERSON = Allowance(burst=20, per_minute=20)
"""Questions of one person. Telegram takes about one message a second into one chat."""

GROUP = Allowance(burst=20, per_minute=20)
"""Questions in one group: Telegram takes 20 messages a minute into it."""

PRESSES = Allowance(burst=40, per_minute=60)
INLINE_QUERIES = Allowance(burst=60, per_minute=120)

NOTICE_SECONDS = 60.0
"""Minimum time between two notices to a person or group over the limit."""

_FORGET_SECONDS = 3_600.0
_MAX_BUCKETS = 10_000


class Verdict(Enum):
    """Whether an update is within the limits."""

    ACCEPT = "accept"
    NOTIFY = "notify"
    """Over the limit: drop it and tell its sender."""
    DROP = "drop"
    """Over the limit: drop it in silence; its sender was told a moment ago."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    updated_at: float
    notified_at: float = float("-inf")


class Limits:
    """Token buckets of people and groups.

    They refill by the times at which updates were written. So a backlog that was written over hours and
    arrives at once after an outage is no flood.
    """

    def __init__(
        self,
        *,
        person: Allowance = PERSON,
        group: Allowance = GROUP,
        presses: Allowance = PRESSES,
        inline: Allowance = INLINE_QUERIES,
    ) -> None:
        self._person = person
        self._group = group
        self._presses = presses
        self._inline = inline
        self._buckets: dict[tuple[str, int], _Bucket] = {}

    def judge(self, envelope: Envelope, now: float) -> Verdict:
        """Count an update against the limits of its sender and its group.

        Args:
            envelope: Messages that are not for the bot are accepted without being counted.
            now: When it arrived, seconds since the epoch.
        """
        at = min(envelope.sent_at, now) if envelope.sent_at is not None else now
        if envelope.kind == PRESS:
            return self._spend("press", envelope.user_id, self._presses, at)
        if envelope.kind == INLINE:
            verdict = self._spend("inline", envelope.user_id, self._inline, at)
            return verdict if verdict is Verdict.ACCEPT else Verdict.DROP
        if envelope.kind == GUEST:  # it counts as a question of its person, who cannot be told there
            verdict = self._spend("person", envelope.user_id, self._person, at)
            return verdict if verdict is Verdict.ACCEPT else Verdict.DROP
        if not envelope.wants_answer:
            return Verdict.ACCEPT
        verdict = self._spend("person", envelope.user_id, self._person, at)
        if verdict is Verdict.ACCEPT and not envelope.private:
            verdict = self._spend("group", envelope.chat_id, self._group, at)
        return verdict

    def refund(self, envelope: Envelope) -> None:
        """Give back what a message was counted for: it got no answer, as where only admins are answered."""
        if not envelope.wants_answer:
            return
        self._give_back("person", envelope.user_id, self._person)
        if not envelope.private:
            self._give_back("group", envelope.chat_id, self._group)

    def _give_back(self, scope: str, id_: int | None, allowance: Allowance) -> None:
        bucket = self._buckets.get((scope, id_)) if id_ is not None else None
        if bucket is not None:
            bucket.tokens = min(allowance.burst, bucket.tokens + 1)

    def _spend(self, scope: str, id_: int | None, allowance: Allowance, at: float) -> Verdict:
        if id_ is None:
            return Verdict.ACCEPT
        bucket = self._buckets.get((scope, id_))
        if bucket is None:
            self._forget_idle(at)
            bucket = self._buckets[scope, id_] = _Bucket(allowance.burst, at)
        if at > bucket.updated_at:
            gained = (at - bucket.updated_at) * allowance.per_minute / 60
            bucket.tokens = min(allowance.burst, bucket.tokens + gained)
            bucket.updated_at = at
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return Verdict.ACCEPT
        if at - bucket.notified_at >= NOTICE_SECONDS:
            bucket.notified_at = at
            return Verdict.NOTIFY
        return Verdict.DROP

    def _forget_idle(self, now: float) -> None:
        """Bound memory: the buckets of those who were silent for an hour are forgotten."""
        if len(self._buckets) < _MAX_BUCKETS:
            return
        keep = {
            key: bucket for key, bucket in self._buckets.items() if now - bucket.updated_at < _FORGET_SECONDS
        }
        # If that many are active at once, the half that was silent longest is forgotten.
        recent = sorted(keep.items(), key=lambda item: item[1].updated_at)[-_MAX_BUCKETS // 2 :]
        self._buckets = dict(recent)
