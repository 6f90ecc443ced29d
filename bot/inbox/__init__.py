"""Updates: stored before Telegram forgets them, handled once, in order within a chat."""
