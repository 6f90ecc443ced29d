"""File descriptors are raised at the start and told of when they run out."""

import subprocess
import sys

RAISED = """
import resource
from bot.process import descriptors
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 300))
descriptors.raise_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE))
"""

USED_UP = """
import resource, os
from bot.process import descriptors
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
print(descriptors.find_problem())
opened = []
while descriptors.count_descriptors() < 90:
    opened.append(os.dup(0))
print(descriptors.find_problem())
try:
    while True:
        opened.append(os.dup(0))
except OSError:
    print(descriptors.find_problem())
"""


def run(program: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_the_limit_is_raised_to_what_the_user_may_have() -> None:
    assert run(RAISED) == ["(300, 300)"]


def test_descriptors_that_run_out_are_a_problem_before_and_after_none_is_left() -> None:
    assert run(USED_UP) == [
        "None",
        "90 of 100 file descriptors are open",
        "files and connections cannot be opened: Too many open files",
    ]
