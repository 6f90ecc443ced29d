"""`bot.sqlite3`: preferences, searches, votes and subscriptions of chats."""
