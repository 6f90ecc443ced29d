"""A PostgreSQL server of the tests' own, from the packages of the system."""
