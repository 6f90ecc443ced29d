"""Regular expressions of the product: every one collected, and a static check for ambiguous repeats.

A pattern is *ambiguous* when two repeats, neighbouring or nested, may share the same characters: a failing
match then tries each way to share them out, which costs the square of the length, its cube, or worse.
"""

import ast
import importlib
import inspect
import itertools
import pkgutil
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any, Final

PACKAGES: Final = ("bot", "corpus")
FUNCTIONS: Final = frozenset(
    {"compile", "sub", "subn", "match", "search", "fullmatch", "split", "findall", "finditer"}
)

_ALL: Final = FUNCTIONS - {"compile"}
MAX_CHEAP_REPEAT: Final = 100
"""A repeat with a maximum up to this counts as bounded: sharing it out costs a constant."""

_ALPHABET: Final = (
    "".join(map(chr, range(128)))
    + "\x85\xa0éßſK٠０Ａ　。，：“”（）《》一二十零两几的年月日新闻分类ー\u200b\u2028\ufeff😀"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern, where it stands, and what is done with it: names of methods."""

    where: str
    pattern: re.Pattern[str]
    uses: frozenset[str] = FUNCTIONS - {"compile"}


def modules() -> Iterator[ModuleType]:
    """Import every module of the product."""
    for package in PACKAGES:
        root = importlib.import_module(package)
        yield root
        for info in pkgutil.walk_packages(root.__path__, f"{package}."):
            if not info.name.endswith("__main__"):
                yield importlib.import_module(info.name)


def collect(dynamic: Mapping[str, Callable[[], Iterable[re.Pattern[str] | str]]]) -> list[Found]:
    """Collect every pattern: module globals, classes, containers, closures, and `re.…` calls in functions.

    Args:
        dynamic: Examples of patterns that are made of a function's own values, by `module:line of code`
            prefix; a call that is neither evaluable nor listed here is an error.
    """
    found: dict[tuple[str, int], Found] = {}

    def add(where: str, pattern: re.Pattern[Any] | str, flags: int, uses: frozenset[str]) -> None:
        compiled = re.compile(pattern, flags) if isinstance(pattern, str) else pattern
        if isinstance(compiled.pattern, str):
            key = (compiled.pattern, compiled.flags)
            before = found[key].uses if key in found else frozenset()
            found[key] = Found(where, compiled, before | uses)

    used: set[str] = set()
    every = list(modules())
    uses = _uses(every)
    for module in every:
        for name, value in vars(module).items():
            for pattern in _patterns_in(value, module.__name__, set()):
                known = uses.get((module.__name__, name), frozenset()) | uses.get(("", name), frozenset())
                used_so = known if known and isinstance(value, re.Pattern) else _ALL
                add(f"{module.__name__}.{name}", pattern, 0, used_so)
        for call, function in _calls(module):
            where = f"{module.__name__}:{function}"
            try:
                text, flags = _evaluated(call, module)
            except NameError as error:
                if where not in dynamic:
                    raise AssertionError(f"{where} makes a pattern of {error}: give examples") from None
                assert isinstance(call.func, ast.Attribute)
                used.add(where)
                method = call.func.attr
                for example in dynamic[where]():
                    compiled = re.compile(example)
                    if (compiled.pattern, compiled.flags) not in found:  # else its uses are known
                        add(where, compiled, 0, _ALL if method == "compile" else frozenset({method}))
                continue
            assert isinstance(call.func, ast.Attribute)
            if call.func.attr != "compile":
                add(where, text, flags, frozenset({call.func.attr}))
            elif function:
                add(where, text, flags, _ALL)
    assert used == set(dynamic), f"no longer in the source: {set(dynamic) - used}"
    return list(found.values())


def _uses(every: Iterable[ModuleType]) -> dict[tuple[str, str], frozenset[str]]:
    """For each name in its module the methods called on it; all where it is used in another way as well.

    What is reached through a module or object (`numerals.SEPARATED`) stands under the module "".
    """
    found: dict[tuple[str, str], frozenset[str]] = {}
    for module in every:
        tree = ast.parse(inspect.getsource(module) or "")
        calls = {
            id(node.func.value): node.func.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        for node in ast.walk(tree):
            name = (
                node.id
                if isinstance(node, ast.Name)
                else node.attr
                if isinstance(node, ast.Attribute)
                else ""
            )
            if name and isinstance(node.ctx, ast.Load):  # type: ignore[attr-defined]
                method = calls.get(id(node))
                key = (module.__name__ if isinstance(node, ast.Name) else "", name)
                found[key] = found.get(key, frozenset()) | ({method} if method in FUNCTIONS else _ALL)
    return found


def _patterns_in(value: object, module: str, seen: set[int]) -> Iterator[re.Pattern[Any]]:
    if id(value) in seen or isinstance(value, str | bytes | int | float | ModuleType):
        return
    seen.add(id(value))
    parts: Iterable[object] = ()
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Mapping):
        parts = itertools.chain(value.keys(), value.values())
    elif isinstance(value, list | tuple | set | frozenset):
        parts = value
    elif inspect.isclass(value) or inspect.isfunction(value) or hasattr(value, "__wrapped__"):
        if getattr(value, "__module__", None) != module:
            return
        function = inspect.unwrap(value) if callable(value) else value
        cells = [
            cell.cell_contents for cell in getattr(function, "__closure__", None) or () if _is_full(cell)
        ]
        defaults = getattr(function, "__defaults__", None) or ()
        parts = [*cells, *defaults, *(vars(value).values() if inspect.isclass(value) else ())]
    elif hasattr(type(value), "__dataclass_fields__"):
        parts = [getattr(value, name, None) for name in type(value).__dataclass_fields__]  # type: ignore[attr-defined]
    for part in parts:
        yield from _patterns_in(part, module, seen)


def _is_full(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 — raises when empty
    except ValueError:
        return False
    return True


def _calls(module: ModuleType) -> Iterator[tuple[ast.Call, str]]:
    """Calls of `re.compile`, `re.sub` … with the function they stand in."""
    tree = ast.parse(inspect.getsource(module) or "")
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    while stack:
        node, function = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = node.name
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in FUNCTIONS
        ):
            base = node.func.value
            if isinstance(base, ast.Name) and getattr(vars(module).get(base.id), "__name__", "") == "re":
                yield node, function
        assert not (isinstance(node, ast.ImportFrom) and node.module == "re"), (
            f"{module}: import re as a whole"
        )
        stack += [(child, function) for child in ast.iter_child_nodes(node)]


def _evaluated(call: ast.Call, module: ModuleType) -> tuple[str, int]:
    """The pattern and flags of a call, evaluated among the module's names."""
    [pattern, *rest] = call.args
    position = {"compile": 0, "match": 1, "search": 1, "fullmatch": 1, "findall": 1, "finditer": 1}
    given = [word.value for word in call.keywords if word.arg == "flags"]
    place = position.get(call.func.attr) if isinstance(call.func, ast.Attribute) else None
    given += rest[place : place + 1] if place is not None else []
    values = [
        eval(compile(ast.Expression(node), module.__name__, "eval"), vars(module))
        for node in (pattern, *given)
    ]
    return str(getattr(values[0], "pattern", values[0])), int(values[1]) if given else 0


# --- The static check -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Part:
    """A stretch of a pattern as an automaton of positions (Glushkov's): what it may begin and end with."""

    empty: bool = True
    first: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)


