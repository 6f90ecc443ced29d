"""The HTML of an entry, made safe to publish and independent of where it stood; and plain titles.

What needs no change stays byte for byte. Scripts, handlers and addresses of other schemes than the web's are
removed, links become absolute, and pictures that a script would load get their address. One pass, linear.
"""

import html
import re
from dataclasses import dataclass
from typing import Final

from corpus.posts.targets import absolute

MAX_TAG_CHARS: Final = 20_000
"""A longer tag is removed: a picture of that size stands inside it."""

_DROPPED: Final = frozenset({"script", "object", "embed", "applet", "title", "template", "noembed", "xmp"})
"""Elements that go with all they contain."""

_CLOSERS: Final = {name: re.compile(rf"</{name}(?=[\s/>])", re.I) for name in (*_DROPPED, "style")}
_UNWRAPPED: Final = frozenset(
    {"html", "head", "body", "base", "meta", "link", "noframes", "frameset", "frame", "plaintext", "form"}
)
"""Elements of which only the tags go."""

_VOID: Final = frozenset({"embed"})
_LINKS: Final = frozenset(
    {"href", "src", "poster", "cite", "background", "longdesc", "xlink:href", "action", "formaction", "ping"}
)
_LAZY: Final = ("data-src", "data-original", "data-actualsrc", "data-lazy-src", "data-lazyload")
_ELSEWHERE: Final = re.compile(r"(?:https?:)?//|[a-z][a-z0-9+.-]{0,20}:", re.I)
_HARMLESS: Final = re.compile(r"https?://|mailto:|tel:|magnet:|#|data:image/(?:png|jpe?g|gif|webp)[;,]", re.I)
_UNSAFE_STYLE: Final = re.compile(r"expression\s*\(|javascript:|vbscript:|-moz-binding|behavior\s*:", re.I)
_INVISIBLE: Final = re.compile(r"[\x00-\x20\x7f-\x9f]")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9:_.-]*")
_SPACE: Final = re.compile(r"[\s/]*")
_ATTRIBUTE: Final = re.compile(r"[^\s/>=\"'<]+")
_EQUALS: Final = re.compile(r"\s*=\s*")
_BARE: Final = re.compile(r"[^\s>]*")
_TAG: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,15})\b[^<>]{0,2000}>")
_INLINE: Final = frozenset(
    [
        *("a", "abbr", "b", "big", "blockquote", "br", "code", "del", "div", "em", "font", "h1", "h2", "h3"),
        *(
            "h4",
            "h5",
            "h6",
            "hr",
            "i",
            "img",
            "ins",
            "kbd",
            "li",
            "mark",
            "ol",
            "p",
            "pre",
            "q",
            "s",
            "script",
        ),
        *("small", "span", "strike", "strong", "style", "sub", "sup", "svg", "table", "td", "tr", "tt", "u"),
        *("ul", "wbr"),
    ]
)
"""Elements that stand in titles; `Vec<String>` is no element."""

