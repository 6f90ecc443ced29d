"""A model of Telegram's flood limits. The real ones are not public; these are the figures its FAQ names."""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class FloodLimits:
    """Sliding windows over what the bot sends.

    Attributes:
        per_chat: Messages a second to one chat, with `burst` allowed at once.
        burst: Messages that one chat takes without pause.
        per_group: Messages a minute to one group.
        overall: Messages a second to all chats.
    """

    per_chat: float = 1.0
    burst: int = 3
    per_group: int = 20
    overall: int = 30
    _sent: dict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _all: deque[float] = field(default_factory=deque)

    def wait(self, chat_id: int, now: float) -> int:
        """Seconds to wait before this chat takes another message; 0: it takes it now and it is counted."""
        sent = self._sent[chat_id]
        waits = [
            _excess(sent, now, self.burst, self.burst / self.per_chat),
            _excess(self._all, now, self.overall, 1.0),
            _excess(sent, now, self.per_group, 60.0) if chat_id < 0 else 0.0,
        ]
        longest = max(waits)
        if longest > 0:
            return max(1, math.ceil(longest))
        sent.append(now)
        self._all.append(now)
        while sent and sent[0] < now - 60:
            sent.popleft()
        while self._all and self._all[0] < now - 1:
            self._all.popleft()
        return 0


def _excess(sent: deque[float], now: float, most: int, seconds: float) -> float:
    if len(sent) < most:
        return 0.0
    return max(0.0, sent[-most] + seconds - now)
