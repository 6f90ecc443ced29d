"""`python -m bot` and the command `baotong`.

Processes that read posts import this module too, as `multiprocessing` has them do: what the command line
needs is imported when it runs.
"""

from typing import NoReturn


def main() -> NoReturn:
    """Run the command line."""
    from bot.cli import commands

    commands.main()


if __name__ == "__main__":
    main()
