"""Telegram's HTML: what it accepts, what it refuses, and which links it silently drops.

The grammar is that of Telegram's client library, not of browsers: a small set of tags, any case; four named
entities and numeric ones; everything else that begins with `&` stays as typed; every `<` must begin a tag.
Offsets in refusals count bytes of UTF-8, as in the real answers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.botapi.formatting import Entity, FormattedText, sort_entities
from tests.botapi.links import link_problem, user_of_link

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "u": "underline",
    "ins": "underline",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
    "a": "text_link",
    "pre": "pre",
    "code": "code",
    "blockquote": "blockquote",
}
_NAMED = {b"lt": "<", b"gt": ">", b"amp": "&", b"quot": '"'}
_BLANKS = b" \t\r\n\0\v"
_NAME_TOKEN = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-"
_END = b""


class HtmlError(ValueError):
    """The text is not Telegram's HTML; the message is Telegram's, without "can't parse entities: "."""


@dataclass(frozen=True, slots=True)
class ParsedHtml:
    """What became of a text.

    Attributes:
        formatted: The visible text and its entities, not yet cleaned or trimmed.
        dropped: Addresses of links that vanished, each with the reason.
        blank_links: Addresses that hold a blank; Telegram encodes it, other clients may not.
    """

    formatted: FormattedText
    dropped: tuple[tuple[str, str], ...] = ()
    blank_links: tuple[str, ...] = ()


def parse_html(source: str) -> ParsedHtml:
    """Parse a message text as Telegram does with `parse_mode=HTML`.

    Raises:
        HtmlError: Telegram would answer 400.

    >>> parse_html("<b>金砖</b> &amp; &nbsp;").formatted.text
    '金砖 & &nbsp;'
    """
    return _Parser(source.encode("utf-8", "surrogatepass")).parse()


@dataclass(slots=True)
class _OpenTag:
    name: str
    argument: str
    offset: int
    """UTF-16 offset at which the tag's text begins."""
    position: int
    """Index into the output at which the tag's text begins."""


