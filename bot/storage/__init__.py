"""The bot's database `bot.sqlite3`: preferences, searches, votes and subscriptions."""
