"""What a node runs on: a JDK, and the jars that Maven fetches."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
MIN_JAVA: Final = 21
"""First release of Java that OpenSearch 3 runs on."""

_INSTALL: Final = (
    f"a JDK {MIN_JAVA} or newer and Maven are needed "
    "(Debian 13: apt-get install openjdk-21-jdk-headless maven; "
    "for a JDK elsewhere set JAVA_HOME); the jars, 65 MB, come from Maven Central"
)


class ClusterUnavailableError(Exception):
    """A cluster cannot be started here; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Programs and jars.

    Attributes:
        java: Starts a node.
        classpath: Of a node.
    """

    java: Path
    classpath: str


def find_jdk() -> Path:
    """Return the folder of the first JDK that is new enough: JAVA_HOME, the PATH, /usr/lib/jvm.

    Raises:
        ClusterUnavailableError: There is none.
    """
    for home in _homes():
        if _release(home / "bin" / "java") >= MIN_JAVA and (home / "bin" / "javac").exists():
            return home
    raise ClusterUnavailableError(f"no JDK was found: {_INSTALL}")


def _homes() -> Iterator[Path]:
    if "JAVA_HOME" in os.environ:
        yield Path(os.environ["JAVA_HOME"])
    if found := shutil.which("javac"):
        yield Path(found).resolve().parents[1]
    yield from sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)


def _release(java: Path) -> int:
    """Major release of a Java; 0 if it does not run."""
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r'version "(\d+)', done.stderr)
    return int(found[1]) if found else 0


def prepare(folder: Path) -> Runtime:
    """Fetch the jars and compile the launcher, unless `folder` has them already.

    Raises:
        ClusterUnavailableError: Java or Maven are missing, or the jars cannot be fetched.
    """
    home = find_jdk()
    sources = [HERE / "pom.xml", HERE / "ClusterNode.java"]
    stamp, wanted = folder / "made-of", "\n".join(path.read_text() for path in sources)
    runtime = Runtime(home / "bin" / "java", f"{folder / 'classes'}{os.pathsep}{folder / 'jars'}/*")
    if stamp.exists() and stamp.read_text() == wanted:
        return runtime
    maven = shutil.which("mvn")
    if maven is None:
        raise ClusterUnavailableError(f"no Maven was found: {_INSTALL}")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "classes").mkdir(parents=True)
    fetch: list[str | Path] = [
        maven,
        "-q",
        "-B",
        "-C",
        "-f",
        HERE / "pom.xml",
        "dependency:copy-dependencies",
    ]
    _run([*fetch, f"-DoutputDirectory={folder / 'jars'}"], home)
    javac = home / "bin" / "javac"
    _run([javac, "-cp", f"{folder / 'jars'}/*", "-d", folder / "classes", HERE / "ClusterNode.java"], home)
    stamp.write_text(wanted)
    return runtime


def _run(command: list[str | Path], home: Path) -> None:
    environment = {**os.environ, "JAVA_HOME": str(home)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        words = (done.stdout + done.stderr).strip()[-2_000:]
        raise ClusterUnavailableError(f"{Path(command[0]).name} failed:\n{words}")
