"""`baotong run`: the application, its servers, its jobs, start and stop."""
