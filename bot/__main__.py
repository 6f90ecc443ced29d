"""`python -m bot` and the command `baotong`.

`multiprocessing` makes the processes that read posts import this module too, so the command line is only
imported when it runs.
"""

from typing import NoReturn


def main() -> NoReturn:
    """Run the command line."""
    from bot.cli import commands

    commands.main()


if __name__ == "__main__":
    main()
