"""`Query` → articles, best first, each story once."""
