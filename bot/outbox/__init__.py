"""Calls to Telegram: in order, at a limited rate, retried where that is safe."""
