"""What people have saved → posts: web pages, a Telegram channel's export, texts, documents, addresses."""
