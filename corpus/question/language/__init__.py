"""Data files of the language of questions: words with their roles, and what questions ask for."""
