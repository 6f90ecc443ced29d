"""Which elements of a page are hidden from its readers, and which a click opens."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from corpus.text.characters import words

_HIDDEN_NAMES: Final = words(
    "ad-wrap adsbygoogle advertisement comment-wrapper comments-area comment-list comment-respond"
    " comment-form comment-add disqus_thread jp-relatedposts related-posts view-articles-related"
    " post-tags sharedaddy social-sharing-buttons block-better-social-sharing-buttons copy-code-btn"
    " gutter line-numbers code-snippet__line-index lineno linenos screen-reader-text sr-only"
    " visually-hidden element-hidden"
)
"""Classes and ids that common site software uses for content outside the article."""

DISPLAY_NONE: Final = re.compile(r"display\s*+:\s*+none", re.I)
"""Stands in the style of an element that is not shown."""

_OPENED_NAMES: Final = re.compile(
    r"tab-?_?(?:pane|panel|content|body)|accordion|collaps|spoiler|fold(?:ing|able|ed|-)"
    r"|toggle-?_?(?:content|body|panel)"
    r"|expander|expandable|faq|answer",
    re.I,
)
"""Classes of panels that a click opens: tabs, accordions, spoilers, answers."""

_NEVER_OPENED: Final = re.compile(
    r"nav|menu|dropdown|modal|popup|pop-up|dialog|lightbox|share"
    r"|login|search|qr-?code|comment|advert|toc\b|sidebar|cookie",
    re.I,
)
"""Classes and ids of what a click opens and is no part of the article."""

_OPENER: Final = re.compile(
    r"(?:aria-controls|data-target|data-bs-target|data-tab|href)\s*=\s*[\"']#?([\w:-]{1,80})[\"']", re.I
)
_ONCLICK: Final = re.compile(r"onclick\s*=\s*(?:\"([^\"]{1,300})\"|'([^']{1,300})')", re.I)
_QUOTED_ID: Final = re.compile(r"[\"'(#]([A-Za-z][\w:-]{0,80})[\"')]")
_OPENER_ATTRIBUTES: Final = frozenset({"aria-controls", "aria-expanded", "data-target", "data-bs-target"})


def opened_ids(markup: str) -> frozenset[str]:
    """Ids of elements that links, buttons and scripts of a page open."""
    called = (text for match in _ONCLICK.finditer(markup) for text in match.groups() if text)
    named = (name for text in called for name in _QUOTED_ID.findall(text))
    return frozenset((*_OPENER.findall(markup), *named))


def is_hidden(
    name: str, attributes: Mapping[str, str], opened: Callable[[], frozenset[str]], *, hidden: bool
) -> bool:
    """Whether an element is hidden and no click shows it.

    Args:
        name: The tag.
        attributes: Its attributes, not empty.
        opened: Returns what `opened_ids` gives.
        hidden: Whether its tag alone hides it. A button that opens a panel is the panel's heading.
    """
    if hidden:
        is_opener = attributes.get("role") == "tab" or not _OPENER_ATTRIBUTES.isdisjoint(attributes)
        return not (name == "button" and is_opener and not _is_outside(attributes))
    for key in ("class", "id"):
        if (names := attributes.get(key)) and not _HIDDEN_NAMES.isdisjoint(names.split()):
            return True
    style = attributes.get("style")
    is_styled_away = bool(style and "none" in style.lower() and DISPLAY_NONE.search(style))
    is_marked = "hidden" in attributes and attributes["hidden"].strip().lower() != "false"
    return (is_styled_away or is_marked) and not _is_panel(name, attributes, opened)


def _is_panel(name: str, attributes: Mapping[str, str], opened: Callable[[], frozenset[str]]) -> bool:
    """Whether a click shows an element that is hidden at first."""
    if _is_outside(attributes):
        return False
    return (
        name == "dd"  # the answer below a term that is shown
        or attributes.get("role") == "tabpanel"
        or _OPENED_NAMES.search(attributes.get("class", "")) is not None
        or (bool(attributes.get("id")) and attributes["id"] in opened())
    )


def _is_outside(attributes: Mapping[str, str]) -> bool:
    return any(_NEVER_OPENED.search(attributes.get(key, "")) for key in ("class", "id"))
