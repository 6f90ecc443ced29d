"""Values → message markup and keyboards. Pure: no I/O."""
