"""A whole web page → the HTML of its main text, without what belongs to the site.

The method is that of reader views: units of prose score for the elements around them, the element with the
highest score is the article, and what in it consists of links or is named as an addition is removed. What a
page's language is does not matter.
"""

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree
from lxml import html as lxml_html

from corpus.posts.hiding import DISPLAY_NONE
from corpus.text.characters import words

MAX_PAGE_CHARS: Final = 20_000_000

MIN_UNIT_CHARS: Final = 25
"""Shorter units are labels, captions and links."""

MAX_LINK_SHARE: Final = 0.5
"""Share of linked characters from which on a part is navigation."""

MIN_GAIN: Final = 1.25
MAX_CLIMB: Final = 5
MAX_CLIMB_LINKS: Final = 0.15
"""How much more prose an element above must hold, how many levels above, with what share of links at most."""

_DROPPED: Final = words(
    "script style noscript iframe object embed applet template svg canvas nav footer aside form button select"
    " input textarea dialog menu link meta audio video map"
)
_DROPPED_ROLES: Final = words(
    "navigation banner contentinfo complementary search dialog alertdialog menu menubar toolbar tablist"
)
_NEVER: Final = re.compile(
    r"comment(?!ary)|disqus|respond|discuss|replies|sidebar|side-bar|breadcrumb|crumbs|pagination|pager|footer"
    r"|masthead|site-header|navbar|menu|social|share|sharing|follow-?us|related|recommend|suggest|trending|popular"
    r"|most-?read|read-?more|more-?(?:stories|news|from|articles|links)|read-?next|up-?next|outbrain|taboola|promo"
    r"|sponsor|advert|banner|newsletter|subscri|signup|sign-up|login|paywall|modal|popup|pop-up|overlay|cookie|consent"
    r"|gdpr|tooltip|toolbar|widget|author-?(?:bio|info|card|box|profile)|about-?(?:the-)?author|byline|tag-?list|tags?\b"
    r"|post-?meta|entry-?meta|article-?meta|copyright|skip-?link|print-?only|hidden|visually|screen-?reader"
    r"|sr-only"
    r"|jump-?links|shoutbox|hotwords|相关|推荐",
    re.I,
)
"""Names of classes and ids that are additions to an article wherever they stand."""

_ADDED: Final = re.compile(
    r"related|recommend|disqus|outbrain|taboola|(?:^|[\s_-])comments?(?:[-_]?(?:list|area|section|box))?(?:$|\s)",
    re.I,
)
"""Names that layouts around an article do not have."""

_AROUND: Final = re.compile(
    r"(?:article|post|entry|story|main|page|blog|rich)[-_]{0,2}(?:body|content|text|main)"
    r"|(?:^|[\s_-])(?:body|content)[-_]{0,2}(?:body|content|text|main|article)",
    re.I,
)
"""Names of what holds an article, beside which other names mean little."""

_GOOD: Final = re.compile(
    r"article|body|content|entry|hentry|main|post|text|blog|story|prose|markdown|rich|detail", re.I
)
_BAD: Final = re.compile(
    r"comment|meta|footer|sidebar|sponsor|related|promo|widget|caption|credit|share|social|tool|menu|nav|teaser"
    r"|card|grid|list|carousel|slider|gallery|thumb|byline|author|tag|date|time",
    re.I,
)
_COMMA: Final = re.compile("[,，、;；。.!！?？]")
_UNITS: Final = words("p pre blockquote td li dd div section article main center")
_HEADINGS: Final = words("h1 h2 h3 h4 h5 h6")


def main_text(page: str) -> str:
    """Return the main text of a page as HTML; empty if it has none. Never fails.

    Args:
        page: The whole page, decoded.
    """
    root = _parsed(page)
    if root is None:
        return ""
    body = root.find("body")
    body = root if body is None else body
    _strip(body)
    chosen = _choose(body)
    if chosen is None:
        return ""
    for element in chosen:
        _clean(element)
    return "\n".join(filter(None, map(_serialised, chosen)))


def _parsed(page: str) -> Any:
    """Return the tree of a page; None if there is nothing to parse."""
    parser = lxml_html.HTMLParser(remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        return lxml_html.document_fromstring(page[:MAX_PAGE_CHARS].encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, ValueError):
        return None


def _named(element: Any) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}"


def _strip(body: Any) -> None:
    """Remove what is never part of an article."""
    for element in list(body.iter(etree.Element)):
        if element is body or element.getparent() is None:
            continue
        if _is_stripped(element):
            _remove(element)


def _is_stripped(element: Any) -> bool:
    tag = element.tag
    if tag in _DROPPED:
        # A form around the whole page is a frame of the site's program.
        return not (tag == "form" and len(element.findall(".//p")) > 5)
    if tag == "header" and not _in(element, "article", "main"):
        return True
    if tag == "article" and _is_teaser(element):
        return True
    if (element.get("role") or "").lower() in _DROPPED_ROLES:
        return True
    style = element.get("style") or ""
    if "none" in style and DISPLAY_NONE.search(style):
        return True
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    if tag in ("article", "main", "body", "html", *_HEADINGS):
        return False
    name = _named(element)
    if _ADDED.search(name) and element.find(".//h1") is None:
        return True
    # A word among those of a layout, around the text or most of the page, names something else.
    return _NEVER.search(name) is not None and not _AROUND.search(name) and not _holds_most(element)


def _is_teaser(element: Any) -> bool:
    """Whether an article stands in another one, among others: then it is a teaser or a comment."""
    outer = next((above for above in element.iterancestors("article")), None)
    return outer is not None and sum(1 for _ in outer.iter("article")) > 2


