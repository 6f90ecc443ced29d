"""`baotong engine`: the archive in an engine of several machines."""

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.cli import console

if TYPE_CHECKING:
    from corpus import Corpus
    from corpus.engine import FillReport

Line = dict[str, object]


class EngineAction(StrEnum):
    """What is done with the engine's indices."""

    INIT = "init"
    FILL = "fill"
    SWAP = "swap"
    CHECK = "check"


def run(corpus: "Corpus", action: EngineAction, *, again: bool) -> tuple[Sequence[Line], bool]:
    """Do it; return what to say, and whether all is well.

    Raises:
        EngineUnavailableError: It cannot be done; the message says why and what to do.
    """
    if action is EngineAction.INIT:
        return [{"generation": corpus.init_engine(again=again)}], True
    if action is EngineAction.FILL:
        return [asdict(corpus.fill_engine(show=_show))], True
    if action is EngineAction.SWAP:
        return [{"generation": corpus.swap_engine()}], True
    problems = corpus.check_engine()
    return [{"problem": problem} for problem in problems] or [{"problem": None}], not problems


def _show(report: "FillReport") -> None:
    console.say(f"{report.written:,} articles written, {report.removed:,} removed")


def readable(action: EngineAction, line: Line) -> str:
    """One line for people.

    >>> readable(EngineAction.CHECK, {"problem": None})
    'the engine has the whole archive'
    """
    if action is EngineAction.CHECK:
        return str(line["problem"] or "the engine has the whole archive")
    if action is EngineAction.FILL:
        return (
            f"{line['written']} articles written with {line['passages']} passages, {line['removed']} removed"
        )
    done = "made" if action is EngineAction.INIT else "questions are now asked of"
    return f"{done} generation {line['generation']}"
