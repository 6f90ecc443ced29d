"""What needs a browser: `make test-browser` runs it, `make test` collects none of it."""