_ICON_SIZE: Final = re.compile(
    r"(?:width|height) ?[:=] ?[\"']? ?"
    r"(?:[1-4]?\d(?:\.\d{1,4})?(?:px)?|[0-3](?:\.\d{1,4})?r?em) ?[\"';>/ ]",
    re.I,
)
_ICON_NAME: Final = re.compile(
    r"emoji|emoticon|smil(?:e|ey)|/icons?[/_.-]|icon[_.-]|favicon|spacer|blank\.|pixel|1x1|transparent"
    r"|feedburner|stat\?event|/count|tracker|timeline_card|avatar|loading\.",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Body:
    """A body that is ready for a post.

    Attributes:
        html: The markup.
        image: Address of the first picture that is no icon, or None.
    """

    html: str
    image: str | None


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    attributes: tuple[tuple[str, str | None], ...]
    end: int
    closing: bool


def clean_body(markup: str, base: str) -> Body:
    """Clean the markup of an entry.

    Args:
        markup: HTML, as the feed has it.
        base: Address that relative links are relative to.

    >>> clean_body('<p onclick="x()">一 < 二</p><script>x()</script><a href="/b">三</a>', "https://a.org/f").html
    '<p>一 &lt; 二</p><a href="https://a.org/b">三</a>'
    """
    parts: list[str] = []
    image: str | None = None
    position, last_comment = 0, markup.rfind("-->")
    while (start := markup.find("<", position)) >= 0:
        parts.append(markup[position:start])
        if markup.startswith("<!--", start):
            if last_comment < start + 4:
                position = start + 4
                continue
            end = markup.find("-->", start + 4)
            comment = markup[start + 4 : end]
            # Browsers end a comment at some places where others do not.
            if not comment.startswith((">", "->")) and "--!>" not in comment:
                parts.append(markup[start : end + 3])
            position = end + 3
        elif markup.startswith(("<!", "<?"), start):
            end = markup.find(">", start)
            position = len(markup) if end < 0 else end + 1
        elif (tag := _read_tag(markup, start)) is None:
            parts.append("&lt;")
            position = start + 1
        elif tag.end < 0:
            # It is never closed, and no later one can be: browsers show nothing of it.
            rest = markup[start:]
            parts.append("" if "=" in rest[:200] else html.escape(rest, quote=False))
            position = len(markup)
        elif tag.name in _DROPPED:
            position = tag.end if tag.closing or tag.name in _VOID else _after_element(markup, tag)
        elif tag.name == "style" and not tag.closing:
            position = _after_element(markup, tag)
            content = markup[tag.end : position]
            inside = content[: content.lower().rfind("</style")]
            if "<" not in inside and not _UNSAFE_STYLE.search(inside):
                parts.append(markup[start:position] if not tag.attributes else f"<style>{content}")
        else:
            position = tag.end
            if tag.name in _UNWRAPPED or tag.end - start > MAX_TAG_CHARS:
                continue
            written, picture = _write_tag(tag, markup[start : tag.end], base)
            parts.append(written)
            image = image or picture
    parts.append(markup[position:])
    return Body("".join(parts), image)


def _read_tag(markup: str, start: int) -> _Tag | None:
    """Read the tag at `start`; None if the `<` begins none; an end of -1 if it is never closed."""
    closing = markup.startswith("/", start + 1)
    name = _NAME.match(markup, start + 1 + closing)
    if name is None:
        return None
    attributes: list[tuple[str, str | None]] = []
    position = name.end()
    while True:
        position = _after(_SPACE, markup, position)
        if position >= len(markup):
            return _Tag(name[0].lower(), (), -1, closing)
        if markup[position] == ">":
            return _Tag(name[0].lower(), tuple(attributes), position + 1, closing)
        key = _ATTRIBUTE.match(markup, position)
        if key is None:  # a stray quote or sign
            position += 1
            continue
        position = key.end()
        equals = _EQUALS.match(markup, position)
        if equals is None:
            attributes.append((key[0].lower(), None))
            continue
        position = equals.end()
        quote = markup[position : position + 1]
        if quote in ('"', "'"):
            end = markup.find(quote, position + 1)
            if end < 0:
                return _Tag(name[0].lower(), (), -1, closing)
            value, position = markup[position + 1 : end], end + 1
        else:
            end = _after(_BARE, markup, position)
            value, position = markup[position:end], end
        attributes.append((key[0].lower(), html.unescape(value)))


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


def _after_element(markup: str, tag: _Tag) -> int:
    """Return where the element that a tag opens has ended; the end of the text if it is never closed."""
    closer = _CLOSERS[tag.name].search(markup, tag.end)
    if closer is None:
        return len(markup)
    end = markup.find(">", closer.end())
    return len(markup) if end < 0 else end + 1


def _write_tag(tag: _Tag, raw: str, base: str) -> tuple[str, str | None]:
    """Return a tag as it is written, unchanged if nothing about it is wrong; and the picture it shows."""
    if tag.closing:
        return (raw if not tag.attributes and raw[2:-1].lower() == tag.name else f"</{tag.name}>"), None
    kept = dict(_resolved(tag, base))
    if tag.name in ("img", "source", "video") and (lazy := _lazy_address(tag, base)):
        kept["src"] = lazy
    picture = kept.get("src") if tag.name == "img" else None
    if picture is not None and _is_icon(picture, raw):
        picture = None
    if kept == dict(tag.attributes) and len(kept) == len(tag.attributes) and "<" not in raw[1:]:
        return raw, picture
    written = "".join(
        f" {name}" if value is None else f' {name}="{html.escape(value)}"' for name, value in kept.items()
    )
    return f"<{tag.name}{written}{' /' if raw.endswith('/>') else ''}>", picture


def _resolved(tag: _Tag, base: str) -> list[tuple[str, str | None]]:
    """Return the attributes that may stay, their addresses absolute."""
    kept: list[tuple[str, str | None]] = []
    names = set()
    for name, value in tag.attributes:
        if name in names or name.startswith("on") or name in ("srcdoc", "formaction", "action", "ping"):
            continue
        if not re.fullmatch(r"[a-z_:@][\w:.@-]*", name):
            continue
        names.add(name)
        if value is not None and name == "style" and _UNSAFE_STYLE.search(value):
            continue
        if value is not None and name in _LINKS:
            address = _safe_address(value, base)
            if address is None:
                continue
            kept.append((name, address))
        elif value is not None and name == "srcset" and not _ELSEWHERE.match(value.strip()):
            continue  # relative to a page that is not there any more; `src` remains
        else:
            kept.append((name, value))
    return kept


def _safe_address(value: str, base: str) -> str | None:
    """Return an address as it may stand in a body; None: it must not."""
    compact = _INVISIBLE.sub("", value)
    if _HARMLESS.match(compact):
        return value if compact == value or not value.strip() else value.strip()
    if _ELSEWHERE.match(compact) and not compact.startswith("//"):
        return None
    return absolute(value, base)


def _lazy_address(tag: _Tag, base: str) -> str | None:
    """Return the address of a picture that a script would put in place; None: it is there already."""
    values = dict(tag.attributes)
    for name in _LAZY:
        value = values.get(name)
        if value and (address := absolute(value, base)):
            return address
    return None


def _is_icon(address: str, raw: str) -> bool:
    """Return whether a picture is an icon, an emoji or a pixel that counts readers."""
    return (
        not address.startswith(("http://", "https://"))
        or _ICON_NAME.search(address) is not None
        or _ICON_SIZE.search(raw) is not None
    )


def plain_title(text: str) -> str:
    """Return a title without markup and entities.

    >>> plain_title("<b>Slack</b> &amp; Vec<String>"), plain_title("1 < 2")
    ('Slack & Vec<String>', '1 < 2')
    """
    text = re.sub(r"<(script|style)\b[^<>]{0,500}>[^<]{0,5000}</\1>", "", text, flags=re.I)
    text = _TAG.sub(lambda found: "" if found[2].lower() in _INLINE else found[0], text)
    return html.unescape(text)


def text_as_html(text: str) -> str:
    """Return plain text as HTML: blank lines part paragraphs, other line breaks stay."""
    blocks = [block.strip() for block in re.split(r"\n[ \t]*\n", text) if block.strip()]
    return "\n".join(
        "<p>" + "<br>\n".join(html.escape(line.strip(), quote=False) for line in block.split("\n")) + "</p>"
        for block in blocks
    )
