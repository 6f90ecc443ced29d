"""The encoder of the extra `semantic`: its absence, its failures, and the package if it is installed."""

import sys
from importlib import metadata
from types import ModuleType

import numpy as np
import pytest

from corpus.semantic import encoder
from corpus.semantic.encoder import MAX_CHARS, EncoderUnavailableError, UniversalSentenceEncoder, load_encoder
from tests.corpus.semantic.encoders import TinyEncoder

needs_package = pytest.mark.skipif(
    encoder.installed_version() is None,
    reason=f"the extra is not installed: {encoder.INSTALL_HINT}",
)


def pretend(monkeypatch: pytest.MonkeyPatch, model: object) -> None:
    module = ModuleType(encoder.MODULE)
    module.USE = lambda: model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, encoder.MODULE, module)
    monkeypatch.setattr(metadata, "version", lambda name: "0.2.1")


def test_without_the_package_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert encoder.installed_version() is None
    with pytest.raises(
        EncoderUnavailableError, match=r"not installed: pip install .*requirements-semantic\.lock"
    ):
        load_encoder()


def test_a_package_that_fails_is_named_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, object())
    with pytest.raises(EncoderUnavailableError, match=r"0\.2\.1 does not work: AttributeError"):
        load_encoder()


def test_a_package_of_another_form_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, TinyEncoder())
    with pytest.raises(EncoderUnavailableError, match="another form"):
        load_encoder()


def test_only_the_beginning_of_a_text_is_encoded() -> None:
    model = TinyEncoder()
    UniversalSentenceEncoder(model, "1").encode(["桥" * 5_000, "茶"])
    assert model.encoded == ["桥" * MAX_CHARS, "茶"]


def test_lone_surrogates_do_not_reach_the_package() -> None:
    model = TinyEncoder()
    UniversalSentenceEncoder(model, "1").encode(["桥\ud800在哪"])
    assert model.encoded == ["桥?在哪"]


@needs_package
def test_the_package_finds_the_same_meaning_in_two_languages() -> None:
    model = load_encoder()
    question, same, other = model.encode(
        ["When will the bridge reopen to traffic?", "大桥何时恢复通车", "春茶采摘比往年提前"]
    )
    assert model.version.endswith(str(encoder.installed_version()))
    assert np.linalg.norm(question) == pytest.approx(1, abs=1e-3)
    assert question @ same > 0.4 > 0.2 > question @ other
