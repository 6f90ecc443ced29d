"""Pages for browsers. Knows no Telegram."""
