"""A post file → `Post` and its clean paragraphs."""
