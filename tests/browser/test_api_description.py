"""The API answers as its own OpenAPI description says, whatever is asked: schemathesis tries."""

import shutil
import subprocess
import sys
from pathlib import Path

CONFIG = Path(__file__).with_name("schemathesis.toml")

MAX_EXAMPLES = 60
"""Calls of each address and phase."""


def test_the_api_keeps_to_its_description(site: str, tmp_path: Path) -> None:
    command = shutil.which("schemathesis", path=Path(sys.executable).parent)
    assert command is not None
    done = subprocess.run(
        [
            *(
                command,
                "--no-color",
                "--config-file",
                str(CONFIG),
                "run",
                f"{site}/api/openapi.json",
                "--checks",
                "all",
            ),
            *("--max-examples", str(MAX_EXAMPLES), "--seed", "17", "--request-timeout", "60"),
            *("--generation-database", "none", "--continue-on-failure"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
