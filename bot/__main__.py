"""`python -m bot` and the command `baotong`.

`multiprocessing` makes the processes that read posts import this module too, so the command line is only
imported when it runs.
"""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line."""
    try:
        from bot.cli import commands

        commands.main()
    except KeyboardInterrupt:  # while modules were imported, or after the command had done its work
        sys.exit(130)


if __name__ == "__main__":
    main()
