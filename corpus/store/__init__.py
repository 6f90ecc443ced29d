"""`corpus.sqlite3`: the articles and passages that were read. The index can be built from it."""
