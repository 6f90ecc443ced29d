"""Labels of documents: numbers by which the index filters articles of a category or an author."""


def category_label(number: int) -> int:
    """Label by which articles of a category are filtered."""
    return number * 2


def author_label(number: int) -> int:
    """Label by which articles of an author are filtered."""
    return number * 2 + 1
