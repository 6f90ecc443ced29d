"""Any text → folded text, words, characters, sentences, passages, days, numbers, sounds."""
