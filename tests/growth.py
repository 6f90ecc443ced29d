"""How the time of what strangers' text can reach grows with its length.

Each subject (patterns, posts, questions, messages) runs in a child process, `python -m tests.growth SUBJECT`,
which names what it begins and is ended by the kernel when that takes too long.
"""

import asyncio
import itertools
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
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

MAX_SECONDS_OF_ONE: Final = 10.0
"""Processor time after which a child is ended."""

SCREENS: Final = tuple((length, MAX_SECONDS / (LENGTHS[-1] / length) ** 3) for length in LENGTHS[:-1])
"""Seconds at the lesser lengths below which a pattern is let pass: the cube would stay below 0.2 s."""

Action = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of text of any length: something, a stretch again and again, an end."""

    before: str
    stretch: str
    end: str = ""

    @property
    def name(self) -> str:
        return repr(self.before + self.stretch)

    def text(self, length: int) -> str:
        """About so many characters of it."""
        return self.before + (self.stretch * (length // len(self.stretch) + 1))[:length] + self.end


STRETCHES: Final = (
    *(
        " ",
        "\u3000",
        "\xa0",
        "\t",
        "\n",
        " \n",
        "a ",
        "a\n",
        "1",
        "1 ",
        "0,",
        "1.",
        "a1",
        "A",
        "é",
        "\u0301",
        "😀",
    ),
    *(
        "一",
        "十",
        "二十",
        "年",
        "1年",
        "3月",
        "三月",
        "的",
        "几",
        "什么",
        "啊",
        "，",
        "。",
        "！",
        "…",
        ".",
        "!",
        "?",
    ),
    *(
        "-",
        "- ",
        "> ",
        "#",
        "_",
        "*",
        "**",
        "`",
        "~",
        "[",
        "]",
        "(",
        ")",
        "](",
        "[a](b)",
        "《",
        "》",
        "「",
        "」",
    ),
    *(
        "“",
        "”",
        '"',
        "'",
        "<",
        "</",
        "<a ",
        "<!--",
        "&",
        "{{",
        "{%",
        "|",
        "a|",
        "=",
        "/",
        "a/",
        "a.",
        "a_",
        "a-",
    ),
    *("@", "a@", "%", "%20", ":", "a:", "http://", "a b.", "x-y ", "\\", "\u200b", "ー"),
)
"""What a text is made of: blanks of all kinds, digits, numerals, brackets, quotes, marks."""

TAILS: Final = ("", "\0", "!x", "\nZ")
"""What ends it: mostly a mismatch."""

_POSTS: Final = (
    *(
        "a\n",
        "[^1]: x\n",
        "[a]: /b 'c\n",
        "- a\n",
        "1. a\n",
        "  - a\n",
        "- - ",
        "> a\n",
        ">",
        "a\n-\n",
        "|a|b|\n",
        "<a href=http://a.b/c>甲</a> ",
        "<b>甲 \n",
        "<img src=http://a.b/c.jpg>",
        "<img src=http://a.b/c.jpg><h2 hidden>甲</h2>",
        "%%甲",
        "&#60;p",
        "甲[^a]",
    ),
    *(
        "a|b\n-|-\n",
        "# a\n",
        "```\n",
        "    a\n",
        "a  \n",
        "a\\\n",
        "\\a",
        "`a` ",
        "``a` ",
        "*a* ",
        "*a",
        "**a",
        "~~a",
    ),
    *(
        "![a](b)",
        "[a][b]",
        "<svg>",
        "<svg>a\n",
        "<!-- a -->",
        "<p>",
        "</p>",
        "<div>\n\n",
        "<td>",
        "<li>",
        "<pre>",
    ),
    *(
        "<code>",
        "<script>",
        "&amp;",
        "&#1;",
        "{% a %}",
        "{{ a }}",
        "{:a}\n",
        "---\n",
        "===\n",
        "a: b\n",
        "\n\n",
        "...",
    ),
    *(
        "<p hidden>a",
        "<b>a</b>\n",
        "<table><tr><td>a",
        "<p a='",
        "mdash;",
        "编辑：",
        "“a。”",
        "e\u0301",
        "\r",
        "a. ",
    ),
)
_AROUND: Final = ("", "x\n\n", "<div>", "---\ntitle: ", "+++\na = ", "---\ntags: [")

_QUESTIONS: Final = (
    *(
        "分类:a ",
        "从:2021 ",
        "-a ",
        '"a" ',
        "「啊」",
        "几",
        "谁说",
        "哪里",
        "为什么",
        "最近",
        "昨天",
        "二月三日",
        "三号",
    ),
    *(
        "2022年9月6日",
        "iPhone 14 ",
        "1,000 ",
        "第二十一届",
        "有没有",
        "what is ",
        "帮我找",
        "https://a.b/c?d=e ",
        "那",
    ),
    *("还有", "是不是", "关于", "新闻", "C++ ", "@baotong_bot ", "/ask "),
)
_BEFORE: Final = (
    *(
        "",
        "最新 ",
        "分类 ",
        "那",
        "第",
        "分类:",
        "从:",
        "“",
        "/ask ",
        "/latest ",
        "/category ",
        "/subscribe ",
        "/trend ",
    ),
    *("/settings ", "/start ", "/start a_", "/unsubscribe ", "/nonsense ", "/help "),
)


def seconds(action: Action, text: str) -> float:
    """Processor time of an action."""
    start = time.process_time()
    action(text)
    return time.process_time() - start


def growth(action: Action, shape: Shape, at_all: float = float("inf")) -> list[float] | None:
    """Seconds at each length, the least of three, where they grow too fast; None as a rule."""
    text = shape.text(LENGTHS[-1])
    if seconds(action, text) <= MAX_SECONDS or seconds(action, text) <= MAX_SECONDS:
        return None
    costs = [min(seconds(action, shape.text(length)) for _ in range(3)) for length in LENGTHS]
    superlinear = costs[-1] > MAX_SECONDS and costs[-1] > MAX_RATIO * costs[0]
    return costs if superlinear or costs[-1] > at_all else None


# --- In the child -----------------------------------------------------------------------------------------


_limit = 0.0


def _say(**what: object) -> None:
    """Tell what is begun; from here on so much processor time is left, after which the kernel ends this."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()
    signal.setitimer(signal.ITIMER_VIRTUAL, _limit)