def _holds_most(element: Any) -> bool:
    """Whether an element holds most of the page: then its name means something else."""
    own = sum(1 for _ in element.iter("p"))
    return own > 4 and own * 2 > sum(1 for _ in element.getroottree().getroot().iter("p"))


def _in(element: Any, *tags: str) -> bool:
    return any(above.tag in tags for above in element.iterancestors())


def _remove(element: Any) -> None:
    """Remove an element, and keep the text behind it."""
    parent = element.getparent()
    tail = element.tail
    if tail and tail.strip():
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + " " + tail
        else:
            parent.text = (parent.text or "") + " " + tail
    parent.remove(element)


# --- Which element is the article ----------------------------------------------------------------


@dataclass(slots=True)
class _Score:
    element: Any
    points: float


def _length(text: str) -> int:
    """Length in characters, blanks collapsed; Han characters count as two, since they say more."""
    text = " ".join(text.split())
    return len(text) + sum(1 for one in text if "\u3400" <= one <= "\u9fff")


def _text(element: Any) -> str:
    return "".join(element.itertext())


def _link_share(element: Any) -> float:
    whole = _length(_text(element))
    if not whole:
        return 0.0
    linked = sum(_length(_text(link)) for link in element.iter("a"))
    return min(1.0, linked / whole)


def _is_unit(element: Any) -> bool:
    """Whether an element of `_UNITS` holds text itself, and not only in elements inside it."""
    if element.tag in ("p", "pre"):
        return True
    own = (element.text or "") + "".join(child.tail or "" for child in element)
    return len(own.strip()) >= MIN_UNIT_CHARS


def _choose(body: Any) -> list[Any] | None:
    """Return the elements that make the article, in their order; None if there is no prose."""
    scores: dict[Any, _Score] = {}
    totals: dict[Any, float] = {}
    for unit in body.iter(*_UNITS):
        if not _is_unit(unit):
            continue
        text = " ".join(_text(unit).split())
        size = _length(text)
        if size < MIN_UNIT_CHARS or _link_share(unit) > MAX_LINK_SHARE:
            continue
        points = 1 + min(len(_COMMA.findall(text)), 20) * 0.5 + min(size / 100, 5)
        for level, above in enumerate(unit.iterancestors()):
            if level > 4 or above.tag == "html":
                break
            share = points / (1, 2, 5, 8, 12)[level]
            score = scores.setdefault(above, _Score(above, _initial(above)))
            score.points += share
        for above in unit.iterancestors():
            totals[above] = totals.get(above, 0.0) + points
    if not scores:
        return _only_block(body)
    for score in scores.values():
        score.points *= 1 - _link_share(score.element)
    best = max(scores.values(), key=lambda score: score.points)
    top = _climb(best, totals)
    return _with_siblings(top, scores)


def _initial(element: Any) -> float:
    name = _named(element)
    points = {"article": 8.0, "main": 5.0, "div": 3.0, "section": 3.0, "td": 2.0, "blockquote": 1.0}.get(
        element.tag, 0.0
    )
    points += 5 if _GOOD.search(name) else 0
    points -= 5 if _BAD.search(name) else 0
    return points


def _climb(best: _Score, totals: dict[Any, float]) -> _Score:
    """Go up where an element above holds more of the prose and few links: a text in several parts."""
    top = best
    for level, above in enumerate(best.element.iterancestors()):
        if level >= MAX_CLIMB or above.tag == "html":
            break
        is_more = totals.get(above, 0.0) >= MIN_GAIN * totals[top.element]
        if is_more and _link_share(above) < MAX_CLIMB_LINKS:
            top = _Score(above, best.points)
    return top


def _with_siblings(top: _Score, scores: dict[Any, _Score]) -> list[Any]:
    parent = top.element.getparent()
    if parent is None or top.element.tag == "body":
        return [top.element]
    least = max(10.0, top.points * 0.2)
    kept = []
    for sibling in parent:
        score = scores.get(sibling)
        is_good = score is not None and score.points >= least and sibling.tag not in _HEADINGS
        if sibling is top.element or is_good:
            kept.append(sibling)
        elif sibling.tag == "p":
            size, share = _length(_text(sibling)), _link_share(sibling)
            if size > 80 and share < 0.25:
                kept.append(sibling)
    return kept


def _only_block(body: Any) -> list[Any] | None:
    """Return the whole body of a page without a longer text: a flash has one line."""
    return [body] if any(map(str.isalnum, _text(body))) else None


# --- What in it is no article --------------------------------------------------------------------


def _clean(article: Any) -> None:
    """Remove lists of links, cards and empty paragraphs."""
    for element in reversed(list(article.iter("ul", "ol", "dl", "div", "section", "table", "p", "header"))):
        if element is not article and element.getparent() is not None and _is_addition(element):
            _remove(element)


def _is_addition(element: Any) -> bool:
    text = " ".join(_text(element).split())
    size = _length(text)
    if not size:
        return not element.findall(".//img")
    share = _link_share(element)
    if element.tag == "p":
        return False
    if share > 0.9 and size < 400 and element.tag in ("div", "section"):
        return True
    if element.tag in ("ul", "ol", "dl") and share > 0.6:
        return True
    commas = len(_COMMA.findall(text))
    if element.tag in ("div", "section", "table", "header") and commas < 8:
        paragraphs = len(element.findall(".//p"))
        items = len(element.findall(".//li"))
        if share > MAX_LINK_SHARE:
            return True
        if items > paragraphs * 2 + 2 and share > 0.2:
            return True
        if _BAD.search(_named(element)) and not _GOOD.search(_named(element)) and share > 0.2:
            return True
    return False


def _serialised(element: Any) -> str:
    copy = deepcopy(element)
    copy.tail = None
    return str(lxml_html.tostring(copy, encoding="unicode"))
