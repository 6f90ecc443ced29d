"""Three languages with the same entries and places, and who reads which."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from bot.service.application import COMMANDS
from bot.wording.i18n import Language, Translate, language_of, translator

ROOT = Path(__file__).resolve().parents[3]
SOURCES = sorted((ROOT / "bot").rglob("*.py"))


def places(entry: str | dict[str, str]) -> set[frozenset[str]]:
    sentences = [entry] if isinstance(entry, str) else list(entry.values())
    return {
        # A month stands as its number or by name.
        frozenset(
            "month" if name == "name" else name for _, name, _, _ in Formatter().parse(sentence) if name
        )
        for sentence in sentences
    }


def used_keys() -> set[str]:
    """Entries that the program names as a constant: `t("ask.usage")`, `_say(…, "ask.usage")`."""
    known = re.compile(
        rf"({'|'.join({key.split('.')[0] for key in translator(Language.HANS).entries})})\.\w+"
    )
    keys = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and "t" in _names(node.func) | {"_say"} & _names(node.func):
                keys |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    return {key for key in keys if isinstance(key, str) and known.fullmatch(key)}


def _names(function: ast.expr) -> set[str]:
    """Names along a call such as `context.t.template`."""
    names: set[str] = set()
    while isinstance(function, ast.Attribute):
        names.add(function.attr)
        function = function.value
    return names | ({function.id} if isinstance(function, ast.Name) else set())


@pytest.mark.parametrize("language", [Language.HANT, Language.ENGLISH])
def test_every_language_has_the_same_entries_with_the_same_places(language: Language) -> None:
    reference, other = translator(Language.HANS).entries, translator(language).entries
    assert set(other) == set(reference)
    for key, entry in reference.items():
        if isinstance(entry, str) and isinstance(other[key], str):
            assert places(other[key]) == places(entry), key
        else:  # `one` may do without the number
            assert max(places(other[key]), key=len) == max(places(entry), key=len), key


def test_every_entry_that_the_program_names_is_there() -> None:
    missing = used_keys() - set(translator(Language.HANS).entries)
    assert not missing


@pytest.mark.parametrize("language", list(Language))
def test_every_command_is_described_within_telegrams_limits(language: Language) -> None:
    t = translator(language)
    for command in COMMANDS:
        assert re.fullmatch(r"[a-z0-9_]{1,32}", command.name)
        assert 1 <= len(t(f"command.{command.name}")) <= 256
    assert len(t("bot.description")) <= 512
    assert len(t("bot.short_description")) <= 120


@pytest.mark.parametrize("language", list(Language))
def test_no_entry_is_empty_or_holds_markup(language: Language) -> None:
    for key, entry in translator(language).entries.items():
        for sentence in [entry] if isinstance(entry, str) else entry.values():
            assert sentence.strip(), key
            assert not re.search(r"</?[a-z]+>|&[a-z]+;", sentence), key


def test_traditional_words_hold_no_simplified_characters() -> None:
    opencc = pytest.importorskip("opencc")
    convert = opencc.OpenCC("s2tw").convert
    wrong = {
        key: sentence
        for key, entry in translator(Language.HANT).entries.items()
        for sentence in ([entry] if isinstance(entry, str) else entry.values())
        if convert(sentence) != sentence
    }
    assert not wrong


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("zh-hans", Language.HANS),
        ("zh-hans-beta", Language.HANS),
        ("zh", Language.HANS),
        ("zh-CN", Language.HANS),
        ("zh-hant", Language.HANT),
        ("zh-TW", Language.HANT),
        ("zh_HK", Language.HANT),
        ("yue", Language.HANT),
        ("en", Language.ENGLISH),
        ("en-GB", Language.ENGLISH),
        ("ja", Language.HANS),
        ("enm", Language.HANS),
        ("", Language.HANS),
        (None, Language.HANS),
    ],
)
def test_the_language_follows_the_client(code: str | None, expected: Language) -> None:
    assert language_of(code) is expected


def test_a_missing_word_is_an_error() -> None:
    with pytest.raises(KeyError):
        translator(Language.HANS)("no.such_entry")


def test_english_counts_one_and_many() -> None:
    t = Translate(Language.ENGLISH, {"n": {"one": "{count} article", "other": "{count} articles"}})
    assert [t("n", count=count) for count in (0, 1, 2)] == ["0 articles", "1 article", "2 articles"]
