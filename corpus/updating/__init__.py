"""A folder of posts → store and index: scan, read, save, let the index follow."""
