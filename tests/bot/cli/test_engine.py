"""`baotong engine` where there is no engine: one clear line and exit code 1. With one: `tests/cluster`."""

from pathlib import Path

import pytest

from tests.bot.command_line import Baotong, one_line
from tests.cluster.nodes import free_ports


@pytest.fixture
def baotong(tmp_path: Path) -> Baotong:
    """The command over an archive of one post."""
    posts = tmp_path / "posts"
    posts.mkdir()
    (posts / "a.md").write_text("---\ntitle: 灯塔\n---\n<p>灯塔亮了。</p>\n", encoding="utf-8")
    command = Baotong(tmp_path, posts)
    assert command("index").returncode == 0
    return command


@pytest.mark.parametrize("action", ["init", "fill", "swap"])
def test_without_an_engine_nothing_is_done(baotong: Baotong, action: str) -> None:
    done = baotong("engine", action)
    one_line(done, "ENGINE_URL is not set")


@pytest.mark.parametrize("action", ["init", "fill", "swap"])
def test_an_engine_that_is_away_is_named(baotong: Baotong, action: str) -> None:
    [port] = free_ports(1)
    done = baotong("engine", action, environment=baotong.environment(ENGINE_URL=f"http://127.0.0.1:{port}"))
    one_line(done, f"127.0.0.1:{port} does not answer")


def test_a_check_says_so_on_standard_output(baotong: Baotong) -> None:
    [port] = free_ports(1)
    done = baotong(
        "engine", "check", "--json", environment=baotong.environment(ENGINE_URL=f"http://127.0.0.1:{port}")
    )
    assert done.returncode == 1
    assert '"problem"' in done.stdout


@pytest.mark.parametrize(
    "url", ["http://example.org:9200", "https://me:pass@example.org", "example.org", "ftp://127.0.0.1"]
)
def test_an_address_that_must_not_be_used_is_refused_without_its_password(baotong: Baotong, url: str) -> None:
    done = baotong("engine", "check", environment=baotong.environment(ENGINE_URL=url))
    assert done.returncode == 2
    assert "ENGINE_URL" in done.stderr
    assert "me:pass" not in done.stderr