class _Automaton:
    """The positions of a pattern, each with the characters it takes, and which may follow which.

    Character sets are bit masks over a sample of characters that tells all sets of the pattern apart.
    """

    def __init__(self, tree: Any, flags: int) -> None:
        self.alphabet = "".join(dict.fromkeys(_ALPHABET + "".join(_edges(tree))))
        self.all = (1 << len(self.alphabet)) - 1
        self.masks: list[int] = []
        self.follow: list[dict[int, int]] = []
        self.inner: list[tuple[Any, int]] = []
        self.nested: tuple[int, int] | None = None
        self._sets: dict[tuple[str, int], int] = {}
        self.whole = self._sequence(tree, flags)

    def ambiguous(self) -> tuple[str, str] | None:
        """Two positions p, q and one word that leads p to p, p to q and q to q, or an edge made twice."""
        if self.nested:
            return self._shown(self.nested[0]), self._shown(self.nested[1])
        count = len(self.masks)
        reach = [self._reachable(position) for position in range(count)]
        loops = [position for position in range(count) if position in reach[position]]
        for p in loops:
            around_p = {state for state in reach[p] if p in reach[state]}
            for q in loops:
                if q != p and q in reach[p]:
                    around_q = {state for state in reach[q] if q in reach[state]}
                    if self._shares(p, q, around_p, around_q):
                        return self._shown(p), self._shown(q)
        return None

    def _shares(self, p: int, q: int, around_p: set[int], around_q: set[int]) -> bool:
        start, goal = (p, p, q), (p, q, q)
        seen, waiting = {start}, [start]
        while waiting:
            a, b, c = waiting.pop()
            for a2, mask_a in self.follow[a].items():
                if a2 not in around_p:
                    continue
                for c2, mask_c in self.follow[c].items():
                    both = mask_a & mask_c
                    if not both or c2 not in around_q:
                        continue
                    for b2, mask_b in self.follow[b].items():
                        state = (a2, b2, c2)
                        if both & mask_b and state not in seen:
                            if state == goal:
                                return True
                            seen.add(state)
                            waiting.append(state)
        return False

    def _reachable(self, position: int) -> set[int]:
        seen: set[int] = set()
        waiting = [position]
        while waiting:
            for following in self.follow[waiting.pop()]:
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
        return seen

    def _shown(self, position: int) -> str:
        mask = self.masks[position]
        shown = "".join(c for number, c in enumerate(self.alphabet) if mask >> number & 1)
        return repr(shown[:12])

    def _position(self, mask: int) -> _Part:
        self.masks.append(mask)
        self.follow.append({})
        place = len(self.masks) - 1
        return _Part(False, {place: mask}, {place: self.all})

    def _link(self, last: Mapping[int, int], first: Mapping[int, int]) -> None:
        for before, left in last.items():
            for after, mask in first.items():
                if self.follow[before].get(after, 0) & mask & left:
                    self.nested = before, after  # by a repeat and by one around it
                if mask & left:
                    self.follow[before][after] = self.follow[before].get(after, 0) | (mask & left)

    def _sequence(self, items: Iterable[Any], flags: int) -> _Part:
        whole = _Part()
        for item in items:
            whole = self._joined(whole, self._item(item, flags))
        return whole

    def _joined(self, left: _Part, right: _Part) -> _Part:
        self._link(left.last, right.first)
        first = {**right.first, **left.first} if left.empty else left.first
        last = {**left.last, **right.last} if right.empty else right.last
        return _Part(left.empty and right.empty, first, last)

    def _item(self, item: Any, flags: int) -> _Part:
        code, value = item
        match code:
            case codes.LITERAL | codes.NOT_LITERAL | codes.IN | codes.ANY:
                return self._position(self._mask(code, value, flags))
            case codes.SUBPATTERN:
                _, added, removed, body = value
                return self._sequence(body, (flags | added) & ~removed)
            case codes.BRANCH:
                parts = [self._sequence(branch, flags) for branch in value[1]]
                return _Part(
                    any(part.empty for part in parts),
                    {place: mask for part in parts for place, mask in part.first.items()},
                    {place: mask for part in parts for place, mask in part.last.items()},
                )
            case codes.MAX_REPEAT | codes.MIN_REPEAT:
                return self._repeat(value[0], value[1], value[2], flags)
            case codes.POSSESSIVE_REPEAT:
                return self._possessive(value[0], value[1], value[2], flags)
            case codes.ATOMIC_GROUP:
                return self._opaque(value, flags, empty=False)
            case codes.ASSERT | codes.ASSERT_NOT:
                self.inner.append((value[1], flags))
        return _Part()  # a place, a look around, a group once more: no characters of its own

    def _repeat(self, least: int, most: int, body: Any, flags: int) -> _Part:
        if most > MAX_CHEAP_REPEAT:
            part = self._sequence(body, flags)
            self._link(part.last, part.first)
            return _Part(part.empty or least == 0, part.first, part.last)
        whole = _Part()
        for number in range(min(most, 2)):
            part = self._sequence(body, flags)
            whole = self._joined(whole, _Part(part.empty or number >= least, part.first, part.last))
        return whole

    def _possessive(self, least: int, most: int, body: Any, flags: int) -> _Part:
        """What it has taken it keeps, so what follows begins with another character."""
        if len(body) != 1 or body[0][0] not in (codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY):
            return self._opaque(body, flags, empty=least == 0)
        part = self._sequence(body, flags)
        [(place, mask)] = part.first.items()
        if most > MAX_CHEAP_REPEAT:
            self._link(part.last, part.first)
            return _Part(least == 0, {place: mask}, {place: self.all & ~mask})
        return _Part(least == 0, part.first, part.last)

    def _opaque(self, body: Any, flags: int, *, empty: bool) -> _Part:
        """Looked at by itself; from outside any of its characters, once."""
        self.inner.append((body, flags))
        inner = _Automaton(body, flags)
        union = 0
        for mask in inner.masks:
            for number, character in enumerate(inner.alphabet):
                if mask >> number & 1 and character in self.alphabet:
                    union |= 1 << self.alphabet.index(character)
        part = self._position(union)
        return _Part(empty, part.first, part.last)

    def _mask(self, code: Any, value: Any, flags: int) -> int:
        key = (repr((code, value)), flags)
        if key not in self._sets:
            self._sets[key] = sum(
                1 << number for number, c in enumerate(self.alphabet) if _takes(code, value, c, flags)
            )
        return self._sets[key]


