"""Pages for browsers. Imports no Telegram."""
