"""How the time of what strangers' text can reach grows with its length.

Each subject (patterns, posts, questions, messages) runs in a child process, `python -m tests.growth SUBJECT`,
which names what it begins. `faults` reads that and ends a child that is silent for too long.
"""

import asyncio
import json
import re
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests import regexes

LENGTHS: Final = (1_000, 2_000, 4_000, 8_000)
MAX_RATIO: Final = 24
"""Times the cost for eight times the length; linear is 8, n·log n about 10, the square 64."""

MAX_SECONDS: Final = 0.2
"""Below this no growth is a fault: it is noise."""

MAX_AT_ALL: Final = 0.5
"""Seconds of one pattern at the greatest length, however it grows."""

MAX_SILENCE: Final = 10.0
SCREEN: Final = 0.0004
"""Seconds at 2,000 characters below which a pattern is let pass: squared growth would stay below 7 ms."""

Action = Callable[[str], object]

STRETCHES: Final = (
    *(" ", "\u3000", "\xa0", "\t", "\n", " \n", "a ", "a\n", "1", "1 ", "0,", "1.", "a1", "A", "é", "\u0301", "😀"),
    *("一", "十", "二十", "年", "1年", "3月", "三月", "的", "几", "什么", "啊", "，", "。", "！", "…", ".", "!", "?"),
    *("-", "- ", "> ", "#", "_", "*", "**", "`", "~", "[", "]", "(", ")", "](", "[a](b)", "《", "》", "「", "」"),
    *("“", "”", '"', "'", "<", "</", "<a ", "<!--", "&", "{{", "{%", "|", "a|", "=", "/", "a/", "a.", "a_", "a-"),
    *("@", "a@", "%", "%20", ":", "a:", "http://", "a b.", "x-y ", "\\", "\u200b", "ー"),
)
"""What a text is made of: blanks of all kinds, digits, numerals, brackets, quotes, marks."""

TAILS: Final = ("", "\0", "!x", "\nZ")
"""What ends it: mostly a mismatch."""

_POSTS: Final = (
    *("a\n", "[^1]: x\n", "[a]: /b 'c\n", "- a\n", "1. a\n", "  - a\n", "- - ", "> a\n", ">", "a\n-\n", "|a|b|\n"),
    *("a|b\n-|-\n", "# a\n", "```\n", "    a\n", "a  \n", "a\\\n", "\\a", "`a` ", "``a` ", "*a* ", "*a", "**a", "~~a"),
    *("![a](b)", "[a][b]", "<svg>", "<svg>a\n", "<!-- a -->", "<p>", "</p>", "<div>\n\n", "<td>", "<li>", "<pre>"),
    *("<code>", "<script>", "&amp;", "&#1;", "{% a %}", "{{ a }}", "{:a}\n", "---\n", "===\n", "a: b\n", "\n\n", "..."),
    *("<p hidden>a", "<b>a</b>\n", "<table><tr><td>a", "<p a='", "mdash;", "编辑：", "“a。”", "e\u0301", "\r", "a. "),
)
_AROUND: Final = ("", "x\n\n", "<div>", "---\ntitle: ", "+++\na = ", "---\ntags: [")

_QUESTIONS: Final = (
    *("分类:a ", "从:2021 ", "-a ", '"a" ', "「啊」", "几", "谁说", "哪里", "为什么", "最近", "昨天", "二月三日", "三号"),
    *("2022年9月6日", "iPhone 14 ", "1,000 ", "第二十一届", "有没有", "what is ", "帮我找", "https://a.b/c?d=e ", "那"),
    *("还有", "是不是", "关于", "新闻", "C++ ", "@baotong_bot ", "/ask "),
)
_BEFORE: Final = (
    *("", "最新 ", "分类 ", "那", "第", "分类:", "从:", "“", "/ask ", "/latest ", "/category ", "/subscribe ", "/trend "),
    *("/settings ", "/start ", "/start a_", "/unsubscribe ", "/nonsense ", "/help "),
)


