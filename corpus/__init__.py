"""Everything about articles: reading posts, indexing, finding, answering. Knows nothing of Telegram."""