def _takes(code: Any, value: Any, character: str, flags: int) -> bool:
    if code is codes.ANY:
        return character != "\n" or bool(flags & re.DOTALL)
    cases = {character, character.lower(), character.upper()} if flags & re.IGNORECASE else {character}
    if code is codes.NOT_LITERAL:
        return all(ord(case) != value for case in cases if len(case) == 1)
    if code is codes.LITERAL:
        return any(ord(case) == value for case in cases if len(case) == 1)
    negated = value[0][0] is codes.NEGATE
    inside = any(_in_set(item, case) for item in value for case in cases if len(case) == 1)
    return bool(inside != negated)


def _in_set(item: Any, character: str) -> bool:
    code, value = item
    if code is codes.LITERAL:
        return bool(ord(character) == value)
    if code is codes.RANGE:
        return bool(value[0] <= ord(character) <= value[1])
    if code is codes.CATEGORY:
        name = str(value).rpartition("_")[2]
        inside = {"SPACE": character.isspace(), "DIGIT": character.isdecimal()}.get(
            name, character.isalnum() or character == "_"
        )
        return bool(inside) != ("_NOT_" in str(value))
    return False


def _edges(tree: Any) -> Iterator[str]:
    """Characters at both sides of each edge of the sets of a pattern."""
    if (
        isinstance(tree, tuple)
        and len(tree) == 2
        and tree[0] in (codes.LITERAL, codes.NOT_LITERAL, codes.RANGE)
    ):
        bounds = tree[1] if tree[0] is codes.RANGE else (tree[1], tree[1])
        for bound in bounds:
            yield from (chr(code) for code in (bound - 1, bound, bound + 1) if 0 <= code < 0x110000)
    elif isinstance(tree, tuple | list | parser.SubPattern):
        for part in tree:
            yield from _edges(part)


