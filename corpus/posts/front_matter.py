"""Front matter of a post: parsed as YAML, TOML or JSON; line by line if it is none of them.

Parsing takes bounded time for any input: YAML is read event by event (tags never construct objects, aliases
are refused, nesting is limited), and the fallback is linear. Values are strings, booleans and None, and lists
and mappings of these; dates stay text.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

MAX_FRONT_MATTER_CHARS: Final = 65_536
"""Maximum length of front matter; real ones have a few hundred characters."""

MAX_OPENER: Final = 200
"""Maximum length of the opening line; a longer row of dashes is a horizontal rule."""

MAX_DEPTH: Final = 12
MAX_NODES: Final = 5_000

Value = str | bool | int | float | None | list[Any] | dict[str, Any]

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_OPENERS: Final = ("---", "+++", ";;;")
_LINE_KEY: Final = re.compile(r"([A-Za-z][\w-]*)[ \t]*[:：=](?:[ \t](.*))?$")
_TIGHT_KEY: Final = re.compile(r"(title|date|author|categories|category|tags|permalink)[:：=](.*)$", re.I)
_LINE_ITEM: Final = re.compile(r"[ \t]*-(?:[ \t](.*))?$")
_KEY_OR_ITEM: Final = re.compile(rf"{_LINE_KEY.pattern}|(?i:{_TIGHT_KEY.pattern})|{_LINE_ITEM.pattern}")
_STRING_TAGS: Final = frozenset({"!", "tag:yaml.org,2002:str"})


class FrontMatterError(ValueError):
    """The text is not acceptable as front matter."""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Front matter and body of a post.

    Attributes:
        values: Values by lower-case key.
        body: The text after the front matter.
        warning: Why the values were read line by line, or None.
    """

    values: Mapping[str, Value]
    body: str
    warning: str | None = None


def read_front_matter(text: str) -> FrontMatter:
    r"""Split a post into front matter and body; never fails.

    Args:
        text: The whole file; lines end in `\\n`.
    """
    text = text.lstrip("\ufeff")
    start = len(text) - len(text.lstrip(" \t\n\ufeff"))
    line, _, rest = text[start:].partition("\n")
    opener = line.rstrip() if len(line) <= MAX_OPENER else ""
    if opener not in _OPENERS and not (len(opener) > 3 and set(opener) == {"-"}):
        return _without_opener(text[start:]) or FrontMatter({}, text)
    front, body = _split_at_closer(opener, rest)
    if front is None:
        return _unclosed(rest, text)
    try:
        values = _READERS.get(opener, read_yaml)(front)
    except Exception as error:
        values = dict(_read_lines(front))
        if not values and front.strip():
            return FrontMatter({}, text)  # two horizontal rules around prose
        return FrontMatter(values, body, f"front matter read line by line: {_reason(error)}")
    return FrontMatter(_lower_keys(values), body)


def _reason(error: Exception) -> str:
    problem = getattr(error, "problem", None) or str(error) or type(error).__name__
    return " ".join(str(problem).split())[:200]


def _split_at_closer(closer: str, rest: str) -> tuple[str | None, str]:
    """Split text at the first line that consists of `closer`; (None, text) if there is none."""
    start, most = 0, min(len(rest), MAX_FRONT_MATTER_CHARS)
    while start < most:
        end = rest.find("\n", start, most)
        end = most if end < 0 else end
        if rest[start:end].rstrip(" \t") == closer:
            return rest[:start], rest[end + 1 :]
        start = end + 1
    return None, rest


def _unclosed(rest: str, text: str) -> FrontMatter:
    """Read front matter without a closing line, if it has a title or date.

    It ends at the first blank line, or at the first one that cannot belong to it: prose is not taken for it.
    """
    front, body = _split_at_prose(rest)
    values = dict(_read_lines(front))
    if "title" not in values and "date" not in values:
        return FrontMatter({}, text)
    return FrontMatter(values, body, "front matter has no closing line")


def _split_at_prose(rest: str) -> tuple[str, str]:
    """Split text at the first line that is blank, or neither a key, nor an item, nor indented."""
    start, most = 0, min(len(rest), MAX_FRONT_MATTER_CHARS)
    while start < most:
        end = rest.find("\n", start)
        end = len(rest) if end < 0 else end
        line = rest[start : min(end, start + MAX_FRONT_MATTER_CHARS)]
        belongs = line[:1] in (" ", "\t") or _KEY_OR_ITEM.match(line)
        if not line.strip() or not belongs:
            break
        start = end + 1
    return rest[:start], rest[start:].lstrip("\n")


def _without_opener(text: str) -> FrontMatter | None:
    """Read front matter without an opening line, which Hexo accepts too."""
    if not re.match(r"(title|layout|date)[ \t]*:", text):
        return None
    front, body = _split_at_closer("---", text)
    if front is None or "\n\n" in front.strip("\n"):
        return None
    try:
        return FrontMatter(_lower_keys(read_yaml(front)), body)
    except Exception as error:
        return FrontMatter(
            dict(_read_lines(front)), body, f"front matter read line by line: {_reason(error)}"
        )


