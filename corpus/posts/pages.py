"""What lies among the posts and is no article: pages of the site, and scaffolds of new posts."""

import re
from collections.abc import Mapping
from typing import Final

from corpus.posts.front_matter import Value
from corpus.posts.labels import as_text
from corpus.text.characters import words

_LISTS: Final = words(
    "tags tag-cloud tagcloud categories archives archive links friends friend guestbook about 404"
    " search sitemap comments messageboard"
)
"""Values of `type` and `layout` that only pages have."""

_PAGES: Final = frozenset(
    {"page", "home", "index", "contact", "terms", "privacy", "gallery", "books", "movies"}
)
"""Values that pages have, and dated posts of some themes too."""

_PAGE_NAMES: Final = frozenset({"404", "tags", "categories", "archives", "sitemap", "search", "robots"})
"""Names of pages, where front matter gives no date."""

_PLACEHOLDER: Final = re.compile(r"\{\{.{0,300}\}\}|\{%.{0,300}%\}", re.S)


def is_page(path: str, values: Mapping[str, Value], *, dated: bool) -> bool:
    """Whether a file is a page of the site, or a scaffold with `{{ title }}` in place of a title.

    Args:
        path: Relative to the archive, without its suffix.
        values: The front matter.
        dated: Whether the front matter or the name gives a date. Then `layout: page` says little.
    """
    title = values.get("title")
    if isinstance(title, dict) or _PLACEHOLDER.fullmatch((as_text(title) or "").strip()):
        return True  # `{{ title }}` is a mapping in YAML
    kinds = {(as_text(values.get(key)) or "").lower() for key in ("type", "layout")}
    if kinds & _LISTS:
        return True
    if dated or "_posts/" in path:
        return False
    folder, _, name = path.lower().rpartition("/")
    if name == "index":
        name = folder.rpartition("/")[2]
    return bool(kinds & _PAGES) or name in _PAGE_NAMES