def ambiguity(pattern: str, flags: int = 0) -> str | None:
    """Say which repeats of a pattern share characters; None for a pattern that is safe.

    >>> ambiguity("a*b*"), ambiguity(r"a*[ab]*") is None, ambiguity("(a+)+") is None
    (None, False, False)
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = parser.parse(pattern, flags)
    waiting: list[tuple[Any, int]] = [(tree, tree.state.flags)]
    while waiting:
        automaton = _Automaton(*waiting.pop())
        waiting += automaton.inner
        if shared := automaton.ambiguous():
            return f"{shared[0]} beside {shared[1]}"
    return None


@cache
def repeats(pattern: str, flags: int) -> tuple[tuple[str, str], ...]:
    """For each long repeat of a pattern: a text that leads to it, and a text that it takes."""
    found: list[tuple[str, str]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = parser.parse(pattern, flags)
    _walk(tree, "", tree.state.flags, found)
    return tuple(dict.fromkeys(found))


def _walk(items: Iterable[Any], before: str, flags: int, found: list[tuple[str, str]]) -> str:
    for code, value in items:
        match code:
            case codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT:
                least, most, body = value
                inner = _walk(body, before, flags, found)
                taken = inner[len(before) :]
                if most > MAX_CHEAP_REPEAT and taken:
                    found.append((before, taken))
                before += taken * min(least, 20)
            case codes.SUBPATTERN:
                before = _walk(value[3], before, flags, found)
            case codes.ATOMIC_GROUP:
                before = _walk(value, before, flags, found)
            case codes.BRANCH:
                ways = [_walk(branch, before, flags, found) for branch in value[1]]
                before = ways[0]
            case codes.ASSERT:
                _walk(value[1], before, flags, found)
            case codes.LITERAL | codes.NOT_LITERAL | codes.IN | codes.ANY:
                liked = (
                    " \ta1一的x-_.,:"
                    + "".join(_edges([(code, value)]))
                    + "".join(_edges(value if code is codes.IN else []))
                )
                before += next((c for c in liked + _ALPHABET if _takes(code, value, c, flags)), "")
    return before


def literals(pattern: str, flags: int) -> Sequence[str]:
    """Runs of literal characters of a pattern."""
    runs: list[str] = []

    def walk(items: Any) -> None:
        run = ""
        for item in items:
            if isinstance(item, tuple) and item[0] is codes.LITERAL:
                run += chr(item[1])
                continue
            if run:
                runs.append(run)
                run = ""
            if isinstance(item, tuple | list | parser.SubPattern):
                walk(item)
        if run:
            runs.append(run)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        walk(parser.parse(pattern, flags))
    return list(dict.fromkeys(runs))
