"""The operating-system process: single instance, heartbeat, watchdog, health, threads, clock, open files."""
