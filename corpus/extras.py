"""The extras of `pyproject.toml`: the command that installs one into the Python that runs the program."""

import shlex
import sys
from importlib import metadata


def install_command(extra: str) -> str:
    """Return the command that installs an extra, whatever the folder and the environment it is typed in.

    >>> install_command("documents").partition(" -m ")[2]
    "pip install 'pypdf<8,>=5' 'python-docx<2,>=1.1.2'"
    """
    try:
        required = metadata.requires("baotong") or ()
    except metadata.PackageNotFoundError:  # run from its source
        required = ()
    wanted = f"extra == '{extra}'"
    packages = sorted(
        name.strip()
        for name, _, marker in (one.partition(";") for one in required)
        if marker.strip().replace('"', "'") == wanted
    )
    return shlex.join([sys.executable, "-m", "pip", "install", *(packages or [f".[{extra}]"])])
