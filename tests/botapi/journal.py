"""What happened at the server: every request, and every fault of manners in what people see."""

import re
import time
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.botapi.formatting import MAX_ENTITIES, FormattedText


@dataclass(slots=True)
class Call:
    """One request to the Bot API.

    Attributes:
        method: As the bot wrote it.
        parameters: Decoded, JSON fields still as they came.
        started: `time.time()` when the request was read.
        finished: When the answer was written; None while it is open or was cut.
        status: HTTP status of the answer; 0 where the connection was cut or hung.
        result: What a success returned.
        description: Why it was refused, or None.
        fault: Name of the injected fault, or None.
        acted: Whether the method really ran (a fault "after acting" hides a success).
    """

    method: str
    parameters: dict[str, Any]
    started: float = field(default_factory=time.time)
    finished: float | None = None
    status: int = 0
    result: Any = None
    description: str | None = None
    fault: str | None = None
    acted: bool = False

    @property
    def chat_id(self) -> int | None:
        """The chat named by the request, if it is a number."""
        try:
            return int(self.parameters["chat_id"])
        except (KeyError, TypeError, ValueError):
            return None

    def __str__(self) -> str:
        outcome = self.description or ("ok" if self.status == 200 else "no answer")
        fault = f" [{self.fault}]" if self.fault else ""
        shown = {key: value for key, value in self.parameters.items() if key != "reply_markup"}
        return f"{self.method} {shown} → {self.status} {outcome}{fault}"


@dataclass(frozen=True, slots=True)
class Lint:
    """Something people should never see, or a silence they should not meet.

    Attributes:
        kind: One of `LINT_KINDS`.
        detail: What was found.
        place: Where: a chat and the beginning of the text.
    """

    kind: str
    detail: str
    place: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail!r} in {self.place}"


LINT_KINDS = (
    "token",  # the bot's token
    "path",  # a path of the operator's machine
    "traceback",  # Python's error output
    "markup",  # tags or entities that were escaped twice or never meant to be read
    "placeholder",  # {name} left in a sentence
    "control",  # control characters, bidirectional overrides, halves of surrogate pairs
    "repr",  # None, nan, ['…'], <x object at 0x…>
    "link_dropped",  # the server dropped a link because of its address
    "link_blank",  # a link with a blank in its address
    "too_many_entities",  # more than clients show
    "unanswered_press",  # a button that spins until it gives up
    "unanswered_inline",  # an inline query without results
    "unknown_method",  # a method that this server does not have
)

_PATTERNS = (
    (
        "path",
        re.compile(r"(?<![\w/.:])/(?:home|root|usr|tmp|var|etc|opt|srv|mnt|proc|work|data|app)/[\w./-]+"),
    ),
    ("path", re.compile(r"\b[A-Za-z]:\\[\w\\.-]+|site-packages")),
    ("traceback", re.compile(r"Traceback \(most recent call last\)|File \"[^\"]+\", line \d+")),
    ("traceback", re.compile(r"\b[A-Za-z_.]*[a-z](?:Error|Exception)\b(?=[:(])")),
    (
        "markup",
        re.compile(r"</?(?:b|i|a|u|s|em|code|pre|strong|blockquote|p|div|span|br|img|h[1-6])\b[^<>]*>", re.I),
    ),
    ("markup", re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#x?[0-9a-fA-F]{1,6});")),
    ("placeholder", re.compile(r"(?<![{$])\{[a-z_]+(?:[:!][^{}]*)?\}(?!\})")),
    ("repr", re.compile(r"<[\w.]+ object at 0x[0-9a-f]+|<(?:class|function|bound method) ")),
    ("repr", re.compile(r"(?<![A-Za-z] )(?<![\w'’-])(?:None|nan|NaN|undefined)(?![\w'’-])(?! [A-Za-z])")),
    (
        "repr",
        re.compile(r"\[(?:'[^'\n]*'|\"[^\"\n]*\")(?:, |\])|\{'\w+': |\w+\((?:\w+=[^()]*, )*\w+='[^']*'\)"),
    ),
    ("repr", re.compile(r"\b(?:datetime\.(?:datetime|date)|PosixPath|Decimal|UUID)\(")),
)
_BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Journal:
    """Requests and lints in order of their happening."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._typed: set[str] = set()
        self._allowed: set[str] = set()
        self._forgiven: set[str] = set()
        self.calls: list[Call] = []
        self.lints: list[Lint] = []

    def called(self, *methods: str) -> list[Call]:
        """The calls of these methods (any case), or all."""
        wanted = {method.lower() for method in methods}
        return [call for call in self.calls if not wanted or call.method.lower() in wanted]

    @property
    def refused(self) -> list[Call]:
        """Calls that the server itself refused; injected faults are not among them."""
        return [call for call in self.calls if call.status >= 400 and call.fault is None]

    def typed(self, text: str) -> None:
        """Remember what a person wrote: the bot may quote it, whatever it looks like."""
        if text.strip():
            self._typed.add(text.strip())

    def allow(self, *texts: str) -> None:
        """Let these pieces of text be shown although they look like leaks (an article about `<b>`, say)."""
        self._allowed.update(texts)

    def forgive(self, *kinds: str) -> None:
        """Record no lints of these kinds any more, and forget those there are."""
        unknown = set(kinds) - set(LINT_KINDS)
        if unknown:
            raise ValueError(f"no such lints: {sorted(unknown)}")
        self._forgiven.update(kinds)
        self.lints = [lint for lint in self.lints if lint.kind not in kinds]

    def add_lint(self, kind: str, detail: str, place: str) -> None:
        """Record one lint."""
        if kind not in self._forgiven and not any(allowed in detail for allowed in self._allowed):
            self.lints.append(Lint(kind, detail, place))

    def look_at(self, text: str, place: str) -> None:
        """Record what is wrong with a text that people see."""
        place = f"{place}: {text[:60]!r}"
        for kind, detail in self._findings(text):
            self.add_lint(kind, detail, place)

    def look_at_formatted(self, formatted: FormattedText, place: str) -> None:
        """Record what is wrong with a message's text and entities."""
        self.look_at(formatted.text, place)
        if len(formatted.entities) > MAX_ENTITIES:
            self.add_lint("too_many_entities", str(len(formatted.entities)), place)
        for entity in formatted.entities:
            if entity.url and self._secret in entity.url:
                self.add_lint("token", entity.url, place)

    @property
    def _secret(self) -> str:
        return self._token.partition(":")[2]

    def _findings(self, text: str) -> Iterator[tuple[str, str]]:
        if self._secret in text:
            yield "token", self._secret
        controls = {character for character in text if _is_control(character)}
        text = self._without_quotes(text)
        controls = {character for character in controls if character in text}
        if controls:
            yield "control", " ".join(f"U+{ord(character):04X}" for character in sorted(controls))
        for kind, pattern in _PATTERNS:
            for match in pattern.finditer(text):
                yield kind, match.group()

    def _without_quotes(self, text: str) -> str:
        for quoted in sorted(self._typed | self._allowed, key=len, reverse=True):
            if len(quoted) > 1:
                text = text.replace(quoted, " ")
        return text


def _is_control(character: str) -> bool:
    if character in "\n\t":
        return False
    return unicodedata.category(character) in ("Cc", "Cs") or character in _BIDI


def report(lints: Iterable[Lint]) -> str:
    """Lints as lines."""
    return "\n".join(f"- {lint}" for lint in lints)
