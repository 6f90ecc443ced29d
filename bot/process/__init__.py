"""The process itself: one instance, heartbeat, watchdog, health, threads, clock, open files."""
