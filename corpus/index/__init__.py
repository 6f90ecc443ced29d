"""Inverted lists on disk, built from the store: BM25F over terms, exact and quick."""