def _lower_keys(values: Mapping[str, Value]) -> dict[str, Value]:
    return {key.strip().lower(): value for key, value in values.items()}


def _read_toml(text: str) -> dict[str, Value]:
    # A key of n dotted parts costs the parser n²/2 references.
    if text.count("[") + text.count("{") > MAX_NODES or text.count(".") > MAX_NODES // 2:
        raise FrontMatterError("too many brackets or dots")
    return {key: _dates_as_text(value) for key, value in tomllib.loads(text).items()}


def _read_json(text: str) -> dict[str, Value]:
    """Parse the inside of a JSON object, which Hexo encloses in `;;;`."""
    return {key: _dates_as_text(value) for key, value in json.loads(f"{{{text}}}").items()}


_READERS: Final[Mapping[str, Callable[[str], dict[str, Value]]]] = {"+++": _read_toml, ";;;": _read_json}


def _dates_as_text(value: Any, depth: int = 0) -> Value:
    """Convert TOML's dates to text, as they are in YAML; everything else stays."""
    if isinstance(value, list) and depth < MAX_DEPTH:
        return [_dates_as_text(item, depth + 1) for item in value]
    if value is None or isinstance(value, str | bool | int | float | dict):
        return value
    return str(value)


def read_yaml(text: str) -> dict[str, Value]:
    """Parse a YAML mapping whose scalars stay text (`null` and empty values are None).

    Numbers, dates and booleans are not resolved: `title: 12:30` and `title: 007` stay as they are written.

    Raises:
        FrontMatterError: Not a mapping, an alias, a tag, or too deep or too many values.
        yaml.YAMLError: Not YAML.
    """
    events = yaml.parse(text, Loader=_LOADER)
    stack: list[list[Any]] = [[]]
    kinds: list[type] = [list]
    for count, event in enumerate(events):
        if count > MAX_NODES:
            raise FrontMatterError("too many values")
        if isinstance(event, yaml.AliasEvent):
            raise FrontMatterError("an alias, which a post does not need")
        if isinstance(event, yaml.ScalarEvent):
            stack[-1].append(_scalar(event))
        elif isinstance(event, yaml.CollectionStartEvent):
            if event.tag not in (None, "!"):
                raise FrontMatterError(f"the tag {event.tag}")
            if len(stack) > MAX_DEPTH:
                raise FrontMatterError("nested too deep")
            stack.append([])
            kinds.append(dict if isinstance(event, yaml.MappingStartEvent) else list)
        elif isinstance(event, yaml.CollectionEndEvent):
            items, kind = stack.pop(), kinds.pop()
            stack[-1].append(_mapping(items) if kind is dict else items)
        elif isinstance(event, yaml.DocumentEndEvent):
            break
    document = stack[0][0] if stack[0] else None
    if document is None and not text.strip():
        return {}
    if not isinstance(document, dict):
        raise FrontMatterError("not a list of keys and values")
    return document


def _scalar(event: yaml.ScalarEvent) -> str | None:
    if event.tag is not None and event.tag not in _STRING_TAGS:
        raise FrontMatterError(f"the tag {event.tag}")
    if event.implicit[0] and event.value in _NULLS:
        return None
    return str(event.value)


def _mapping(items: list[Any]) -> dict[str, Value]:
    return {
        key if isinstance(key, str) else str(key): value
        for key, value in zip(*[iter(items)] * 2, strict=True)
    }


def _read_lines(text: str) -> Iterator[tuple[str, Value]]:
    """Parse lines of the forms `key: value` and ` - item`, without YAML's rules."""
    key, value, items, folded = "", "", list[str](), list[str]()

    def finished() -> Value:
        if items:
            return list(items)
        return _unquote(
            " ".join([value, *folded]) if value not in ("|", ">", ">-", "|-") else " ".join(folded)
        )

    for line in text.split("\n"):
        pair = _LINE_KEY.match(line) or _TIGHT_KEY.match(line)
        item = _LINE_ITEM.match(line)
        if pair:
            if key:
                yield key, finished()
            key, value, items, folded = pair[1].lower(), (pair[2] or "").strip(), [], []
        elif item and key and not value:
            text_of_item = _unquote((item[1] or "").strip())
            if isinstance(text_of_item, str) and text_of_item:
                items.append(text_of_item)
        elif key and line[:1] in (" ", "\t") and line.strip():
            folded.append(line.strip())
    if key:
        yield key, finished()


def _unquote(text: str) -> Value:
    """Remove one layer of quotes; convert an inline list to a list."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    if len(text) >= 2 and text[0] == "[" and text[-1] == "]":
        parts = (_unquote(part.strip()) for part in text[1:-1].split(",")) if text.count("[") == 1 else ()
        return [part for part in parts if isinstance(part, str) and part]
    return None if text in _NULLS else text