@dataclass(slots=True)
class _Parser:
    source: bytes
    at: int = 0
    units: int = 0
    output: bytearray = field(default_factory=bytearray)
    open_tags: list[_OpenTag] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    code_languages: dict[int, str] = field(default_factory=dict)
    dropped: list[tuple[str, str]] = field(default_factory=list)
    blank_links: list[str] = field(default_factory=list)

    def parse(self) -> ParsedHtml:
        while self.at < len(self.source):
            byte = self.here()
            if byte == b"&" and (character := self.character_reference()):
                self.output += character.encode("utf-8", "surrogatepass")
                self.units += 1 + (character > "\uffff")
            elif byte == b"<":
                begin = self.at
                self.at += 1
                if self.here() == b"/":
                    self.end_tag(begin)
                else:
                    self.start_tag(begin)
            else:
                first = byte[0]
                if first & 0xC0 != 0x80:
                    self.units += 1 + (first >= 0xF0)
                self.output += byte
                self.at += 1
        if self.open_tags:
            name = self.open_tags[-1].name
            raise HtmlError(f'Can\'t find end tag corresponding to start tag "{name}"')
        try:
            text = self.output.decode()
        except UnicodeDecodeError as error:
            raise HtmlError(
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units"
            ) from error
        formatted = FormattedText(text, sort_entities(self.entities))
        return ParsedHtml(formatted, tuple(self.dropped), tuple(self.blank_links))

    def here(self) -> bytes:
        """The byte in hand, `_END` behind the last one."""
        return self.source[self.at : self.at + 1]

    def is_blank(self) -> bool:
        """Whether a blank is in hand; the end counts as one."""
        return self.here() in _BLANKS

    def skip_while(self, wanted: Callable[[], bool]) -> bytes:
        begin = self.at
        while self.here() != _END and wanted():
            self.at += 1
        return self.source[begin : self.at]

    def skip_blanks(self) -> None:
        self.skip_while(self.is_blank)

    def character_reference(self) -> str | None:
        """Read `&…;` and move behind it; None, without moving, where Telegram leaves it as typed."""
        source, begin = self.source, self.at
        end = begin + 1
        if source[end : end + 1] == b"#":
            end += 1
            base, digits = (
                (16, b"0123456789abcdefABCDEF") if source[end : end + 1] == b"x" else (10, b"0123456789")
            )
            end += base == 16
            first = end
            while source[end : end + 1] and source[end] in digits:
                end += 1
            if end - begin >= 10:
                return None
            code = int(source[first:end] or b"0", base)
            if code == 0 or code >= 0x10FFFF:
                return None
            character = chr(code)
        else:
            while source[end : end + 1].isalpha():
                end += 1
            name = source[begin + 1 : end]
            if name not in _NAMED:
                return None
            character = _NAMED[name]
        self.at = end + (source[end : end + 1] == b";")
        return character

    def start_tag(self, begin: int) -> None:
        raw_name = self.skip_while(lambda: not self.is_blank() and self.here() != b">")
        if self.here() == _END:
            raise HtmlError(f"Unclosed start tag at byte offset {begin}")
        name = raw_name.decode("utf-8", "replace").lower()
        if name not in _KINDS:
            raise HtmlError(f'Unsupported start tag "{name}" at byte offset {begin}')
        argument = ""
        while self.here() != b">":
            self.skip_blanks()
            if self.here() == b">":
                break
            attribute = self.attribute(name, begin)
            argument = _argument(name, *attribute) or argument
        self.at += 1
        if name == "span" and argument != "spoiler":
            raise HtmlError(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
        self.open_tags.append(_OpenTag(name, argument, self.units, len(self.output)))

    def attribute(self, tag: str, begin: int) -> tuple[str, str]:
        """Read one attribute; a value that is not there is empty."""
        name = self.skip_while(lambda: not self.is_blank() and self.here() not in b"=>/\"'")
        if not name:
            raise HtmlError(f'Empty attribute name in the tag "{tag}" at byte offset {begin}')
        self.skip_blanks()
        if self.here() == _END:
            raise HtmlError(f'Unclosed start tag "{tag}" at byte offset {begin}')
        if self.here() != b"=":
            return name.decode("utf-8", "replace").lower(), ""
        self.at += 1
        self.skip_blanks()
        if self.here() == _END:
            raise HtmlError(f'Unclosed start tag "{tag}" at byte offset {begin}')
        value = self.quoted_value() if self.here() in b"'\"" else self.name_token()
        if self.here() == _END:
            raise HtmlError(f"Unclosed start tag at byte offset {begin}")
        return name.decode("utf-8", "replace").lower(), value

    def name_token(self) -> str:
        begin = self.at
        token = self.skip_while(lambda: self.here() in _NAME_TOKEN)
        if not self.is_blank() and self.here() != b">":
            raise HtmlError(f"Unexpected end of name token at byte offset {begin}")
        return token.decode().lower()

    def quoted_value(self) -> str:
        quote = self.here()
        self.at += 1
        value = bytearray()
        while self.here() not in (quote, _END):
            character = self.character_reference() if self.here() == b"&" else None
            if character:
                value += character.encode("utf-8", "surrogatepass")
            else:
                value += self.here()
                self.at += 1
        if self.here() == quote:
            self.at += 1
        return value.decode("utf-8", "replace")

    def end_tag(self, begin: int) -> None:
        if not self.open_tags:
            raise HtmlError(f"Unexpected end tag at byte offset {begin}")
        self.at += 1
        raw_name = self.skip_while(lambda: not self.is_blank() and self.here() != b">")
        self.skip_blanks()
        if self.here() != b">":
            raise HtmlError(f"Unclosed end tag at byte offset {begin}")
        self.at += 1
        name = raw_name.decode("utf-8", "replace").lower()
        tag = self.open_tags.pop()
        if name and name != tag.name:
            raise HtmlError(
                f'Unmatched end tag at byte offset {begin}, expected "</{tag.name}>", found "</{name}>"'
            )
        if self.units > tag.offset:
            self.close(tag)

    def close(self, tag: _OpenTag) -> None:
        kind, offset, length = _KINDS[tag.name], tag.offset, self.units - tag.offset
        if tag.name == "a":
            self.close_link(tag, length)
        elif tag.name == "tg-emoji":
            if not tag.argument.lstrip("-").isdigit() or int(tag.argument) == 0:
                raise HtmlError("Invalid custom emoji identifier specified")
            self.entities.append(Entity(kind, offset, length))
        elif tag.name == "tg-time":
            if not tag.argument.isdigit():
                raise HtmlError("Invalid date specified")
            self.entities.append(Entity(kind, offset, length, unix_time=int(tag.argument)))
        elif tag.name == "blockquote":
            self.entities.append(Entity("expandable_" * bool(tag.argument) + kind, offset, length))
        elif tag.name in ("pre", "code"):
            self.close_code(tag, length)
        else:
            self.entities.append(Entity(kind, offset, length))

    def close_link(self, tag: _OpenTag, length: int) -> None:
        address = tag.argument or self.output[tag.position :].decode("utf-8", "replace")
        user = user_of_link(address)
        if user is not None:
            self.entities.append(Entity("text_mention", tag.offset, length, user={"id": user}))
            return
        problem = link_problem(address)
        if problem:
            self.dropped.append((address, problem))
            return
        if any(blank in address for blank in " \t\n"):
            self.blank_links.append(address)
        self.entities.append(Entity("text_link", tag.offset, length, url=_normal_link(address)))

    def close_code(self, tag: _OpenTag, length: int) -> None:
        """`<pre><code class="language-x">` and the other way round are one block with a language."""
        last = self.entities[-1] if self.entities else None
        same_place = last is not None and (last.offset, last.length) == (tag.offset, length)
        if same_place and last is not None and {last.type, tag.name} == {"pre", "code"}:
            language = tag.argument or self.code_languages.get(len(self.entities) - 1)
            if language:
                self.entities[-1] = Entity("pre", tag.offset, length, language=language)
                return
        if tag.name == "code" and tag.argument:
            self.code_languages[len(self.entities)] = tag.argument
        self.entities.append(Entity(tag.name, tag.offset, length))


def _argument(tag: str, attribute: str, value: str) -> str:
    if (tag, attribute) == ("a", "href") or (tag, attribute) == ("tg-emoji", "emoji-id"):
        return value
    if (tag, attribute) == ("tg-time", "unix"):
        return value
    if (tag, attribute) == ("code", "class") and value.startswith("language-"):
        return value.removeprefix("language-")
    if (tag, attribute) == ("span", "class") and value.startswith("tg-"):
        return value.removeprefix("tg-")
    if (tag, attribute) == ("blockquote", "expandable"):
        return "expandable"
    return ""


def _normal_link(address: str) -> str:
    """The address as stored: with a scheme, a host in small letters, a path and no blanks."""
    scheme, separator, rest = address.partition("://")
    if not separator:
        if address.lower().startswith(("tg:", "ton:", "tonsite:")):
            return address
        scheme, rest = "http", address
    host_end = min((rest.find(mark) % (len(rest) + 1) for mark in "/?#"), default=len(rest))
    host, query = rest[:host_end], rest[host_end:].rstrip(" \t\r\n\v\0")
    if not query.startswith("/") and scheme.lower() in ("http", "https"):
        query = "/" + query
    query = "".join(f"%{ord(character):02X}" if character <= " " else character for character in query)
    return f"{scheme.lower()}://{host.lower()}{query}"
