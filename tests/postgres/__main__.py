"""Tells whether the tests over PostgreSQL can run here; for `make test-postgres`."""

import sys

from tests.postgres.server import PostgresMissingError, find_programs

try:
    print(f"PostgreSQL: {find_programs()}")
except PostgresMissingError as error:
    sys.exit(f"no tests over PostgreSQL: {error}")