def _patterns(found: Iterable[regexes.Found]) -> None:
    for each in found:
        _say(begins=each.where)
        for method, action in _actions(each):
            _say(begins=f"{each.where} {method}")
            for shape in _shapes_of(each.pattern):
                if any(seconds(action, shape.text(length)) < cost for length, cost in SCREENS):
                    continue
                _say(begins=f"{each.where} {method} {shape.name}")
                if costs := growth(action, shape, MAX_AT_ALL):
                    shown = f"{each.where} {method} {shape.name} {each.pattern.pattern[:80]}"
                    _say(grows=shown, seconds=costs)
                    break


def _actions(found: regexes.Found) -> Iterator[tuple[str, Action]]:
    """What is done with a pattern; whatever searches is tried as `sub`, which searches to the end."""
    for method in sorted(found.uses & {"match", "fullmatch"}):
        yield method, getattr(found.pattern, method)
    if found.uses - {"match", "fullmatch"}:
        yield "sub", lambda text: found.pattern.sub("", text)


def _shapes_of(pattern: re.Pattern[str]) -> Iterator[Shape]:
    own = regexes.literals(pattern.pattern, pattern.flags)[:10]
    for number, stretch in enumerate((*STRETCHES, *own)):
        yield Shape("", stretch, TAILS[number % len(TAILS)])
    for before, taken in regexes.repeats(pattern.pattern, pattern.flags):
        yield Shape(before, taken, "\0")
        yield Shape("", before + taken, "!x")


def _watch(action: Action, shapes: Iterable[Shape], where: str = "") -> None:
    for shape in shapes:
        _say(begins=where + shape.name)
        if costs := growth(action, shape):
            _say(grows=where + shape.name, seconds=costs)


def _posts() -> None:
    from corpus.posts import cleaning, reader
    from corpus.text import passages

    def read(text: str) -> None:
        post = reader.parse_post(
            "a.md", text.encode(), zone=ZoneInfo("Asia/Shanghai"), now=datetime(2026, 9, 1, tzinfo=UTC)
        )
        cleaning.unclosed_element(post.body)
        passages.split_passages(cleaning.paragraphs(post.body, title=post.title))

    read("Ein Anfang.")
    shapes = [("", stretch) for stretch in (*STRETCHES, *_POSTS)]
    shapes += [(around, stretch) for stretch in _POSTS for around in _AROUND[1:3]]
    shapes += [(around, stretch) for stretch in STRETCHES for around in _AROUND[3:]]
    _watch(read, _shaped(shapes))


def _questions() -> None:
    from bot.handlers.browse import _split_number
    from bot.handlers.rules.small_talk import classify
    from corpus.dialogue.followups import is_follow_up, is_possible_follow_up, is_self_contained, page_turn
    from corpus.question.parser import parse
    from corpus.question.topic import extract_topic
    from corpus.question.utterance import Utterance

    def understand(text: str) -> None:
        parse(text, today=date(2026, 9, 1))
        message = Utterance.from_text(text)
        page_turn(message)
        is_follow_up(message)
        is_possible_follow_up(message)
        is_self_contained(message)
        extract_topic(message)
        _split_number(text)
        classify(text)

    understand("什么时候")
    shapes = [("", stretch) for stretch in (*STRETCHES, *_QUESTIONS)]
    _watch(understand, _shaped(shapes))


