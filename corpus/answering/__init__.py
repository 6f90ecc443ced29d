"""Ranked articles → `Answer`: passages, answering sentences, confidence."""
