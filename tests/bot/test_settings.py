import os
import stat
from pathlib import Path
from types import UnionType
from typing import get_args

import pytest

from bot.cli.checks import env_findings
from bot.settings import Settings, SettingsError, secrets_in, variable_names

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


PATHS = sorted(
    name
    for name, field in Settings.model_fields.items()
    if Path in (get_args(field.annotation) if isinstance(field.annotation, UnionType) else [field.annotation])
    or "Path" in str(field.annotation)
)
"""Settings that are a path."""


def test_there_are_settings_that_are_a_path() -> None:
    assert {"corpus_dir", "data_dir"} <= set(PATHS)


@pytest.mark.parametrize("name", PATHS)
def test_a_home_folder_is_known_in_every_path(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv(name.upper(), "~/posts")
    assert getattr(Settings.load(None), name) == Path("/home/somebody/posts")


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("value", ["~no-such-person/posts", "$HOME/posts", "${ARCHIVE}/posts"])
def test_what_only_a_shell_replaces_is_refused_in_every_path(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name.upper(), value)
    with pytest.raises(SettingsError, match=f"{name.upper()}: .*write the whole path"):
        Settings.load(None)


def test_a_folder_may_have_a_dollar_in_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "$posts"
    folder.mkdir()
    monkeypatch.setenv("CORPUS_DIR", str(folder))
    assert Settings.load(None).corpus_dir == folder


@pytest.mark.parametrize("around", ['"{}"', "'{}'", " {} ", "{}\r"])
def test_quotes_and_blanks_around_a_value_are_no_part_of_it(
    monkeypatch: pytest.MonkeyPatch, around: str
) -> None:
    values = {"CORPUS_DIR": "/srv/my posts", "BOT_TOKEN": "123:abc", "ALLOWED_IDS": "1,2", "WEB_PORT": "81"}
    for name, value in values.items():
        monkeypatch.setenv(name, around.format(value))
    settings = Settings.load(None)
    assert settings.bot_token is not None
    assert (settings.corpus_dir, settings.bot_token.get_secret_value()) == (Path("/srv/my posts"), "123:abc")
    assert (settings.allowed_ids, settings.web_port) == (frozenset({1, 2}), 81)
    assert "123:abc" in secrets_in(dict(os.environ))


def test_a_pair_of_quotes_is_not_set_but_a_blank_opens_no_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORPUS_DIR", '""')
    assert Settings.load(None).corpus_dir is None
    monkeypatch.setenv("ALLOWED_IDS", " ")
    with pytest.raises(SettingsError, match="holds no id"):
        Settings.load(None)


@pytest.mark.parametrize("name", ["SITE_URL", "PUBLIC_URL", "TELEGRAM_API_BASE"])
@pytest.mark.parametrize("end", ["?x=1", "/#top", "/path?"])
def test_addresses_that_paths_are_added_to_end_in_none(
    monkeypatch: pytest.MonkeyPatch, name: str, end: str
) -> None:
    monkeypatch.setenv(name, f"https://a.example{end}")
    with pytest.raises(SettingsError, match=f"{name}: .*without"):
        Settings.load(None)


def test_the_root_of_the_bot_api_has_no_token_and_its_message_neither(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for value in ("https://api.example/bot", "https://api.example/bot123:hush", "https://api.example/bot1/x"):
        monkeypatch.setenv("TELEGRAM_API_BASE", value)
        with pytest.raises(SettingsError, match="give the root") as raised:
            Settings.load(None)
        assert "hush" not in str(raised.value)


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
