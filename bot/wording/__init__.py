"""What every face says: languages, their locale files, charts. Knows no Telegram."""