def stretched(stretch: str, length: int) -> str:
    """A stretch repeated up to a length."""
    return (stretch * (length // len(stretch) + 1))[:length]


def seconds(action: Action, text: str) -> float:
    """Processor time of an action."""
    start = time.process_time()
    action(text)
    return time.process_time() - start


def growth(action: Action, make: Callable[[int], str], at_all: float = float("inf")) -> list[float] | None:
    """Seconds at each length, the least of three, where they grow too fast; None as a rule."""
    text = make(LENGTHS[-1])
    if seconds(action, text) <= MAX_SECONDS or seconds(action, text) <= MAX_SECONDS:
        return None
    costs = [min(seconds(action, make(length)) for _ in range(3)) for length in LENGTHS]
    superlinear = costs[-1] > MAX_SECONDS and costs[-1] > MAX_RATIO * costs[0]
    return costs if superlinear or costs[-1] > at_all else None


# --- In the child -----------------------------------------------------------------------------------------


def _say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _patterns(found: Iterable[regexes.Found]) -> None:
    for each in found:
        _say(begins=each.where)
        for name, make in _texts_for(each.pattern):
            for method in each.uses & {"match", "fullmatch"} | ({"sub"} if each.uses - {"match", "fullmatch"} else set()):
                call = getattr(each.pattern, method)
                action: Action = (lambda text, call=call: call("", text)) if method == "sub" else call
                if seconds(action, make(2_000)) < SCREEN:
                    continue
                _say(begins=f"{each.where} {method} {name!r}")
                if costs := growth(action, make, MAX_AT_ALL):
                    _say(grows=f"{each.where} {method} {name!r} {each.pattern.pattern[:80]}", seconds=costs)


def _texts_for(pattern: re.Pattern[str]) -> Iterator[tuple[str, Callable[[int], str]]]:
    own = regexes.literals(pattern.pattern, pattern.flags)[:10]
    for number, stretch in enumerate((*STRETCHES, *own)):
        tail = TAILS[number % len(TAILS)]
        yield stretch, lambda length, stretch=stretch, tail=tail: stretched(stretch, length) + tail
    for before, taken in regexes.repeats(pattern.pattern, pattern.flags):
        yield before + taken, lambda length, a=before, b=taken: a + stretched(b, length) + "\0"
        yield taken + before, lambda length, a=before, b=taken: stretched(a + b, length) + "!x"


def _watch(action: Action, texts: Iterable[tuple[str, Callable[[int], str]]]) -> None:
    for name, make in texts:
        _say(begins=name)
        if costs := growth(action, make):
            _say(grows=name, seconds=costs)


def _posts() -> None:
    from corpus import cleaning, passages, posts

    def read(text: str) -> None:
        post = posts.parse_post("a.md", text.encode(), zone=ZoneInfo("Asia/Shanghai"), now=datetime(2026, 9, 1, tzinfo=UTC))
        cleaning.left_open(post.body)
        passages.split_passages(cleaning.paragraphs(post.body, title=post.title))

    read("Ein Anfang.")
    shapes = [("", stretch) for stretch in (*STRETCHES, *_POSTS)]
    shapes += [(around, stretch) for stretch in _POSTS for around in _AROUND[1:3]]
    shapes += [(around, stretch) for stretch in STRETCHES for around in _AROUND[3:]]
    _watch(read, _shaped(shapes))


def _questions() -> None:
    from bot.followups import continuation, leans_on_an_answer, stands_alone
    from bot.handlers.browse import _split
    from bot.small_talk import kind_of
    from corpus.query import parse

    def understand(text: str) -> None:
        parse(text, today=date(2026, 9, 1))
        continuation(text)
        leans_on_an_answer(text)
        stands_alone(text)
        _split(text)
        kind_of(text)

    understand("什么时候")
    shapes = [("", stretch) for stretch in (*STRETCHES, *_QUESTIONS)]
    _watch(understand, _shaped(shapes))


def _shaped(shapes: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Callable[[int], str]]]:
    for number, (before, stretch) in enumerate(shapes):
        tail = TAILS[number % len(TAILS)].replace("\0", "")
        yield before + stretch, lambda length, a=before, b=stretch, c=tail: a + stretched(b, length) + c


def _messages() -> None:
    """Every command and handler: private, group, reply, edited; inline queries and buttons."""
    from telegram import Update

    from bot.application import OFFLINE_TOKEN, build_application
    from bot.settings import Settings
    from bot.state import State
    from bot.terminal.home import HomeApi
    from tests.bot.conftest import open_archive

    with (
        tempfile.TemporaryDirectory() as folder,
        open_archive(Path(folder)) as corpus,
        State.in_memory() as state,
        asyncio.Runner() as runner,
    ):
        api = HomeApi("zh")
        settings = Settings.load(None, data_dir=Path(folder) / "bot")
        application = build_application(settings, corpus, state, token=OFFLINE_TOKEN, request=api)
        runner.run(application.initialize())

        def deal(update: dict[str, Any]) -> None:
            runner.run(application.process_update(Update.de_json(update, application.bot)))

        def message(text: str, **more: object) -> dict[str, Any]:
            made = api.typed(text)
            made["message"] |= {"text": text, **more}
            return made

        deal(message("临江大桥什么时候通车"))
        answered = api.news()[-1]
        answer = api._as_json(answered)  # type: ignore[arg-type]
        group = {"id": answer["chat"]["id"], "type": "supergroup", "title": "群"}
        ways: dict[str, Callable[[str], dict[str, Any]]] = {
            "private": message,
            "reply": lambda text: message(text, reply_to_message=answer),
            "edited": lambda text: _renamed(message(text), "message", "edited_message"),
            "group": lambda text: message(text, chat=group, reply_to_message=answer),
            "inline": lambda text: {
                "update_id": 1,
                "inline_query": {"id": "1", "from": answer["from"], "query": text, "offset": text[:50]},
            },
            "button": lambda text: api.pressed(answer["message_id"], text),
        }
        stretches = (*STRETCHES, *_QUESTIONS)
        for name, way in ways.items():
            befores = _BEFORE if name == "private" else _BEFORE[:2]
            shapes = [(a, b) for n, a in enumerate(befores) for b in (stretches if n < 2 else stretches[n % 4 :: 4])]
            for shape, make in _shaped(shapes):
                _say(begins=f"{name}: {shape}")
                if costs := growth(lambda text, way=way: deal(way(text)), make):
                    _say(grows=f"{name}: {shape}", seconds=costs)
        runner.run(application.shutdown())


def _renamed(update: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    update[new] = update.pop(old)
    return update


# --- In the test ------------------------------------------------------------------------------------------


def faults(subject: str, *arguments: str, silence: float = MAX_SILENCE) -> list[str]:
    """What of a subject grows too fast or does not end; the child is ended when it is silent for too long."""
    command = [sys.executable, "-m", "tests.growth", subject, *arguments]
    found: list[str] = []
    last = "nothing"
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent) as child,
        selectors.DefaultSelector() as selector,
    ):
        assert child.stdout is not None
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(silence):
                child.kill()
                return [*found, f"does not end within {silence} s: {last}"]
            line = child.stdout.readline()
            if not line:
                break
            said = json.loads(line)
            last = said.get("begins", last)
            if "grows" in said:
                found.append(f"{said['grows']}: {[round(cost, 3) for cost in said['seconds']]}")
    return found if child.returncode == 0 else [*found, f"exit code {child.returncode} after {last}"]


def main(subject: str, *arguments: str) -> None:
    """Run a subject in this process."""
    if subject == "patterns":
        from tests.test_time import DYNAMIC

        _patterns(regexes.collect(DYNAMIC))
    elif subject == "given":
        _patterns([regexes.Found("given", re.compile(pattern)) for pattern in arguments])
    else:
        {"posts": _posts, "questions": _questions, "messages": _messages}[subject]()


if __name__ == "__main__":
    main(*sys.argv[1:])
