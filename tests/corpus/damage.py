"""Damaging files at random, and asking in a child process, for a wild access ends the process."""

import contextlib
import os
import pickle
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SECONDS = 100
"""A child that has not ended after so long hangs."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What happens to one file."""

    kind: str
    file: str
    start: float
    seed: int

    def apply(self, folder: Path) -> None:
        """Do it, in place: whoever has the file open or mapped sees it."""
        chance = random.Random(self.seed)
        path = folder / self.file
        size = path.stat().st_size
        place = min(int(self.start * size), size - 1)
        with path.open("r+b") as file:
            match self.kind:
                case "bit":
                    file.seek(place)
                    [byte] = file.read(1)
                    file.seek(place)
                    file.write(bytes([byte ^ 1 << chance.randrange(8)]))
                case "eight bytes":
                    file.seek(place)
                    file.write(chance.randbytes(min(8, size - place)))
                case "zeros" | "ones" | "noise":
                    length = min(chance.choice([64, 512, 4_096, 65_536]), size - place)
                    file.seek(place)
                    whole = {"zeros": bytes(length), "ones": b"\xff" * length}
                    file.write(whole.get(self.kind) or chance.randbytes(length))
                case "moved":
                    length = min(4_096, size - place)
                    file.seek(chance.randrange(size - length + 1))
                    block = file.read(length)
                    file.seek(place)
                    file.write(block)
                case "cut":
                    file.truncate(place)


def random_damage(chance: random.Random, folder: Path, *, kinds: tuple[str, ...]) -> Damage:
    """A damage to one of the larger files of a folder."""
    files = sorted(path.name for path in folder.iterdir() if path.suffix in {".segment", ".removals"})
    return Damage(chance.choice(kinds), chance.choice(files), chance.random(), chance.randrange(2**32))


def in_child(work: Callable[[], object]) -> tuple[str, object]:
    """Do something in a forked process.

    Returns:
        "done" with the result, "raised" with the error, or "died" with the signal that ended the process.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(SECONDS)
        try:
            outcome: tuple[str, object] = ("done", work())
        except BaseException as error:
            outcome = ("raised", f"{type(error).__name__}: {error}")
        with contextlib.suppress(BaseException), os.fdopen(writing, "wb") as pipe:
            pickle.dump(outcome, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "died", signal.Signals(os.WTERMSIG(status)).name
    return pickle.loads(said)  # type: ignore[no-any-return]
