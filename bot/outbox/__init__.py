"""Calls to Telegram: in order, at a pace, repeated where that is safe."""