def _shaped(shapes: Iterable[tuple[str, str]]) -> Iterator[Shape]:
    for number, (before, stretch) in enumerate(shapes):
        yield Shape(before, stretch, TAILS[number % len(TAILS)].replace("\0", ""))


def _messages() -> None:
    """Every command and handler: private, group, reply, edited; inline queries and buttons."""
    from telegram import Update

    from bot.cli.chat.memory_api import InMemoryBotApi
    from bot.service.application import OFFLINE_TOKEN, build_application
    from bot.settings import Settings
    from bot.storage.database import State
    from tests.bot.conftest import NOW, open_archive

    with (
        tempfile.TemporaryDirectory() as folder,
        open_archive(Path(folder)) as corpus,
        State.in_memory() as state,
        asyncio.Runner() as runner,
    ):
        api = InMemoryBotApi("zh")
        settings = Settings.load(None, data_dir=Path(folder) / "bot")
        hours = itertools.count()  # so that no limit on messages a minute is reached

        def now() -> datetime:
            return NOW + timedelta(hours=next(hours))

        application = build_application(settings, corpus, state, token=OFFLINE_TOKEN, request=api, now=now)
        runner.run(application.initialize())

        def deal(update: dict[str, Any]) -> None:
            runner.run(application.process_update(Update.de_json(update, application.bot)))

        def message(text: str, **more: object) -> dict[str, Any]:
            made = api.typed(text)
            made["message"] |= {"text": text, **more}
            return made

        deal(message("临江大桥什么时候通车"))
        answered = api.take_events()[-1]
        answer = api._as_json(answered)  # type: ignore[arg-type]
        group = {"id": answer["chat"]["id"], "type": "supergroup", "title": "群"}

        def inline(text: str) -> dict[str, Any]:
            query = {"id": "1", "from": answer["from"], "query": text, "offset": text[:50]}
            return {"update_id": 1, "inline_query": query}

        ways: dict[str, Callable[[str], dict[str, Any]]] = {
            "private": message,
            "reply": partial(message, reply_to_message=answer),
            "edited": lambda text: _renamed(message(text), "message", "edited_message"),
            "group": partial(message, chat=group, reply_to_message=answer),
            "inline": inline,
            "button": partial(api.pressed, answer["message_id"]),
        }
        stretches = (*STRETCHES, *_QUESTIONS)
        for name, way in ways.items():

            def act(text: str, way: Callable[[str], dict[str, Any]] = way) -> None:
                deal(way(text))

            befores = _BEFORE if name == "private" else _BEFORE[:2]
            shapes = [
                (before, stretch)
                for number, before in enumerate(befores)
                for stretch in (stretches if number < 2 else stretches[number % 4 :: 4])
            ]
            _watch(act, _shaped(shapes), f"{name}: ")
        runner.run(application.shutdown())


def _renamed(update: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    update[new] = update.pop(old)
    return update


# --- In the test ------------------------------------------------------------------------------------------


def faults(subject: str, *arguments: str, limit: float = MAX_SECONDS_OF_ONE) -> list[str]:
    """What of a subject grows too fast or does not end.

    Args:
        limit: Seconds of processor time after which what the child has begun is given up.
    """
    command = [sys.executable, "-m", "tests.growth", str(limit), subject, *arguments]
    found: list[str] = []
    last = "nothing"
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent) as child:
        assert child.stdout is not None
        for line in child.stdout:
            said = json.loads(line)
            last = said.get("begins", last)
            if "grows" in said:
                found.append(f"{said['grows']}: {[round(cost, 3) for cost in said['seconds']]}")
    if child.returncode == -signal.SIGVTALRM:
        return [*found, f"takes over {limit} s: {last}"]
    return found if child.returncode == 0 else [*found, f"exit code {child.returncode} after {last}"]


def main(limit: str, subject: str, *arguments: str) -> None:
    """Run a subject in this process."""
    global _limit
    _limit = float(limit)
    if subject == "patterns":
        from tests.test_time import DYNAMIC

        _patterns(regexes.collect(DYNAMIC))
    elif subject == "given":
        _patterns([regexes.Found("given", re.compile(pattern)) for pattern in arguments])
    else:
        {"posts": _posts, "questions": _questions, "messages": _messages}[subject]()


if __name__ == "__main__":
    main(*sys.argv[1:])
