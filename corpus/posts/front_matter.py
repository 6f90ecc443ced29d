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
from typing import Any, Final, NamedTuple

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
_LINE_KEY: Final = re.compile(r"(?<![\w-])([A-Za-z][\w-]*)[ \t]*[:：=](?:[ \t](.*))?$")
_KNOWN_KEY: Final = r"title|date|author|authors|categories|category|tags|permalink|updated|layout|draft"
_TIGHT_KEY: Final = re.compile(rf"({_KNOWN_KEY})[:：=](.*)$", re.I)
_INDENTED_KEY: Final = re.compile(rf"[ \t]+({_KNOWN_KEY})[ \t]*[:：](?:[ \t](.*))?$", re.I)
_LINE_ITEM: Final = re.compile(r"[ \t]*-(?:[ \t](.*))?$")
_TIGHT_ITEM: Final = re.compile(r"[ \t]*-([^\s-].*)$")
_LISTS: Final = frozenset({"categories", "category", "tags", "tag", "authors"})
_DASHES: Final = re.compile(r"(?:[-—–]{2,99}|\.\.\.)[ \t]*")
"""A closing line, as an editor may have changed it too: `—-`, `----`."""
_RULE: Final = re.compile(r"-{4,99}[ \t]*")
"""A closing line that is a rule of Markdown as well: whoever wrote it may have meant either."""
_BARE_KEY: Final = re.compile(r"[A-Za-z][\w -]{0,60}:(?=[ \t]|$)")
_TOML_KEY: Final = re.compile(r"[A-Za-z][\w.-]{0,60}[ \t]*=|\[{1,2}[\w. -]{1,60}\]")
_JSON_KEY: Final = re.compile(r'"[^"\n]{1,60}"[ \t]*:')
_BARE_KEYS: Final[Mapping[str, re.Pattern[str]]] = {"+++": _TOML_KEY, ";;;": _JSON_KEY}
_NO_CLOSER: Final = "front matter has no closing line"
_APOSTROPHE: Final = re.compile(r"(?<=[A-Za-z])'(?=[A-Za-z])")
_FIRST_KEY: Final = re.compile(r"(?:title|layout|date)[ \t]*:", re.I)
_HEAD_LINE: Final = re.compile(r"[A-Za-z][\w-]{0,40}:(?:[ \t]|$)")
_HEAD_KEYS: Final = frozenset({"date", "author", "authors", "category", "tags", "slug", "modified"})
_ODD_LINE_END: Final = re.compile("[\x85\u2028\u2029]")
"""Line ends for YAML, and for nobody else."""
_PICTURE: Final = re.compile(r"data:[\w./+-]{1,60};base64,[A-Za-z0-9+/=]*")
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


class _Split(NamedTuple):
    """The two parts of a post, and what was wrong with the line between them; empty for nothing."""

    front: str
    body: str
    problem: str = ""


def read_front_matter(text: str) -> FrontMatter:
    r"""Split a post into front matter and body; never fails.

    Args:
        text: The whole file; lines end in `\\n`.
    """
    text = text.lstrip("\ufeff")
    start = len(text) - len(text.lstrip(" \t\n\ufeff"))
    line, _, rest = text[start:].partition("\n")
    opener = line.rstrip() if len(line) <= MAX_OPENER else ""
    if opener.startswith("{"):
        return _json_object(text[start:]) or FrontMatter({}, text)
    if opener not in _OPENERS and not (len(opener) > 3 and set(opener) == {"-"}):
        return _without_opener(text[start:]) or FrontMatter({}, text)
    split = _split_at_closer(opener, rest) or _split_where_it_ends(opener, rest)
    if split.problem:
        return _unclosed(split, text)
    front, body = _ODD_LINE_END.sub(" ", split.front), split.body
    try:
        values = _READERS.get(opener, read_yaml)(front)
    except Exception as error:
        front, body = _without_prose(front, body, opener)
        values = dict(_read_lines(front))
        if not values and front.strip():
            return FrontMatter({}, text)  # two horizontal rules around prose
        return FrontMatter(values, body, f"front matter read line by line: {_reason(error)}")
    return FrontMatter(_lower_keys(values), body)


def _reason(error: Exception) -> str:
    problem = getattr(error, "problem", None) or str(error) or type(error).__name__
    return " ".join(str(problem).split())[:200]


def _split_at_closer(opener: str, rest: str) -> _Split | None:
    """Split text at the first line that closes the front matter; None if there is none.

    The opening line closes it again; YAML's end of a document, `...`, closes YAML too.
    """
    closers = (opener, "...") if opener == "---" else (opener,)
    start, most = 0, min(len(rest), MAX_FRONT_MATTER_CHARS)
    while start < most:
        end = rest.find("\n", start, most)
        end = most if end < 0 else end
        if rest[start:end].rstrip(" \t") in closers:
            return _Split(rest[:start], rest[end + 1 :])
        start = end + 1
    return None


