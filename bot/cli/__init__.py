"""The command `baotong`."""
