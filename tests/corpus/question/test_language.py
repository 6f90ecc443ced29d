"""The data of the language of questions: every entry's examples hold, and mistakes are told."""

from collections.abc import Iterator
from datetime import date

import pytest

from corpus.errors import LanguageDataError
from corpus.question import Utterance
from corpus.question.answer_types import AnswerTypes, Strength, answer_type_of, has_evidence
from corpus.question.lexicon import Group, Lexicon, default_lexicon
from corpus.question.parser import parse
from corpus.question.topic import is_question, topical_words
from corpus.text import analyzer, data_files
from corpus.text.data_files import Entry
from corpus.text.folding import fold

TODAY = date(2026, 11, 23)


def entries(file: str, *kinds: str) -> Iterator[Entry]:
    table = data_files.read("corpus.question.language", file)
    for kind in kinds:
        yield from table.tables(kind)


WORDS = [*entries("lexicon.toml", "group", "phrase")]
STEMS = [*entries("lexicon.toml", "stem")]
TYPES = [*entries("answer_types.toml", "type")]
MEASURES = [*entries("answer_types.toml", "measure")]
SPELLINGS = [*data_files.read("corpus.text", "units.toml").tables("spelling")]
ASKED = data_files.read("corpus.question.language", "answer_types.toml").table("asked")


def outcome(question: str) -> dict[str, object]:
    """What comes of a question, by the keys of an example."""
    query, said = parse(question, today=TODAY), Utterance.from_text(question)
    return {
        "searched": " ".join(query.words),
        "named": " ".join(topical_words(said)),
        "lists": query.listing_topic,
        "asks": is_question(said),
    }


@pytest.mark.parametrize("entry", WORDS, ids=lambda entry: entry.where)
def test_words_do_in_their_examples_what_their_roles_say(entry: Entry) -> None:
    examples = [*entry.tables("examples")]
    assert any(
        word in str(example.values["question"]).lower()
        for example in examples
        for word in entry.words("words")
    )
    for example in examples:
        expected = {key: value for key, value in example.values.items() if key != "question"}
        came = outcome(example.text("question"))
        assert expected
        assert {key: came.get(key) for key in expected} == expected, example.values


@pytest.mark.parametrize("group", default_lexicon().groups, ids=lambda group: " ".join(sorted(group.roles)))
def test_each_word_is_one_word_for_the_segmenter(group: Group) -> None:
    assert {word: analyzer.words(word) for word in group.words if list(analyzer.tokens(word)) != [word]} == {}


@pytest.mark.parametrize("entry", STEMS, ids=lambda entry: entry.where)
def test_what_begins_with_a_stem_asks_but_for_its_exceptions(entry: Entry) -> None:
    assert entry.texts("examples")
    for word in entry.texts("examples"):
        assert "interrogative" in default_lexicon().roles_of(word), word
    for word in entry.texts("counterexamples"):
        assert "interrogative" not in default_lexicon().roles_of(word), word


@pytest.mark.parametrize("entry", TYPES, ids=lambda entry: entry.where)
def test_questions_are_of_the_type_of_which_they_are_examples(entry: Entry) -> None:
    questions = [*entry.texts("questions"), *(each.text("question") for each in entry.tables("examples"))]
    assert questions
    for question in questions:
        assert answer_type_of(fold(question)).name == entry.text("name"), question


@pytest.mark.parametrize(
    "entry",
    [example for entry in [*TYPES, *MEASURES, *SPELLINGS] for example in entry.tables("examples")],
    ids=lambda entry: f"{entry.where}, {entry.text('question')}",
)
def test_a_sentence_that_may_answer_is_told_from_one_that_cannot(entry: Entry) -> None:
    entry.require_keys("question", "yes", "no")
    answer_type = answer_type_of(fold(entry.text("question")))
    assert has_evidence(answer_type, fold(entry.text("yes")))
    assert not has_evidence(answer_type, fold(entry.text("no")))


@pytest.mark.parametrize("question", ASKED.texts("whether"))
def test_who_asks_whether_needs_no_evidence(question: str) -> None:
    assert answer_type_of(fold(question)).strength is Strength.HINT


@pytest.mark.parametrize("question", ASKED.texts("other"))
def test_a_question_that_only_looks_like_a_type_has_none(question: str) -> None:
    assert answer_type_of(fold(question)).name == "other"


def test_a_word_left_out_has_no_role() -> None:
    without = default_lexicon().without("望", "新闻", "几", "今日头条")
    assert not without.roles_of("新闻")
    assert not without.roles_of("几座")
    assert without.phrase("dateless_name").search("今日头条") is None
    assert default_lexicon().roles_of("新闻")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[[group]]\nroles = ["news"]\nwords = "报"\n[[group]]\nroles = ["link"]\nwords = "的 报"', "报"),
        ('[[group]]\nroles = ["newz"]\nwords = "报"', "newz"),
        ('[[group]]\nwords = "报"', "roles"),
        ('[[group]]\nroles = ["news"]\nwords = "新聞"', "新闻"),
        ('[[group]]\nroles = ["news"]\nword = "新闻"', "`word` is unknown"),
        ('[[group]]\nroles = ["news"]\nwords = ["新闻"]', "must be a text"),
        ('[[group]]\nroles = "news"\nwords = "新闻"', "list of texts"),
        ('[[phrase]]\nrole = "hope"\nwords = "想看"', "hope"),
        ("group = 1", "list of tables"),
        ("[[group]", "lexicon.toml"),
    ],
)
def test_a_mistake_in_the_lexicon_is_told_with_its_place(
    monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    monkeypatch.setattr(data_files, "_source", lambda *_: text)
    with pytest.raises(LanguageDataError, match=reason) as told:
        Lexicon.load()
    assert told.value.where.startswith("lexicon.toml")


FRAGMENTS = (
    '[fragments]\nnumber = "1"\nmagnitude = ""\nhow_many = "2"\n[asked]\nopen = ["a"]\nwhich = ["b"]\n'
)
TYPE = '[[type]]\nname = "money"\nstrength = "required"\nasks = ["多少钱"]\nevidence = ["元"]\n'


def test_answer_types_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_files, "_source", lambda *_: FRAGMENTS + TYPE)
    assert AnswerTypes.load(default_lexicon()).of("多少钱").name == "money"


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        ('"required"', '"sure"', "strength"),
        ('["元"]', '["{yuan}"]', "no fragment {yuan}"),
        ('["元"]', '["(元"]', "no pattern"),
        ('["元"]', "[]", "`evidence` must have a pattern"),
        ("evidence", "evidenz", "`evidenz` is unknown"),
        ('magnitude = ""', "", "magnitude are missing"),
    ],
)
def test_a_mistake_in_the_answer_types_is_told_with_its_place(
    monkeypatch: pytest.MonkeyPatch, right: str, wrong: str, reason: str
) -> None:
    monkeypatch.setattr(data_files, "_source", lambda *_: (FRAGMENTS + TYPE).replace(right, wrong))
    with pytest.raises(LanguageDataError, match=reason) as told:
        AnswerTypes.load(default_lexicon())
    assert told.value.where.startswith("answer_types.toml")
