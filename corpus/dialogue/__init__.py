"""What a message of a conversation refers to, and which answer it is given."""