def _split_where_it_ends(opener: str, rest: str) -> _Split:
    """Split text where its lines cease to look like front matter.

    Front matter of any length is closed where such lines lead to a closing line: a picture in base64 is long.
    Else it ends before the first line that is no key, item, continuation, comment or blank line; and at a
    blank line, unless a known key follows. Comments are its own only if more of it follows: `# …` may be a
    heading as well.
    """
    bare_key = _BARE_KEYS.get(opener, _BARE_KEY)
    is_list = is_after_blank = False
    start, comments = 0, -1
    while start < len(rest):
        end = rest.find("\n", start)
        end = len(rest) if end < 0 else end
        line = rest[start : min(end, start + MAX_OPENER)]
        if _DASHES.fullmatch(line) or line.rstrip() == opener:
            return _closed_by(line.rstrip(), opener, rest[:start], rest[start:], rest[end + 1 :])
        if not line.strip():
            is_after_blank = True
        elif is_after_blank and not (_TIGHT_KEY.match(line) or _INDENTED_KEY.match(line)):
            break
        elif line[0] == "#":
            comments = start if comments < 0 else comments
        elif line[0] in " \t" or (is_list and line[0] == "-"):
            is_after_blank, comments = False, -1
        elif key := bare_key.match(line) or _TIGHT_KEY.match(line):
            is_list, is_after_blank, comments = not line[key.end() :].strip(), False, -1
        else:
            break
        start = end + 1
    start = start if comments < 0 else comments
    return _Split(_without_pictures(rest[:start]), rest[start:], _NO_CLOSER)


def _closed_by(line: str, opener: str, front: str, with_line: str, behind: str) -> _Split:
    """Split at a closing line, which stays in a body of Markdown if it is a rule there."""
    front = _without_pictures(front)
    if line in (opener, "---", "..."):
        return _Split(front, behind)
    is_rule = _RULE.fullmatch(line) and not behind.lstrip().startswith("<")
    return _Split(front, with_line if is_rule else behind, _NO_CLOSER)


def _without_prose(front: str, body: str, closer: str) -> tuple[str, str]:
    """Give back to the body what a rule between its paragraphs seemed to close off as front matter."""
    start, rest, _ = _split_where_it_ends(closer, front)
    is_prose = rest.startswith("<") or (start.endswith("\n\n") and rest.strip())
    return (start, f"{rest}{closer}\n{body}") if is_prose else (front, body)


def _without_pictures(front: str) -> str:
    """Remove pictures in base64, which nothing reads, and what is too long even so."""
    return _PICTURE.sub("", front)[:MAX_FRONT_MATTER_CHARS] if len(front) > MAX_OPENER else front


def _unclosed(split: _Split, text: str) -> FrontMatter:
    """Read front matter without a closing line, if it has a title or a date."""
    values = dict(_read_lines(split.front))
    if "title" not in values and "date" not in values:
        return FrontMatter({}, text)
    return FrontMatter(values, split.body, split.problem)


def _json_object(text: str) -> FrontMatter | None:
    """Read the JSON object that a post of Hugo begins with; None if it is none, or has no usual key."""
    try:
        values, end = json.JSONDecoder().raw_decode(text[:MAX_FRONT_MATTER_CHARS])
    except (ValueError, RecursionError):
        return None
    values = _lower_keys({key: _dates_as_text(value) for key, value in values.items()})
    if not ("title" in values or "date" in values) or text[end : end + 1] not in ("\n", ""):
        return None
    return FrontMatter(values, text[end:].removeprefix("\n"))


def _without_opener(text: str) -> FrontMatter | None:
    """Read front matter without an opening line, which Hexo accepts too."""
    if not _FIRST_KEY.match(text):
        return None
    split = _split_at_closer("---", text)
    if split is None or "\n\n" in split.front.strip("\n"):
        return _without_rules(text)
    try:
        return FrontMatter(_lower_keys(read_yaml(split.front)), split.body)
    except Exception as error:
        values = dict(_read_lines(split.front))
        return FrontMatter(values, split.body, f"front matter read line by line: {_reason(error)}")


def _without_rules(text: str) -> FrontMatter | None:
    """Read keys that only a blank line ends, as Pelican and MultiMarkdown have them: a title and another."""
    head, _, body = text[:MAX_FRONT_MATTER_CHARS].partition("\n\n")
    if not all(_HEAD_LINE.match(line) or line[:1] in (" ", "\t") for line in head.split("\n")):
        return None
    values = dict(_read_lines(head))
    if "title" not in values or values.keys().isdisjoint(_HEAD_KEYS):
        return None
    return FrontMatter(values, body + text[MAX_FRONT_MATTER_CHARS:])


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
        elif isinstance(event, yaml.DocumentStartEvent) and stack[0]:
            raise FrontMatterError("a second document begins inside")
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
        if pair is None and (value or not key):  # below a key without a value it would belong to that
            pair = _INDENTED_KEY.match(line)
        item = _LINE_ITEM.match(line) or (_TIGHT_ITEM.match(line) if key in _LISTS else None)
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
    """A value by itself: by YAML's rules where it keeps to them, else as it stands, save quotes around it."""
    text = text.strip()
    if text in _NULLS:
        return None
    try:
        value = read_yaml(f"v: {text}")["v"]
    except (FrontMatterError, yaml.YAMLError):
        return text[1:-1] if _is_quoted(text) else text
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str | list)]
    return value if isinstance(value, str) else text


def _is_quoted(text: str) -> bool:
    """Whether quotes stand around a whole text: `"a" and "b"` has two quoted words.

    Feed importers quote a title that holds an apostrophe without escaping what is inside.
    """
    if len(text) < 2 or text[0] != text[-1] or text[0] not in "'\"":
        return False
    inside = text[1:-1]
    return text[0] not in inside or (text[0] == '"' and "'" in inside) or bool(_APOSTROPHE.search(inside))
