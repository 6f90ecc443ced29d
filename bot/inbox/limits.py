"""How much one person and one group may ask, so that nobody's flood slows down the others."""

from dataclasses import dataclass
from enum import Enum

from bot.inbox.envelope import INLINE, PRESS, Envelope


@dataclass(frozen=True, slots=True)
class Allowance:
    """A token bucket: `burst` at once, then `per_minute` on average."""

    burst: float
    per_minute: float


PERSON = Allowance(burst=20, per_minute=20)
"""Questions of one person. Telegram itself takes about one answer a second into one chat."""

GROUP = Allowance(burst=20, per_minute=20)
"""Questions in one group: Telegram takes 20 messages a minute into it."""

PRESSES = Allowance(burst=40, per_minute=60)
INLINE_QUERIES = Allowance(burst=60, per_minute=120)

NOTICE_SECONDS = 60.0
"""Whoever is over the limit is told so at most this often."""

_FORGET_SECONDS = 3_600.0
_MOST_BUCKETS = 10_000


class Verdict(Enum):
    """What becomes of an update."""

    TAKE = "take"
    TELL = "tell"
    """Leave it out and say so."""
    DROP = "drop"
    """Leave it out; it was said a moment ago."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float
    told: float = float("-inf")


class Limits:
    """Token buckets for people and groups.

    They run on the times at which people wrote, so that a backlog after an outage, written over hours,
    is no flood.
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
        """Count an update against its person and its group.

        Args:
            envelope: What is not meant for the bot is taken without counting.
            now: When it arrived, seconds since the epoch.
        """
        at = min(envelope.sent, now) if envelope.sent is not None else now
        if envelope.kind == PRESS:
            return self._spend("press", envelope.user_id, self._presses, at)
        if envelope.kind == INLINE:
            verdict = self._spend("inline", envelope.user_id, self._inline, at)
            return verdict if verdict is Verdict.TAKE else Verdict.DROP
        if not envelope.wants_answer:
            return Verdict.TAKE
        verdict = self._spend("person", envelope.user_id, self._person, at)
        if verdict is Verdict.TAKE and not envelope.private:
            verdict = self._spend("group", envelope.chat_id, self._group, at)
        return verdict

    def _spend(self, what: str, who: int | None, allowance: Allowance, at: float) -> Verdict:
        if who is None:
            return Verdict.TAKE
        bucket = self._buckets.get((what, who))
        if bucket is None:
            self._forget_idle(at)
            bucket = self._buckets[what, who] = _Bucket(allowance.burst, at)
        if at > bucket.at:
            gained = (at - bucket.at) * allowance.per_minute / 60
            bucket.tokens = min(allowance.burst, bucket.tokens + gained)
            bucket.at = at
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return Verdict.TAKE
        if at - bucket.told >= NOTICE_SECONDS:
            bucket.told = at
            return Verdict.TELL
        return Verdict.DROP

    def _forget_idle(self, now: float) -> None:
        """Keep memory flat: whoever was silent for an hour starts afresh."""
        if len(self._buckets) < _MOST_BUCKETS:
            return
        keep = {key: bucket for key, bucket in self._buckets.items() if now - bucket.at < _FORGET_SECONDS}
        # Should that many really be talking at once, the oldest half goes.
        recent = sorted(keep.items(), key=lambda item: item[1].at)[-_MOST_BUCKETS // 2 :]
        self._buckets = dict(recent)
