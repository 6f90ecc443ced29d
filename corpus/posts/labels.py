"""Names in front matter → author, categories and tags, from whatever value they are wrapped in."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Final

import yaml

from corpus.posts.front_matter import FrontMatterError, Value, read_yaml
from corpus.posts.titles import without_markup
from corpus.text.characters import clean_line

MAX_NAME_CHARS: Final = 200
MAX_LABELS: Final = 50

_MAIL: Final = r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"
_MAIL_AND_NAME: Final = re.compile(rf"(?:mailto:)?{_MAIL} ?[(（](.{{1,100}})[)）]")
_NAME_AND_MAIL: Final = re.compile(rf"\"?([^\"<(（]{{1,100}}?)\"? ?[<(（](?:mailto:)?{_MAIL}[>)）]")
_ONLY_MAIL: Final = re.compile(rf"<?(?:mailto:)?{_MAIL}>?")
_AUTHOR_KEYS: Final = ("author", "authors", "作者", "byline", "creator", "writer")
_BYLINE: Final = re.compile(r"(?:图文|圖文|文|撰文|作者|by) ?[/／|｜:：] ?(?=\S)|by (?=\S)", re.I)
"""What stands before a name in a byline."""

_SEVERAL: Final = re.compile(r"[,，;；、]|(?<=\s)[>»›](?=\s)")
_NAME_KEYS: Final = ("name", "title", "label", "nick", "nickname")
_TIGHT_ITEMS: Final = re.compile(r"(?:^|\s)-(?=[^\s-])")


def as_text(value: Value, *, strip: bool = True) -> str | None:
    """A value as text; the first when there are several."""
    while isinstance(value, list):
        value = next((item for item in value if item is not None), None)
    if value is None or isinstance(value, dict):
        return None
    return str(value).strip() if strip else str(value)


def author(values: Mapping[str, Value]) -> str | None:
    """The authors by name: without mail addresses, markup and other data about them."""
    value = next((value for key in _AUTHOR_KEYS if (value := values.get(key))), None)
    items = value if isinstance(value, list) else [value]
    names = (_author_name(item) for item in items[:MAX_LABELS])
    return "、".join(dict.fromkeys(filter(None, names))) or None


def _author_name(value: Value) -> str:
    if isinstance(value, dict):
        return next((found for key in _NAME_KEYS if (found := _author_name(value.get(key)))), "")
    name = _BYLINE.sub("", _name(value), count=1)
    if "@" not in name:
        return name
    if match := _MAIL_AND_NAME.fullmatch(name) or _NAME_AND_MAIL.fullmatch(name):
        return match[1].strip()
    return "" if _ONLY_MAIL.fullmatch(name) else name


def _name(value: Value) -> str:
    """A category, tag or author on one line: entities decoded, no tags."""
    return clean_line(without_markup(html.unescape(as_text(value) or "")))[:MAX_NAME_CHARS].rstrip()


def categories(values: Mapping[str, Value]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The first chain of categories, and all other labels.

    As in Hexo, a list is one chain from the widest to the narrowest, and a list of lists is several chains.
    A map is a chain too: `{新闻: 国内}`.
    """
    value = _listed(values.get("categories") or values.get("category"))
    chains = list(_chains(value))
    first = tuple(chains[0]) if chains else ()
    tags = _listed(values.get("tags") or values.get("tag"))
    labels = [name for chain in chains[1:] for name in chain]
    labels += [name for chain in _chains(tags) for name in chain]
    return first, tuple(dict.fromkeys(label for label in labels if label not in first))[:MAX_LABELS]


def _listed(value: Value) -> Value:
    """A list that is written as text: `'[a, b]'`, `a, b`, `a > b`, or `-a -b` without the blanks."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text[:1] == "[" and text[-1:] == "]":
        try:
            found = read_yaml(f"v: {text}")["v"]
        except (FrontMatterError, yaml.YAMLError):
            return value
        return found if isinstance(found, list) else value
    if _TIGHT_ITEMS.match(text):
        return [part.strip() for part in _TIGHT_ITEMS.split(text) if part.strip()]
    if _SEVERAL.search(text):
        return [part for part in map(str.strip, _SEVERAL.split(text)) if part]
    return value


def _chains(value: Value) -> Iterator[list[str]]:
    """Chains of names, none empty."""
    if isinstance(value, dict):
        yield from _chains_of_map(value)
    elif isinstance(value, list) and any(isinstance(item, list | dict) for item in value):
        for item in value[:MAX_LABELS]:
            yield from _chains(item)
    elif chain := list(_names(value)):
        yield chain


def _chains_of_map(value: Mapping[str, Value]) -> Iterator[list[str]]:
    if name := next((_name(value[key]) for key in ("name", "title") if key in value), ""):
        yield [name]  # a record about one category
        return
    for key, below in list(value.items())[:MAX_LABELS]:
        head = _name(key)
        if isinstance(below, list) and not any(isinstance(item, list | dict) for item in below):
            chains = [[name] for name in _names(below)]
        else:
            chains = list(_chains(below))
        for chain in chains or [[]]:
            if joined := [head, *chain] if head else chain:
                yield joined


def _names(value: Value) -> Iterator[str]:
    items = value if isinstance(value, list) else [value]
    for item in items[:MAX_LABELS]:
        name = _name(item)
        if name:
            yield name


def too_many_labels(values: Mapping[str, Value]) -> Iterator[str]:
    """What is left out by `MAX_LABELS`."""
    for kind, other in (("categories", "category"), ("tags", "tag")):
        value = values.get(kind) or values.get(other)
        lists = [value, *value] if isinstance(value, list) else []
        most = max((len(item) for item in lists if isinstance(item, list)), default=0)
        if most > MAX_LABELS:
            yield f"{most} {kind}, of which the first {MAX_LABELS} are kept"
