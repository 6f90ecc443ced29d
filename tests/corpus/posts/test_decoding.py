import pytest

from corpus.errors import PostError
from corpus.posts.decoding import decode

TAIWAN = "---\ntitle: 臺灣會議\n---\n\n臺灣的總統府昨日開會，交通部長說明橋樑工程的進度。\n"
JAPAN = "---\ntitle: 大阪の橋\n---\n\n昨日、大阪の橋が閉鎖されました。日本の交通は混乱しています。\n"
FRANCE = "---\ntitle: “Réunion”\n---\n\nLe président a été reçu à l’Élysée hier après-midi – enfin.\n"


@pytest.mark.parametrize(
    ("text", "codec", "named"),
    [
        (TAIWAN, "big5", "Big5"),
        (TAIWAN, "gb18030", "GB18030"),
        (JAPAN, "euc_jp", "EUC-JP"),
        (JAPAN, "shift_jis", "Shift_JIS"),
        (FRANCE, "cp1252", "Windows-1252"),
    ],
)
def test_an_old_encoding_is_told_and_named(text: str, codec: str, named: str) -> None:
    assert decode("a.md", text.encode(codec)) == (text, f"read as {named}, not UTF-8")


@pytest.mark.parametrize("text", ["大桥", "大桥昨夜封闭，今晨抢通，三人轻伤。\n", "title: 河堤\n\n正文。"])
def test_simplified_chinese_needs_no_remark(text: str) -> None:
    assert decode("a.md", text.encode("gb18030")) == (text, None)


def test_damaged_utf8_is_no_other_encoding() -> None:
    text, remark = decode("a.md", ("很长的正文。" * 50).encode() + b"\xe6\xb2")
    assert text.startswith("很长的正文。")
    assert remark == "some bytes are not UTF-8"


def test_noise_is_refused_with_a_true_reason() -> None:
    with pytest.raises(PostError, match="no other encoding gives usual text"):
        decode("a.md", bytes(range(128, 256)) * 8)
