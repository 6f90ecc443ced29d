"""What a message is, decided without Telegram objects: small talk, whom a group message is for."""
