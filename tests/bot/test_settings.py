import stat
from pathlib import Path

import pytest

from bot.cli.checks import env_findings
from bot.settings import Settings, SettingsError, variable_names

EXAMPLE = Path(__file__).parents[2] / ".env.example"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variable_names():
        monkeypatch.delenv(name, raising=False)


def example_variables() -> dict[str, str]:
    lines = (line.strip() for line in EXAMPLE.read_text(encoding="utf-8").splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_example_names_every_variable_and_no_other() -> None:
    assert set(example_variables()) == variable_names()


def test_the_example_as_it_stands_gives_the_defaults() -> None:
    assert Settings.load(EXAMPLE) == Settings.load(None)


def test_each_variable_of_the_example_has_a_word_of_explanation() -> None:
    assert EXAMPLE.read_text(encoding="utf-8").count("\n#") > 20


def test_all_problems_are_told_at_once_by_variable_name(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "BOT_TOKEN": "secretless",
        "ALLOWED_IDS": "1, x2",
        "TIMEZONE": "Mars/Base",
        "PROXY_URL": "ftp://user:password@proxy",
        "STALE_MINUTES": "0",
        "WEBHOOK_URL": "http://example.org/hook",
        "WEB_PORT": "x",
        "METRICS_PORT": "70000",
        "LOG_LEVEL": "loud",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        Settings.load(None)
    assert {name for name, _ in raised.value.problems} == set(wrong)
    assert "WEB_PORT: must be a whole number, not 'x'" in str(raised.value)


def test_problems_never_repeat_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BOT_TOKEN", "WEBHOOK_SECRET", "PROXY_URL"):
        monkeypatch.setenv(name, "hush hush")
    with pytest.raises(SettingsError) as raised:
        Settings.load(None)
    assert len(raised.value.problems) == 3
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize("value", ["1,-1002 3", " 1；-1002、3 ", "1\n-1002,,3"])
def test_ids_are_listed_with_commas_or_blanks(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ALLOWED_IDS", value)
    assert Settings.load(None).allowed_ids == {1, -1002, 3}


def test_empty_variables_count_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_TOKEN", "")
    monkeypatch.setenv("ERROR_CHAT_ID", "")
    assert Settings.load(None).bot_token is None


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ".env"
    path.write_text("WEB_PORT=1\nSITE_URL=https://example.org/\n", encoding="utf-8")
    monkeypatch.setenv("WEB_PORT", "2")
    settings = Settings.load(path)
    assert (settings.web_port, settings.site_url) == (2, "https://example.org")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"BOT_TOKEN=\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"\.env: cannot be read: it is not UTF-8 text"):
        Settings.load(path)


def test_the_token_is_in_no_representation() -> None:
    settings = Settings.load(None, bot_token="123456:AAAAAAAAAAAAAAAAAAAAAAAAA")
    assert "AAAA" not in repr(settings) + str(settings) + str(settings.model_dump())


def test_plain_http_webhooks_are_for_servers_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_URL", "http://127.0.0.1:9/hook")
    monkeypatch.setenv("TELEGRAM_API_BASE", "http://127.0.0.1:8081")
    assert Settings.load(None).webhook_url == "http://127.0.0.1:9/hook"


def test_corpus_options_carry_what_the_corpus_needs(tmp_path: Path) -> None:
    settings = Settings.load(None, data_dir=tmp_path, site_url="https://example.org", max_post_bytes=9)
    options = settings.corpus_options(tmp_path / "posts")
    assert (options.folder, options.site_url, options.max_post_bytes) == (
        tmp_path / "posts",
        "https://example.org",
        9,
    )


def test_check_warns_of_a_file_others_can_read_and_of_unknown_names(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("BOT_TOKN=1\n", encoding="utf-8")
    path.chmod(stat.S_IRUSR | stat.S_IWUSR | stat.S_IROTH)
    texts = [finding.text for finding in env_findings(path)]
    assert any("can be read by others" in text for text in texts)
    assert any("BOT_TOKN" in text for text in texts)
    path.chmod(0o600)
    assert not any("others" in finding.text for finding in env_findings(path))
