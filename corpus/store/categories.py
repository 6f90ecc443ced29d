"""Rows of categories → the tree of categories."""

from collections.abc import Iterable

from corpus.models import Category
from corpus.posts import addresses


def category_tree(rows: Iterable[tuple[int, str, tuple[str, ...], int]]) -> tuple[Category, ...]:
    """Build the tree of categories; siblings are ordered by their number of articles.

    Args:
        rows: (number, id, path, articles in exactly this category), as returned by `Store.category_rows`.
    """
    counts: dict[tuple[str, ...], int] = {}
    for _, _, path, count in rows:
        for depth in range(1, len(path) + 1):
            counts[path[:depth]] = counts.get(path[:depth], 0) + count
    children: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for path in counts:
        children.setdefault(path[:-1], []).append(path)

    def nodes(parent: tuple[str, ...]) -> tuple[Category, ...]:
        ordered = sorted(children.get(parent, ()), key=lambda path: (-counts[path], path))
        return tuple(
            Category(addresses.category_id(path), path, counts[path], nodes(path)) for path in ordered
        )

    return nodes(())
